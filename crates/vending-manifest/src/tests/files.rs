//! The files next to the manifest.

use super::example::example;
use crate::{Documents, Manifest, Source};

#[test]
fn missing_files_are_reported_where_they_are_named() {
    let policies = ["deny-root-user", "stay-in-organization", "approved-regions"];
    let documents = Documents::new(policies.map(|name| format!("policies/{name}.json")));
    let found = Manifest::from_yaml("organization.yaml", &example(), Some(&documents)).unwrap_err();
    let lines: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(lines.len(), 13);
    let line = example().lines().position(|line| line.contains("protect-vending: {")).unwrap() + 1;
    assert_eq!(
        lines[0],
        format!(
            "organization.yaml:{line}:3: `protect-vending` needs the file policies/protect-vending.json in the folder of the manifest"
        )
    );
    assert!(lines[12].contains("`inlinePolicy` needs the file permission-sets/security-audit.json"), "{}", lines[12]);
}

#[test]
fn present_files_are_enough() {
    let text = "{ version: 1, policies: { a: { type: scp } }, root: { policies: [a] } }";
    let documents = Documents::new(["policies/a.json"]);
    assert!(Manifest::from_yaml("organization.yaml", text, Some(&documents)).is_ok());
}

#[test]
fn files_are_listed_with_all_other_problems() {
    let text = "\
policies: { a: { type: scp }, b: 7 }
identityCenter: { permissionSets: { C: { inlinePolicy: sets/c.json }, D: {} } }
";
    let source = Source::parse("organization.yaml", text).unwrap();
    assert_eq!(source.documents(), ["policies/a.json", "policies/b.json", "sets/c.json"]);
    let found = source.validate(Some(&Documents::default())).unwrap_err();
    let messages: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert!(messages.iter().any(|message| message.contains("`b` needs the file policies/b.json")), "{messages:?}");
    assert!(messages.iter().any(|message| message.contains("`root` is required")), "{messages:?}");
}
