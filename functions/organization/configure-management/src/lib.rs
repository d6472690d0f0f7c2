//! Configures the management account, which is not vended: its alternate contacts, AWS Config, and GuardDuty, as far as
//! the manifest has them.
//!
//! What others set up is used as it is. The VPCs, S3, EBS, and IAM of the account are left alone; what its root user
//! lacks is only noted, because only people can change it.

mod clients;
mod contacts;
mod guard_duty;
mod recorder;
mod regions;
mod root_user;
mod service_role;

use std::collections::BTreeMap;

use aws_config::SdkConfig;
use vending_core::{AccountId, GROUND_TAG, StepError, ground_tag};
use vending_plans::{Desired, OrganizationRunner, OrganizationStep, PlannedChanges};
use vending_records::Plans;
use vending_runtime::{Environment, StartError};

use crate::clients::RegionalClients;

#[derive(Debug)]
pub struct ConfigureManagement {
    account: aws_sdk_account::Client,
    iam: aws_sdk_iam::Client,
    regional: RegionalClients,
    management_account: AccountId,
    /// The name of this deployment, in a tag of recorders and detectors.
    deployment: String,
}

/// The target of all changes.
const TARGET: &str = "management account";

impl ConfigureManagement {
    /// Reads these environment variables, and what [`Plans`] need:
    ///
    /// - `STACK_NAME`: the name of this deployment.
    /// - `MANAGEMENT_ACCOUNT_ID`
    pub fn runner(sdk: &SdkConfig, environment: &Environment) -> Result<OrganizationRunner<Self>, StartError> {
        let step = Self {
            account: aws_sdk_account::Client::new(sdk),
            iam: aws_sdk_iam::Client::new(sdk),
            regional: RegionalClients::new(sdk),
            management_account: environment.parsed("MANAGEMENT_ACCOUNT_ID")?,
            deployment: environment.required("STACK_NAME")?,
        };
        Ok(OrganizationRunner::new(Plans::from_environment(sdk, environment)?, step))
    }

    /// The tag of what this deployment creates.
    fn own_tag(&self) -> (&'static str, String) {
        (GROUND_TAG, ground_tag(&self.deployment, "management-account"))
    }

    /// Whether the tags are those of something that this deployment created.
    fn is_ours(&self, tags: &BTreeMap<String, String>) -> bool {
        let (key, value) = self.own_tag();
        tags.get(key) == Some(&value)
    }
}

impl OrganizationStep for ConfigureManagement {
    const NAME: &'static str = "ConfigureManagement";
    const FOLDER: &'static str = "configure-management";

    async fn converge(&self, desired: &Desired, changes: &PlannedChanges) -> Result<(), StepError> {
        let manifest = &desired.manifest;
        self.note_root_user(changes).await?;
        let account = manifest.management_account.as_ref();
        if let Some(account) = account {
            self.converge_contacts(&account.contacts, changes).await?;
        }
        let is_recorded = account.is_some_and(|account| account.record_changes == Some(true));
        let guard_duty = manifest.security.as_ref().and_then(|security| security.guard_duty.as_ref());
        if !is_recorded && guard_duty.is_none() {
            return Ok(());
        }
        let regions = self.usable_regions(manifest.governed_regions(), changes).await?;
        if is_recorded {
            self.converge_recorders(manifest, &regions, changes).await?;
        }
        if let Some(guard_duty) = guard_duty {
            self.converge_detectors(guard_duty, &regions, changes).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
