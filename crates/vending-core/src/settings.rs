//! The stored settings of the organization, and what follows from them for one OU.

mod block;
mod checks;
mod resolved;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{ErrorCode, StepError};
use crate::id::{OrganizationalUnitPath, OuId};

pub use block::{GroupAccess, QuotaIncrease, Requests, SecurityContactOverride, VendingBlock};
pub use resolved::VendingSettings;

/// `settings.json`: who may request what, and what accounts get, by OU. Written from the organization manifest.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    pub schema_version: u32,
    pub home_region: String,
    pub governed_regions: Vec<String>,
    /// Without a trail, the step that checks or creates it is skipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trail: Option<Trail>,
    /// The bucket that AWS Config delivers to. Without it, the step that enables AWS Config is skipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_bucket: Option<String>,
    /// The OUs that Control Tower governs, with all OUs below them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub control_tower_unit_ids: Vec<OuId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity_center_region: Option<String>,
    /// What the manifest sets at the root and at OUs.
    #[serde(default)]
    pub blocks: BTreeMap<OuId, VendingBlock>,
    /// The OUs that had another path before, by that path.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub aliases: BTreeMap<OrganizationalUnitPath, OuId>,
    /// The paths of the OUs in the manifest, for messages.
    #[serde(default)]
    pub paths: BTreeMap<OuId, OrganizationalUnitPath>,
}

/// The CloudTrail trail that logs the accounts.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Trail {
    pub mode: TrailMode,
    /// The name of the organization trail in the home Region, or its ARN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The bucket of the trail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bucket: Option<String>,
}

/// Which trail logs the accounts.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize, JsonSchema, strum::EnumString)]
#[serde(rename_all = "camelCase")]
#[strum(serialize_all = "camelCase")]
pub enum TrailMode {
    /// One trail of the organization.
    #[default]
    Organization,
    /// A trail in each account.
    Account,
}

/// Why settings could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error(
        "the settings have schema version {found}, and this version of account-vending reads up to {}",
        Settings::SCHEMA_VERSION
    )]
    Newer { found: u64 },
    #[error("the settings are not valid")]
    Invalid(#[from] serde_json::Error),
}

impl Settings {
    /// The schema version that this code writes, and the highest that it reads.
    pub const SCHEMA_VERSION: u32 = 1;
    /// The key in the records bucket.
    pub const KEY: &str = "settings.json";

    /// Settings that allow nothing: only operators can request accounts, and no one gets access.
    pub fn empty(home_region: String, governed_regions: Vec<String>) -> Self {
        Self {
            schema_version: Self::SCHEMA_VERSION,
            home_region,
            governed_regions,
            trail: None,
            config_bucket: None,
            control_tower_unit_ids: Vec::new(),
            identity_center_region: None,
            blocks: BTreeMap::new(),
            aliases: BTreeMap::new(),
            paths: BTreeMap::new(),
        }
    }

    /// Reads `settings.json`. Settings of a higher schema version are an error, because what this code does not know
    /// may restrict what it knows. Unknown fields of the same version are ignored.
    pub fn parse(json: &[u8]) -> Result<Self, SettingsError> {
        let value: Value = serde_json::from_slice(json)?;
        match value["schemaVersion"].as_u64() {
            Some(found) if found > u64::from(Self::SCHEMA_VERSION) => Err(SettingsError::Newer { found }),
            _ => Ok(serde_json::from_value(value)?),
        }
    }

    /// The settings of an OU. `ancestors` are the root, the OUs on the way, and the OU itself, in this order.
    ///
    /// An OU that the manifest does not name inherits from the nearest one above it that the manifest names. See
    /// [`VendingSettings`] for how the blocks become one.
    pub fn resolve(&self, ancestors: &[OuId]) -> VendingSettings {
        VendingSettings::from_blocks(ancestors.iter().filter_map(|id| self.blocks.get(id)))
    }

    /// The paths of the OUs from which on down everyone can request accounts.
    pub fn requestable(&self) -> Vec<&OrganizationalUnitPath> {
        let allowed = |id: &OuId| self.blocks.get(id).is_some_and(|block| block.requests == Some(Requests::Allowed));
        let mut paths: Vec<_> = self.paths.iter().filter(|(id, _)| allowed(id)).map(|(_, path)| path).collect();
        paths.sort_unstable();
        paths
    }

    /// The ID of the OU that has this path in the manifest. OU names are compared without case, as AWS does.
    pub fn id_of(&self, path: &OrganizationalUnitPath) -> Option<&OuId> {
        let is_same = |known: &OrganizationalUnitPath| known.is_within(path.as_str()) && path.is_within(known.as_str());
        self.paths.iter().find(|(_, known)| is_same(known)).map(|(id, _)| id)
    }

    /// Whether Control Tower governs an OU. `ancestors` are as in [`resolve`](Self::resolve).
    pub fn is_governed_by_control_tower(&self, ancestors: &[OuId]) -> bool {
        ancestors.iter().any(|id| self.control_tower_unit_ids.contains(id))
    }

    /// The path in the manifest of an OU that is named by a former path, its own or that of an OU above it.
    pub fn renamed(&self, path: &OrganizationalUnitPath) -> Option<OrganizationalUnitPath> {
        let former = self.aliases.iter().filter(|(former, _)| path.is_within(former.as_str()));
        let (former, id) = former.max_by_key(|(former, _)| former.segments().count())?;
        let below = path.segments().skip(former.segments().count());
        let segments: Vec<&str> = self.paths.get(id)?.segments().chain(below).collect();
        segments.join("/").parse().ok()
    }
}

impl From<SettingsError> for StepError {
    fn from(error: SettingsError) -> Self {
        Self::new(ErrorCode::InvalidConfiguration, "could not read the settings of the organization")
            .with_remedy("deploy the version of account-vending that wrote the settings, or a later one")
            .with_source(error)
    }
}

#[cfg(test)]
mod tests;
