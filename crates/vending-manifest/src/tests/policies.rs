//! Policies are filled in and tried where they are attached.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::json;

use crate::{Manifest, PolicyProblem, TriedPolicies};

/// A manifest with the SCP `a` at `place`, which is the root or the OU `Workloads`.
fn manifest(place: &str) -> Manifest {
    let (root, workloads): (&[&str], &[&str]) = if place == "root" { (&["a"], &[]) } else { (&[], &["a"]) };
    let value = json!({
        "version": 1,
        "policies": { "a": { "type": "scp" } },
        "root": { "policies": root, "organizationalUnits": { "Workloads": { "policies": workloads } } },
    });
    Manifest::from_json(&value, None).unwrap()
}

fn deny(action: &str, condition: &serde_json::Value) -> String {
    let statement = json!({ "Effect": "Deny", "Action": action, "Resource": "*", "Condition": condition });
    json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
}

fn tried(manifest: &Manifest, documents: &[(&str, &str)]) -> TriedPolicies {
    let documents = documents.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    manifest.try_policies(&documents, &manifest.policy_values())
}

fn details(tried: &TriedPolicies) -> Vec<&str> {
    tried.problems.iter().map(|problem| problem.detail.as_str()).collect()
}

#[test]
fn example_has_no_problems() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../organization");
    let manifest = Manifest::from_yaml("o.yaml", &fs::read_to_string(folder.join("organization.yaml")).unwrap(), None);
    let manifest = manifest.unwrap();
    let files = fs::read_dir(folder.join("policies")).unwrap().map(Result::unwrap);
    let documents: BTreeMap<String, String> = files
        .map(|file| {
            let path = format!("policies/{}", file.file_name().to_str().unwrap());
            (path, fs::read_to_string(file.path()).unwrap())
        })
        .collect();
    let tried = manifest.try_policies(&documents, &manifest.policy_values());
    assert_eq!(tried.problems, []);
    assert_eq!(tried.contents.len(), manifest.policies.len());
    assert!(tried.contents["approved-regions"].text().contains("eu-central-1"));
    assert!(tried.contents["github-owners"].text().contains("repo:acme@9919/*"));
    assert!(tried.contents["protect-security-services"].text().contains("trail/organization-trail"));
}

#[test]
fn missing_document_is_a_problem() {
    let tried = tried(&manifest("root"), &[]);
    assert!(tried.contents.is_empty());
    assert_eq!(
        tried.problems,
        [PolicyProblem {
            policy: "a".to_owned(),
            detail: "policies/a.json: the file is needed in the folder of the manifest".to_owned(),
        }]
    );
}

#[test]
fn cases_are_tried_where_the_policy_is_attached() {
    let document = deny("s3:DeleteBucket", &json!({}));
    let cases = "why: a\nbreaks: b\ncases: [{ who: engineer, does: s3:DeleteBucket, is: allowed, because: c }]\n";
    let documents = [("policies/a.json", document.as_str()), ("policies/a.cases.yaml", cases)];
    let unattached = json!({ "version": 1, "policies": { "a": { "type": "scp" } }, "root": {} });
    assert_eq!(tried(&Manifest::from_json(&unattached, None).unwrap(), &documents).problems, []);
    for (place, shown) in [("root", "the root"), ("Workloads", "the OU Workloads")] {
        let found = tried(&manifest(place), &documents);
        assert_eq!(found.problems.len(), 1);
        assert!(found.problems[0].detail.contains(shown), "{:?}", found.problems);
    }
}

#[test]
fn policy_that_stops_a_role_of_account_vending_is_a_problem() {
    let document = deny("config:PutConfigurationRecorder", &json!({}));
    let found = tried(&manifest("Workloads"), &[("policies/a.json", document.as_str())]);
    assert_eq!(details(&found).len(), 1, "{:?}", found.problems);
    let detail = details(&found)[0];
    assert!(detail.starts_with("denies config:PutConfigurationRecorder to the role AccountVending"), "{detail}");
    let exempting =
        json!({ "ArnNotLike": { "aws:PrincipalArn": "arn:aws:iam::*:role/account-vending/AccountVending" } });
    let document = deny("config:PutConfigurationRecorder", &exempting);
    assert_eq!(tried(&manifest("Workloads"), &[("policies/a.json", document.as_str())]).problems, []);
}

#[test]
fn value_that_the_manifest_lacks_is_named() {
    let document = r#"{ "Version": "2012-10-17", "Statement": [{ "Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::{{logBucketPrefix}}*" }] }"#;
    let found = tried(&manifest("root"), &[("policies/a.json", document)]);
    assert!(details(&found)[0].contains("set `logArchive` of the manifest"), "{:?}", found.problems);
}
