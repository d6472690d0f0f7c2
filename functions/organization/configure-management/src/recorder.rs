//! Records changes in the management account with AWS Config: a recorder for all resource types and a delivery channel
//! in each governed Region.

mod compare;
mod errors;
mod region;

use vending_core::{GLOBAL_REGION, PlanBlocker, StepError};
use vending_iam::config_role;
use vending_manifest::Manifest;
use vending_plans::PlannedChanges;
use vending_runtime::in_each_region;

use crate::ConfigureManagement;
use compare::{Current, Wanted, foreign_channel};
use region::RegionalRecorder;

const RECORD_CHANGES: &str = "/managementAccount/recordChanges";

/// Where people see the recorders.
const CONSOLE: &str = "https://console.aws.amazon.com/config/home";

impl ConfigureManagement {
    /// A Region has at most one recorder, so that of others is used as it is.
    pub(crate) async fn converge_recorders(
        &self,
        manifest: &Manifest,
        regions: &[String],
        changes: &PlannedChanges,
    ) -> Result<(), StepError> {
        let found = self.read_recorders(regions).await?;
        let (foreign, own): (Vec<_>, Vec<_>) = found.iter().partition(|(_, current)| current.is_foreign());
        note_foreign(&foreign, changes);
        if own.is_empty() {
            return Ok(());
        }
        let Some(bucket) = manifest.config.as_ref().map(|config| config.bucket.as_str()) else {
            // The log archive, which is not built yet, has a bucket for AWS Config.
            match manifest.log_archive {
                Some(_) => changes.not_managed(vec![RECORD_CHANGES.to_owned()]),
                None => changes.block(no_bucket()),
            }
            return Ok(());
        };
        self.converge_config_role(changes).await?;
        let work = own.into_iter().map(|(region, current)| {
            (region.clone(), self.converge_recorder(region, current, self.wanted_recorder(region, bucket), changes))
        });
        in_each_region(work).await?;
        Ok(())
    }

    async fn read_recorders(&self, regions: &[String]) -> Result<Vec<(String, Current)>, StepError> {
        let work = regions.iter().map(|region| {
            let recorder = self.regional_recorder(region);
            (region.clone(), async move { recorder.read().await })
        });
        in_each_region(work).await
    }

    async fn converge_recorder(
        &self,
        region: &str,
        current: &Current,
        wanted: Wanted,
        changes: &PlannedChanges,
    ) -> Result<(), StepError> {
        if let Some(blocker) = foreign_channel(region, current, &wanted) {
            changes.block(blocker);
            return Ok(());
        }
        let recorder = self.regional_recorder(region);
        for (change, call) in compare::differences(region, current, &wanted, changes) {
            changes.make(change, recorder.send(call, &wanted.bucket)).await?;
        }
        Ok(())
    }

    fn regional_recorder(&self, region: &str) -> RegionalRecorder<'_> {
        RegionalRecorder { function: self, client: self.regional.in_region(region).config }
    }

    /// One Region records the global resource types: a second one would record and charge the same items again.
    fn wanted_recorder(&self, region: &str, bucket: &str) -> Wanted {
        Wanted {
            role_arn: config_role::arn(&self.management_account),
            bucket: bucket.to_owned(),
            records_global_types: region == GLOBAL_REGION,
        }
    }
}

fn note_foreign(foreign: &[&(String, Current)], changes: &PlannedChanges) {
    if foreign.is_empty() {
        return;
    }
    let recorders: Vec<String> = foreign.iter().map(|(region, current)| current.describe_foreign(region)).collect();
    let message =
        format!("AWS Config uses recorders of others in the management account as they are: {}", recorders.join("; "));
    changes.note(message, Some(CONSOLE));
}

fn no_bucket() -> PlanBlocker {
    PlanBlocker {
        pointer: "/config/bucket".to_owned(),
        detail: "is required with `recordChanges: true`: AWS Config delivers to it".to_owned(),
        remedy: "name the bucket for AWS Config in `config.bucket`, or remove managementAccount.recordChanges"
            .to_owned(),
    }
}
