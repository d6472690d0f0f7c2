//! Converges the policies of the organization: creates and changes them, attaches and detaches them, and deletes those
//! that left the manifest.
//!
//! A policy is ours if it has the tag of this deployment, or if the manifest adopts it by its ID. All other policies are
//! left alone, also where they are attached. What is missing is attached before what is too much is detached, so that no
//! account is without a guardrail in between.

mod accounts;
mod attachments;
mod calls;
mod contents;
mod policies;
mod wanted;

use aws_config::SdkConfig;
use vending_core::StepError;
use vending_organization::Organization;
use vending_plans::{Desired, OrganizationRunner, OrganizationStep, PlannedChanges, Units};
use vending_records::Plans;
use vending_runtime::{Environment, StartError};

use crate::accounts::Accounts;
use crate::policies::Policies;
use crate::wanted::Wanted;

#[derive(Debug)]
pub struct ApplyPolicies {
    organization: Organization,
    /// The name of this deployment, in a tag of the policies.
    deployment: String,
    organization_access_role: String,
}

impl ApplyPolicies {
    /// Reads these environment variables, and what [`Plans`] need:
    ///
    /// - `STACK_NAME`: the name of this deployment.
    /// - `ORGANIZATION_ACCESS_ROLE_NAME`: the role that AWS Organizations creates in new accounts, which policies exempt.
    pub fn runner(sdk: &SdkConfig, environment: &Environment) -> Result<OrganizationRunner<Self>, StartError> {
        let step = Self {
            organization: Organization::new(aws_sdk_organizations::Client::new(sdk)),
            deployment: environment.required("STACK_NAME")?,
            organization_access_role: environment.required("ORGANIZATION_ACCESS_ROLE_NAME")?,
        };
        Ok(OrganizationRunner::new(Plans::from_environment(sdk, environment)?, step))
    }
}

impl OrganizationStep for ApplyPolicies {
    const NAME: &'static str = "ApplyPolicies";
    const FOLDER: &'static str = "apply-policies";

    async fn converge(&self, desired: &Desired, changes: &PlannedChanges) -> Result<(), StepError> {
        let units = Units::find(&self.organization, &desired.manifest).await?;
        if !changes.is_plan() {
            units.existing_ids()?;
        }
        let organization = self.describe_organization().await?;
        let wanted = Wanted::of(desired, &organization, &self.organization_access_role);
        for blocker in wanted.blockers {
            changes.block(blocker);
        }
        let mut policies = Policies::read(self, &wanted.policies).await?;
        for blocker in policies.blockers(&wanted.policies) {
            changes.block(blocker);
        }
        let accounts = Accounts::new(&self.organization, organization.management_account);
        self.converge_contents(&wanted.policies, &mut policies, &accounts, changes).await?;
        self.converge_attachments(&wanted.policies, &policies, &units, &accounts, changes).await
    }
}

#[cfg(test)]
mod tests;
