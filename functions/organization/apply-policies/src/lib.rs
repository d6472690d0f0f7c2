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
use vending_core::{AccountId, StepError};
use vending_organization::Organization;
use vending_plans::{Desired, OrganizationRunner, OrganizationStep, PlannedChanges, Units};
use vending_policies::Values;
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
    management_account: AccountId,
    organization_access_role: String,
}

impl ApplyPolicies {
    /// Reads these environment variables, and what [`Plans`] need:
    ///
    /// - `STACK_NAME`: the name of this deployment.
    /// - `MANAGEMENT_ACCOUNT_ID`: the account of the stack.
    /// - `ORGANIZATION_ACCESS_ROLE_NAME`: the role that AWS Organizations creates in new accounts, which policies exempt.
    pub fn runner(sdk: &SdkConfig, environment: &Environment) -> Result<OrganizationRunner<Self>, StartError> {
        let step = Self {
            organization: Organization::new(aws_sdk_organizations::Client::new(sdk)),
            deployment: environment.required("STACK_NAME")?,
            management_account: environment.parsed("MANAGEMENT_ACCOUNT_ID")?,
            organization_access_role: environment.required("ORGANIZATION_ACCESS_ROLE_NAME")?,
        };
        Ok(OrganizationRunner::new(Plans::from_environment(sdk, environment)?, step))
    }
}

impl OrganizationStep for ApplyPolicies {
    const NAME: &'static str = "ApplyPolicies";
    const FOLDER: &'static str = "apply-policies";

    async fn converge(&self, desired: &Desired, changes: &PlannedChanges) -> Result<(), StepError> {
        let units = Units::find(&self.organization, &desired.manifest, changes).await?;
        if !changes.is_plan() {
            units.existing_ids()?;
        }
        let values = self.values(desired, changes).await?;
        let wanted = Wanted::of(desired, &values);
        for blocker in wanted.blockers {
            changes.block(blocker);
        }
        let mut policies = Policies::read(self, &wanted.policies, values.organization_id).await?;
        for blocker in policies.blockers(&wanted.policies) {
            changes.block(blocker);
        }
        let accounts = Accounts::new(&self.organization, &self.management_account);
        self.converge_contents(&wanted.policies, &mut policies, &accounts, changes).await?;
        self.converge_attachments(&wanted.policies, &policies, &units, &accounts, changes).await
    }
}

impl ApplyPolicies {
    /// What placeholders stand for. An organization that a run would create has the ID of an example.
    async fn values(&self, desired: &Desired, changes: &PlannedChanges) -> Result<Values, StepError> {
        let organization = self.organization.describe_organization().await?;
        let organization = changes.made_before(organization, "the organization")?;
        let of_manifest = desired.manifest.policy_values();
        Ok(Values {
            organization_id: organization.map_or(of_manifest.organization_id, |organization| organization.id),
            management_account_id: self.management_account.to_string(),
            organization_access_role: self.organization_access_role.clone(),
            ..of_manifest
        })
    }
}

#[cfg(test)]
mod tests;
