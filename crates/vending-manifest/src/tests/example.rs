//! The manifests that people copy.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::{Manifest, PolicyType, Purpose, Source, schema};

pub(super) const VENDING_ONLY: &str = include_str!("vending-only.yaml");

pub(super) fn example() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../organization/organization.yaml");
    fs::read_to_string(path).unwrap()
}

#[test]
fn example_is_valid() {
    let manifest = Manifest::from_yaml("organization.yaml", &example(), None).unwrap();
    assert_eq!(manifest.home_region(), "eu-central-1");
    assert_eq!(manifest.policies["github-owners"].policy_type, PolicyType::Rcp);
    let security = &manifest.root.organizational_units["Security"];
    assert_eq!(security.accounts["log-archive"].purpose, Purpose::LogArchive);
    let paths: Vec<String> = manifest.units().iter().map(|unit| unit.path.to_string()).collect();
    assert!(paths.contains(&"Workloads/NonProduction/Development".to_owned()), "{paths:?}");
}

#[test]
fn example_of_the_manual_is_valid() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/src/configure/manifest.md");
    let page = fs::read_to_string(path).unwrap();
    let (_, rest) = page.split_once("```yaml\n").unwrap();
    let (text, _) = rest.split_once("```").unwrap();
    let manifest = Manifest::from_yaml("organization.yaml", text, None).unwrap();
    assert_eq!(manifest.not_managed(), [""; 0]);
}

#[test]
fn manifest_of_vending_alone_is_managed() {
    let manifest = Manifest::from_yaml("organization.yaml", VENDING_ONLY, None).unwrap();
    assert_eq!(manifest.not_managed(), [""; 0]);
    assert_eq!(manifest.trail.unwrap().bucket.unwrap(), "acme-trail");
    assert!(manifest.root.organizational_units.contains_key("Sandbox"));
}

#[test]
fn ground_is_not_managed_yet() {
    let manifest = Manifest::from_yaml("organization.yaml", &example(), None).unwrap();
    assert_eq!(
        manifest.not_managed(),
        [
            "/logArchive",
            "/trail/s3DataEvents",
            "/security",
            "/root/organizationalUnits/Infrastructure/accounts",
            "/root/organizationalUnits/Security/accounts",
        ]
    );
}

#[test]
fn examples_match_the_schema() {
    let schema = jsonschema::draft202012::new(&schema()).unwrap();
    for text in [&example(), VENDING_ONLY] {
        let source = Source::parse("organization.yaml", text).unwrap();
        let problems: Vec<String> = schema.iter_errors(source.value()).map(|error| error.to_string()).collect();
        assert!(problems.is_empty(), "{problems:?}");
    }
}

#[test]
fn more_ous_than_aws_allows_are_rejected() {
    let units = |count: usize| (0..count).map(|index| format!("    U{index}: {{}}\n")).collect::<Vec<_>>().concat();
    let manifest = |count: usize| format!("version: 1\nroot:\n  organizationalUnits:\n{}", units(count));
    assert!(Manifest::from_yaml("o.yaml", &manifest(2_000), None).is_ok());
    let found = Manifest::from_yaml("o.yaml", &manifest(2_001), None).unwrap_err();
    assert_eq!(
        found[0].to_string(),
        "o.yaml:3:3: `organizationalUnits` must have at most 2000 OUs with all below, the quota of AWS"
    );
}

/// The schema is for editors: it must not accept what is misspelled.
#[test]
fn schema_rejects_unknown_fields_and_types() {
    let schema = jsonschema::draft202012::new(&schema()).unwrap();
    for text in [
        "{ version: 2, root: {} }",
        "{ version: 1 }",
        "{ version: 1, rot: {}, root: {} }",
        "{ version: 1, root: { vending: { requests: yes } } }",
        "{ version: 1, root: { vending: { requests: } } }",
        "{ version: 1, root: { vending: { permissionSets: A } } }",
        "{ version: 1, root: { vending: { withoutSteps: [create-account] } } }",
        "{ version: 1, root: { vending: { contacts: { legal: {} } } } }",
        "{ version: 1, root: { organizationalUnits: { A: { vendin: {} } } } }",
        "{ version: 1, root: { organizationalUnits: { A: { accounts: { a: {} } } } } }",
        "{ version: 1, root: {}, policies: { a: { type: sccp } } }",
        "{ version: 1, root: {}, governedRegions: [eu-west-1] }",
    ] {
        let source = Source::parse("organization.yaml", text).unwrap();
        assert!(!schema.is_valid(source.value()), "{text}");
        assert!(source.validate(None).is_err(), "{text}");
    }
}

#[test]
fn manifest_survives_a_round_trip() {
    for text in [&example(), VENDING_ONLY] {
        let manifest = Manifest::from_yaml("organization.yaml", text, None).unwrap();
        let written = serde_json::to_value(&manifest).unwrap();
        assert_eq!(Manifest::from_json(&written, None).unwrap(), manifest);
    }
}

/// Every field has a description, because the manual and editors show it.
#[test]
fn every_field_is_described() {
    let schema = schema();
    let mut missing = Vec::new();
    undescribed(&schema, "", &mut missing);
    assert!(missing.is_empty(), "{missing:?}");
}

fn undescribed(schema: &Value, path: &str, missing: &mut Vec<String>) {
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        if property.get("description").is_none() {
            missing.push(format!("{path}/{name}"));
        }
    }
    for (name, definition) in schema["$defs"].as_object().into_iter().flatten() {
        if name != "Contact" {
            undescribed(definition, name, missing);
        }
    }
}
