//! Which Regions are enabled now, and which ones have to wait.

use std::collections::BTreeMap;

use aws_sdk_account::types::RegionOptStatus;
use vending_core::{ErrorCode, StepError};

/// Where each Region that AWS has stands in the account.
pub(crate) type Statuses = BTreeMap<String, RegionOptStatus>;

#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Plan {
    /// What AWS is asked to enable now.
    pub(crate) to_enable: Vec<String>,
    /// Every governed Region that is not enabled, and why it is not.
    pub(crate) waiting: Vec<(String, &'static str)>,
}

/// How many Regions AWS enables or disables in an account at a time, by the page that `default_regions` names. Of an
/// organization it is 50: what is beyond them is throttled.
const IN_PROGRESS: usize = 6;

pub(crate) fn plan(governed: &[String], statuses: &Statuses) -> Result<Plan, StepError> {
    if let Some(region) = governed.iter().find(|region| !statuses.contains_key(*region)) {
        return Err(unknown(region));
    }
    let in_progress = statuses.values().filter(|status| is_changing(status)).count();
    let mut room = IN_PROGRESS.saturating_sub(in_progress);
    let mut plan = Plan { to_enable: Vec::new(), waiting: Vec::new() };
    for (region, status) in governed.iter().filter_map(|region| statuses.get_key_value(region)) {
        let state = match status {
            RegionOptStatus::Enabled | RegionOptStatus::EnabledByDefault => continue,
            RegionOptStatus::Disabled if room > 0 => {
                room -= 1;
                plan.to_enable.push(region.clone());
                "asked for now"
            }
            RegionOptStatus::Disabled => "waits: AWS changes six at a time",
            RegionOptStatus::Enabling => "AWS is enabling it",
            RegionOptStatus::Disabling => "AWS is disabling it, and then can enable it",
            _ => "AWS gives it a status that this version does not know",
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
    StepError::new(ErrorCode::InvalidConfiguration, message)
        .with_remedy("correct the stack's parameter GovernedRegions, which names it; then send the same request again")
}
