//! What differs between two settings, in the words of the manifest.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use vending_core::{OrganizationChange, OuId, Settings, VendingBlock};
use vending_plans::PlannedChanges;

/// Each value of the settings: where it is, the name of its field, and the value.
type Values = BTreeMap<(Place, String), Value>;

#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Place {
    Organization,
    /// The root or an OU.
    Unit(OuId),
}

/// The changes that turn the stored settings into the wanted ones. Every difference is a change.
pub(crate) fn between(
    planned: &PlannedChanges,
    stored: Option<&Settings>,
    wanted: &Settings,
) -> Vec<OrganizationChange> {
    let (before, after) = (stored.map(values).unwrap_or_default(), values(wanted));
    let keys: BTreeSet<&(Place, String)> = before.keys().chain(after.keys()).collect();
    let differing = keys.into_iter().filter(|key| before.get(key) != after.get(key));
    let value = |values: &Values, key| values.get(key).cloned().unwrap_or_default();
    let mut changes: Vec<OrganizationChange> = differing
        .map(|key| {
            let target = target(&key.0, wanted, stored);
            planned.change(target, key.1.clone(), value(&before, key), value(&after, key))
        })
        .collect();
    changes.sort_by_cached_key(|change| (rank(&change.target), change.target.clone(), change.field.clone()));
    changes
}

fn values(settings: &Settings) -> Values {
    let mut values = organization(settings);
    for (id, block) in &settings.blocks {
        values.extend(block_fields(block).map(|(field, value)| ((Place::Unit(id.clone()), field), value)));
    }
    for (id, path) in &settings.paths {
        values.insert((Place::Unit(id.clone()), "path".to_owned()), json!(path));
    }
    for (former, id) in &settings.aliases {
        let paths = values.entry((Place::Unit(id.clone()), "formerly".to_owned())).or_insert_with(|| json!([]));
        if let Value::Array(paths) = paths {
            paths.push(json!(former));
        }
    }
    values
}

fn organization(settings: &Settings) -> Values {
    let trail = settings.trail.as_ref();
    let governed = settings.control_tower_unit_ids.iter();
    let governed: Vec<&str> =
        governed.map(|id| settings.paths.get(id).map_or(id.as_str(), |path| path.as_str())).collect();
    let fields = [
        ("homeRegion", json!(settings.home_region)),
        ("governedRegions", json!(settings.governed_regions)),
        ("trail.mode", json!(trail.map(|trail| trail.mode))),
        ("trail.name", json!(trail.and_then(|trail| trail.name.as_ref()))),
        ("trail.bucket", json!(trail.and_then(|trail| trail.bucket.as_ref()))),
        ("config.bucket", json!(settings.config_bucket)),
        ("controlTower.organizationalUnits", json!(Some(governed).filter(|paths| !paths.is_empty()))),
        ("identityCenter.region", json!(settings.identity_center_region)),
    ];
    let given = fields.into_iter().filter(|(_, value)| !value.is_null());
    given.map(|(field, value)| ((Place::Organization, field.to_owned()), value)).collect()
}

/// The fields of a block, as the manifest names them.
fn block_fields(block: &VendingBlock) -> impl Iterator<Item = (String, Value)> {
    // A block has no maps with other keys than strings, so serializing it does not fail.
    let fields = match serde_json::to_value(block) {
        Ok(Value::Object(fields)) => fields,
        _ => serde_json::Map::new(),
    };
    fields.into_iter().map(|(field, value)| (format!("vending.{field}"), value))
}

const ORGANIZATION: &str = "organization";
const ROOT: &str = "root";

/// An OU has its present path, or the last one if it is no longer in the manifest. The root has no path.
fn target(place: &Place, wanted: &Settings, stored: Option<&Settings>) -> String {
    let Place::Unit(id) = place else { return ORGANIZATION.to_owned() };
    let path = wanted.paths.get(id).or_else(|| stored?.paths.get(id));
    path.map_or_else(|| ROOT.to_owned(), ToString::to_string)
}

/// What concerns more accounts is first.
fn rank(target: &str) -> usize {
    [ORGANIZATION, ROOT].iter().position(|first| *first == target).unwrap_or(2)
}

#[cfg(test)]
mod tests {
    use vending_plans::testing;

    use super::*;

    fn settings(value: &Value) -> Settings {
        let mut all = json!({ "schemaVersion": 1, "homeRegion": "us-east-1", "governedRegions": ["us-east-1"] });
        all.as_object_mut().unwrap().extend(value.as_object().unwrap().clone());
        serde_json::from_value(all).unwrap()
    }

    fn changes(stored: &Value, wanted: &Value) -> Vec<(String, String, Value, Value)> {
        let changes = between(&testing::changes("write-settings"), Some(&settings(stored)), &settings(wanted));
        changes.into_iter().map(|change| (change.target, change.field, change.from, change.to)).collect()
    }

    fn change(target: &str, field: &str, from: Value, to: Value) -> (String, String, Value, Value) {
        (target.to_owned(), field.to_owned(), from, to)
    }

    #[test]
    fn same_settings_have_no_changes() {
        let value = json!({
            "blocks": { "r-1": { "monthlyBudgetUsd": 5 }, "ou-a": { "adopt": true } }, "paths": { "ou-a": "A" },
            "aliases": { "B": "ou-a" }, "trail": { "mode": "organization" }, "controlTowerUnitIds": ["ou-a"],
        });
        assert_eq!(changes(&value, &value), []);
    }

    #[test]
    fn first_settings_list_every_value() {
        let wanted = settings(&json!({ "blocks": { "r-1": { "requests": "allowed" } }, "paths": { "ou-a": "A" } }));
        let changes = between(&testing::changes("write-settings"), None, &wanted);
        let fields: Vec<(&str, &str)> =
            changes.iter().map(|change| (change.target.as_str(), change.field.as_str())).collect();
        let organization = [("organization", "governedRegions"), ("organization", "homeRegion")];
        assert_eq!(fields, [organization[0], organization[1], ("root", "vending.requests"), ("A", "path")]);
        assert!(changes.iter().all(|change| change.from.is_null() && change.function == "write-settings"));
    }

    #[test]
    fn each_field_of_the_organization_is_compared() {
        let stored = json!({ "configBucket": "a", "identityCenterRegion": "eu-west-1", "paths": { "ou-a": "A" } });
        let wanted = json!({
            "governedRegions": ["us-east-1", "eu-west-1"], "trail": { "mode": "account", "bucket": "b" },
            "controlTowerUnitIds": ["ou-a"], "configBucket": "c", "paths": { "ou-a": "A" },
        });
        let of = |field: &str, from: Value, to: Value| change("organization", field, from, to);
        let expected = [
            of("config.bucket", json!("a"), json!("c")),
            of("controlTower.organizationalUnits", Value::Null, json!(["A"])),
            of("governedRegions", json!(["us-east-1"]), json!(["us-east-1", "eu-west-1"])),
            of("identityCenter.region", json!("eu-west-1"), Value::Null),
            of("trail.bucket", Value::Null, json!("b")),
            of("trail.mode", Value::Null, json!("account")),
        ];
        assert_eq!(changes(&stored, &wanted), expected);
    }

    #[test]
    fn renamed_unit_keeps_its_values() {
        let stored = json!({ "blocks": { "ou-a": { "adopt": true } }, "paths": { "ou-a": "Old" } });
        let wanted = json!({
            "blocks": { "ou-a": { "adopt": true } }, "paths": { "ou-a": "New" }, "aliases": { "Old": "ou-a" },
        });
        let expected =
            [change("New", "formerly", Value::Null, json!(["Old"])), change("New", "path", json!("Old"), json!("New"))];
        assert_eq!(changes(&stored, &wanted), expected);
    }

    #[test]
    fn unit_that_left_the_manifest_loses_its_values() {
        let stored = json!({ "blocks": { "ou-a": { "requests": "allowed" } }, "paths": { "ou-a": "A/B" } });
        let expected = [
            change("A/B", "path", json!("A/B"), Value::Null),
            change("A/B", "vending.requests", json!("allowed"), Value::Null),
        ];
        assert_eq!(changes(&stored, &json!({})), expected);
    }
}
