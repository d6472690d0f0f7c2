//! The organization at a moment.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// The organization, in a form that is the same before and after calls that change nothing: without times, and sorted by
/// ID.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OrganizationSnapshot {
    /// `None` if there is no organization; then, everything else is empty.
    pub id: Option<String>,
    /// Otherwise, only consolidated billing.
    pub has_all_features: bool,
    /// `ENABLED` or `PENDING_ENABLE`, by policy type.
    pub policy_types: BTreeMap<String, String>,
    /// Includes the root.
    pub units: Vec<UnitSnapshot>,
    /// Without accounts that have left or are permanently closed.
    pub accounts: Vec<AccountSnapshot>,
    pub policies: Vec<PolicySnapshot>,
    /// The service principals with trusted access.
    pub trusted_services: BTreeSet<String>,
    /// The service principals of each delegated administrator, by account ID.
    pub delegated_administrators: BTreeMap<String, BTreeSet<String>>,
    /// The features of centralized root access: `RootCredentialsManagement`, `RootSessions`.
    pub root_features: BTreeSet<String>,
}

/// The root or an OU.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UnitSnapshot {
    pub id: String,
    pub name: String,
    /// `None` for the root.
    pub parent_id: Option<String>,
    pub tags: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccountSnapshot {
    pub id: String,
    pub name: String,
    pub email: String,
    /// As in the field `State` of AWS.
    pub state: String,
    pub parent_id: String,
    pub tags: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PolicySnapshot {
    pub id: String,
    pub name: String,
    pub description: String,
    /// Such as `SERVICE_CONTROL_POLICY`.
    pub policy_type: String,
    pub content: String,
    pub is_aws_managed: bool,
    pub tags: BTreeMap<String, String>,
    /// The IDs of the entities to which the policy is attached.
    pub targets: BTreeSet<String>,
}
