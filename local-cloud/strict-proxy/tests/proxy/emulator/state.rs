//! What the emulator stores.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::organization::Organization;

pub(crate) const MANAGEMENT: &str = "123456789012";

/// The state of the emulated AWS.
pub(crate) struct EmulatorState {
    pub(crate) accounts: Vec<Value>,
    /// `None` if there is none.
    pub(super) organization: Option<Organization>,
    /// The account that is the delegated administrator of a service.
    pub(crate) administrator: Option<String>,
    /// By resource ID.
    pub(crate) tags: BTreeMap<String, BTreeMap<String, String>>,
    pub(crate) roles: Vec<Role>,
    /// By target ID.
    pub(crate) scps: BTreeMap<String, Value>,
    /// The accounts with Security Hub.
    pub(crate) hubs: BTreeSet<String>,
    pub(super) permission_sets: Vec<Value>,
    /// The recorders and delivery channels of AWS Config.
    pub(super) recorders: Vec<Value>,
    pub(super) channels: Vec<Value>,
    /// The internet gateway of the only VPC.
    pub(super) gateway: Option<&'static str>,
    pub(crate) seen: Vec<Seen>,
    /// How many connections to close without a response.
    pub(crate) dropped: usize,
    /// The parent of all accounts.
    pub(super) parent: String,
}

impl Default for EmulatorState {
    fn default() -> Self {
        let accounts = vec![json!({"Id": MANAGEMENT, "Email": "Master@example.com"})];
        let parent = "r-root".to_owned();
        let (hubs, gateway, administrator) = (BTreeSet::new(), None, None);
        let (tags, scps) = (BTreeMap::new(), BTreeMap::new());
        let (roles, seen, dropped) = (Vec::new(), Vec::new(), 0);
        let organization = Some(Organization::new("ALL"));
        let (permission_sets, recorders, channels) = (Vec::new(), Vec::new(), Vec::new());
        Self {
            accounts,
            organization,
            administrator,
            tags,
            roles,
            scps,
            hubs,
            permission_sets,
            recorders,
            channels,
            gateway,
            seen,
            dropped,
            parent,
        }
    }
}

impl EmulatorState {
    pub(super) fn parent_of_unit(&self, unit: &str) -> Option<&str> {
        let known = self.organization.as_ref()?.units.iter().find(|known| known["Id"] == unit)?;
        known["Parent"].as_str()
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Role {
    pub(crate) arn: String,
    pub(crate) trust: Value,
    pub(crate) policy: Value,
}

/// A call that reached an emulator.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) emulator: &'static str,
    pub(crate) host: String,
    pub(crate) path: String,
    pub(crate) body: String,
}
