//! Centralizes the root access of member accounts: accounts that are created from then on have no root credentials.
//!
//! Nothing is ever disabled, and no credentials are deleted.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-enable-root-access.html>

use aws_config::SdkConfig;
use aws_sdk_iam::error::SdkError;
use aws_sdk_iam::types::FeatureType;
use serde_json::json;
use vending_core::{ErrorCode, StepError};
use vending_manifest::RootAccess;
use vending_plans::{Desired, OrganizationRunner, OrganizationStep, PlannedChanges};
use vending_records::Plans;
use vending_runtime::{AwsError, Context, Environment, StartError, error_code, sdk_error};

#[derive(Debug)]
pub struct CentralizeRootAccess {
    iam: aws_sdk_iam::Client,
    organizations: aws_sdk_organizations::Client,
}

impl CentralizeRootAccess {
    /// Reads what [`Plans`] need.
    pub fn runner(sdk: &SdkConfig, environment: &Environment) -> Result<OrganizationRunner<Self>, StartError> {
        let step = Self { iam: aws_sdk_iam::Client::new(sdk), organizations: aws_sdk_organizations::Client::new(sdk) };
        Ok(OrganizationRunner::new(Plans::from_environment(sdk, environment)?, step))
    }
}

impl OrganizationStep for CentralizeRootAccess {
    const NAME: &'static str = "CentralizeRootAccess";
    const FOLDER: &'static str = "centralize-root-access";

    async fn converge(&self, desired: &Desired, changes: &PlannedChanges) -> Result<(), StepError> {
        let Some(RootAccess::Central) = desired.manifest.root_access else { return Ok(()) };
        let known = changes.made_before(self.enabled_features().await?, "the trusted access of IAM")?;
        let enabled = known.as_deref().unwrap_or_default();
        for feature in FEATURES.iter().filter(|feature| !enabled.contains(feature)) {
            let field = format!("rootAccess.{}", feature.as_str());
            let change = changes.change("organization", field, json!(false), json!(true));
            changes.make(change, self.enable(feature)).await?;
        }
        let is_new = !enabled.contains(&FeatureType::RootCredentialsManagement);
        if is_new && self.has_member_accounts().await? {
            changes.note(EXISTING_ACCOUNTS, Some(PRIVILEGED_TASKS));
        }
        Ok(())
    }
}

/// Credentials are managed first. Without sessions, credentials that were deleted could not be recovered.
const FEATURES: [FeatureType; 2] = [FeatureType::RootCredentialsManagement, FeatureType::RootSessions];

const EXISTING_ACCOUNTS: &str = "accounts that exist keep their root credentials until someone deletes them in the IAM console, under root access management";
const PRIVILEGED_TASKS: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html";

impl CentralizeRootAccess {
    /// The features of the organization, or `None` if it does not exist, lacks all features, or does not trust IAM.
    async fn enabled_features(&self) -> Result<Option<Vec<FeatureType>>, StepError> {
        match self.iam.list_organizations_features().send().await {
            Ok(listed) => Ok(Some(listed.enabled_features.unwrap_or_default())),
            Err(error) if error_code(&error).is_some_and(is_made_before) => Ok(None),
            Err(error) => Err(map_error("read the features of root access", &error)),
        }
    }

    /// AWS accepts a feature that is enabled already.
    async fn enable(&self, feature: &FeatureType) -> Result<(), StepError> {
        let action = format!("enable {} in the organization", feature.as_str());
        if *feature == FeatureType::RootCredentialsManagement {
            let enable = self.iam.enable_organizations_root_credentials_management();
            enable.send().await.map_err(|error| map_error(&action, &error))?;
        } else {
            let enable = self.iam.enable_organizations_root_sessions();
            enable.send().await.map_err(|error| map_error(&action, &error))?;
        }
        Ok(())
    }

    /// Reads pages until there are two accounts, because one is the management account.
    async fn has_member_accounts(&self) -> Result<bool, StepError> {
        let mut pages = self.organizations.list_accounts().into_paginator().send();
        let mut accounts = 0;
        while accounts < 2 {
            match pages.next().await {
                Some(Err(error)) if error_code(&error) == Some("AWSOrganizationsNotInUseException") => break,
                Some(page) => accounts += page.context("list the accounts")?.accounts().len(),
                None => break,
            }
        }
        Ok(accounts >= 2)
    }
}

/// What earlier functions make: the organization with all features, and its trust in IAM.
fn is_made_before(code: &str) -> bool {
    ["OrganizationNotFoundException", "OrganizationNotInAllFeaturesModeException", "ServiceAccessNotEnabledException"]
        .contains(&code)
}

fn map_error<E: AwsError>(action: &str, error: &SdkError<E>) -> StepError {
    let failed = sdk_error(action, error);
    match error_code(error) {
        Some(code) if is_made_before(code) => failed.with_code(ErrorCode::NotReady),
        Some("CallerIsNotManagementAccountException" | "AccountNotManagementOrDelegatedAdministratorException") => {
            failed
                .with_code(ErrorCode::InvalidConfiguration)
                .with_remedy("deploy the stack in the management account of the organization")
        }
        _ => failed,
    }
}

#[cfg(test)]
mod tests;
