use std::fs;

use serde_json::{Value, json};
use vending_client::testing::Reply;

use crate::api::{PLAN_ID, organization_failure, organization_plan, root};
use crate::harness::{Vend, assert_shown};
use crate::organization::files;

pub(crate) const MANIFEST: &str = "\
version: 1
governedRegions: [us-east-1, eu-west-1]
policies:
  deny-root-user: { type: scp }
root:
  policies: [deny-root-user]
  vending:
    requests: denied
  organizationalUnits:
    Workloads:
      vending:
        githubOwners: { acme: 9919 }
      organizationalUnits:
        Production:
          vending:
            monthlyBudgetUsd: 5000
            customization: arn:aws:states:us-east-1:123456789012:stateMachine:customize
    Staging: {}
";

/// Writes a manifest and its document.
pub(crate) fn with_manifest(vend: Vend) -> Vend {
    vend.write("organization/organization.yaml", MANIFEST);
    vend.write("organization/policies/deny-root-user.json", DOCUMENT);
    vend
}

pub(crate) const DOCUMENT: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:DeleteBucket","Resource":"*"}]}"#;

/// An API with this plan.
fn vend(plan: Value) -> Vend {
    with_looks(plan, 0)
}

/// An API whose plan runs at the first look, and has ended at the second.
fn slow_vend(plan: Value) -> Vend {
    with_looks(plan, 1)
}

fn with_looks(plan: Value, in_progress: usize) -> Vend {
    with_manifest(Vend::with(move |line, before| match line {
        "POST /organization/plans" => Some(Reply::Json(202, json!({ "planId": PLAN_ID, "status": "IN_PROGRESS" }))),
        "GET /organization/plans/20261122t100000z-1a2b3c4d" if before < in_progress => {
            Some(Reply::ok(organization_plan("IN_PROGRESS")))
        }
        "GET /organization/plans/20261122t100000z-1a2b3c4d" => Some(Reply::ok(plan.clone())),
        _ => None,
    }))
}

fn with(fields: &Value) -> Value {
    let mut plan = organization_plan("SUCCEEDED");
    plan.as_object_mut().unwrap().extend(fields.as_object().cloned().unwrap());
    plan
}

#[test]
fn plan_shows_changes_by_unit() {
    let plan = || {
        with(&json!({ "notManaged": ["/rootAccess", "/trail/s3DataEvents", "/root/organizationalUnits/A/accounts"] }))
    };
    let first = slow_vend(plan());
    assert_shown!(
        "organization-plan",
        first.run("organization plan"),
        vend(plan()).run("organization plan --output json"),
        slow_vend(plan()).run("organization plan --output jsonl"),
    );
    let sent = first.api.calls()[0].json();
    assert_eq!(sent["manifest"]["root"]["organizationalUnits"]["Staging"], json!({}));
    assert_eq!(sent["documents"], json!({ "policies/deny-root-user.json": DOCUMENT }));
    assert_eq!(first.calls()[0], "POST /organization/plans");
}

#[test]
fn plan_without_changes_says_so() {
    let plan = with(&json!({ "changes": [] }));
    assert_shown!(
        "organization-plan-nothing",
        vend(plan.clone()).run("organization plan"),
        vend(plan).run("organization plan --check --output json"),
    );
}

#[test]
fn check_tells_whether_there_is_something_to_do() {
    let blocked = json!({ "blockers": [{ "pointer": "", "detail": "no", "remedy": "yes" }] });
    for (plan, code) in [
        (organization_plan("SUCCEEDED"), 3),
        (with(&json!({ "changes": [] })), 0),
        (with(&blocked), 1),
        (organization_plan("FAILED"), 1),
        (organization_plan("EXPIRED"), 1),
    ] {
        let run = vend(plan.clone()).run("organization plan --check --quiet");
        assert_eq!((run.code, run.stderr.as_str()), (Some(code), ""), "{plan}");
        let run = vend(plan).run("organization plan");
        assert_eq!(run.code, Some(if code == 3 { 0 } else { code }));
    }
}

#[test]
fn blockers_have_their_place_in_the_file() {
    let blocked = || {
        with(&json!({ "blockers": [
            { "pointer": "/root/organizationalUnits/Staging", "detail": "does not exist below the root",
              "remedy": "create the OU `Staging` in AWS Organizations, or correct its name in the manifest" },
            { "pointer": "/root/organizationalUnits/Workloads/organizationalUnits/Production/vending/customization",
              "detail": "must be a state machine that the stack may run",
              "remedy": "add the ARN to the parameter CustomizationStateMachineArns of the stack, or correct it" },
            { "pointer": "", "detail": "is not the last one", "remedy": "take the last one" },
        ] }))
    };
    assert_shown!(
        "organization-plan-blocked",
        vend(blocked()).run("organization plan"),
        vend(blocked()).run("organization plan --output jsonl"),
    );
}

#[test]
fn failed_plan_says_why() {
    let mut failed = organization_plan("FAILED");
    failed["failures"] = json!([organization_failure(
        "InvalidConfiguration",
        "the stored settings have schema version 2",
        "deploy the version of account-vending that wrote them",
    )]);
    assert_shown!("organization-plan-failed", vend(failed).run("organization plan"));
}

#[test]
fn wrong_manifest_is_not_sent() {
    let vend = vend(organization_plan("SUCCEEDED"));
    let wrong = MANIFEST.replace("requests: denied", "requests: never").replace("{ type: scp }", "{ type: spc }");
    vend.write("wrong/organization.yaml", &wrong);
    vend.write("syntax.yaml", "version: [1\nroot: {}\n");
    vend.write("large/organization.yaml", MANIFEST);
    let spaces = " ".repeat(2 * 1024 * 1024);
    vend.write("large/policies/deny-root-user.json", &format!("{DOCUMENT}{spaces}"));
    assert_shown!(
        "organization-plan-wrong",
        vend.run("organization plan wrong/organization.yaml"),
        vend.run("organization plan syntax.yaml"),
        vend.run("organization plan missing.yaml"),
        vend.run("organization plan large/organization.yaml"),
        vend.run("organization plan wrong/organization.yaml --output json"),
    );
    assert!(vend.calls().is_empty());
}

#[test]
fn example_is_sent_with_its_documents_and_cases() {
    let vend = vend(organization_plan("SUCCEEDED"));
    for file in files("organization") {
        vend.write(&file, &fs::read_to_string(root().join(&file)).unwrap());
    }
    let run = vend.run("organization plan");
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let calls = vend.api.calls();
    let plan = calls.iter().find(|call| call.line.starts_with("POST")).unwrap().json();
    for document in ["policies/deny-root-user.json", "policies/deny-root-user.cases.yaml"] {
        assert!(plan["documents"].get(document).is_some(), "{document}");
    }
}

#[test]
fn manifest_on_stdin_has_documents_in_this_folder() {
    let vend = vend(organization_plan("SUCCEEDED"));
    let without = vend.run_with_stdin("organization plan -", MANIFEST);
    assert_eq!(without.code, Some(2));
    let missing = "`deny-root-user` needs the file policies/deny-root-user.json in the folder of the manifest";
    assert!(without.stderr.contains(missing), "{}", without.stderr);
    vend.write("policies/deny-root-user.json", DOCUMENT);
    assert_eq!(vend.run_with_stdin("organization plan -", MANIFEST).code, Some(0));
}

#[test]
fn refusal_leads_back_to_the_manifest() {
    let problems = json!([
        { "pointer": "/manifest/root/vending/requests", "detail": "must be one of allowed, denied" },
        { "pointer": "/documents/policies~1deny-root-user.json", "detail": "must be JSON" },
    ]);
    let body = json!({ "title": "Bad Request", "status": 400, "detail": "the manifest has 2 validation errors",
                       "problems": problems });
    let refused = with_manifest(Vend::with(move |_, _| Some(Reply::Json(400, body.clone()))));
    let large = with_manifest(Vend::with(|_, _| Some(Reply::problem(413, "the body has more than 2 MiB"))));
    assert_shown!("organization-plan-refused", refused.run("organization plan"), large.run("organization plan"));
}

#[test]
fn denial_names_caller_and_parameter() {
    let vend = with_manifest(Vend::with(|line, _| {
        Some(match line {
            "POST /" => Reply::Xml(crate::api::identity()),
            _ => Reply::problem(403, "only principals in the stack's OrganizationPrincipals can do this"),
        })
    }));
    assert_shown!("organization-denied", vend.run("organization plan"), vend.run("organization apply --yes"));
}
