//! Plans and runs of the organization manifest.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use time::OffsetDateTime;
use vending_core::{ChangeClass, PlanId, PlanNote, PlanStatus, Reach};

use super::Failure;
use crate::open::Open;

/// What a manifest would change in the organization.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrganizationPlan {
    pub plan_id: PlanId,
    pub status: Open<PlanStatus>,
    /// The ARN of the caller that sent the manifest.
    pub requested_by: String,
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub requested_at: OffsetDateTime,
    /// The SHA-256 digest of the manifest and its documents.
    pub manifest_digest: String,
    #[serde(default)]
    pub changes: Vec<OrganizationChange>,
    /// What prevents a run of the plan.
    #[serde(default)]
    pub blockers: Vec<OrganizationBlocker>,
    /// The JSON pointers of what the manifest has, and this version of account-vending does not apply.
    #[serde(default)]
    pub not_managed: Vec<String>,
    /// What people should know or do by hand.
    #[serde(default)]
    pub notes: Vec<PlanNote>,
    /// Why the plan failed.
    #[serde(default)]
    pub failures: Vec<Failure>,
}

/// A run, which applies a plan.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrganizationRun {
    pub run_id: PlanId,
    pub plan_id: PlanId,
    pub status: Open<PlanStatus>,
    /// The ARN of the caller that started the run.
    pub requested_by: String,
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub requested_at: OffsetDateTime,
    /// The SHA-256 digest of the manifest and its documents.
    pub manifest_digest: String,
    /// The changes that were made.
    #[serde(default)]
    pub changes: Vec<OrganizationChange>,
    /// What people should know or do by hand.
    #[serde(default)]
    pub notes: Vec<PlanNote>,
    /// Why the run failed.
    #[serde(default)]
    pub failures: Vec<Failure>,
}

/// A setting of the organization, of its root, or of an OU that gets another value.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, JsonSchema)]
pub struct OrganizationChange {
    /// The function that makes the change.
    pub function: String,
    /// The path of an OU, `root`, or `organization`.
    pub target: String,
    /// Such as `vending.monthlyBudgetUsd`.
    pub field: String,
    /// Null if it was not set.
    #[serde(default)]
    pub from: Value,
    /// Null if it is removed.
    #[serde(default)]
    pub to: Value,
    /// What the change needs. A guarded change needs to be allowed.
    #[serde(default)]
    pub class: Open<ChangeClass>,
    /// What the change costs, or why it must be allowed.
    #[serde(default)]
    pub why: Option<String>,
    /// What a policy reaches.
    #[serde(default)]
    pub reach: Option<Reach>,
}

impl OrganizationChange {
    /// The name by which a run allows the change.
    pub fn name(&self) -> String {
        format!("{}:{}", self.target, self.field)
    }

    pub fn is_guarded(&self) -> bool {
        self.class.is(&ChangeClass::Guarded)
    }
}

/// Something that prevents a run.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, JsonSchema)]
pub struct OrganizationBlocker {
    /// The JSON pointer of the field in the manifest. Empty if it is about none.
    #[serde(default)]
    pub pointer: String,
    /// What is expected, to be read after the name of the field.
    pub detail: String,
    pub remedy: String,
}
