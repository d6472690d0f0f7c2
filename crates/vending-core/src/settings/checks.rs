//! Checks of single values in a block.

use serde_json::{Value, json};
use strum::IntoEnumIterator;

use crate::steps::{Stage, StepName};
use crate::suggestion::nearest;

/// The largest number of entries in a list of the manifest.
pub(super) const MAXIMUM_ENTRIES: usize = 200;
/// A notification of AWS Budgets has at most ten subscribers; one is the owner of the account.
pub(super) const MAXIMUM_SUBSCRIBERS: usize = 9;
pub(super) const MAXIMUM_ACCESS: usize = 20;
/// The largest number that the state machine represents exactly.
pub(super) const MAXIMUM_GITHUB_ID: u64 = (1 << 53) - 1;
/// The maximum value of RequestServiceQuotaIncrease.
pub(super) const MAXIMUM_QUOTA: f64 = 10_000_000_000.0;

pub(super) const SERVICE_CODE: &str = "^[A-Za-z][A-Za-z0-9-]*$";
pub(super) const QUOTA_CODE: &str = "^L-[A-Za-z0-9-]+$";

/// Parses the folder of a step that can be left out. Every vend needs the other steps.
pub(super) fn step(text: &str) -> Result<String, String> {
    if optional_steps().any(|folder| folder == text) {
        return Ok(text.to_owned());
    }
    let expected = match nearest(text, optional_steps()) {
        Some(meant) => format!("; did you mean `{meant}`?"),
        None => format!(": {}", optional_steps().collect::<Vec<_>>().join(", ")),
    };
    Err(format!("must be a step that can be left out{expected}"))
}

fn optional_steps() -> impl Iterator<Item = &'static str> {
    let steps = StepName::iter().filter(|step| matches!(step.stage(), Stage::Baseline | Stage::Access));
    steps.map(StepName::folder)
}

/// The code of a service in Service Quotas.
pub(super) fn service_code(text: &str) -> Result<String, String> {
    let expected = "must be the code of a service in Service Quotas, like ec2";
    if is_code(text) { Ok(text.to_owned()) } else { Err(expected.to_owned()) }
}

pub(super) fn quota_code(text: &str) -> Result<String, String> {
    let is_valid = text.starts_with("L-") && text.len() > 2 && is_code(text);
    if is_valid { Ok(text.to_owned()) } else { Err("must be the code of a quota, like L-1216C47A".to_owned()) }
}

fn is_code(code: &str) -> bool {
    code.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

pub(super) fn step_schema() -> Value {
    json!({ "enum": optional_steps().collect::<Vec<_>>() })
}

pub(super) fn github_owner_schema() -> Value {
    json!({ "pattern": "^[A-Za-z0-9][A-Za-z0-9_-]{0,38}$" })
}

pub(super) fn github_id_schema() -> Value {
    json!({ "type": "integer", "minimum": 1, "maximum": MAXIMUM_GITHUB_ID })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_baseline_and_access_steps_can_be_left_out() {
        assert!(step("request-quota-increases").is_ok());
        assert!(step("grant-access").is_ok());
        assert_eq!(
            step("request-quotas-increases").unwrap_err(),
            "must be a step that can be left out; did you mean `request-quota-increases`?"
        );
        assert!(step("create-account").unwrap_err().contains("left out: enable-cloudtrail, "));
        assert!(step("SetBudget").unwrap_err().contains("`set-budget`"));
    }

    #[test]
    fn quota_codes_follow_service_quotas() {
        assert!(service_code("AWSCloudMap").is_ok() && quota_code("L-1216C47A").is_ok());
        assert!(service_code("ec2/L-1").is_err() && service_code("").is_err());
        assert!(quota_code("1216C47A").is_err() && quota_code("L-").is_err());
    }
}
