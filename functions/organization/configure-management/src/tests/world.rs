//! A management account that remembers its contacts, recorders, and detectors.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use aws_sdk_account::types::RegionOptStatus;
use aws_sdk_config::types::{ConfigurationRecorder, DeliveryChannel};
use aws_smithy_types::error::ErrorMetadata;

use super::*;
use crate::clients::Clients;

mod account;
mod config;
mod guard_duty;
mod iam;

/// AWS Config and GuardDuty in a Region.
#[derive(Clone, Debug, Default)]
pub(super) struct Region {
    pub(super) recorder: Option<ConfigurationRecorder>,
    pub(super) recorder_tags: BTreeMap<String, String>,
    /// The recorder of another AWS service.
    pub(super) linked: Option<ConfigurationRecorder>,
    pub(super) channel: Option<DeliveryChannel>,
    pub(super) is_recording: bool,
    pub(super) detector: Option<Detector>,
}

impl Region {
    pub(super) fn set_channel(&mut self, name: &str, bucket: &str) {
        self.channel = Some(DeliveryChannel::builder().name(name).s3_bucket_name(bucket).build());
    }
}

#[derive(Clone, Debug)]
pub(super) struct Detector {
    pub(super) is_enabled: bool,
    pub(super) tags: BTreeMap<String, String>,
    /// The protection plans, and whether they are enabled.
    pub(super) features: BTreeMap<String, bool>,
}

impl Default for Detector {
    /// As AWS creates it.
    fn default() -> Self {
        let features = [
            ("CLOUD_TRAIL", true),
            ("EKS_AUDIT_LOGS", true),
            ("EKS_RUNTIME_MONITORING", false),
            ("RUNTIME_MONITORING", false),
            ("S3_DATA_EVENTS", true),
        ];
        let features = features.map(|(name, is_enabled)| (name.to_owned(), is_enabled));
        Self { is_enabled: true, tags: BTreeMap::new(), features: features.into() }
    }
}

impl Detector {
    pub(super) fn enabled_features(&self) -> Vec<&str> {
        self.features.iter().filter(|(_, is_enabled)| **is_enabled).map(|(name, _)| name.as_str()).collect()
    }
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) regions: BTreeMap<String, Region>,
    pub(super) has_role: bool,
    contacts: BTreeMap<String, Value>,
    /// Whether the root user has MFA, and the number of its access keys.
    root_user: (i32, i32),
    opt_in: BTreeMap<String, RegionOptStatus>,
    /// An operation that fails, and its error code.
    failing: Option<(String, String)>,
    pub(super) reads: Vec<String>,
    writes: Vec<String>,
}

#[derive(Clone, Debug)]
pub(super) struct World(Arc<Mutex<State>>);

impl Default for World {
    /// With a root user that lacks nothing.
    fn default() -> Self {
        Self(Arc::new(Mutex::new(State { root_user: (1, 0), ..State::default() })))
    }
}

impl World {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    pub(super) fn set_root_user(&self, mfa: i32, access_keys: i32) {
        self.state().root_user = (mfa, access_keys);
    }

    pub(super) fn set_region(&self, region: &str, status: RegionOptStatus) {
        self.state().opt_in.insert(region.to_owned(), status);
    }

    pub(super) fn set_contact(&self, contact_type: &str, contact: &Value) {
        self.state().contacts.insert(contact_type.to_owned(), contact.clone());
    }

    pub(super) fn contact(&self, contact_type: &str) -> Option<Value> {
        self.state().contacts.get(contact_type).cloned()
    }

    /// The calls that change something, in order.
    pub(super) fn writes(&self) -> Vec<String> {
        self.state().writes.clone()
    }

    /// Makes an operation fail.
    pub(super) fn fail(&self, operation: &str, code: &str) {
        self.state().failing = Some((operation.to_owned(), code.to_owned()));
    }

    pub(super) fn succeed(&self) {
        self.state().failing = None;
    }

    pub(super) fn function(&self) -> ConfigureManagement {
        let regions = ["us-east-1", "eu-west-1", "me-south-1", "af-south-1"];
        let clients = regions.map(|region| {
            let clients =
                Clients { config: config::client(self, region), guard_duty: guard_duty::client(self, region) };
            (region.to_owned(), clients)
        });
        ConfigureManagement {
            account: account::client(self),
            iam: iam::client(self),
            regional: RegionalClients::of(clients.into()),
            management_account: "123456789012".parse().unwrap(),
            deployment: "account-vending".to_owned(),
        }
    }
}

impl State {
    fn region(&mut self, name: &str) -> &mut Region {
        self.regions.entry(name.to_owned()).or_default()
    }

    fn read(&mut self, operation: &str) -> Option<ErrorMetadata> {
        self.reads.push(operation.to_owned());
        self.error(operation)
    }

    /// Notes a call that changes something, unless it fails.
    fn write(&mut self, operation: &str, target: &str) -> Option<ErrorMetadata> {
        let error = self.error(operation);
        if error.is_none() {
            self.writes.push(format!("{operation} {target}").trim_end().to_owned());
        }
        error
    }

    fn error(&self, operation: &str) -> Option<ErrorMetadata> {
        let (_, code) = self.failing.as_ref().filter(|(failing, _)| failing == operation)?;
        let (code, message) = match code.as_str() {
            "NotOwned" => ("BadRequestException", "the input detectorId is not owned by the current account"),
            "AlreadyExists" => ("BadRequestException", "a detector already exists for the current account"),
            "Rejected" => ("BadRequestException", "the feature is not known"),
            "InvalidInput" => ("InvalidInput", "the role name has been taken in this account"),
            other => (other, "no"),
        };
        Some(ErrorMetadata::builder().code(code).message(message).build())
    }
}
