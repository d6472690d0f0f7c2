//! What the tests of many crates begin with.

use std::collections::BTreeMap;

use time::{Duration, OffsetDateTime};

use crate::{AccountRequest, BaselineInput, Contacts};

/// A sandbox account, created this long ago, for which nothing else was asked.
pub fn baseline_input(age: Duration) -> BaselineInput {
    let created_at = OffsetDateTime::now_utc() - age;
    BaselineInput {
        account_id: sample("111111111111"),
        account_created_at: created_at,
        settles_from: created_at,
        request: account_request(),
        role_arn: "arn:aws:iam::111111111111:role/account-vending/AccountVending".to_owned(),
        governed_regions: Vec::new(),
        enabled_regions: Vec::new(),
        assignments: Vec::new(),
        switched_off: Vec::new(),
    }
}

/// What has to be in every request, and no more.
pub fn account_request() -> AccountRequest {
    AccountRequest {
        account_name: "a".to_owned(),
        account_email: sample("a@example.com"),
        organizational_unit: sample("Sandbox"),
        owner: None,
        reason: None,
        tags: BTreeMap::new(),
        access: Vec::new(),
        github_deploy: Vec::new(),
        monthly_budget_usd: None,
        contacts: Contacts::default(),
    }
}

#[expect(clippy::expect_used, reason = "only tests come here")]
fn sample<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("a valid sample")
}
