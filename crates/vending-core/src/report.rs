//! The output of the function of a step.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// The output of the function of a step, which the state machine receives.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct StepOutput<R = ()> {
    /// Stored in the record of the request, and shown in the API.
    pub report: StepReport,
    /// What later states need; otherwise `null`.
    pub result: R,
}

/// The report of the last run of a step.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StepReport {
    /// The name of the step.
    pub step: String,
    pub status: StepStatus,
    /// Whether the step changed anything. A second run reports `false`.
    pub changed: bool,
    /// What the step did or found.
    pub detail: String,
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "String")]
    pub started_at: OffsetDateTime,
    pub duration_ms: u64,
    /// When the step last read its changes back from AWS. Absent for steps without a read-back.
    #[serde(default, with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub read_back_at: Option<OffsetDateTime>,
}

/// The status of a step, in reports, records, and responses.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StepStatus {
    InProgress,
    /// The last run failed with an error that the state machine retries.
    Retrying,
    Succeeded,
    /// Requested from AWS and not complete yet. The vend does not wait.
    Pending,
    /// Configured neither in the settings nor in the request.
    Skipped,
    Failed,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn output_has_report_and_result() {
        let report = StepReport {
            step: "MoveAccount".to_owned(),
            status: StepStatus::Succeeded,
            changed: true,
            detail: "moved".to_owned(),
            started_at: OffsetDateTime::UNIX_EPOCH,
            duration_ms: 3,
            read_back_at: None,
        };
        let output = StepOutput { report: report.clone(), result: json!({ "organizationalUnitId": "ou-1" }) };
        let wire = serde_json::to_value(&output).unwrap();
        assert_eq!(wire["result"]["organizationalUnitId"], "ou-1");
        assert_eq!(wire["report"]["startedAt"], "1970-01-01T00:00:00Z");
        assert_eq!(serde_json::from_value::<StepReport>(wire["report"].clone()).unwrap(), report);
    }
}
