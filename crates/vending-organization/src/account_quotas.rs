//! The quota of accounts in the organization.

use aws_sdk_servicequotas::Client;
use aws_sdk_servicequotas::types::ServiceQuota;
use vending_core::StepError;
use vending_runtime::{error_code, sdk_error};

/// AWS Organizations. Its quotas are in us-east-1.
const SERVICE_CODE: &str = "organizations";
/// Part of the names of the quotas for accounts. The quota codes are not used, because AWS documents that they can
/// change, and one of them always shows its default.
///
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>
const NAME: &str = "number of accounts";

/// The quotas of AWS Organizations that count accounts.
#[derive(Debug)]
pub struct AccountQuotas {
    client: Client,
}

impl AccountQuotas {
    /// Where people request an increase.
    pub const CONSOLE: &str =
        "https://console.aws.amazon.com/servicequotas/home?region=us-east-1#!/services/organizations/quotas";

    /// The client must be for us-east-1.
    pub fn new(client: Client) -> Self {
        Self { client }
    }

    /// The maximum number of accounts, if AWS returns it. It is a hint, because several quotas have such a name.
    pub async fn maximum(&self) -> Result<Option<usize>, StepError> {
        let mut quotas = self.client.list_service_quotas().service_code(SERVICE_CODE).into_paginator().items().send();
        let mut highest = None;
        while let Some(quota) = quotas.next().await {
            match quota {
                Ok(quota) if counts_accounts(&quota) => highest = highest.max(quota.value.and_then(to_count)),
                Ok(_) => {}
                Err(error) if error_code(&error) == Some("NoSuchResourceException") => return Ok(None),
                Err(error) => return Err(sdk_error("list the quotas of AWS Organizations", &error)),
            }
        }
        Ok(highest)
    }
}

fn counts_accounts(quota: &ServiceQuota) -> bool {
    quota.quota_name().is_some_and(|name| name.to_lowercase().contains(NAME))
}

/// Converts the value of a quota, which Service Quotas returns as a floating-point number.
fn to_count(value: f64) -> Option<usize> {
    format!("{value:.0}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quota_is_converted_to_a_count() {
        assert_eq!(to_count(10.0), Some(10));
        assert_eq!(to_count(50_000.0), Some(50_000));
        assert_eq!(to_count(-1.0), None);
        assert_eq!(to_count(f64::NAN), None);
    }
}
