//! Test data for the tests of several crates.

use std::collections::BTreeMap;

use serde_json::json;
use time::{Duration, OffsetDateTime};

use crate::{AccountKey, AccountRequest, BaselineInput, Contacts, RequestId, RequestRecord, Settings, Validated};

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
        pending_access: Vec::new(),
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

/// A validated request for `ou-target` in the root.
pub fn validated() -> Validated {
    Validated {
        request: account_request(),
        adopt: false,
        organizational_unit_ids: vec![parse("r-root"), parse("ou-target")],
        settings: Box::default(),
        assignments: Vec::new(),
        pending_access: Vec::new(),
        customization_state_machine_arn: None,
    }
}

/// Settings in which these blocks hold, each with the ID of the root or of an OU.
pub fn settings(blocks: &serde_json::Value) -> Settings {
    let settings = json!({
        "schemaVersion": Settings::SCHEMA_VERSION, "homeRegion": "us-east-1", "governedRegions": ["us-east-1"],
        "blocks": blocks,
    });
    parse_settings(&settings)
}

/// Settings in which everyone can request accounts in every OU, with emails like `aws+name@example.com`.
pub fn open_settings() -> Settings {
    settings(&json!({ "r-root": {
        "requests": "allowed", "emailPattern": "aws+{accountName}@example.com", "permissionSets": ["*"],
        "githubOwners": { "acme": 1 }, "deployPolicyArns": ["*"],
    } }))
}

#[expect(clippy::expect_used, reason = "only used in tests")]
fn parse_settings(settings: &serde_json::Value) -> Settings {
    Settings::parse(settings.to_string().as_bytes()).expect("valid test data")
}

#[expect(clippy::expect_used, reason = "only used in tests")]
fn parse<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("valid test data")
}
