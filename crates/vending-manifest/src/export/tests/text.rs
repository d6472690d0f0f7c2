//! The text of an export.

use std::fs;
use std::path::Path;

use super::*;

/// An organization with one of everything.
fn everything() -> ExistingOrganization {
    let mut existing = sample();
    existing.units.push(unit("ou-l", "Legacy", vec![]));
    existing.units[0].units.push(unit("ou-x", "A/B", vec![]));
    existing.features.central_root_access = true;
    existing.policies = vec![
        ExistingPolicy {
            own_name: Some("guardrail".to_owned()),
            ..policy("p-guardrail", "guardrail", &["r-root", "ou-w"])
        },
        ExistingPolicy { is_aws_managed: true, ..policy("p-FullAWSAccess", "FullAWSAccess", &["r-root"]) },
        policy("p-guardrails1", "aws-guardrails-abc", &["ou-w"]),
        policy("p-legacyscp1", "DenyLeave", &["r-root", "111122223333"]),
    ];
    existing.settings = Some(settings(&json!({
        "homeRegion": "eu-central-1", "governedRegions": ["us-east-1", "eu-central-1"],
        "trail": { "mode": "organization", "name": "trail" }, "configBucket": "acme-config",
        "controlTowerUnitIds": ["ou-w"], "identityCenterRegion": "eu-central-1",
        "blocks": {
            "r-root": {
                "emailPattern": "aws+{accountName}@example.com", "githubOwners": { "acme": 9919, "123": 1 },
                "contacts": { "security": {
                    "name": "Sam", "title": "SOC", "email": "s@example.com", "phone": "+49 30",
                } },
                "access": [{ "group": "admins: all", "permissionSet": "Admin" }], "permissionSets": [],
            },
            "ou-s": { "requests": "allowed", "permissionSets": ["*"], "quotaIncreases": [
                { "service": "ec2", "code": "L-1216C47A", "value": 64 }
            ] },
        },
        "aliases": { "Projects": "ou-w" },
        "paths": { "ou-w": "Workloads", "ou-p": "Workloads/Production", "ou-s": "Sandbox" },
    })));
    existing
}

#[test]
fn export_reads_like_the_example() {
    let existing = everything();
    let export = export(&existing, &options(false));
    let expected = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/export/tests/expected.yaml"));
    assert_eq!(export.manifest, expected.unwrap());
    assert_eq!(export.differences, [""; 0]);
    assert_eq!(settings_of(&existing, &export), existing.settings.unwrap());
    let lines: Vec<&str> = export.documents["policies/guardrail.json"].lines().collect();
    assert_eq!(lines[..3], ["{", r#"  "Version": "2012-10-17","#, r#"  "Statement": {"#]);
    assert_eq!(lines[3..6], [r#"    "Effect": "Deny","#, r#"    "Action": "x:Y","#, r#"    "Resource": "*""#]);
}

#[test]
fn same_organization_has_the_same_export() {
    let existing = everything();
    let mut reversed = existing.clone();
    reversed.units.reverse();
    reversed.units.last_mut().unwrap().units.reverse();
    reversed.policies.reverse();
    for adopt in [true, false] {
        assert_eq!(export(&existing, &options(adopt)), export(&reversed, &options(adopt)));
    }
}

#[test]
fn long_values_are_split_into_lines() {
    let mut existing = sample();
    let domains: Vec<String> = (0..20).map(|index| format!("d{index}.example.com")).collect();
    let group = "g".repeat(200);
    existing.settings = Some(settings(&json!({ "blocks": { "r-root": {
        "emailDomains": domains,
        "access": [{ "group": group, "permissionSet": "A" }, { "group": "b", "permissionSet": "A" }],
    } } })));
    let export = export(&existing, &options(false));
    assert!(export.manifest.contains("\n    emailDomains:\n      - d0.example.com\n"), "{}", export.manifest);
    let access = format!(
        "    access:\n      - group: {group}\n        permissionSet: A\n      - {{ group: b, permissionSet: A }}\n"
    );
    assert!(export.manifest.contains(&access), "{}", export.manifest);
    assert_eq!(settings_of(&existing, &export), existing.settings.unwrap());
}
