//! Gives the AWS services that the manifest needs trusted access to the organization.
//!
//! Trusted access that the manifest does not need is left alone, and none is ever disabled.

use std::collections::BTreeSet;

use aws_config::SdkConfig;
use serde_json::json;
use vending_core::StepError;
use vending_manifest::{Manifest, PolicyType, RootAccess};
use vending_organization::Organization;
use vending_plans::{Desired, OrganizationRunner, OrganizationStep, PlannedChanges};
use vending_records::Plans;
use vending_runtime::{Context, Environment, StartError};

#[derive(Debug)]
pub struct EnableTrustedAccess {
    organization: Organization,
}

impl EnableTrustedAccess {
    /// Reads what [`Plans`] need.
    pub fn runner(sdk: &SdkConfig, environment: &Environment) -> Result<OrganizationRunner<Self>, StartError> {
        let step = Self { organization: Organization::new(aws_sdk_organizations::Client::new(sdk)) };
        Ok(OrganizationRunner::new(Plans::from_environment(sdk, environment)?, step))
    }
}

impl OrganizationStep for EnableTrustedAccess {
    const NAME: &'static str = "EnableTrustedAccess";
    const FOLDER: &'static str = "enable-trusted-access";

    async fn converge(&self, desired: &Desired, changes: &PlannedChanges) -> Result<(), StepError> {
        let trusted = changes.made_before(self.organization.trusted_services().await?, "the organization")?;
        for service in needed(&desired.manifest).difference(&trusted.unwrap_or_default()) {
            let change = changes.change("organization", format!("trustedAccess.{service}"), json!(false), json!(true));
            changes.make(change, self.enable(service)).await?;
        }
        Ok(())
    }
}

impl EnableTrustedAccess {
    /// AWS accepts a service that has access already.
    async fn enable(&self, service: &str) -> Result<(), StepError> {
        let enable = self.organization.client().enable_aws_service_access().service_principal(service);
        enable.send().await.context(format!("give {service} trusted access"))?;
        Ok(())
    }
}

/// The services that the manifest needs.
///
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_integrate_services_list.html>
fn needed(manifest: &Manifest) -> BTreeSet<String> {
    let of_policies = manifest.policies.values().filter_map(|policy| of_policy_type(policy.policy_type));
    let of_root_access = manifest.root_access.map(|RootAccess::Central| IAM);
    let services = std::iter::once(ACCOUNT_MANAGEMENT).chain(of_policies).chain(of_root_access);
    services.map(str::to_owned).collect()
}

/// Without it, the contacts and Regions of accounts cannot be set.
const ACCOUNT_MANAGEMENT: &str = "account.amazonaws.com";

/// Without it, root access cannot be centralized.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-enable-root-access.html>
const IAM: &str = "iam.amazonaws.com";

/// The service that must have access before a policy type can be enabled.
const fn of_policy_type(policy_type: PolicyType) -> Option<&'static str> {
    match policy_type {
        PolicyType::Ec2 => Some("ec2.amazonaws.com"),
        PolicyType::Tag => Some("tagpolicies.tag.amazonaws.com"),
        PolicyType::Backup => Some("backup.amazonaws.com"),
        PolicyType::GuardDuty => Some("guardduty.amazonaws.com"),
        PolicyType::Scp | PolicyType::Rcp | PolicyType::S3 | PolicyType::AiOptOut => None,
    }
}

#[cfg(test)]
mod tests;
