//! How many accounts the organization may have.

use aws_sdk_servicequotas::Client;
use vending_core::StepError;
use vending_runtime::{error_code, from_sdk};

/// "Default maximum number of accounts" of AWS Organizations; its quotas live in us-east-1.
const SERVICE_CODE: &str = "organizations";
const QUOTA_CODE: &str = "L-29A0C5DF";

#[derive(Debug)]
pub(crate) struct Quotas {
    client: Client,
}

impl Quotas {
    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }

    /// The quota, where AWS tells it.
    pub(crate) async fn accounts(&self) -> Result<Option<usize>, StepError> {
        let get = self.client.get_service_quota().service_code(SERVICE_CODE).quota_code(QUOTA_CODE).send().await;
        match get {
            Ok(answer) => Ok(answer.quota.and_then(|quota| quota.value).and_then(whole)),
            Err(error) if error_code(&error) == Some("NoSuchResourceException") => Ok(None),
            Err(error) => Err(from_sdk("read the quota of accounts", &error)),
        }
    }
}

/// Quotas are numbers with a point, whatever they count.
fn whole(value: f64) -> Option<usize> {
    format!("{value:.0}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_is_a_whole_number() {
        assert_eq!(whole(10.0), Some(10));
        assert_eq!(whole(50_000.0), Some(50_000));
        assert_eq!(whole(-1.0), None);
        assert_eq!(whole(f64::NAN), None);
    }
}
