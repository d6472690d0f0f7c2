//! What the present settings have of the organization as a whole.

use std::collections::BTreeMap;

use vending_core::{GLOBAL_REGION, OrganizationalUnitPath, OuId, Settings};

use super::comments::Comments;
use super::existing::ExistingOrganization;
use crate::ground::{ConfigBucket, ControlTower, IdentityCenter, OrganizationTrail};
use crate::manifest::{Manifest, Root};

/// A manifest without OUs and policies.
pub(super) fn of(
    existing: &ExistingOrganization,
    paths: &BTreeMap<OuId, OrganizationalUnitPath>,
    comments: &mut Comments,
) -> Manifest {
    let Some(settings) = &existing.settings else {
        comments.add(
            "/governedRegions",
            "No manifest has been applied, so these are the defaults. Name the Regions that you use.",
        );
        comments.differ("it writes the first settings");
        return manifest(&Settings::empty(GLOBAL_REGION.to_owned(), vec![GLOBAL_REGION.to_owned()]), None);
    };
    let governed = &settings.control_tower_unit_ids;
    let known = governed.iter().filter_map(|id| paths.get(id)).map(ToString::to_string).collect();
    for id in governed.iter().filter(|id| !paths.contains_key(*id)) {
        comments.differ(format!("the settings lose {id} as an OU that AWS Control Tower governs"));
    }
    manifest(settings, Some(known).filter(|paths: &Vec<String>| !paths.is_empty()))
}

fn manifest(settings: &Settings, control_tower: Option<Vec<String>>) -> Manifest {
    let region = settings.identity_center_region.clone();
    Manifest {
        version: Manifest::VERSION,
        home_region: Some(settings.home_region.clone()),
        governed_regions: Some(settings.governed_regions.clone()),
        trail: settings.trail.as_ref().map(|trail| OrganizationTrail {
            mode: Some(trail.mode),
            name: trail.name.clone(),
            bucket: trail.bucket.clone(),
            s3_data_events: None,
        }),
        config: settings.config_bucket.clone().map(|bucket| ConfigBucket { bucket }),
        control_tower: control_tower.map(|organizational_units| ControlTower { organizational_units }),
        identity_center: region.map(|region| IdentityCenter { region: Some(region), ..IdentityCenter::default() }),
        management_account: None,
        policies: BTreeMap::new(),
        root_access: None,
        root: Root::default(),
        log_archive: None,
        security: None,
        costs: None,
    }
}
