//! What the organization has that moto lacks.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use super::administrators::Administrators;
use super::enabling::EnabledTypes;
use super::policies::OwnPolicies;

/// Empty until the organization is first needed, and again after it was deleted.
#[derive(Default)]
pub(super) struct Governance {
    pub(super) organization: Option<Known>,
    pub(super) enabled_types: EnabledTypes,
    pub(super) policies: OwnPolicies,
    /// The trusted services that moto does not know, and when trusted access was enabled, in seconds since 1970.
    pub(super) trusted_services: BTreeMap<String, i64>,
    pub(super) administrators: Administrators,
    /// The names of OUs that moto could not rename, by ID.
    pub(super) unit_names: HashMap<String, String>,
    /// The features of centralized root access.
    pub(super) root_features: BTreeSet<&'static str>,
}

/// The organization that exists.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) id: String,
    pub(super) has_all_features: bool,
    /// Until then, AWS is still initializing it.
    pub(super) finalizes_at: Duration,
}
