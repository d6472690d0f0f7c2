//! The input of the organization's own state machine, which is a contract with its author.

use std::collections::BTreeMap;

use serde::Serialize;
use vending_core::{AccountId, OrganizationalUnitPath, RequestId, Validated};

use crate::Input;

/// For the same request, the input is the same, byte for byte: StartExecution is idempotent only for an identical
/// input.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExecutionInput<'a> {
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

impl<'a> ExecutionInput<'a> {
    pub(crate) fn new(request_id: &'a RequestId, input: &'a Input, validated: &'a Validated) -> Self {
        let Validated { request, settings, .. } = validated;
        let account = Account {
            id: &input.account_id,
            name: &request.account_name,
            organizational_unit: &request.organizational_unit,
            vending_role_arn: &input.vending_role_arn,
        };
        Self { request_id, account, governed_regions: &settings.governed_regions, tags: &request.tags }
    }
}
