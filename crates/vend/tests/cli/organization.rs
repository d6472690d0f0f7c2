use std::fs;

use crate::api::root;
use crate::harness::{Vend, assert_shown};

const WRONG: &str = "\
version: 1
homeRegion: eu-central-1
governedRegions: [eu-central-1]
root:
  vending:
    permisionSets: [ReadOnlyAccess]
    monthlyBudgetUsd: many
  organizationalUnits:
    Sandbox: {}
    sandbox: {}
";

fn vend() -> Vend {
    let vend = Vend::with(|_, _| None);
    let example = fs::read_to_string(root().join("organization/organization.yaml")).unwrap();
    vend.write("organization/organization.yaml", &example);
    vend.write("wrong.yaml", WRONG);
    vend
}

#[test]
fn valid_manifest_is_reported() {
    let vend = vend();
    assert_shown!(
        "organization-validate",
        vend.run("organization validate"),
        vend.run("organization validate --output json"),
        vend.run("organization validate --quiet --output jsonl"),
    );
    assert!(vend.calls().is_empty());
}

#[test]
fn all_problems_have_their_place() {
    let vend = vend();
    assert_shown!(
        "organization-validate-wrong",
        vend.run("organization validate wrong.yaml"),
        vend.run("organization validate wrong.yaml --output json"),
        vend.run("organization validate missing.yaml"),
    );
    let stdin = vend.run_with_stdin("organization validate -", "version: [");
    assert_eq!(stdin.code, Some(2));
    assert!(stdin.stderr.contains("stdin:1:"), "{}", stdin.stderr);
}
