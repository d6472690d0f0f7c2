//! Exports are read again, and their settings are those of the organization.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use vending_core::{OrganizationalUnitPath, OuId, Settings};
use vending_policies::PolicyType;

use super::*;
use crate::Documents;

mod policies;
mod properties;
mod text;
mod units;
mod world;

use world::{EMPTY, options, policy, sample, unit};

/// The manifest of an export. Fails if it is not valid, or if a document is missing.
fn parsed(export: &Export) -> Manifest {
    let documents = Documents::new(export.documents.keys().cloned());
    Manifest::from_yaml("organization.yaml", &export.manifest, Some(&documents))
        .unwrap_or_else(|problems| panic!("{problems:?}\n{}", export.manifest))
}

fn id(text: &str) -> OuId {
    text.parse().unwrap()
}

fn path(text: &str) -> OrganizationalUnitPath {
    text.parse().unwrap()
}

/// The settings that follow from an export, as `write-settings` computes them.
fn settings_of(existing: &ExistingOrganization, export: &Export) -> Settings {
    let manifest = parsed(export);
    let mut ids: BTreeMap<OrganizationalUnitPath, OuId> = BTreeMap::new();
    for unit in manifest.units() {
        let siblings = match unit.path.parent() {
            None => existing.units.as_slice(),
            Some(parent) => below(&existing.units, &ids[&parent]).unwrap(),
        };
        let found = siblings.iter().find(|sibling| sibling.name.eq_ignore_ascii_case(unit.path.name()));
        let found = found.unwrap_or_else(|| panic!("AWS does not have {}", unit.path));
        ids.insert(unit.path, found.id.clone());
    }
    manifest.settings(&existing.root, &ids)
}

fn below<'a>(units: &'a [ExistingUnit], id: &OuId) -> Option<&'a [ExistingUnit]> {
    units.iter().find_map(|unit| if unit.id == *id { Some(unit.units.as_slice()) } else { below(&unit.units, id) })
}

fn settings(value: &Value) -> Settings {
    let mut all = json!({ "schemaVersion": 1, "homeRegion": "us-east-1", "governedRegions": ["us-east-1"] });
    all.as_object_mut().unwrap().extend(value.as_object().unwrap().clone());
    serde_json::from_value(all).unwrap()
}

/// The lines of comments that have a text.
fn comments<'a>(export: &'a Export, text: &str) -> Vec<&'a str> {
    let lines = export.manifest.lines().map(str::trim_start);
    lines.filter(|line| line.starts_with('#') && line.contains(text)).collect()
}
