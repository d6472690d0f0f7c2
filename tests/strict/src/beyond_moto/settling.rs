//! What AWS takes its time for.

use serde::{Deserialize, Serialize};

/// How long it takes, by the proxy's clock.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settling {
    /// How long a Region is being enabled or disabled.
    pub region_millis: u64,
    /// How long a quota increase is pending before it is approved.
    pub quota_millis: u64,
}

impl Default for Settling {
    fn default() -> Self {
        Self { region_millis: 1000, quota_millis: 1000 }
    }
}

impl Settling {
    /// Shorter than on AWS, where a Region takes minutes to hours, so that a test need not wait for long.
    pub(crate) fn as_on_aws() -> Self {
        Self { region_millis: 30_000, quota_millis: 60_000 }
    }
}
