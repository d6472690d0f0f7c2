//! The services of AWS that may work in the accounts of the organization.

use vending_core::StepError;
use vending_runtime::from_sdk;

use crate::Organization;

impl Organization {
    /// Whether a service, like `account.amazonaws.com`, has trusted access to the organization.
    pub async fn trusts(&self, service_principal: &str) -> Result<bool, StepError> {
        let mut pages = self.client.list_aws_service_access_for_organization().into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| from_sdk("list the services with trusted access", &error))?;
            let mut trusted = page.enabled_service_principals().iter();
            if trusted.any(|service| service.service_principal() == Some(service_principal)) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
