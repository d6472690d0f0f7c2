//! What the state machine knows at the end of an execution.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use vending_core::{AccountId, RequestRecord, StepReport};

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    /// The execution's input.
    pub record: RequestRecord,
    pub account_id: Option<AccountId>,
    pub creation_id: Option<String>,
    pub vending_role_arn: Option<String>,
    pub engineer_role_arn: Option<String>,
    pub github_role_arns: Vec<String>,
    #[serde(with = "time::serde::rfc3339::option")]
    #[schemars(with = "Option<String>")]
    pub account_created_at: Option<OffsetDateTime>,
    /// The reports of the steps that succeeded, in order.
    pub steps: Vec<StepReport>,
    /// What a `Catch` saw; nothing when all steps succeeded.
    pub caught: Option<Caught>,
}

/// An error as a `Catch` of the state machine saw it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Caught {
    pub state: String,
    pub error: String,
    pub cause: String,
}
