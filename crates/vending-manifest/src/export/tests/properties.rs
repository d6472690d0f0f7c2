//! Exports of generated organizations.

mod blocks;
mod organizations;

use proptest::prelude::*;
use vending_policies::Content;

use super::*;
use organizations::{any_organization, consistent_organization};

proptest! {
    /// The manifest that was applied, exported, has the same settings: its plan has no changes.
    #[test]
    fn settings_survive_an_export(existing in consistent_organization()) {
        let export = export(&existing, &options(false));
        prop_assert_eq!(&export.differences, &[""; 0]);
        prop_assert_eq!(settings_of(&existing, &export), existing.settings.clone().unwrap());
    }

    #[test]
    fn policies_survive_an_export(existing in any_organization(), adopt in any::<bool>()) {
        let export = export(&existing, &options(adopt));
        let manifest = parsed(&export);
        let tried = manifest.try_policies(&export.documents, &manifest.policy_values());
        for policy in &existing.policies {
            let found = manifest.policies.iter().find(|(name, found)| {
                Some(*name) == policy.own_name.as_ref() || found.adopt.as_ref() == Some(&policy.id)
            });
            prop_assert_eq!(found.is_some(), policy.own_name.is_some() || adopt && is_adoptable(&existing, policy));
            let Some((name, found)) = found else { continue };
            let content = Content::existing(name, policy.policy_type, &policy.content).unwrap();
            prop_assert_eq!(tried.contents[name].text(), content.text());
            prop_assert_eq!(found.policy_type, policy.policy_type);
            prop_assert_eq!(places(&existing, &manifest, name), nameable(&existing, policy));
        }
    }

    /// Every name leads to a valid manifest. It adopts nothing by itself.
    #[test]
    fn any_organization_has_a_manifest(existing in any_organization()) {
        let manifest = parsed(&export(&existing, &options(false)));
        prop_assert!(manifest.policies.values().all(|policy| policy.adopt.is_none()));
        let named = Names::of(&existing);
        prop_assert_eq!(manifest.units().len(), named.ids().count());
    }
}

/// The root and the OUs that the manifest attaches a policy to.
fn places(existing: &ExistingOrganization, manifest: &Manifest, policy: &str) -> Vec<OuId> {
    let mut places = Vec::new();
    if manifest.root.policies.iter().any(|name| name == policy) {
        places.push(existing.root.clone());
    }
    for unit in manifest.units().iter().filter(|unit| unit.unit.policies.iter().any(|name| name == policy)) {
        places.push(organizations::id_of(existing, &unit.path));
    }
    places.sort_unstable();
    places
}

/// Those of the policy that a manifest can name.
fn nameable(existing: &ExistingOrganization, policy: &ExistingPolicy) -> Vec<OuId> {
    let named = Names::of(existing);
    let is_named = |id: &&OuId| **id == existing.root || named.path(id).is_some();
    policy.units.iter().filter(is_named).cloned().collect()
}

fn is_adoptable(existing: &ExistingOrganization, policy: &ExistingPolicy) -> bool {
    !policy.is_aws_managed && policy.accounts.is_empty() && nameable(existing, policy).len() == policy.units.len()
}
