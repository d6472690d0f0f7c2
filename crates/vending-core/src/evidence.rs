//! Where the evidence of a vend is, and how long the account was without its guardrails.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The location and the digest of the account record at the end of the request.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// The key in the records bucket. The bucket keeps all versions.
    pub key: String,
    pub baseline_version: String,
    pub digest: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_to_guardrails: Option<TimeToGuardrails>,
}

/// The time from the creation of the account to its guardrails.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TimeToGuardrails {
    /// The time until the account was in its OU, under the SCPs of the OU. Absent if an earlier attempt moved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organizational_unit_after_ms: Option<u64>,
    /// The time until the baseline was complete.
    pub baseline_after_ms: u64,
}
