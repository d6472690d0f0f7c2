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
    for file in files("organization") {
        vend.write(&file, &fs::read_to_string(root().join(&file)).unwrap());
    }
    vend.write("wrong.yaml", WRONG);
    vend
}

/// All files of a folder of the project, by their paths in the project.
pub(crate) fn files(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(root().join(folder)).unwrap().map(Result::unwrap);
    let paths = entries.map(|entry| (format!("{folder}/{}", entry.file_name().to_str().unwrap()), entry));
    let files = paths.flat_map(|(path, entry)| if entry.path().is_dir() { files(&path) } else { vec![path] });
    files.collect()
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

#[test]
fn policy_whose_case_fails_is_a_problem() {
    let vend = vend();
    let document =
        r#"{ "Version": "2012-10-17", "Statement": [{ "Effect": "Deny", "Action": "iam:GetRole", "Resource": "*" }] }"#;
    vend.write("organization/policies/stay-in-organization.json", document);
    vend.write("organization/policies/ai-opt-out.json", "{ \"services\": ");
    vend.write(
        "organization/policies/deny-iam-users.cases.yaml",
        "why: a\nbreaks: b\ncases: [{ who: enginer, does: s3:GetObject, is: alowed, because: c }]\n",
    );
    assert_shown!("organization-validate-policies", vend.run("organization validate"));
}
