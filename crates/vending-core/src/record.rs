//! The record of a request: its claim, and later its outcome.

use std::collections::BTreeSet;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::error::{ErrorCode, Owner, StepError};
use crate::evidence::Evidence;
use crate::id::{AccountId, RequestId};
use crate::report::StepReport;
use crate::request::AccountRequest;

/// The version of the records that this version writes.
///
/// Unknown fields of a record are ignored, so that a function can read what a later version wrote.
pub const SCHEMA_VERSION: u32 = 1;

pub(crate) const fn schema_version() -> u32 {
    SCHEMA_VERSION
}

/// `requests/{accountKey}/{attempt}.json`. Without its outcome, it is also the input of the execution.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RequestRecord {
    #[serde(default = "schema_version")]
    pub schema_version: u32,
    pub request_id: RequestId,
    pub request: AccountRequest,
    /// The ARN of the principal, or the ID of the stack, to which the account of this request belongs.
    pub requested_by: String,
    /// When `requested_by` first requested this account. An older account was not created for this requester.
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "String")]
    pub requester_since: OffsetDateTime,
    /// The ARN of the principal, or the ID of the stack, that submitted this attempt.
    pub submitted_by: String,
    /// Whether an operator submitted this attempt.
    #[serde(default)]
    pub by_operator: bool,
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "String")]
    pub requested_at: OffsetDateTime,
    /// The account that an earlier attempt recorded. It saves a search, and is verified before use.
    #[serde(default)]
    pub account_id: Option<AccountId>,
    /// Whether this request adopts `account_id`, an existing account.
    #[serde(default)]
    pub adopt: bool,
    /// The other deployment that the account is transferred from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adopted_from: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
}

/// The status of a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    InProgress,
    Vended,
    Failed,
    /// Claimed, but its execution no longer exists and it has no outcome.
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
    pub account: Option<VendedAccount>,
    /// The ID of the account creation in AWS (`car-…`), to continue a creation that had not ended.
    pub creation_id: Option<String>,
    /// How often this attempt may have called CreateAccount. Absent if unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creations: Option<u32>,
    pub steps: Vec<StepReport>,
    pub failure: Option<Failure>,
    /// The location of the evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
    /// The parts of the report that failed. The sweep repeats only these.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub pending_parts: BTreeSet<ReportPart>,
}

/// A part of the report of an outcome, in addition to the record.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReportPart {
    /// The state tag of the account.
    Tag,
    /// The account record with the evidence.
    AccountRecord,
    /// The SNS message.
    Message,
    /// The EventBridge event.
    Event,
    /// The responses to waiting CloudFormation stacks.
    StackResponses,
}

impl ReportPart {
    pub const ALL: [Self; 5] = [Self::Tag, Self::AccountRecord, Self::Message, Self::Event, Self::StackResponses];
}

/// The vended account, as shown to the requester.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VendedAccount {
    pub id: String,
    pub name: String,
    pub email: String,
    pub organizational_unit: String,
    /// The role that account-vending uses in the account.
    pub vending_role_arn: Option<String>,
    /// The role that engineers use in the account.
    pub engineer_role_arn: Option<String>,
    /// The roles that GitHub Actions use in the account, as `role-to-assume` in workflow files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub github_role_arns: Vec<String>,
    /// When AWS created the account.
    #[serde(default, with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub created_at: Option<OffsetDateTime>,
}

/// Why a request failed, and what to do.
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

    /// The failure of a step, as its function returns it in `errorMessage`.
    pub fn from_step_error(step: &str, error: &StepError) -> Self {
        Self { remedy: error.remedy().to_owned(), ..Self::new(step, error.code(), error.full_message()) }
    }

    /// The failure from the error name and the cause that a `Catch` of the state machine received.
    ///
    /// The `errorMessage` of a step is a failure as JSON. The `errorMessage` of a timeout, a crash, or Step Functions
    /// is plain text.
    pub fn from_catch(state: &str, error: &str, cause: &str) -> Self {
        let cause = match serde_json::from_str::<Cause>(cause) {
            Ok(cause) => cause.error_message,
            Err(_) => cause.to_owned(),
        };
        if let Ok(failure) = serde_json::from_str(&cause) {
            return failure;
        }
        let code = ErrorCode::from_str(error).unwrap_or(ErrorCode::Unexpected);
        let message = if cause.is_empty() { error.to_owned() } else { cause };
        Self { code: error.to_owned(), ..Self::new(state, code, message) }
    }
}

/// The cause of a Lambda error.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cause {
    error_message: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn record_of_a_later_version_is_read() {
        let record = json!({
            "schemaVersion": 2, "requestId": "abcdefghijklmnopqrst-1", "requestedBy": "arn:jane", "submittedBy": "arn:jane",
            "request": {
                "accountName": "a", "accountEmail": "a@example.com", "organizationalUnit": "Sandbox", "later": 1,
                "contacts": { "legal": {} }
            },
            "requesterSince": "2026-11-22T10:00:00Z", "requestedAt": "2026-11-22T10:00:00Z", "later": true,
        });
        let record: RequestRecord = serde_json::from_value(record).unwrap();
        assert_eq!((record.schema_version, record.request.account_name.as_str()), (2, "a"));
    }

    #[test]
    fn step_error_survives_a_round_trip() {
        let error = StepError::new(ErrorCode::AccessDenied, "could not create the role: denied")
            .with_remedy("allow iam:CreateRole");
        let sent = serde_json::to_string(&Failure::from_step_error("BootstrapRole", &error)).unwrap();
        let cause = json!({ "errorType": "AccessDenied", "errorMessage": sent });
        let failure = Failure::from_catch("ApplyStep", "AccessDenied", &cause.to_string());
        assert_eq!(failure.step, "BootstrapRole");
        assert_eq!(failure.code, "AccessDenied");
        assert_eq!(failure.message, "could not create the role: denied");
        assert_eq!(failure.remedy, "allow iam:CreateRole");
        assert_eq!(failure.owner, Owner::Platform);
    }

    #[test]
    fn lambda_and_step_functions_errors_keep_names() {
        let failure = Failure::from_catch("MoveAccount", "Sandbox.Timedout", "timed out after 30 s");
        assert_eq!(failure.step, "MoveAccount");
        assert_eq!(failure.code, "Sandbox.Timedout");
        assert_eq!(failure.message, "timed out after 30 s");
        let cause = r#"{"errorMessage":"RequestId: 1 Error: Task timed out"}"#;
        let failure = Failure::from_catch("MoveAccount", "Sandbox.Timedout", cause);
        assert_eq!(failure.step, "MoveAccount");
        assert_eq!(failure.message, "RequestId: 1 Error: Task timed out");
        assert!(!Failure::from_catch("MoveAccount", "States.Timeout", "").message.is_empty());
    }
}
