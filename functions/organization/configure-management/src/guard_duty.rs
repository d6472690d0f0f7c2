//! Enables GuardDuty in the management account, so that the account can be a member of its administrator.
//!
//! A Region has at most one detector. One that others created is used as it is. Later, the administrator decides what
//! the detector does.

mod detector;
mod features;

use serde_json::json;
use vending_core::StepError;
use vending_manifest::GuardDuty;
use vending_plans::PlannedChanges;
use vending_runtime::in_each_region;

use crate::{ConfigureManagement, TARGET};
use detector::RegionalDetector;

/// <https://aws.amazon.com/guardduty/pricing/>, for us-east-1.
const PRICE: &str = "4.00 US dollars for a million management events of CloudTrail, and 1.00 for each GB of DNS query logs and VPC flow logs; the protection plans in addition";

/// Where people resume a suspended detector.
const CONSOLE: &str = "https://console.aws.amazon.com/guardduty/home#/settings";

/// What a Region ends with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Status {
    Enabled,
    /// Others suspended their detector.
    Suspended,
}

impl ConfigureManagement {
    pub(crate) async fn converge_detectors(
        &self,
        guard_duty: &GuardDuty,
        regions: &[String],
        changes: &PlannedChanges,
    ) -> Result<(), StepError> {
        let work = regions.iter().map(|region| (region.clone(), self.converge_detector(region, guard_duty, changes)));
        let statuses = in_each_region(work).await?;
        let suspended = statuses.into_iter().filter(|(_, status)| *status == Status::Suspended);
        let suspended: Vec<String> = suspended.map(|(region, _)| region).collect();
        if !suspended.is_empty() {
            let message = format!(
                "a GuardDuty detector of others is suspended in the management account in {}; resume it",
                suspended.join(", ")
            );
            changes.note(message, Some(CONSOLE));
        }
        Ok(())
    }

    /// A detector of ours that is suspended was not completed, because it is created so.
    async fn converge_detector(
        &self,
        region: &str,
        guard_duty: &GuardDuty,
        changes: &PlannedChanges,
    ) -> Result<Status, StepError> {
        let regional = RegionalDetector { function: self, client: self.regional.in_region(region).guard_duty };
        let found = regional.read().await?;
        match &found {
            Some(detector) if detector.is_enabled => return Ok(Status::Enabled),
            Some(detector) if !detector.is_ours => return Ok(Status::Suspended),
            _ => {}
        }
        let change = changes.change(TARGET, format!("guardDuty.{region}"), json!(false), json!(true));
        changes.make(change.with_price(PRICE), regional.enable(found, guard_duty)).await?;
        Ok(Status::Enabled)
    }
}
