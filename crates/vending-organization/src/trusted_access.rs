//! AWS services with trusted access to the organization.

use std::collections::BTreeSet;

use aws_sdk_organizations::operation::list_aws_service_access_for_organization::{
    ListAWSServiceAccessForOrganizationError, ListAwsServiceAccessForOrganizationOutput,
};
use aws_sdk_organizations::types::{ConstraintViolationExceptionReason, EnabledServicePrincipal};
use time::{Duration, OffsetDateTime};
use vending_core::StepError;
use vending_runtime::Context;

use crate::Organization;
use crate::existence::if_in_organization;

pub(crate) const TTL: Duration = Duration::MINUTE;

impl Organization {
    /// Whether a service, like `account.amazonaws.com`, has trusted access to the organization, cached for a minute.
    pub async fn has_trusted_access(&self, service_principal: &str) -> Result<bool, StepError> {
        let now = OffsetDateTime::now_utc();
        if self.trusted_services.get(service_principal, now).is_some() {
            return Ok(true);
        }
        let mut pages = self.client.list_aws_service_access_for_organization().into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.context("list the services with trusted access")?;
            let mut trusted = page.enabled_service_principals().iter();
            if trusted.any(|service| service.service_principal() == Some(service_principal)) {
                self.trusted_services.insert(service_principal.to_owned(), (), now);
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// All services with trusted access, or `None` if the account is in no organization with all features.
    pub async fn trusted_services(&self) -> Result<Option<BTreeSet<String>>, StepError> {
        let pages = self.client.list_aws_service_access_for_organization().into_paginator().send().try_collect().await;
        let pages = match pages {
            Err(error) if error.as_service_error().is_some_and(needs_all_features) => None,
            pages => if_in_organization(pages, "list the services with trusted access")?,
        };
        let services = |page: Page| page.enabled_service_principals.unwrap_or_default();
        let name = |service: EnabledServicePrincipal| service.service_principal;
        Ok(pages.map(|pages: Vec<Page>| pages.into_iter().flat_map(services).filter_map(name).collect()))
    }
}

type Page = ListAwsServiceAccessForOrganizationOutput;

fn needs_all_features(error: &ListAWSServiceAccessForOrganizationError) -> bool {
    let ListAWSServiceAccessForOrganizationError::ConstraintViolationException(violation) = error else { return false };
    violation.reason() == Some(&ConstraintViolationExceptionReason::OrganizationNotInAllFeaturesMode)
}
