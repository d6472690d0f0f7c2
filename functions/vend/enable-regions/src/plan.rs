//! Selects the Regions to enable now and those that have to wait.

use std::collections::BTreeMap;

use aws_sdk_account::types::RegionOptStatus;
use vending_core::{ErrorCode, StepError};

/// The opt-in status of each AWS Region in the account.
pub(crate) type Statuses = BTreeMap<String, RegionOptStatus>;

#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Plan {
    /// The Regions to enable now.
    pub(crate) to_enable: Vec<String>,
    /// Every governed Region that is not enabled, with the reason.
    pub(crate) waiting: Vec<(String, &'static str)>,
}

/// The number of Regions that AWS enables or disables in an account at a time (see the page in [`vending_core::DEFAULT_REGIONS`]). In
/// an organization it is 50; AWS throttles requests beyond that.
const MAX_IN_PROGRESS: usize = 6;

pub(crate) fn plan(governed: &[String], statuses: &Statuses) -> Result<Plan, StepError> {
    if let Some(region) = governed.iter().find(|region| !statuses.contains_key(*region)) {
        return Err(unknown(region));
    }
    let in_progress = statuses.values().filter(|status| is_changing(status)).count();
    let mut capacity = MAX_IN_PROGRESS.saturating_sub(in_progress);
    let mut plan = Plan { to_enable: Vec::new(), waiting: Vec::new() };
    for (region, status) in governed.iter().filter_map(|region| statuses.get_key_value(region)) {
        let state = match status {
            RegionOptStatus::Enabled | RegionOptStatus::EnabledByDefault => continue,
            RegionOptStatus::Disabled if capacity > 0 => {
                capacity -= 1;
                plan.to_enable.push(region.clone());
                "requested now"
            }
            RegionOptStatus::Disabled => "waiting: AWS changes six Regions of an account at a time",
            RegionOptStatus::Enabling => "AWS is enabling it",
            RegionOptStatus::Disabling => "AWS is disabling it; it can be enabled after that",
            _ => "AWS reports a status that this version does not know",
        };
        plan.waiting.push((region.clone(), state));
    }
    Ok(plan)
}

pub(crate) fn enabled(statuses: &Statuses) -> Vec<String> {
    let enabled = |status: &_| matches!(status, RegionOptStatus::Enabled | RegionOptStatus::EnabledByDefault);
    statuses.iter().filter(|(_, status)| enabled(status)).map(|(region, _)| region.clone()).collect()
}

fn is_changing(status: &RegionOptStatus) -> bool {
    matches!(status, RegionOptStatus::Enabling | RegionOptStatus::Disabling)
}

fn unknown(region: &str) -> StepError {
    let message = format!("AWS has no Region `{region}`");
    StepError::new(ErrorCode::InvalidConfiguration, message).with_remedy(
        "correct `governedRegions` of the manifest, which names it, and apply it; then send the same request again",
    )
}
