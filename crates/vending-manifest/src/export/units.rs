//! The OUs of the manifest.

mod names;

use std::collections::{BTreeMap, BTreeSet};

use vending_core::{OrganizationalUnitPath, OuId, Settings};

use super::comments::{Comments, pointer};
use super::existing::ExistingOrganization;
use super::policies::ExportedPolicies;
use crate::manifest::Unit;

pub(super) use names::Names;

/// The OUs of the manifest, with what holds there.
#[derive(Clone, Debug, Default)]
pub(super) struct ExportedUnits {
    /// The OUs directly below the root.
    pub(super) units: BTreeMap<String, Unit>,
    /// The paths of all OUs of the manifest.
    pub(super) paths: BTreeMap<OuId, OrganizationalUnitPath>,
}

impl ExportedUnits {
    pub(super) fn of(
        existing: &ExistingOrganization,
        names: &Names<'_>,
        policies: &ExportedPolicies,
        comments: &mut Comments,
    ) -> Self {
        let exported = exported(existing, names, policies);
        let mut units = Self::default();
        for id in &exported {
            units.paths.extend(names.path(id).map(|path| (id.clone(), path.clone())));
        }
        let formerly = formerly(existing, &units.paths, comments);
        for parent in std::iter::once(&existing.root).chain(&exported) {
            names.comment_left_out(parent, &exported, comments);
        }
        // The path of an OU sorts after the path of the OU above it.
        let by_path: BTreeMap<_, _> = units.paths.iter().map(|(id, path)| (path, id)).collect();
        for (path, id) in by_path {
            let unit = Unit {
                formerly: formerly.get(id).cloned().unwrap_or_default(),
                policies: policies.at(id),
                vending: existing.block(id),
                ..Unit::default()
            };
            insert(&mut units.units, path, unit);
        }
        if let Some(settings) = &existing.settings {
            compare(settings, &units.paths, names, comments);
        }
        units
    }
}

fn insert(units: &mut BTreeMap<String, Unit>, path: &OrganizationalUnitPath, unit: Unit) {
    let mut segments: Vec<&str> = path.segments().collect();
    let Some(name) = segments.pop() else { return };
    let mut units = units;
    for above in segments {
        units = &mut units.entry(above.to_owned()).or_default().organizational_units;
    }
    units.insert(name.to_owned(), unit);
}

/// The OUs of the present settings, and those that have a policy of the manifest. Without settings, every OU. An OU
/// that the settings do not have would be a change.
fn exported(existing: &ExistingOrganization, names: &Names<'_>, policies: &ExportedPolicies) -> BTreeSet<OuId> {
    let mut ids: Vec<&OuId> = match &existing.settings {
        Some(settings) => settings.paths.keys().chain(policies.places()).collect(),
        None => names.ids().collect(),
    };
    let mut exported = BTreeSet::new();
    while let Some(id) = ids.pop() {
        if names.path(id).is_some() && exported.insert(id.clone()) {
            ids.extend(names.parent(id));
        }
    }
    exported
}

/// The former names of OUs: those of the settings, and the name before an OU was renamed in AWS.
fn formerly(
    existing: &ExistingOrganization,
    paths: &BTreeMap<OuId, OrganizationalUnitPath>,
    comments: &mut Comments,
) -> BTreeMap<OuId, Vec<String>> {
    let mut formerly: BTreeMap<OuId, Vec<String>> = BTreeMap::new();
    let Some(settings) = &existing.settings else { return formerly };
    let is_renamed = |(id, path): &(&OuId, &OrganizationalUnitPath)| paths.get(*id).is_some_and(|own| own != *path);
    let renamed = settings.paths.iter().filter(is_renamed).map(|(id, path)| (path, id));
    let mut taken: BTreeSet<String> = paths.values().map(|path| path.as_str().to_lowercase()).collect();
    for (former, id) in settings.aliases.iter().chain(renamed) {
        let Some(path) = paths.get(id) else { continue };
        let is_next_to = former.parent() == path.parent();
        if is_next_to && taken.insert(former.as_str().to_lowercase()) {
            formerly.entry(id.clone()).or_default().push(former.name().to_owned());
        } else {
            comments.differ(format!("requests can no longer name the OU {path} as {former}"));
        }
    }
    for names in formerly.values_mut() {
        names.sort_unstable();
    }
    formerly
}

/// What the settings have of other OUs, or of OUs with other paths.
fn compare(
    settings: &Settings,
    paths: &BTreeMap<OuId, OrganizationalUnitPath>,
    names: &Names<'_>,
    comments: &mut Comments,
) {
    for (id, known) in &settings.paths {
        match paths.get(id) {
            Some(path) if path == known => {}
            Some(path) => comments.differ(format!("the OU {known} ({id}) is {path} in AWS now")),
            None if names.is_in_aws(id) => {
                comments.differ(format!("the settings lose the OU {known} ({id}), which this file cannot name"));
            }
            None => comments.differ(format!("the settings lose the OU {known} ({id}), which is no longer in AWS")),
        }
    }
    for (id, path) in paths.iter().filter(|(id, _)| !settings.paths.contains_key(*id)) {
        comments.add(&pointer(Some(path)), "Here because a policy of this file is attached to it or below it.");
        comments.differ(format!("the OU {path} ({id}) is new in the settings"));
    }
}
