//! Finds the OUs of the manifest in AWS, and what prevents the manifest from being applied.

use std::collections::{BTreeMap, BTreeSet};

use vending_core::{OrganizationalUnitPath, OuId, PlanBlocker, Problem, StepError, VendingBlock};
use vending_manifest::{Manifest, NamedUnit};
use vending_organization::{Organization, OuLookup};

/// The OUs of the manifest in AWS.
#[derive(Debug)]
pub(crate) struct FoundUnits {
    pub(crate) root: OuId,
    pub(crate) ids: BTreeMap<OrganizationalUnitPath, OuId>,
    pub(crate) blockers: Vec<PlanBlocker>,
}

/// Finds all OUs of the manifest. Each parent is listed once.
pub(crate) async fn find_units(organization: &Organization, manifest: &Manifest) -> Result<FoundUnits, StepError> {
    let root = organization.root_id().await?;
    let units = manifest.units();
    let paths: BTreeSet<_> = units.iter().flat_map(paths).cloned().collect();
    let lookups = organization.resolve_many(paths).await?;
    let mut found = FoundUnits { root, ids: BTreeMap::new(), blockers: Vec::new() };
    let mut renamed: Vec<OrganizationalUnitPath> = Vec::new();
    for unit in units {
        let is_found = |path: &&OrganizationalUnitPath| matches!(lookups.get(*path), Some(OuLookup::Found(_)));
        match (lookups.get(&unit.path), unit.former_paths.iter().find(is_found)) {
            (Some(OuLookup::Found(ids)), _) => found.ids.extend(ids.last().map(|id| (unit.path, id.clone()))),
            (_, Some(former)) => {
                found.blockers.push(renamed_unit(&unit.path, former));
                renamed.push(unit.path);
            }
            // The OUs below are found when the OU has its new name.
            _ if renamed.iter().any(|above| unit.path.is_within(above.as_str())) => {}
            (Some(OuLookup::Missing(missing)), None) => {
                found.blockers.push(missing_unit(&unit.path, &missing.detail));
            }
            (None, None) => {}
        }
    }
    Ok(found)
}

/// The path of an OU, and its former paths.
fn paths<'a>(unit: &'a NamedUnit<'_>) -> impl Iterator<Item = &'a OrganizationalUnitPath> {
    std::iter::once(&unit.path).chain(&unit.former_paths)
}

fn renamed_unit(path: &OrganizationalUnitPath, former: &OrganizationalUnitPath) -> PlanBlocker {
    PlanBlocker {
        pointer: pointer(path),
        detail: format!("must have its new name: it is `{former}` in AWS"),
        remedy: format!("rename the OU `{former}` to `{path}` in AWS Organizations"),
    }
}

fn missing_unit(path: &OrganizationalUnitPath, detail: &str) -> PlanBlocker {
    PlanBlocker {
        pointer: pointer(path),
        detail: detail.to_owned(),
        remedy: format!("create the OU `{path}` in AWS Organizations, or correct its name in the manifest"),
    }
}

/// The state machines of the manifest that the stack may not run.
pub(crate) fn of_customizations(manifest: &Manifest, allowed: &[String]) -> Vec<PlanBlocker> {
    let units = manifest.units();
    let in_units = units.iter().map(|unit| (pointer(&unit.path), unit.unit.vending.as_ref()));
    let blocks = std::iter::once((ROOT.to_owned(), manifest.root.vending.as_ref())).chain(in_units);
    let is_denied = |block: &VendingBlock| {
        let arn = block.customization.as_ref().map(ToString::to_string);
        arn.is_some_and(|arn| !allowed.contains(&arn))
    };
    let denied = blocks.filter(|(_, block)| block.is_some_and(is_denied));
    denied.map(|(pointer, _)| denied_customization(&pointer)).collect()
}

fn denied_customization(block: &str) -> PlanBlocker {
    PlanBlocker {
        pointer: format!("{block}/vending/customization"),
        detail: "must be a state machine that the stack may run".to_owned(),
        remedy: "add the ARN to the parameter CustomizationStateMachineArns of the stack, or correct it".to_owned(),
    }
}

const ROOT: &str = "/root";

/// The JSON pointer of an OU in the manifest.
fn pointer(path: &OrganizationalUnitPath) -> String {
    path.segments()
        .fold(ROOT.to_owned(), |above, name| above + &Problem::at(&["organizationalUnits", name], "").pointer)
}
