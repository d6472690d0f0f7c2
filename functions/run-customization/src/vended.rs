//! What the organization's state machine gets to know: its input, which is a contract with whoever writes it.

use std::collections::BTreeMap;

use serde::Serialize;
use vending_core::{AccountId, OrganizationalUnitPath, RequestId};

use crate::Input;

/// The same input for the same request, to the letter: Step Functions takes only that for the same execution.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Vended<'a> {
    request_id: &'a RequestId,
    account: Account<'a>,
    governed_regions: &'a [String],
    tags: &'a BTreeMap<String, String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Account<'a> {
    id: &'a AccountId,
    name: &'a str,
    organizational_unit: &'a OrganizationalUnitPath,
    vending_role_arn: &'a str,
}

impl<'a> Vended<'a> {
    pub(crate) fn of(request_id: &'a RequestId, input: &'a Input) -> Self {
        let account = Account {
            id: &input.account_id,
            name: &input.account_name,
            organizational_unit: &input.organizational_unit,
            vending_role_arn: &input.vending_role_arn,
        };
        Self { request_id, account, governed_regions: &input.governed_regions, tags: &input.tags }
    }
}
