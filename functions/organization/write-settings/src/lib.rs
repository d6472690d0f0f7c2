//! Writes the settings that follow from the organization manifest: who may request what, and what accounts get.
//!
//! No other function may write them.

mod blockers;
mod changes;
mod config;
mod store;

use aws_config::SdkConfig;
use vending_core::StepError;
use vending_organization::Organization;
use vending_plans::{Desired, OrganizationRunner, OrganizationStep, PlannedChanges, Units};
use vending_records::{Objects, Plans};

use crate::store::SettingsStore;

pub use config::Config;

#[derive(Debug)]
pub struct WriteSettings {
    settings: SettingsStore,
    organization: Organization,
    customizations: Vec<String>,
}

impl WriteSettings {
    pub fn runner(sdk: &SdkConfig, config: Config) -> OrganizationRunner<Self> {
        let objects = Objects::new(aws_sdk_s3::Client::new(sdk), config.records_bucket);
        let step = Self {
            settings: SettingsStore::new(objects.clone()),
            organization: Organization::new(aws_sdk_organizations::Client::new(sdk)),
            customizations: config.customizations,
        };
        OrganizationRunner::new(Plans::new(objects), step)
    }
}

impl OrganizationStep for WriteSettings {
    const NAME: &'static str = "WriteSettings";
    const FOLDER: &'static str = "write-settings";

    async fn converge(&self, desired: &Desired, changes: &PlannedChanges) -> Result<(), StepError> {
        let stored = self.settings.read().await?;
        let units = Units::find(&self.organization, &desired.manifest, changes).await?;
        let ids = if changes.is_plan() { units.planned_ids()? } else { units.existing_ids()? };
        let wanted = desired.manifest.settings(&ids.root, &ids.units);
        for blocker in blockers::of_customizations(&desired.manifest, &self.customizations) {
            changes.block(blocker);
        }
        changes.not_managed(desired.manifest.not_managed());
        let differences = changes::between(changes, stored.settings.as_ref(), &wanted);
        changes.make_all(differences, self.settings.write(&wanted, &stored)).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
