//! The tables of the manual.

use crate::{manual, schema};

#[test]
fn manual_has_every_field() {
    let manual = manual();
    let schema = schema();
    let definitions = schema["$defs"].as_object().into_iter().flatten().map(|(_, definition)| definition);
    for definition in definitions.chain([&schema]) {
        for field in definition["properties"].as_object().into_iter().flatten().map(|(name, _)| name) {
            assert!(manual.contains(&format!("| `{field}` |")), "{field}");
        }
    }
    assert!(!manual.contains("|  |"), "a field without a meaning: {manual}");
    assert!(!manual.lines().any(|line| line.contains("null")), "{manual}");
}

#[test]
fn types_are_in_words() {
    let manual = manual();
    for row in [
        "| `requests` | `allowed`, `denied` |",
        "| `permissionSets` | list of strings |",
        "| `organizationalUnits` | object with names | The OUs below",
        "| `version` | whole number | Required. ",
        "| `monthlyBudgetUsd` | whole number |",
        "| `adopt` | `true`, `false` |",
        "| `features` | list of `S3_DATA_EVENTS`,",
        "| `access` | list of objects |",
        "| `value` | number | Required. ",
    ] {
        assert!(manual.contains(row), "{row} in {manual}");
    }
}
