//! The governed Regions that the management account can use.

use aws_sdk_account::types::RegionOptStatus;
use vending_core::{ErrorCode, PlanBlocker, StepError, is_opt_in_region};
use vending_plans::PlannedChanges;
use vending_runtime::Context;

use crate::ConfigureManagement;

impl ConfigureManagement {
    /// Returns the Regions that are enabled, and blocks each other one: calls there would fail until the deadline, as
    /// if AWS did not know the credentials.
    pub(crate) async fn usable_regions(
        &self,
        governed: Vec<String>,
        changes: &PlannedChanges,
    ) -> Result<Vec<String>, StepError> {
        let mut usable = Vec::new();
        for region in governed {
            if !is_opt_in_region(&region) || self.is_enabled(&region).await? {
                usable.push(region);
            } else {
                changes.block(not_enabled(&region));
            }
        }
        Ok(usable)
    }

    async fn is_enabled(&self, region: &str) -> Result<bool, StepError> {
        let read = self.account.get_region_opt_status().region_name(region).send().await;
        let status = read.context(format!("read whether the management account has enabled {region}"))?;
        match status.region_opt_status {
            Some(RegionOptStatus::Enabled | RegionOptStatus::EnabledByDefault) => Ok(true),
            Some(RegionOptStatus::Enabling) => {
                let message = format!("AWS is still enabling {region} in the management account");
                Err(StepError::new(ErrorCode::NotReady, message))
            }
            _ => Ok(false),
        }
    }
}

fn not_enabled(region: &str) -> PlanBlocker {
    PlanBlocker {
        pointer: "/governedRegions".to_owned(),
        detail: format!("must have only Regions that the management account has enabled, not {region}"),
        remedy: format!(
            "enable {region} in the management account (aws account enable-region --region-name {region}), or remove it"
        ),
    }
}
