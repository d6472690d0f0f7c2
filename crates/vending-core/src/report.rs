//! What a step answers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// What a step did, as the state machine keeps it and `GET /accounts/{id}` shows it.
///
/// `R` is what later states need of the step; baseline steps have nothing to hand on.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StepReport<R = ()> {
    /// The step's name, which is also its function's.
    pub step: String,
    #[serde(default)]
    pub standing: Standing,
    /// Whether anything had to be changed: a second run answers `false`.
    pub changed: bool,
    /// What was done or found, in words.
    pub detail: String,
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "String")]
    pub started_at: OffsetDateTime,
    pub duration_ms: u64,
    /// When AWS last showed everything as this step wants it; of steps that are read back.
    #[serde(default, with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub read_back_at: Option<OffsetDateTime>,
    #[serde(skip_deserializing, skip_serializing_if = "is_nothing")]
    #[schemars(skip)]
    pub result: R,
}

/// How a step that did not fail left what it is for.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Standing {
    /// It stands.
    #[default]
    Done,
    /// It is asked for, and AWS takes its time; nothing waits for it.
    Pending,
    /// The stack or the request does not want it.
    Skipped,
}

fn is_nothing<R>(_: &R) -> bool {
    size_of::<R>() == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_result_is_handed_on_but_not_kept() {
        let report = StepReport {
            step: "MoveAccount".to_owned(),
            standing: Standing::Done,
            changed: true,
            detail: "moved".to_owned(),
            started_at: OffsetDateTime::UNIX_EPOCH,
            duration_ms: 3,
            read_back_at: None,
            result: json!({ "organizationalUnitId": "ou-1" }),
        };
        let wire = serde_json::to_value(&report).unwrap();
        assert_eq!(wire["result"]["organizationalUnitId"], "ou-1");
        let kept: StepReport = serde_json::from_value(wire).unwrap();
        let shown = serde_json::to_value(&kept).unwrap();
        assert_eq!(shown.get("result"), None);
        assert_eq!(shown["startedAt"], "1970-01-01T00:00:00Z");
    }
}
