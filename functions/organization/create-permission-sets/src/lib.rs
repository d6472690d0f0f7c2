//! Creates the permission sets of the organization manifest in IAM Identity Center, and its groups if the manifest says
//! so.
//!
//! A permission set is ours if it has the tag of this deployment; all others are left alone. One that has changed is
//! provisioned again in the accounts that have it. Nothing is assigned here, and the members of groups are not touched.

mod calls;
mod converge;
mod groups;
mod instance;
mod notes;
mod permission_sets;
mod provisioning;
mod session;
mod wanted;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use aws_config::SdkConfig;
use time::Duration;
use vending_core::{AccountId, ErrorCode, StepError};
use vending_organization::Organization;
use vending_plans::{Desired, OrganizationRunner, OrganizationStep, PlannedChanges};
use vending_records::Plans;
use vending_runtime::{Cache, Environment, StartError, identity_center_config};

use crate::instance::{Clients, Search};
use crate::wanted::Wanted;

#[derive(Debug)]
pub struct CreatePermissionSets {
    config: SdkConfig,
    /// The clients by Region, because IAM Identity Center can be in another one than the function.
    clients: Mutex<BTreeMap<String, Clients>>,
    organization: Organization,
    /// The name of this deployment, in a tag of the permission sets.
    deployment: String,
    management_account: AccountId,
    /// The names of permission sets of others, by ARN. The function looks at the same ones up to three times in a run.
    foreign: Cache<String, String>,
    /// The IDs of failed provisionings that were reported. Each is an error once; then, the next run tries again.
    reported: Cache<String, ()>,
}

/// A permission set cannot be renamed.
const FOREIGN_TTL: Duration = Duration::HOUR;

impl CreatePermissionSets {
    /// Reads these environment variables, and what [`Plans`] need:
    ///
    /// - `STACK_NAME`: the name of this deployment.
    /// - `MANAGEMENT_ACCOUNT_ID`: the account that owns IAM Identity Center.
    pub fn runner(sdk: &SdkConfig, environment: &Environment) -> Result<OrganizationRunner<Self>, StartError> {
        let step = Self {
            config: sdk.clone(),
            clients: Mutex::default(),
            organization: Organization::new(aws_sdk_organizations::Client::new(sdk)),
            deployment: environment.required("STACK_NAME")?,
            management_account: environment.parsed("MANAGEMENT_ACCOUNT_ID")?,
            foreign: Cache::new(FOREIGN_TTL),
            reported: Cache::new(provisioning::RECENT),
        };
        Ok(OrganizationRunner::new(Plans::from_environment(sdk, environment)?, step))
    }

    fn clients(&self, region: &str) -> Clients {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let connect = || Clients::new(&identity_center_config(&self.config, Some(region)));
        clients.entry(region.to_owned()).or_insert_with(connect).clone()
    }
}

impl OrganizationStep for CreatePermissionSets {
    const NAME: &'static str = "CreatePermissionSets";
    const FOLDER: &'static str = "create-permission-sets";

    async fn converge(&self, desired: &Desired, changes: &PlannedChanges) -> Result<(), StepError> {
        let wanted = Wanted::of(desired);
        for blocker in &wanted.blockers {
            changes.block(blocker.clone());
        }
        match self.find_instance(&desired.manifest).await? {
            Search::Active(center) => {
                self.converge_permission_sets(&center, &wanted, changes).await?;
                self.converge_groups(&center, &wanted, changes).await
            }
            Search::BeingCreated(region) if changes.is_plan() => {
                changes.note(instance::being_created(&region), Some(instance::CONSOLE));
                self.list_everything(&wanted, changes).await
            }
            Search::BeingCreated(region) if !wanted.is_empty() => {
                Err(StepError::new(ErrorCode::NotReady, instance::being_created(&region)))
            }
            Search::Elsewhere { region, primary } => {
                changes.block(instance::elsewhere(&region, &primary));
                Ok(())
            }
            Search::Unusable(why) if !wanted.is_empty() => {
                changes.note(why, Some(instance::CONSOLE));
                Ok(())
            }
            Search::BeingCreated(_) | Search::Unusable(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
