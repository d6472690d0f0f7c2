//! The OUs of the manifest in AWS.

use std::collections::BTreeMap;

use vending_core::{ErrorCode, OrganizationalUnitPath, OuId, Problem, StepError};
use vending_manifest::{Manifest, NamedUnit};
use vending_organization::{Organization, Unit};

/// Whether an OU of the manifest exists.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum UnitState {
    Exists(OuId),
    /// It exists under a former name.
    Renamed {
        id: OuId,
        former_name: String,
    },
    Missing,
}

/// The OUs of the manifest, as they are in AWS.
#[derive(Clone, Debug)]
pub struct Units {
    pub root: OuId,
    pub states: BTreeMap<OrganizationalUnitPath, UnitState>,
}

impl Units {
    /// Finds all OUs of the manifest. Each parent is listed once.
    pub async fn find(organization: &Organization, manifest: &Manifest) -> Result<Self, StepError> {
        let mut units = Self { root: organization.root_id().await?, states: BTreeMap::new() };
        let mut children: BTreeMap<OuId, Vec<Unit>> = BTreeMap::new();
        for unit in manifest.units() {
            let state = match units.parent(&unit.path) {
                Some(parent) => {
                    if !children.contains_key(&parent) {
                        children.insert(parent.clone(), organization.units_in(&parent).await?);
                    }
                    state(&unit, children.get(&parent).map_or(&[], Vec::as_slice))
                }
                None => UnitState::Missing,
            };
            units.states.insert(unit.path, state);
        }
        Ok(units)
    }

    /// The ID of the OU or the root that an OU is directly in, or `None` if it does not exist yet.
    pub fn parent(&self, path: &OrganizationalUnitPath) -> Option<OuId> {
        match path.parent() {
            Some(parent) => self.id(&parent),
            None => Some(self.root.clone()),
        }
    }

    /// The ID of an OU, also of one that still has a former name.
    pub fn id(&self, path: &OrganizationalUnitPath) -> Option<OuId> {
        match self.states.get(path)? {
            UnitState::Exists(id) | UnitState::Renamed { id, .. } => Some(id.clone()),
            UnitState::Missing => None,
        }
    }

    /// The IDs of the OUs in a run, in which all of them exist under their names.
    pub fn existing_ids(&self) -> Result<BTreeMap<OrganizationalUnitPath, OuId>, StepError> {
        let id = |(path, state): (&OrganizationalUnitPath, &UnitState)| match state {
            UnitState::Exists(id) => Ok((path.clone(), id.clone())),
            UnitState::Renamed { .. } | UnitState::Missing => {
                Err(StepError::new(ErrorCode::NotReady, format!("AWS does not show the OU `{path}` yet")))
            }
        };
        self.states.iter().map(id).collect()
    }

    /// The IDs of the OUs in a plan. An OU that a run would create has an ID that AWS does not use.
    pub fn planned_ids(&self) -> BTreeMap<OrganizationalUnitPath, OuId> {
        let ids = self.states.keys().enumerate().filter_map(|(index, path)| {
            let id = self.id(path).or_else(|| format!("ou-new-{index}").parse().ok());
            Some((path.clone(), id?))
        });
        ids.collect()
    }
}

/// OU names are compared without case, as AWS does.
fn state(unit: &NamedUnit<'_>, siblings: &[Unit]) -> UnitState {
    let has_name = |name: &str| siblings.iter().find(|sibling| sibling.name.eq_ignore_ascii_case(name));
    if let Some(found) = has_name(unit.path.name()) {
        return UnitState::Exists(found.id.clone());
    }
    match unit.unit.formerly.iter().find_map(|name| has_name(name)) {
        Some(found) => UnitState::Renamed { id: found.id.clone(), former_name: found.name.clone() },
        None => UnitState::Missing,
    }
}

/// The JSON pointer of an OU in the manifest.
pub fn pointer(path: &OrganizationalUnitPath) -> String {
    path.segments()
        .fold("/root".to_owned(), |above, name| above + &Problem::at(&["organizationalUnits", name], "").pointer)
}
