//! Reads the root and the OUs.

use std::collections::BTreeMap;

use vending_core::{EmailAddress, ObjectReader, OrganizationalUnitPath, VendingBlock, account_name};

use super::values::name;
use crate::manifest::{CoreAccount, Purpose, Root, Unit};

pub(super) fn root(fields: &mut ObjectReader<'_>) -> Root {
    Root {
        policies: policies(fields),
        vending: fields.object("vending", VendingBlock::read),
        organizational_units: units(fields),
    }
}

fn units(fields: &mut ObjectReader<'_>) -> BTreeMap<String, Unit> {
    fields.objects_by_name("organizationalUnits", unit).into_iter().collect()
}

fn unit(unit_name_text: &str, fields: &mut ObjectReader<'_>) -> Unit {
    name(fields, unit_name(unit_name_text));
    Unit {
        formerly: fields.list("formerly", 0..=MAXIMUM_FORMER, unit_name),
        policies: policies(fields),
        vending: fields.object("vending", VendingBlock::read),
        accounts: fields.objects_by_name("accounts", account).into_iter().filter_map(super::present).collect(),
        organizational_units: units(fields),
    }
}

const MAXIMUM_FORMER: usize = 20;
const MAXIMUM_POLICIES: usize = 100;

fn policies(fields: &mut ObjectReader<'_>) -> Vec<String> {
    fields.list("policies", 0..=MAXIMUM_POLICIES, |text| Ok(text.to_owned()))
}

/// One name of a path.
fn unit_name(text: &str) -> Result<String, String> {
    if text.contains('/') {
        return Err("must be the name of one OU, without a slash".to_owned());
    }
    match text.parse::<OrganizationalUnitPath>() {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("must have 1 to 128 characters, without a space at either end, and not be . or ..".to_owned()),
    }
}

fn account(account_name_text: &str, fields: &mut ObjectReader<'_>) -> Option<CoreAccount> {
    name(fields, account_name(account_name_text));
    let purpose = fields.required_choice::<Purpose>("purpose", &["logArchive", "audit", "sharedServices"]);
    let email = fields.optional("email", |text| text.parse::<EmailAddress>().map_err(|error| error.to_string()));
    let monthly_budget_usd = fields.number("monthlyBudgetUsd", 1..=vending_core::MAXIMUM_BUDGET);
    Some(CoreAccount { purpose: purpose?, email, monthly_budget_usd })
}
