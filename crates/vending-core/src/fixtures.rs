//! Test data for the tests of several crates.

use std::collections::BTreeMap;

use time::{Duration, OffsetDateTime};

use crate::{AccountKey, AccountRequest, BaselineInput, Contacts, RequestId, RequestRecord, Validated};

/// The input for an account of the given age, with a minimal request.
pub fn baseline_input(age: Duration) -> BaselineInput {
    let created_at = OffsetDateTime::now_utc() - age;
    BaselineInput {
        account_id: parse("111111111111"),
        account_created_at: created_at,
        propagation_started_at: created_at,
        request: account_request(),
        role_arn: "arn:aws:iam::111111111111:role/account-vending/AccountVending".to_owned(),
        settings: Box::default(),
        enabled_regions: Vec::new(),
        assignments: Vec::new(),
    }
}

/// A request with the required fields only.
pub fn account_request() -> AccountRequest {
    AccountRequest {
        account_name: "a".to_owned(),
        account_email: parse("a@example.com"),
        organizational_unit: parse("Sandbox"),
        owner: None,
        reason: None,
        tags: BTreeMap::new(),
        access: Vec::new(),
        github_deploy: Vec::new(),
        monthly_budget_usd: None,
        contacts: Contacts::default(),
    }
}

/// The record of a request that was claimed a minute ago.
pub fn request_record(request: AccountRequest, attempt: u32, requested_by: &str) -> RequestRecord {
    let at = OffsetDateTime::now_utc() - Duration::minutes(1);
    RequestRecord {
        request_id: RequestId::new(AccountKey::from_email(&request.account_email), attempt),
        request,
        requested_by: requested_by.to_owned(),
        requester_since: at,
        submitted_by: requested_by.to_owned(),
        by_operator: false,
        requested_at: at,
        account_id: None,
        adopt: false,
        adopted_from: None,
        schema_version: crate::record::SCHEMA_VERSION,
        outcome: None,
    }
}

/// A validated request for `ou-target`. The stack protects `ou-protected`.
pub fn validated() -> Validated {
    Validated {
        request: account_request(),
        adopt: false,
        organizational_unit_id: "ou-target".to_owned(),
        protected_unit_ids: vec!["ou-protected".to_owned()],
        settings: Box::default(),
        assignments: Vec::new(),
        customization_state_machine_arn: None,
    }
}

#[expect(clippy::expect_used, reason = "only used in tests")]
fn parse<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("valid test data")
}
