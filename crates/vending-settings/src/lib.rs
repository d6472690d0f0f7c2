//! What the stored settings say about an OU: for requests that name it, and for accounts that leave it.
//!
//! The settings are read at each request, and OUs are compared by ID. So a right that is taken away ends with the next
//! request, and a renamed OU keeps its settings.

mod moves;
mod renamed;

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;
use vending_core::{
    AccountRequest, OrganizationalUnitPath, OuId, RequestPolicy, Requester, Settings, StepError, VendingSettings,
};
use vending_organization::{MissingOu, OuCache, OuLookup};
use vending_records::StoredSettings;

pub use moves::{MoveOutcome, ensure_in_unit};
use renamed::missing_detail;

/// The settings of the OUs of the organization.
#[derive(Debug)]
pub struct OuSettings {
    stored: StoredSettings,
    units: OuCache,
}

/// What holds in one OU.
#[derive(Clone, Debug)]
pub struct UnitSettings {
    /// The IDs of the root, the OUs on the way, and the OU itself, in this order.
    pub ids: Vec<OuId>,
    pub vending: VendingSettings,
    /// What holds in all OUs.
    pub settings: Arc<Settings>,
}

/// The result of looking up the settings of an OU.
#[derive(Clone, Debug)]
pub enum SettingsLookup {
    Found(Box<UnitSettings>),
    /// What is expected of the path, to be read after the name of the field.
    Missing(String),
}

impl OuSettings {
    pub const fn new(stored: StoredSettings, units: OuCache) -> Self {
        Self { stored, units }
    }

    pub const fn stored(&self) -> &StoredSettings {
        &self.stored
    }

    pub const fn units(&self) -> &OuCache {
        &self.units
    }

    /// Like [`PresentSettings::policy_for`]. The settings are read only for a request with a valid OU.
    pub async fn policy_for(&self, request: &Value, requester: &Requester) -> Result<RequestPolicy, StepError> {
        match AccountRequest::unit(request) {
            Some(_) => self.read().await?.policy_for(request, requester).await,
            None => Ok(RequestPolicy::default()),
        }
    }

    /// The settings as they are now, for one call.
    pub async fn read(&self) -> Result<PresentSettings<'_>, StepError> {
        Ok(PresentSettings { settings: self.stored.read().await?, units: &self.units })
    }
}

/// The settings as they were read once.
#[derive(Clone, Debug)]
pub struct PresentSettings<'a> {
    settings: Arc<Settings>,
    units: &'a OuCache,
}

impl PresentSettings<'_> {
    /// The settings of an OU by its path, or by a former path in the manifest.
    pub async fn of(&self, path: &OrganizationalUnitPath) -> Result<SettingsLookup, StepError> {
        let missing = match self.units.resolve(path).await? {
            OuLookup::Found(ids) => return Ok(SettingsLookup::found(&self.settings, ids)),
            OuLookup::Missing(missing) => missing,
        };
        match self.settings.renamed(path) {
            Some(present) => match self.units.resolve(&present).await? {
                OuLookup::Found(ids) => Ok(SettingsLookup::found(&self.settings, ids)),
                OuLookup::Missing(MissingOu { detail, .. }) => Ok(SettingsLookup::Missing(detail)),
            },
            None => Ok(SettingsLookup::Missing(missing_detail(&self.settings, path, missing))),
        }
    }

    /// The policy for a request as JSON. Of a request without a valid OU, only the form can be checked.
    pub async fn policy_for(&self, request: &Value, requester: &Requester) -> Result<RequestPolicy, StepError> {
        match AccountRequest::unit(request) {
            Some(unit) => Ok(self.of(&unit).await?.policy(requester.is_operator())),
            None => Ok(RequestPolicy::default()),
        }
    }

    /// Looks up the OUs of many requests, so that [`policy_for`](Self::policy_for) finds them without a call. Each parent
    /// OU is listed once.
    pub async fn look_up_units(&self, requests: &[Value]) -> Result<(), StepError> {
        let paths: BTreeSet<_> = requests.iter().filter_map(AccountRequest::unit).collect();
        self.units.resolve_many(paths).await.map(drop)
    }
}

impl SettingsLookup {
    fn found(settings: &Arc<Settings>, ids: Vec<OuId>) -> Self {
        let vending = settings.resolve(&ids);
        Self::Found(Box::new(UnitSettings { ids, vending, settings: settings.clone() }))
    }

    /// The policy for requests in the OU.
    pub fn policy(&self, is_operator: bool) -> RequestPolicy {
        match self {
            Self::Missing(detail) => RequestPolicy::missing_unit(detail.clone()),
            Self::Found(unit) => unit.policy(is_operator),
        }
    }
}

impl UnitSettings {
    /// The policy for requests in the OU.
    pub fn policy(&self, is_operator: bool) -> RequestPolicy {
        RequestPolicy::new(self.vending.clone(), is_operator, &self.settings.requestable())
    }
}

#[cfg(test)]
mod tests;
