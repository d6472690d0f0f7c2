//! What the API returns. Fields and words that this version does not know are no error.

mod organization;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use time::OffsetDateTime;
use vending_core::{
    AccountId, AccountState, Evidence, Owner, RequestId, Status, StepStatus, TimeToGuardrails, VendedAccount,
};

use crate::open::Open;

pub use organization::{OrganizationBlocker, OrganizationChange, OrganizationPlan, OrganizationRun};

/// One request.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RequestView {
    pub request_id: RequestId,
    pub status: Open<Status>,
    /// The ARN of the requester, who can change the account.
    pub requested_by: String,
    /// The ARN of the caller that started this attempt.
    pub submitted_by: String,
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub requested_at: OffsetDateTime,
    /// The account, if the request has ended and has one.
    pub account: Option<VendedAccount>,
    /// In the order in which they started.
    #[serde(default)]
    pub steps: Vec<StepView>,
    pub failure: Option<Failure>,
    /// For a vended request: where the account record is, and its digest when this request ended.
    pub evidence: Option<Evidence>,
}

/// One step of a request.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StepView {
    pub step: String,
    pub status: Open<StepStatus>,
    #[serde(default, with = "time::serde::rfc3339::option")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub started_at: Option<OffsetDateTime>,
    pub duration_ms: Option<u64>,
    pub changed: Option<bool>,
    pub detail: Option<String>,
}

/// Why a request failed, and what to do.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, JsonSchema)]
pub struct Failure {
    pub step: String,
    pub code: String,
    pub message: String,
    pub remedy: String,
    /// Who can act.
    pub owner: Open<Owner>,
}

/// One request in a list.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RequestSummary {
    pub request_id: RequestId,
    pub status: Open<Status>,
    pub account_name: String,
    pub account_id: Option<AccountId>,
    pub organizational_unit: String,
    pub requested_by: String,
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub requested_at: OffsetDateTime,
}

/// One account in a list.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountSummary {
    pub account_id: AccountId,
    pub account_name: String,
    pub account_email: String,
    pub organizational_unit: String,
    pub owner: Option<String>,
    /// The ARN of the requester, who can change the account.
    pub requested_by: String,
    /// The last request for the account.
    pub request_id: RequestId,
    /// The state of the account in AWS when it was last seen.
    pub state: Open<AccountState>,
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub state_since: OffsetDateTime,
    /// The version of the baseline of the last vend.
    pub baseline_version: Option<String>,
}

/// The record of one account.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountView {
    pub account_id: AccountId,
    pub account_name: String,
    pub account_email: String,
    /// The last request for the account.
    pub request_id: RequestId,
    pub requested_by: String,
    pub owner: Option<String>,
    pub organizational_unit: String,
    pub organizational_unit_id: String,
    pub state: Open<AccountState>,
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub state_since: OffsetDateTime,
    /// When its stack released the account.
    #[serde(default, with = "time::serde::rfc3339::option")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub released_at: Option<OffsetDateTime>,
    /// The evidence of the last vend that succeeded.
    pub baseline: Option<BaselineView>,
}

/// The evidence of a vend.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BaselineView {
    pub request_id: RequestId,
    pub baseline_version: String,
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub recorded_at: OffsetDateTime,
    pub account: VendedAccount,
    pub steps: Vec<StepView>,
    pub time_to_guardrails: Option<TimeToGuardrails>,
    pub digest: String,
}

/// What a list of requests would do.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// In the order of the list.
    pub requests: Vec<RequestPlan>,
    pub account_quota: Option<AccountQuota>,
    /// What prevents all requests.
    #[serde(default)]
    pub blockers: Vec<Blocker>,
}

/// What one request would do.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RequestPlan {
    pub action: Open<Action>,
    /// The ID that the request would have, or of the request that it waits for.
    pub request_id: Option<RequestId>,
    /// The last request for the account, which this one was compared with.
    pub basis: Option<RequestId>,
    pub account_id: Option<AccountId>,
    /// The complete request, with derived values.
    pub request: Option<Value>,
    /// The fields that differ from the last request.
    #[serde(default)]
    pub changes: Vec<FieldChange>,
    /// What prevents the request.
    #[serde(default)]
    pub blockers: Vec<Blocker>,
}

/// What a request would do.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, serde::Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Action {
    Create,
    Change,
    /// The last attempt failed; the next continues where it stopped.
    Resume,
    /// The last attempt has not ended.
    Wait,
    /// The account exists with these settings.
    None,
    Refuse,
}

/// A field with another value than in the last request.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, JsonSchema)]
pub struct FieldChange {
    /// The JSON pointer of the field.
    pub pointer: String,
    pub from: Value,
    pub to: Value,
}

/// Something that prevents a request.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, JsonSchema)]
pub struct Blocker {
    /// The error code of the failure, or `Conflict`.
    pub code: String,
    /// The JSON pointer of the field in the request, if it is about a field.
    pub pointer: Option<String>,
    pub detail: String,
    pub remedy: String,
    /// Who can act.
    pub owner: Open<Owner>,
}

/// The quota of accounts, and how many accounts exist.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, JsonSchema)]
pub struct AccountQuota {
    pub limit: u64,
    pub accounts: Option<u64>,
}
