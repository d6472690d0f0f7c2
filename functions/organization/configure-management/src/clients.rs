//! The clients of the services that work in one Region.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use aws_config::{Region, SdkConfig};

#[derive(Clone, Debug)]
pub(crate) struct Clients {
    pub(crate) config: aws_sdk_config::Client,
    pub(crate) guard_duty: aws_sdk_guardduty::Client,
}

/// Creates the clients of a Region when they are first needed.
#[derive(Debug)]
pub(crate) struct RegionalClients {
    sdk: SdkConfig,
    created: Mutex<BTreeMap<String, Clients>>,
}

impl RegionalClients {
    pub(crate) fn new(sdk: &SdkConfig) -> Self {
        Self { sdk: sdk.clone(), created: Mutex::default() }
    }

    pub(crate) fn in_region(&self, region: &str) -> Clients {
        let mut created = self.created.lock().unwrap_or_else(PoisonError::into_inner);
        created.entry(region.to_owned()).or_insert_with(|| self.create(region)).clone()
    }

    fn create(&self, region: &str) -> Clients {
        let sdk = self.sdk.to_builder().region(Region::new(region.to_owned())).build();
        Clients { config: aws_sdk_config::Client::new(&sdk), guard_duty: aws_sdk_guardduty::Client::new(&sdk) }
    }

    #[cfg(test)]
    pub(crate) fn of(clients: BTreeMap<String, Clients>) -> Self {
        Self { sdk: SdkConfig::builder().build(), created: Mutex::new(clients) }
    }
}
