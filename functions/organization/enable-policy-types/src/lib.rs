//! Enables the policy types that the manifest has policies of.
//!
//! No type is ever disabled: this would detach all its policies, which AWS cannot undo.
//! <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_enable-disable.html>

use std::collections::{BTreeMap, BTreeSet};

use aws_config::SdkConfig;
use aws_sdk_organizations::operation::enable_policy_type::EnablePolicyTypeError;
use aws_sdk_organizations::types::{PolicyTypeStatus, Root};
use serde_json::json;
use vending_core::{ErrorCode, StepError};
use vending_manifest::PolicyType;
use vending_organization::Organization;
use vending_plans::{Desired, OrganizationRunner, OrganizationStep, PlannedChanges};
use vending_records::Plans;
use vending_runtime::{Environment, StartError, sdk_error};

#[derive(Debug)]
pub struct EnablePolicyTypes {
    organization: Organization,
}

impl EnablePolicyTypes {
    /// Reads what [`Plans`] need.
    pub fn runner(sdk: &SdkConfig, environment: &Environment) -> Result<OrganizationRunner<Self>, StartError> {
        let step = Self { organization: Organization::new(aws_sdk_organizations::Client::new(sdk)) };
        Ok(OrganizationRunner::new(Plans::from_environment(sdk, environment)?, step))
    }
}

impl OrganizationStep for EnablePolicyTypes {
    const NAME: &'static str = "EnablePolicyTypes";
    const FOLDER: &'static str = "enable-policy-types";

    async fn converge(&self, desired: &Desired, changes: &PlannedChanges) -> Result<(), StepError> {
        let root = changes.made_before(self.organization.find_root().await?, "the organization")?;
        let statuses = root.as_ref().map(statuses).unwrap_or_default();
        let needed: BTreeSet<PolicyType> =
            desired.manifest.policies.values().map(|policy| policy.policy_type).collect();
        for policy_type in needed {
            match statuses.get(policy_type.aws_name()) {
                Some(PolicyTypeStatus::Enabled) => {}
                // AWS enables and disables types in the background.
                Some(status) if !changes.is_plan() => return Err(in_progress(policy_type, status)),
                _ => self.enable(root.as_ref(), policy_type, changes).await?,
            }
        }
        Ok(())
    }
}

impl EnablePolicyTypes {
    async fn enable(
        &self,
        root: Option<&Root>,
        policy_type: PolicyType,
        changes: &PlannedChanges,
    ) -> Result<(), StepError> {
        let change = changes.change("organization", format!("policyTypes.{policy_type}"), json!(false), json!(true));
        let enable = self.organization.client().enable_policy_type().set_root_id(root.and_then(|root| root.id.clone()));
        let enable = enable.policy_type(policy_type.aws_name().into());
        let enable = async {
            match enable.send().await {
                Err(error) if !error.as_service_error().is_some_and(is_done) => {
                    Err(sdk_error(&format!("enable policies of type {policy_type}"), &error))
                }
                _ => Ok(()),
            }
        };
        changes.make(change, enable).await?;
        Ok(())
    }
}

fn is_done(error: &EnablePolicyTypeError) -> bool {
    error.is_policy_type_already_enabled_exception()
}

fn statuses(root: &Root) -> BTreeMap<&str, &PolicyTypeStatus> {
    let types = root.policy_types().iter();
    types.filter_map(|one| Some((one.r#type.as_ref()?.as_str(), one.status.as_ref()?))).collect()
}

fn in_progress(policy_type: PolicyType, status: &PolicyTypeStatus) -> StepError {
    let message = format!("the policy type {policy_type} is {} in AWS", status.as_str());
    StepError::new(ErrorCode::NotReady, message)
}

#[cfg(test)]
mod tests;
