//! Plans and runs of the organization: what its manifest would change, and what a run of a plan changed.
//!
//! A run applies exactly one plan, so both have the same ID. Everything about them is in the records bucket below
//! `organization/`.

mod change;
mod id;
mod manifest_document;

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

pub use change::{ChangeClass, OrganizationChange, Reach};
pub use id::{ManifestDigest, PlanId};
pub use manifest_document::ManifestDocument;

/// The functions of build-organization that report changes, in the order in which it runs them. Plans and runs show
/// their changes in this order.
pub const ORGANIZATION_FUNCTIONS: [&str; 10] = [
    "create-organization",
    "enable-trusted-access",
    "enable-policy-types",
    "centralize-root-access",
    "create-units",
    "apply-policies",
    "write-settings",
    "configure-management",
    "detect-cost-anomalies",
    "create-permission-sets",
];

/// Whether the functions of an execution change anything.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PlanMode {
    /// They list what they would change.
    Plan,
    /// They change what the plan lists.
    Apply,
}

/// Names a plan, or the run of a plan. The input of its execution, and of every function of the execution.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlanInput {
    pub mode: PlanMode,
    pub plan_id: PlanId,
}

/// `plan.json` or `run.json`: who requested a plan or a run, and for which manifest.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlanRecord {
    pub schema_version: u32,
    pub mode: PlanMode,
    pub plan_id: PlanId,
    pub manifest_digest: ManifestDigest,
    /// The ARN of the caller.
    pub requested_by: String,
    #[serde(with = "time::serde::rfc3339")]
    pub requested_at: OffsetDateTime,
    /// The names of the guarded changes that a run may make.
    #[serde(default)]
    pub allowed: BTreeSet<String>,
}

/// What a function of an execution found and did. Each function has its own report.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlanReport {
    pub schema_version: u32,
    /// What differs from the manifest.
    pub changes: Vec<OrganizationChange>,
    pub blockers: Vec<PlanBlocker>,
    /// The JSON pointers of what is in the manifest, but not applied yet.
    pub not_managed: Vec<String>,
    /// What people should know or do by hand.
    #[serde(default)]
    pub notes: Vec<PlanNote>,
    /// Whether the changes are made. `false` in a plan, and in a run that has not ended.
    pub is_applied: bool,
}

/// What prevents a plan from being applied.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanBlocker {
    /// The JSON pointer (RFC 6901) into the manifest. Empty if it is not about a field.
    pub pointer: String,
    /// What is expected, to be read after the name of the field.
    pub detail: String,
    /// What to do next.
    pub remedy: String,
}

/// Something that people should know, or that only they can do.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanNote {
    /// One sentence, without a period at the end.
    pub message: String,
    /// Where to do it, or where it is described.
    pub link: Option<String>,
}

/// The status of a plan or a run.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PlanStatus {
    InProgress,
    Succeeded,
    Failed,
}

impl PlanInput {
    /// The key of the record in the records bucket.
    pub fn record_key(&self) -> String {
        match self.mode {
            PlanMode::Plan => self.key("plan"),
            PlanMode::Apply => self.key("run"),
        }
    }

    /// The key of the report of a function, by its folder.
    pub fn report_key(&self, function: &str) -> String {
        self.key(function)
    }

    fn key(&self, name: &str) -> String {
        let folder = match self.mode {
            PlanMode::Plan => "plans",
            PlanMode::Apply => "runs",
        };
        format!("organization/{folder}/{}/{name}.json", self.plan_id)
    }

    /// The name of the execution. The same plan or run, started again, is the same execution.
    pub fn execution_name(&self) -> String {
        match self.mode {
            PlanMode::Plan => format!("plan-{}", self.plan_id),
            PlanMode::Apply => format!("{RUN_PREFIX}{}", self.plan_id),
        }
    }

    /// The run of an execution, by the name of the execution. `None` if it is not a run.
    pub fn run_of_execution(name: &str) -> Option<PlanId> {
        name.strip_prefix(RUN_PREFIX)?.parse().ok()
    }
}

const RUN_PREFIX: &str = "run-";

impl PlanReport {
    /// The schema version that this code writes.
    pub const SCHEMA_VERSION: u32 = 1;

    /// One report of all functions, in their order.
    #[must_use]
    pub fn merged(reports: impl IntoIterator<Item = Self>) -> Self {
        let mut merged = Self {
            schema_version: Self::SCHEMA_VERSION,
            changes: Vec::new(),
            blockers: Vec::new(),
            not_managed: Vec::new(),
            notes: Vec::new(),
            is_applied: true,
        };
        for report in reports {
            merged.changes.extend(report.changes);
            merged.blockers.extend(report.blockers);
            merged.not_managed.extend(report.not_managed);
            merged.notes.extend(report.notes);
            merged.is_applied &= report.is_applied;
        }
        merged
    }
}

impl PlanRecord {
    /// The schema version that this code writes.
    pub const SCHEMA_VERSION: u32 = 1;
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn input(mode: PlanMode) -> PlanInput {
        PlanInput { mode, plan_id: "20261130t140102z-0a1b2c3d".parse().unwrap() }
    }

    #[test]
    fn plan_and_run_have_separate_objects() {
        let (plan, run) = (input(PlanMode::Plan), input(PlanMode::Apply));
        assert_eq!(plan.record_key(), "organization/plans/20261130t140102z-0a1b2c3d/plan.json");
        assert_eq!(run.record_key(), "organization/runs/20261130t140102z-0a1b2c3d/run.json");
        let key = run.report_key("write-settings");
        assert_eq!(key, "organization/runs/20261130t140102z-0a1b2c3d/write-settings.json");
    }

    #[test]
    fn execution_name_leads_back_to_the_run() {
        let (plan, run) = (input(PlanMode::Plan).execution_name(), input(PlanMode::Apply).execution_name());
        assert_eq!((plan.as_str(), run.as_str()), ("plan-20261130t140102z-0a1b2c3d", "run-20261130t140102z-0a1b2c3d"));
        assert_eq!(PlanInput::run_of_execution(&run), Some(input(PlanMode::Apply).plan_id));
        assert_eq!(PlanInput::run_of_execution(&plan), None);
        assert_eq!(PlanInput::run_of_execution("run-by-hand"), None);
    }

    #[test]
    fn record_of_a_later_version_is_read() {
        let record = json!({
            "schemaVersion": 2, "mode": "APPLY", "planId": "20261130t140102z-0a1b2c3d", "later": true,
            "manifestDigest": "0".repeat(64), "requestedBy": "arn:jane", "requestedAt": "2026-11-30T14:01:02Z",
        });
        let record: PlanRecord = serde_json::from_value(record).unwrap();
        assert_eq!((record.schema_version, record.mode), (2, PlanMode::Apply));
    }

    #[test]
    fn input_has_no_other_fields() {
        let input = json!({ "mode": "PLAN", "planId": "20261130t140102z-0a1b2c3d", "settings": {} });
        assert!(serde_json::from_value::<PlanInput>(input).is_err());
    }
}
