//! Generated organizations.

use std::collections::BTreeSet;

use proptest::sample::{Index, select, subsequence};
use vending_core::{DEFAULT_REGIONS, GLOBAL_REGION, Trail, TrailMode};

use super::blocks::{block, line};
use super::*;

/// Names that YAML, paths, or comments could read as something else.
const NAMES: [&str; 24] = [
    "Workloads",
    "Production",
    "yes",
    "null",
    "~",
    "1",
    "0x1F",
    "1e3",
    "- x",
    "a: b",
    "#x",
    "{a}",
    "[a]",
    "*a",
    "&a",
    "!!str",
    "'",
    "\"",
    "a\\b",
    "Größe",
    "vending",
    "organizationalUnits",
    "a/b",
    "<<",
];

/// The OUs below the root, with names that are unique next to each other without case, as in AWS.
fn units() -> impl Strategy<Value = Vec<ExistingUnit>> {
    let name = prop_oneof![select(NAMES.as_slice()).prop_map(str::to_owned), any::<String>(), line(20)];
    let leaf = name.clone().prop_map(|name| unit("ou-0", &name, vec![]));
    let unit_below = leaf.prop_recursive(6, 24, 4, move |below| {
        (name.clone(), prop::collection::vec(below, 0..4)).prop_map(|(name, units)| unit("ou-0", &name, units))
    });
    prop::collection::vec(unit_below, 0..5).prop_map(|mut units| {
        number(&mut units, &mut 0);
        units
    })
}

fn number(units: &mut Vec<ExistingUnit>, next: &mut usize) {
    let mut taken = BTreeSet::new();
    units.retain(|unit| taken.insert(unit.name.to_lowercase()));
    for unit in units {
        *next += 1;
        unit.id = id(&format!("ou-{next}"));
        number(&mut unit.units, next);
    }
}

fn ids(units: &[ExistingUnit]) -> Vec<OuId> {
    units.iter().flat_map(|unit| [vec![unit.id.clone()], ids(&unit.units)].concat()).collect()
}

/// The ID of an OU of a manifest.
pub(super) fn id_of(existing: &ExistingOrganization, path: &OrganizationalUnitPath) -> OuId {
    let mut units = existing.units.as_slice();
    let mut found = existing.root.clone();
    for name in path.segments() {
        let unit = units.iter().find(|unit| unit.name.eq_ignore_ascii_case(name)).unwrap();
        (units, found) = (&unit.units, unit.id.clone());
    }
    found
}

/// An organization without settings.
pub(super) fn any_organization() -> impl Strategy<Value = ExistingOrganization> {
    units().prop_flat_map(|units| {
        let places = [vec![id("r-root")], ids(&units)].concat();
        prop::collection::vec(any_policy(places), 0..5).prop_map(move |policies| {
            let mut existing = sample();
            existing.units.clone_from(&units);
            existing.policies = numbered(policies);
            existing
        })
    })
}

fn any_policy(places: Vec<OuId>) -> impl Strategy<Value = ExistingPolicy> {
    let most = places.len().min(3);
    let opt_out = r#"{"services":{"default":{"opt_out_policy":{"@@assign":"optOut"}}, "x y": {"@@none": 1.5}}}"#;
    let spaced = serde_json::to_string_pretty(&serde_json::from_str::<Value>(EMPTY).unwrap()).unwrap();
    let contents = select(vec![
        (PolicyType::Scp, EMPTY.to_owned()),
        (PolicyType::Scp, spaced),
        (PolicyType::AiOptOut, opt_out.to_owned()),
    ]);
    let own_name = prop::option::of("[a-zA-Z0-9][a-zA-Z0-9_-]{0,8}");
    let name = prop_oneof![select(NAMES.as_slice()).prop_map(str::to_owned), any::<String>()];
    (contents, own_name, name, subsequence(places, 0..=most), any::<[bool; 4]>()).prop_map(
        |((policy_type, content), own_name, name, units, [is_aws_managed, is_of_account, both, _])| ExistingPolicy {
            policy_type,
            content,
            is_aws_managed: is_aws_managed && own_name.is_none(),
            own_name,
            name,
            units: units.into_iter().collect(),
            accounts: (is_of_account && both).then(|| "111122223333".parse().unwrap()).into_iter().collect(),
            ..policy("p-0", "", &[])
        },
    )
}

/// Gives policies IDs, and makes their names unique, as AWS and the functions do.
fn numbered(policies: Vec<ExistingPolicy>) -> Vec<ExistingPolicy> {
    let mut taken = BTreeSet::new();
    let policies = policies.into_iter().enumerate().map(|(index, mut policy)| {
        policy.id = format!("p-1234567{index}");
        policy.own_name = policy.own_name.map(|name| format!("{name}-{index}"));
        policy
    });
    policies.filter(|policy| taken.insert(policy.name.to_lowercase())).collect()
}

/// An organization whose settings are those of an applied manifest.
pub(super) fn consistent_organization() -> impl Strategy<Value = ExistingOrganization> {
    let global = (regions(), trail(), prop::option::of(Just("acme-config".to_owned())), any::<bool>());
    let per_unit = prop::collection::vec((any::<bool>(), any::<bool>(), prop::option::of(block()), formerly()), 30);
    (any_organization(), global, per_unit, any::<Index>()).prop_map(|(mut existing, global, per_unit, pick)| {
        let ((governed_regions, home_region), trail, config_bucket, has_identity_center) = global;
        let mut settings = Settings::empty(home_region, governed_regions);
        settings.trail = trail;
        settings.config_bucket = config_bucket;
        settings.identity_center_region = has_identity_center.then(|| "eu-west-1".to_owned());
        add_units(&mut settings, &existing, &per_unit);
        let managed: Vec<OuId> = settings.paths.keys().cloned().collect();
        if !managed.is_empty() {
            settings.control_tower_unit_ids = vec![managed[pick.index(managed.len())].clone()];
        }
        // What a manifest cannot say, or what is not in the settings, would be a change.
        for policy in existing.policies.iter_mut().filter(|policy| policy.own_name.is_some()) {
            policy.name = policy.own_name.clone().unwrap();
            policy.accounts.clear();
            policy.units.retain(|id| *id == existing.root || settings.paths.contains_key(id));
        }
        existing.settings = Some(settings);
        existing
    })
}

type PerUnit = (bool, bool, Option<vending_core::VendingBlock>, Vec<String>);

/// Adds OUs as a manifest could have them: each with the one above it, and some names in another case.
fn add_units(settings: &mut Settings, existing: &ExistingOrganization, per_unit: &[PerUnit]) {
    let mut values = per_unit.iter().cycle();
    settings.blocks.extend(values.next().and_then(|(_, _, block, _)| Some((existing.root.clone(), block.clone()?))));
    let all = Manifest::from_yaml("o.yaml", &export(existing, &options(false)).manifest, None).unwrap();
    let mut spelled: BTreeMap<OrganizationalUnitPath, OrganizationalUnitPath> = BTreeMap::new();
    let mut taken: BTreeSet<String> = all.units().iter().map(|unit| unit.path.as_str().to_lowercase()).collect();
    for unit in all.units() {
        let Some((is_managed, is_upper, block, formerly)) = values.next() else { continue };
        let above = unit.path.parent().map(|parent| spelled.get(&parent).cloned());
        if !is_managed || above == Some(None) {
            continue;
        }
        let upper = unit.path.name().to_ascii_uppercase();
        let name = if *is_upper { upper.as_str() } else { unit.path.name() };
        let below = |name: &str| match &above {
            Some(Some(above)) => format!("{above}/{name}").parse::<OrganizationalUnitPath>(),
            _ => name.parse(),
        };
        let (own, unit_id) = (below(name).unwrap(), id_of(existing, &unit.path));
        for former in formerly.iter().filter_map(|former| below(former).ok()) {
            if taken.insert(former.as_str().to_lowercase()) {
                settings.aliases.insert(former, unit_id.clone());
            }
        }
        settings.blocks.extend(block.clone().map(|block| (unit_id.clone(), block)));
        settings.paths.insert(unit_id, own.clone());
        spelled.insert(unit.path, own);
    }
}

/// Names without a slash.
fn formerly() -> impl Strategy<Value = Vec<String>> {
    let name = prop_oneof![select(NAMES.as_slice()).prop_map(str::to_owned), line(20)];
    prop::collection::vec(name.prop_filter("a slash", |name| !name.contains('/')), 0..3)
}

/// The governed Regions, and the home Region among them.
fn regions() -> impl Strategy<Value = (Vec<String>, String)> {
    let others: Vec<&str> = DEFAULT_REGIONS.into_iter().filter(|region| *region != GLOBAL_REGION).collect();
    (subsequence(others, 0..5), any::<Index>(), any::<bool>()).prop_map(|(mut governed, home, has_opt_in)| {
        governed.push(GLOBAL_REGION);
        let home = governed[home.index(governed.len())].to_owned();
        if has_opt_in {
            governed.push("me-south-1");
        }
        (governed.into_iter().map(str::to_owned).collect(), home)
    })
}

fn trail() -> impl Strategy<Value = Option<Trail>> {
    let bucket = || Some("acme-trail".to_owned());
    let name = Some("arn:aws:cloudtrail:eu-west-1:111122223333:trail/all".to_owned());
    select(vec![
        None,
        Some(Trail { mode: TrailMode::Organization, name: None, bucket: None }),
        Some(Trail { mode: TrailMode::Organization, name, bucket: bucket() }),
        Some(Trail { mode: TrailMode::Account, name: None, bucket: bucket() }),
    ])
}
