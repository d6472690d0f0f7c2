//! The settings that follow from the manifest.

use std::collections::BTreeMap;

use vending_core::{OrganizationalUnitPath, OuId, Settings, Trail, VendingBlock};

use crate::manifest::{Manifest, Unit};

/// An OU of the manifest.
#[derive(Clone, Debug)]
pub struct NamedUnit<'a> {
    pub path: OrganizationalUnitPath,
    /// The paths that the OU may still have in AWS, and under which requests may still name it.
    pub former_paths: Vec<OrganizationalUnitPath>,
    pub unit: &'a Unit,
}

impl Manifest {
    /// All OUs, each after the one above it.
    pub fn units(&self) -> Vec<NamedUnit<'_>> {
        let mut found = Vec::new();
        collect(&self.root.organizational_units, "", &mut found);
        found
    }

    /// The settings of the organization. `ids` has the IDs of the OUs in AWS. An OU without an ID has no block and is
    /// not governed: the caller reports it.
    pub fn settings(&self, root: &OuId, ids: &BTreeMap<OrganizationalUnitPath, OuId>) -> Settings {
        let mut settings = Settings::empty(self.home_region().to_owned(), self.governed_regions());
        settings.trail = self.trail.as_ref().map(|trail| Trail {
            mode: trail.mode.unwrap_or_default(),
            name: trail.name.clone(),
            bucket: trail.bucket.clone(),
        });
        settings.config_bucket = self.config.as_ref().map(|config| config.bucket.clone());
        settings.identity_center_region = self.identity_center.as_ref().and_then(|fields| fields.region.clone());
        settings.control_tower_unit_ids = self.control_tower_units().filter_map(|path| id(ids, &path)).collect();
        let block = |id: &OuId, block: &Option<VendingBlock>| Some((id.clone(), block.clone()?));
        settings.blocks.extend(block(root, &self.root.vending));
        for NamedUnit { path, former_paths, unit } in self.units() {
            let Some(id) = id(ids, &path) else { continue };
            settings.blocks.extend(block(&id, &unit.vending));
            settings.aliases.extend(former_paths.into_iter().map(|former| (former, id.clone())));
            settings.paths.insert(id, path);
        }
        settings
    }

    /// The paths of the OUs that Control Tower governs.
    pub fn control_tower_units(&self) -> impl Iterator<Item = OrganizationalUnitPath> {
        let paths = self.control_tower.iter().flat_map(|fields| &fields.organizational_units);
        paths.filter_map(|path| path.parse().ok())
    }
}

/// OU names are compared without case, as AWS does.
fn id(ids: &BTreeMap<OrganizationalUnitPath, OuId>, path: &OrganizationalUnitPath) -> Option<OuId> {
    let same = |known: &OrganizationalUnitPath| known.is_within(path.as_str()) && path.is_within(known.as_str());
    ids.iter().find(|(known, _)| same(known)).map(|(_, id)| id.clone())
}

fn collect<'a>(units: &'a BTreeMap<String, Unit>, above: &str, found: &mut Vec<NamedUnit<'a>>) {
    for (name, unit) in units {
        let path = |name: &str| format!("{above}{name}");
        let Ok(own) = path(name).parse() else { continue };
        let former_paths = unit.formerly.iter().filter_map(|name| path(name).parse().ok()).collect();
        found.push(NamedUnit { path: own, former_paths, unit });
        collect(&unit.organizational_units, &format!("{}/", path(name)), found);
    }
}
