//! Creates the organization with all features, or enables all features in one that has only consolidated billing.
//!
//! Both are guarded. An organization with all features is left as it is, and none is ever deleted.

mod all_features;
mod migration;
mod quota;
mod rejected;

use aws_config::SdkConfig;
use aws_sdk_organizations::operation::create_organization::CreateOrganizationError;
use aws_sdk_organizations::types::{ConstraintViolationExceptionReason, OrganizationFeatureSet};
use serde_json::{Value, json};
use vending_core::{AccountId, ErrorCode, PlanBlocker, StepError};
use vending_organization::{AccountQuotas, DescribedOrganization, Organization};
use vending_plans::{Desired, OrganizationRunner, OrganizationStep, PlannedChanges};
use vending_records::Plans;
use vending_runtime::{Environment, StartError, sdk_error};

use crate::rejected::{role_denied, violation};

#[derive(Debug)]
pub struct CreateOrganization {
    organization: Organization,
    quotas: AccountQuotas,
    /// The account of the stack.
    account: AccountId,
}

impl CreateOrganization {
    /// Reads `MANAGEMENT_ACCOUNT_ID`, the account of the stack, and what [`Plans`] need.
    pub fn runner(sdk: &SdkConfig, environment: &Environment) -> Result<OrganizationRunner<Self>, StartError> {
        let step = Self {
            organization: Organization::new(aws_sdk_organizations::Client::new(sdk)),
            quotas: AccountQuotas::new(aws_sdk_servicequotas::Client::new(sdk)),
            account: environment.parsed("MANAGEMENT_ACCOUNT_ID")?,
        };
        Ok(OrganizationRunner::new(Plans::from_environment(sdk, environment)?, step))
    }
}

impl OrganizationStep for CreateOrganization {
    const NAME: &'static str = "CreateOrganization";
    const FOLDER: &'static str = "create-organization";

    async fn converge(&self, desired: &Desired, changes: &PlannedChanges) -> Result<(), StepError> {
        let found = self.organization.describe_organization().await?;
        match &found {
            None => self.create(changes).await?,
            Some(found) if found.management_account != self.account => {
                changes.block(self.member_of(found));
                return Ok(());
            }
            Some(found) if !found.has_all_features => self.enable_all_features(changes).await?,
            Some(_) => {}
        }
        self.check_quota(&desired.manifest, found.is_some(), changes).await
    }
}

/// The field of the changes, whose target is the organization.
const FEATURE_SET: &str = "featureSet";
const ORGANIZATION: &str = "organization";

/// <https://docs.aws.amazon.com/singlesignon/latest/userguide/enable-identity-center.html> describes what happens to a
/// free plan.
const CREATION: &str =
    "makes this account the management account for good; a free plan becomes a paid plan, and its credits expire";

const VERIFICATION: &str = "AWS may send an email to the address of the management account: confirm it within 24 hours, or accounts cannot be invited";
const ABOUT_VERIFICATION: &str =
    "https://docs.aws.amazon.com/organizations/latest/userguide/about-email-verification.html";

impl CreateOrganization {
    async fn create(&self, changes: &PlannedChanges) -> Result<(), StepError> {
        let all = OrganizationFeatureSet::All;
        let change = changes.change(ORGANIZATION, FEATURE_SET, Value::Null, json!(all.as_str()));
        changes.note(VERIFICATION, Some(ABOUT_VERIFICATION));
        changes.make(change.guarded(CREATION), self.call_create(all)).await?;
        Ok(())
    }

    async fn call_create(&self, features: OrganizationFeatureSet) -> Result<(), StepError> {
        let created = self.organization.client().create_organization().feature_set(features).send().await;
        let Err(error) = created else { return Ok(()) };
        let action = "create the organization";
        match error.as_service_error() {
            // An earlier call created it, and its response was lost; or someone else was faster.
            Some(CreateOrganizationError::AlreadyInOrganizationException(_)) => self.require_own().await,
            Some(CreateOrganizationError::ConstraintViolationException(constraint)) => {
                Err(violation(action, constraint.reason().map(ConstraintViolationExceptionReason::as_str)))
            }
            Some(CreateOrganizationError::AccessDeniedForDependencyException(_)) => Err(role_denied(action, &error)),
            _ => Err(sdk_error(action, &error)),
        }
    }

    /// Fails if the account has joined an organization of others.
    async fn require_own(&self) -> Result<(), StepError> {
        match self.organization.describe_organization().await? {
            Some(found) if found.management_account != self.account => {
                let PlanBlocker { detail, remedy, .. } = self.member_of(&found);
                Err(StepError::new(ErrorCode::InvalidConfiguration, detail).with_remedy(remedy))
            }
            _ => Ok(()),
        }
    }

    fn member_of(&self, organization: &DescribedOrganization) -> PlanBlocker {
        let Self { account, .. } = self;
        let DescribedOrganization { id, management_account, .. } = organization;
        PlanBlocker {
            pointer: String::new(),
            detail: format!(
                "the stack must be in the management account: {account} is a member of {id}, whose management account is {management_account}"
            ),
            remedy: format!(
                "deploy the stack in account {management_account}, or remove account {account} from that organization"
            ),
        }
    }
}

#[cfg(test)]
mod tests;
