//! Plans and runs of the organization manifest.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use super::Failure;
use crate::open::Open;

/// The ID of a plan, and of the run that applies it: `20261122t100000z-1a2b3c4d`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = "^[0-9]{8}t[0-9]{6}z-[0-9a-f]{8}$"))]
pub struct PlanId(#[schemars(with = "String")] String);

#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not the ID of a plan, such as 20261122t100000z-1a2b3c4d")]
pub struct InvalidPlanId(String);

/// What a manifest would change in the organization.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrganizationPlan {
    pub plan_id: PlanId,
    pub status: Open<OrganizationStatus>,
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
    pub failure: Option<Failure>,
}

/// A run, which applies a plan.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrganizationRun {
    pub run_id: PlanId,
    pub plan_id: PlanId,
    pub status: Open<OrganizationStatus>,
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
    pub failure: Option<Failure>,
}

/// How far a plan or a run is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OrganizationStatus {
    InProgress,
    Succeeded,
    Failed,
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

impl FromStr for PlanId {
    type Err = InvalidPlanId;

    fn from_str(text: &str) -> Result<Self, InvalidPlanId> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for PlanId {
    type Error = InvalidPlanId;

    fn try_from(text: String) -> Result<Self, InvalidPlanId> {
        if is_plan_id(text.as_bytes()) { Ok(Self(text)) } else { Err(InvalidPlanId(text)) }
    }
}

fn is_plan_id(text: &[u8]) -> bool {
    const FORM: &[u8] = b"00000000t000000z-ffffffff";
    text.len() == FORM.len()
        && text.iter().zip(FORM).all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            b'f' => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
            separator => byte == separator,
        })
}

impl From<PlanId> for String {
    fn from(id: PlanId) -> Self {
        id.0
    }
}

impl fmt::Display for PlanId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plan_ids_have_one_form() {
        assert!("20261122t100000z-1a2b3c4d".parse::<PlanId>().is_ok());
        for text in [
            "",
            "nsitwn5ke2shymhizrnj-1",
            "111122223333",
            "20261122t100000z-1a2b3c4",
            "20261122t100000z-1A2B3C4D",
            "20261122T100000Z-1a2b3c4d",
            "20261122t100000z-1a2b3c4d/..",
        ] {
            assert!(text.parse::<PlanId>().is_err(), "{text}");
        }
    }
}
