//! The documents that are shipped.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};
use vending_policies::{PolicyType, Values};

use crate::organization::{Organization, read, root};

/// The size of each document without white space, filled with the values of the example.
const SIZES: [(&str, PolicyType, usize); 15] = [
    ("ai-opt-out", PolicyType::AiOptOut, 65),
    ("approved-regions", PolicyType::Scp, 2_424),
    ("deny-iam-users", PolicyType::Scp, 286),
    ("deny-root-user", PolicyType::Scp, 206),
    ("ec2-defaults", PolicyType::Ec2, 562),
    ("github-owners", PolicyType::Rcp, 334),
    ("mfa-for-iam-users", PolicyType::Scp, 793),
    ("protect-log-archive", PolicyType::Scp, 1_082),
    ("protect-security-services", PolicyType::Scp, 1_791),
    ("protect-vending", PolicyType::Scp, 796),
    ("s3-block-public-access", PolicyType::S3, 74),
    ("s3-public-allowed", PolicyType::S3, 75),
    ("sandbox-limits", PolicyType::Scp, 1_530),
    ("stay-in-organization", PolicyType::Scp, 191),
    ("suspended", PolicyType::Scp, 394),
];

#[test]
fn sizes_are_known_and_fit() {
    let organization = Organization::read();
    let found: Vec<_> = organization
        .contents
        .iter()
        .map(|(name, content)| (name.as_str(), content.policy_type(), content.size()))
        .collect();
    assert_eq!(found, SIZES);
    for (name, policy_type, size) in SIZES {
        assert!(size * 2 < policy_type.maximum_size(), "{name} has less room than its own size");
    }
}

#[test]
fn folder_has_the_policies_of_the_manifest() {
    let organization = Organization::read();
    let documents = organization.contents.keys().map(|name| format!("{name}.json"));
    let cases = organization.cases.keys().map(|name| format!("{name}.cases.yaml"));
    let folder = fs::read_dir(root().join("organization/policies")).unwrap();
    let found: BTreeSet<String> = folder.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(found, documents.chain(cases).collect());
}

/// As people read them, and as `vend` would write them: two spaces, one element a line.
#[test]
fn documents_are_formatted() {
    for name in Organization::read().contents.keys() {
        let text = read(&format!("organization/policies/{name}.json"));
        let value: Value = serde_json::from_str(&text).unwrap();
        let lines =
            |text: &str| text.lines().map(|line| line.trim_end_matches(',').to_owned()).collect::<BTreeSet<_>>();
        assert_eq!(lines(&text), lines(&format!("{value:#}")), "{name}");
        assert!(text.ends_with("}\n") && !text.ends_with("\n\n"), "{name}");
    }
}

#[test]
fn settings_of_accounts_are_as_described() {
    let contents = Organization::read().contents;
    let ec2 = &contents["ec2-defaults"].value()["ec2_attributes"];
    for (pointer, expected) in [
        ("/snapshot_block_public_access/state", "block_all_sharing"),
        ("/image_block_public_access/state", "block_new_sharing"),
        ("/instance_metadata_defaults/http_tokens", "required"),
        ("/instance_metadata_defaults/http_put_response_hop_limit", "2"),
        ("/serial_console_access/status", "disabled"),
    ] {
        assert_eq!(ec2.pointer(pointer).unwrap(), &json!({ "@@assign": expected }), "{pointer}");
    }
    let s3 = |name: &str| contents[name].value()["s3_attributes"]["public_access_block_configuration"].clone();
    assert_eq!(s3("s3-block-public-access"), json!({ "@@assign": "all" }));
    assert_eq!(s3("s3-public-allowed"), json!({ "@@assign": "none" }));
    let opt_out = &contents["ai-opt-out"].value()["services"]["default"]["opt_out_policy"];
    assert_eq!(opt_out, &json!({ "@@assign": "optOut" }));
}

/// An organization with the longest values still has room.
#[test]
fn documents_fit_with_many_values() {
    let owners = (1..=20).map(|number| (format!("{number:039}"), u64::MAX));
    let values = Values {
        governed_regions: (10..44).map(|number| format!("ap-southeast-{number}")).collect(),
        trail_name: Some("t".repeat(128)),
        log_bucket_prefix: Some("l".repeat(37)),
        github_owners: owners.collect(),
        organization_access_role: "r".repeat(64),
        ..Values::default()
    };
    for (name, policy_type, _) in SIZES {
        let text = read(&format!("organization/policies/{name}.json"));
        let document = vending_policies::Document::parse(name, policy_type, &text).unwrap();
        document.fill(&values).unwrap_or_else(|problems| panic!("{problems:?}"));
    }
}
