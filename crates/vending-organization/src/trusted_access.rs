//! AWS services with trusted access to the organization.

use std::collections::BTreeSet;

use time::{Duration, OffsetDateTime};
use vending_core::StepError;
use vending_runtime::Context;

use crate::Organization;

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

    /// All services with trusted access.
    pub async fn trusted_services(&self) -> Result<BTreeSet<String>, StepError> {
        let mut pages = self.client.list_aws_service_access_for_organization().into_paginator().send();
        let mut services = BTreeSet::new();
        while let Some(page) = pages.next().await {
            let page = page.context("list the services with trusted access")?;
            let trusted = page.enabled_service_principals.unwrap_or_default().into_iter();
            services.extend(trusted.filter_map(|service| service.service_principal));
        }
        Ok(services)
    }
}
