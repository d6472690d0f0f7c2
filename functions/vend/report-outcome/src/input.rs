//! The input of the step: what the state machine knows at the end of an execution.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use vending_core::{AccountId, StepReport};

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub account_id: Option<AccountId>,
    pub creation_id: Option<String>,
    /// How many times CreateAccount may have been called.
    pub creations: u32,
    pub vending_role_arn: Option<String>,
    pub engineer_role_arn: Option<String>,
    pub github_role_arns: Vec<String>,
    #[serde(with = "time::serde::rfc3339::option")]
    #[schemars(with = "Option<String>")]
    pub account_created_at: Option<OffsetDateTime>,
    /// The reports of the steps that succeeded, in order.
    pub steps: Vec<StepReport>,
    /// The error that a `Catch` caught; none if all steps succeeded.
    pub caught: Option<Caught>,
}

/// An error that a `Catch` of the state machine caught.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Caught {
    pub state: String,
    pub error: String,
    pub cause: String,
}
