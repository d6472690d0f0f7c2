//! What is kept about a request: the claim that precedes its execution, and the outcome that ends it.

use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use crate::account_record::Evidence;
use crate::error::{ErrorCode, Owner};
use crate::id::{AccountId, RequestId};
use crate::report::StepReport;
use crate::request::AccountRequest;

/// `requests/{accountKey}/{attempt}.json`, and without its outcome the input of the execution.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RequestRecord {
    pub request_id: RequestId,
    pub request: AccountRequest,
    /// The ARN of the first requester of this account, who may change it later; of a stack, its id.
    pub requested_by: String,
    /// The ARN of whoever caused this attempt.
    pub submitted_by: String,
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "String")]
    pub requested_at: OffsetDateTime,
    /// The account as an earlier attempt recorded it; a hint that saves a search, never trusted unseen.
    #[serde(default)]
    pub account_id: Option<AccountId>,
    /// Whether `account_id` came by another road than ours, and is to become ours.
    #[serde(default)]
    pub adopt: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    InProgress,
    Vended,
    Failed,
    /// Claimed, but neither an execution nor an outcome is left of it.
    Expired,
}

/// How a request ended.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    pub status: Status,
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "String")]
    pub ended_at: OffsetDateTime,
    pub account: Option<Account>,
    /// The creation as AWS knows it (`car-…`), to look up one that had not ended.
    pub creation_id: Option<String>,
    pub steps: Vec<StepReport>,
    pub failure: Option<Failure>,
    /// Where the evidence of the account's baseline is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
    /// Not everybody has heard of it yet, or the account does not show it: the sweep reports it again.
    #[serde(default, skip_serializing_if = "is_false")]
    pub owed: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "how serde asks")]
fn is_false(value: &bool) -> bool {
    !value
}

/// The vended account, as the requester sees it.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    pub id: String,
    pub name: String,
    pub email: String,
    pub organizational_unit: String,
    /// The role that this product works with in the account.
    pub vending_role_arn: Option<String>,
    /// The role that engineers use in the account.
    pub engineer_role_arn: Option<String>,
    /// The roles that GitHub Actions use in the account: what the workflow files name as `role-to-assume`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub github_role_arns: Vec<String>,
    /// When AWS had created the account.
    #[serde(default, with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub created_at: Option<OffsetDateTime>,
}

/// Why a request failed, and what to do about it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    pub step: String,
    pub code: String,
    pub message: String,
    pub remedy: String,
    pub owner: Owner,
}

impl Failure {
    pub fn new(step: &str, code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            step: step.to_owned(),
            code: code.to_string(),
            message: message.into(),
            remedy: code.remedy().to_owned(),
            owner: code.owner(),
        }
    }

    /// From what a `Catch` of the state machine saw: the error's name and its cause.
    ///
    /// The cause of a function's own error is JSON around [`crate::StepError::wire_message`]; that of a
    /// time-out, a crash or Step Functions itself is plain text.
    pub fn caught(state: &str, error: &str, cause: &str) -> Self {
        let text = serde_json::from_str::<Value>(cause)
            .ok()
            .and_then(|json| Some(json.get("errorMessage")?.as_str()?.to_owned()))
            .unwrap_or_else(|| cause.to_owned());
        let (message, remedy) = match text.split_once("\nRemedy: ") {
            Some((message, remedy)) => (message.to_owned(), Some(remedy.to_owned())),
            None => (text, None),
        };
        let known = ErrorCode::from_str(error).ok();
        let code = known.unwrap_or(ErrorCode::Unexpected);
        let (step, message) = match message.split_once(": ") {
            // Only our own errors begin with a step; Lambda's begin with `RequestId: `.
            Some((step, rest)) if known.is_some() && is_step_name(step) => (step.to_owned(), rest.to_owned()),
            _ => (state.to_owned(), message),
        };
        Self {
            step,
            code: known.map_or_else(|| error.to_owned(), |code| code.to_string()),
            message: if message.is_empty() { error.to_owned() } else { message },
            remedy: remedy.unwrap_or_else(|| code.remedy().to_owned()),
            owner: code.owner(),
        }
    }
}

fn is_step_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_uppercase()) && text.chars().all(|c| c.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::StepError;
    use serde_json::json;

    #[test]
    fn a_step_error_is_read_back_from_its_wire_message() {
        let error = StepError::new(ErrorCode::AccessDenied, "could not create the role: denied")
            .with_remedy("allow iam:CreateRole");
        let cause = json!({ "errorType": "AccessDenied", "errorMessage": error.wire_message("BootstrapRole") });
        let failure = Failure::caught("ApplyStep", "AccessDenied", &cause.to_string());
        assert_eq!(failure.step, "BootstrapRole");
        assert_eq!(failure.code, "AccessDenied");
        assert_eq!(failure.message, "could not create the role: denied");
        assert_eq!(failure.remedy, "allow iam:CreateRole");
        assert_eq!(failure.owner, Owner::Platform);
    }

    #[test]
    fn errors_of_lambda_and_step_functions_keep_their_own_name() {
        let failure = Failure::caught("MoveAccount", "Sandbox.Timedout", "timed out after 30 s");
        assert_eq!(failure.step, "MoveAccount");
        assert_eq!(failure.code, "Sandbox.Timedout");
        assert_eq!(failure.message, "timed out after 30 s");
        let cause = r#"{"errorMessage":"RequestId: 1 Error: Task timed out"}"#;
        let failure = Failure::caught("MoveAccount", "Sandbox.Timedout", cause);
        assert_eq!(failure.step, "MoveAccount");
        assert_eq!(failure.message, "RequestId: 1 Error: Task timed out");
        assert!(!Failure::caught("MoveAccount", "States.Timeout", "").message.is_empty());
    }
}
