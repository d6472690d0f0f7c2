//! The OUs of the manifest in AWS.

use std::collections::BTreeMap;

use vending_core::{ErrorCode, OrganizationalUnitPath, OuId, Problem, StepError};
use vending_manifest::{Manifest, NamedUnit};
use vending_organization::{Organization, Unit};

use crate::PlannedChanges;

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
    /// `None` in a plan, if there is no organization yet.
    root: Option<OuId>,
    pub states: BTreeMap<OrganizationalUnitPath, UnitState>,
}

/// The IDs of the root and of the OUs of the manifest.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UnitIds {
    pub root: OuId,
    pub units: BTreeMap<OrganizationalUnitPath, OuId>,
}

impl Units {
    /// Finds all OUs of the manifest. Each parent is listed once. In a plan, there may be no organization yet.
    pub async fn find(
        organization: &Organization,
        manifest: &Manifest,
        changes: &PlannedChanges,
    ) -> Result<Self, StepError> {
        let root = changes.made_before(organization.find_root_id().await?, "the organization")?;
        let mut units = Self { root, states: BTreeMap::new() };
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
            None => self.root.clone(),
        }
    }

    /// The ID of the root, or `None` if there is no organization yet.
    pub fn root(&self) -> Option<&OuId> {
        self.root.as_ref()
    }

    /// The ID of an OU, also of one that still has a former name.
    pub fn id(&self, path: &OrganizationalUnitPath) -> Option<OuId> {
        match self.states.get(path)? {
            UnitState::Exists(id) | UnitState::Renamed { id, .. } => Some(id.clone()),
            UnitState::Missing => None,
        }
    }

    /// The IDs of the root and the OUs in a run, in which all of them exist under their names.
    pub fn existing_ids(&self) -> Result<UnitIds, StepError> {
        let hidden = |what: &str| StepError::new(ErrorCode::NotReady, format!("AWS does not show {what} yet"));
        let id = |(path, state): (&OrganizationalUnitPath, &UnitState)| match state {
            UnitState::Exists(id) => Ok((path.clone(), id.clone())),
            UnitState::Renamed { .. } | UnitState::Missing => Err(hidden(&format!("the OU `{path}`"))),
        };
        let root = self.root.clone().ok_or_else(|| hidden("the root of the organization"))?;
        Ok(UnitIds { root, units: self.states.iter().map(id).collect::<Result<_, _>>()? })
    }

    /// The IDs of the root and the OUs in a plan. What a run would create has an ID that AWS does not use.
    pub fn planned_ids(&self) -> Result<UnitIds, StepError> {
        let id = |known: Option<OuId>, planned: &str| match known {
            Some(id) => Ok(id),
            None => planned.parse().map_err(|error| {
                StepError::new(ErrorCode::Unexpected, "could not make an ID for a plan").with_source(error)
            }),
        };
        let mut units = BTreeMap::new();
        for (index, path) in self.states.keys().enumerate() {
            units.insert(path.clone(), id(self.id(path), &format!("ou-new-{index}"))?);
        }
        Ok(UnitIds { root: id(self.root.clone(), "r-new")?, units })
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
