//! How the manifest names the OUs of AWS.

use std::collections::{BTreeMap, BTreeSet};

use vending_core::{MAXIMUM_OU_DEPTH, OrganizationalUnitPath, OuId};

use super::super::comments::{Comments, pointer};
use super::super::existing::{ExistingOrganization, ExistingUnit};

/// The OUs of AWS, by their IDs.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Names<'a> {
    named: BTreeMap<&'a OuId, Named<'a>>,
    unnamed: Vec<Unnamed<'a>>,
}

#[derive(Clone, Debug)]
struct Named<'a> {
    path: OrganizationalUnitPath,
    parent: &'a OuId,
}

/// An OU that a manifest cannot name. It cannot name those below either.
#[derive(Clone, Debug)]
struct Unnamed<'a> {
    unit: &'a ExistingUnit,
    parent: &'a OuId,
    why: String,
}

/// The OU that contains the OUs to name, or the root.
#[derive(Clone, Copy, Debug)]
struct Above<'a, 'b> {
    id: &'a OuId,
    path: Option<&'b OrganizationalUnitPath>,
}

impl<'a> Names<'a> {
    pub(in super::super) fn of(existing: &'a ExistingOrganization) -> Self {
        let mut names = Self::default();
        let known = existing.settings.as_ref().map(|settings| &settings.paths);
        names.add(&existing.units, Above { id: &existing.root, path: None }, known);
        names
    }

    fn add(
        &mut self,
        units: &'a [ExistingUnit],
        above: Above<'a, '_>,
        known: Option<&BTreeMap<OuId, OrganizationalUnitPath>>,
    ) {
        let known_path = |unit: &ExistingUnit| known.and_then(|known| known.get(&unit.id));
        let mut units: Vec<&ExistingUnit> = units.iter().collect();
        units.sort_by_key(|unit| (known_path(unit).is_none(), &unit.name, &unit.id));
        let mut taken: BTreeMap<String, &str> = BTreeMap::new();
        for unit in units {
            // The present manifest may spell the name in another case.
            let spelled = known_path(unit).map(OrganizationalUnitPath::name);
            let name = spelled.filter(|name| name.eq_ignore_ascii_case(&unit.name)).unwrap_or(&unit.name);
            let path = path(name, above.path).and_then(|path| match taken.get(&name.to_lowercase()) {
                Some(other) => Err(format!("its name differs from `{other}` next to it only in case")),
                None => Ok(path),
            });
            match path {
                Ok(path) => {
                    taken.insert(name.to_lowercase(), &unit.name);
                    self.add(&unit.units, Above { id: &unit.id, path: Some(&path) }, known);
                    self.named.insert(&unit.id, Named { path, parent: above.id });
                }
                Err(why) => self.unnamed.push(Unnamed { unit, parent: above.id, why }),
            }
        }
    }

    /// All OUs that a manifest can name.
    pub(in super::super) fn ids(&self) -> impl Iterator<Item = &'a OuId> {
        self.named.keys().copied()
    }

    /// The path of an OU. `None` for the root, and for an OU that a manifest cannot name.
    pub(in super::super) fn path(&self, id: &OuId) -> Option<&OrganizationalUnitPath> {
        self.named.get(id).map(|unit| &unit.path)
    }

    pub(super) fn parent(&self, id: &OuId) -> Option<&'a OuId> {
        self.named.get(id).map(|unit| unit.parent)
    }

    /// Whether AWS has the OU, although a manifest cannot name it.
    pub(super) fn is_in_aws(&self, id: &OuId) -> bool {
        self.unnamed.iter().any(|unnamed| contains(unnamed.unit, id))
    }

    /// Says which OUs directly below the root or an OU are not in the manifest.
    pub(super) fn comment_left_out(&self, parent: &OuId, exported: &BTreeSet<OuId>, comments: &mut Comments) {
        let pointer = pointer(self.path(parent));
        let is_left_out = |(id, unit): &(&&OuId, &Named<'_>)| unit.parent == parent && !exported.contains(**id);
        let mut names: Vec<&str> = self.named.iter().filter(is_left_out).map(|(_, unit)| unit.path.name()).collect();
        names.sort_unstable();
        let place = self.path(parent).map_or("the root", OrganizationalUnitPath::as_str);
        if !names.is_empty() {
            comments.add(&pointer, format!("Other OUs in {place}, which are left alone: {}.", names.join(", ")));
        }
        for Unnamed { unit, why, .. } in self.unnamed.iter().filter(|unnamed| unnamed.parent == parent) {
            let ExistingUnit { id, name, .. } = unit;
            let unit = format!("The OU `{name}` ({id}) in {place}, and all below it, cannot be in this file");
            comments.add(&pointer, format!("{unit}: {why}."));
        }
    }
}

fn contains(unit: &ExistingUnit, id: &OuId) -> bool {
    unit.id == *id || unit.units.iter().any(|below| contains(below, id))
}

/// The path of an OU. Fails with why it has none.
fn path(name: &str, above: Option<&OrganizationalUnitPath>) -> Result<OrganizationalUnitPath, String> {
    if name.contains('/') {
        return Err("its name has a slash, which separates the names of a path".to_owned());
    }
    if name == MERGE_KEY {
        return Err("its name has a meaning of its own in YAML".to_owned());
    }
    if above.is_some_and(|above| above.segments().count() >= MAXIMUM_OU_DEPTH) {
        return Err(format!("it is below {MAXIMUM_OU_DEPTH} levels of OUs"));
    }
    let path = above.map_or_else(|| name.to_owned(), |above| format!("{above}/{name}"));
    let why = "its name must have 1 to 128 characters, no space at either end, and not be . or ..";
    path.parse().map_err(|_| why.to_owned())
}

/// YAML 1.1 merges objects with this field, so the manifest rejects it.
const MERGE_KEY: &str = "<<";
