//! The settings that follow from a manifest.

use std::collections::BTreeMap;

use vending_core::{OrganizationalUnitPath, OuId, Requests, Settings, VendingSettings};

use super::example::VENDING_ONLY;
use crate::Manifest;

fn id(text: &str) -> OuId {
    text.parse().unwrap()
}

fn settings() -> Settings {
    let manifest = Manifest::from_yaml("organization.yaml", VENDING_ONLY, None).unwrap();
    let ids: [(&str, &str); 3] = [("workloads", "ou-w"), ("Workloads/Development", "ou-d"), ("Sandbox", "ou-s")];
    let ids: BTreeMap<OrganizationalUnitPath, OuId> = ids.map(|(path, text)| (path.parse().unwrap(), id(text))).into();
    manifest.settings(&id("r-root"), &ids)
}

fn resolve(ancestors: &[&str]) -> VendingSettings {
    settings().resolve(&ancestors.iter().map(|text| id(text)).collect::<Vec<_>>())
}

#[test]
fn settings_hold_at_the_units_of_the_manifest() {
    let development = resolve(&["r-root", "ou-w", "ou-d"]);
    assert_eq!(development.requests, Requests::Allowed);
    assert_eq!(development.permission_sets, ["ReadOnlyAccess"]);
    assert_eq!(development.access[0].group, "platform-admins");
    assert_eq!(resolve(&["r-root", "ou-s"]).monthly_budget_usd, Some(50));
    assert_eq!(resolve(&["r-root", "ou-other"]).requests, Requests::Denied);
}

#[test]
fn unit_without_an_id_has_no_settings() {
    let settings = settings();
    assert_eq!(settings.paths.len(), 3);
    assert_eq!(settings.blocks.keys().map(OuId::as_str).collect::<Vec<_>>(), ["ou-s", "ou-w", "r-root"]);
}

#[test]
fn former_name_is_an_alias() {
    let renamed = settings().renamed(&"Projects/Development".parse().unwrap());
    assert_eq!(renamed.unwrap().as_str(), "Workloads/Development");
}

#[test]
fn what_exists_is_named() {
    let settings = settings();
    assert_eq!(settings.trail.unwrap().name.as_deref(), Some("organization-trail"));
    assert_eq!(settings.config_bucket.as_deref(), Some("acme-config"));
    assert_eq!(settings.control_tower_unit_ids, [id("ou-w")]);
    assert_eq!(settings.identity_center_region.as_deref(), Some("eu-west-1"));
    assert_eq!(settings.governed_regions, ["us-east-1", "eu-west-1"]);
}
