use serde_json::json;

use super::*;

fn settings(value: &Value) -> Settings {
    let mut all = json!({ "schemaVersion": 1, "homeRegion": "us-east-1", "governedRegions": ["us-east-1"] });
    all.as_object_mut().unwrap().extend(value.as_object().unwrap().clone());
    Settings::parse(all.to_string().as_bytes()).unwrap()
}

fn ids(texts: &[&str]) -> Vec<OuId> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn resolve(blocks: &Value, ancestors: &[&str]) -> VendingSettings {
    settings(&json!({ "blocks": blocks })).resolve(&ids(ancestors))
}

#[test]
fn without_blocks_nothing_is_allowed() {
    let resolved = resolve(&json!({}), &["r-root", "ou-a"]);
    assert_eq!(resolved, VendingSettings::default());
    assert_eq!(resolved.requests, Requests::Denied);
    assert!(resolved.permission_sets.is_empty() && resolved.github_owners.is_empty() && resolved.access.is_empty());
    assert!(resolved.remove_default_vpcs && !resolved.adopt);
    assert_eq!(resolved.deploy_policy_arns.len(), 2);
}

#[test]
fn nearest_block_decides_each_field() {
    let blocks = json!({
        "r-root": { "requests": "denied", "monthlyBudgetUsd": 1000, "permissionSets": ["A", "B"], "removeDefaultVpcs": false },
        "ou-workloads": { "requests": "allowed", "githubOwners": { "acme": 1 } },
        "ou-production": { "permissionSets": [], "githubOwners": { "other": 2 }, "monthlyBudgetUsd": 5000 },
        "ou-sandbox": { "monthlyBudgetUsd": 50 },
    });
    let resolved = resolve(&blocks, &["r-root", "ou-workloads", "ou-production", "ou-unnamed"]);
    assert_eq!(resolved.requests, Requests::Allowed);
    assert_eq!(resolved.monthly_budget_usd, Some(5000));
    assert!(resolved.permission_sets.is_empty());
    assert_eq!(resolved.github_owners, [("other".to_owned(), 2)].into());
    assert!(!resolved.remove_default_vpcs);
    assert_eq!(resolve(&blocks, &["r-root", "ou-sandbox"]).permission_sets, ["A", "B"]);
}

#[test]
fn access_and_left_out_steps_add_up() {
    let access = |group: &str| json!({ "group": group, "permissionSet": "Admin" });
    let blocks = json!({
        "r-root": { "access": [access("platform")], "withoutSteps": ["set-budget"] },
        "ou-a": { "access": [access("platform"), access("team")], "withoutSteps": ["harden-ec2"] },
        "ou-b": { "access": [], "withoutSteps": [] },
    });
    let resolved = resolve(&blocks, &["r-root", "ou-a", "ou-b"]);
    let groups: Vec<&str> = resolved.access.iter().map(|access| access.group.as_str()).collect();
    assert_eq!(groups, ["platform", "team"]);
    assert_eq!(resolved.without_steps, ["harden-ec2", "set-budget"].map(str::to_owned).into());
}

#[test]
fn each_contact_is_inherited_on_its_own() {
    let contact = |name: &str| json!({ "name": name, "title": "t", "email": "a@example.com", "phone": "1" });
    let blocks = json!({
        "r-root": { "contacts": { "security": contact("Sam"), "billing": contact("Kim") } },
        "ou-a": { "contacts": { "billing": contact("Jo") } },
    });
    let resolved = resolve(&blocks, &["r-root", "ou-a"]);
    assert_eq!(resolved.contacts.security.as_ref().unwrap().name, "Sam");
    assert_eq!(resolved.contacts.billing.as_ref().unwrap().name, "Jo");
    assert!(resolved.security_contact_is_fixed());
    let allowed = json!({ "r-root": { "securityContactOverride": "allowed" } });
    assert!(!resolve(&allowed, &["r-root"]).security_contact_is_fixed());
}

#[test]
fn higher_schema_version_is_rejected() {
    let newer = br#"{ "schemaVersion": 2, "blocks": { "r-root": { "requests": "allowed" } } }"#;
    let error = Settings::parse(newer).unwrap_err();
    assert!(error.to_string().contains("schema version 2"), "{error}");
    let error = StepError::from(error);
    assert_eq!(error.code(), ErrorCode::InvalidConfiguration);
    assert!(error.full_message().contains("reads up to 1"), "{}", error.full_message());
}

#[test]
fn unknown_field_of_the_same_version_is_ignored() {
    let known = settings(&json!({ "later": 1, "blocks": { "r-root": { "requests": "allowed", "later": true } } }));
    assert_eq!(known.resolve(&ids(&["r-root"])).requests, Requests::Allowed);
}

#[test]
fn invalid_settings_are_rejected() {
    for text in ["", "[]", "{}", r#"{ "schemaVersion": "1" }"#, r#"{ "schemaVersion": 1 }"#] {
        assert!(matches!(Settings::parse(text.as_bytes()), Err(SettingsError::Invalid(_))), "{text}");
    }
    let block = br#"{ "schemaVersion": 1, "homeRegion": "a", "governedRegions": [], "blocks": { "r-a": { "requests": "yes" } } }"#;
    assert!(Settings::parse(block).is_err());
}

#[test]
fn settings_survive_a_round_trip() {
    let written = json!({
        "schemaVersion": 1, "homeRegion": "eu-central-1", "governedRegions": ["us-east-1", "eu-central-1"],
        "trail": { "mode": "account", "bucket": "trails" }, "configBucket": "configs",
        "controlTowerUnitIds": ["ou-a"], "identityCenterRegion": "eu-central-1",
        "blocks": { "r-root": { "quotaIncreases": [{ "service": "ec2", "code": "L-1", "value": 64 }] } },
        "aliases": { "Old": "ou-a" }, "paths": { "ou-a": "New" },
    });
    let read = Settings::parse(written.to_string().as_bytes()).unwrap();
    assert_eq!(serde_json::to_value(read).unwrap(), written);
}

#[test]
fn former_path_leads_to_the_present_one() {
    let settings = settings(&json!({
        "aliases": { "Workloads/NonProd": "ou-n", "Old": "ou-o" },
        "paths": { "ou-n": "Workloads/NonProduction" },
    }));
    for (path, expected) in [
        ("Workloads/NonProd", Some("Workloads/NonProduction")),
        ("workloads/nonprod/Development", Some("Workloads/NonProduction/Development")),
        ("Workloads/Production", None),
        ("Old", None),
    ] {
        let renamed = settings.renamed(&path.parse().unwrap());
        assert_eq!(renamed.as_ref().map(OrganizationalUnitPath::as_str), expected, "{path}");
    }
}

#[test]
fn ou_below_a_control_tower_ou_is_governed() {
    let settings = settings(&json!({ "controlTowerUnitIds": ["ou-a"] }));
    assert!(settings.is_governed_by_control_tower(&ids(&["r-root", "ou-a", "ou-b"])));
    assert!(!settings.is_governed_by_control_tower(&ids(&["r-root", "ou-b"])));
}
