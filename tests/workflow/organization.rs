//! The organization manifest: plans, runs, and what a change of the settings reaches. The tests that change settings run
//! alone, and put them back.

use cloud::{ApiResponse, Caller, Cloud, email, full_request, key_of, local_manifest, request};
use local_cloud::strict::{Fault, Rule};
use serde_json::{Value, json};

const DEVELOPMENT: &str = "/root/organizationalUnits/Workloads/organizationalUnits/Development";

/// The manifest of the local cloud with a block for `Workloads/Development`.
fn with_development(block: &Value) -> Value {
    let mut manifest = local_manifest();
    *manifest.pointer_mut(DEVELOPMENT).unwrap() = json!({ "vending": block });
    manifest
}

async fn plan(caller: &Caller, manifest: &Value) -> Value {
    let posted = caller.send("POST", "/organization/plans", json!({ "manifest": manifest }).to_string()).await;
    assert_eq!(posted.status, 202, "{posted:?}");
    caller.ended(&format!("/organization/plans/{}", posted.body["planId"].as_str().unwrap())).await
}

async fn run(caller: &Caller, plan: &Value) -> ApiResponse {
    caller.send("POST", "/organization/runs", json!({ "planId": plan["planId"] }).to_string()).await
}

/// Plans a manifest, and runs the plan if it has changes.
async fn apply(caller: &Caller, manifest: &Value) -> Value {
    let plan = plan(caller, manifest).await;
    assert_eq!((&plan["status"], &plan["blockers"]), (&json!("SUCCEEDED"), &json!([])), "{plan:#}");
    if plan["changes"] == json!([]) {
        return plan;
    }
    let accepted = run(caller, &plan).await;
    assert_eq!(accepted.status, 202, "{accepted:?}");
    let run = caller.ended(&format!("/organization/runs/{}", accepted.body["runId"].as_str().unwrap())).await;
    assert_eq!(run["status"], "SUCCEEDED", "{run:#}");
    run
}

/// Whether everyone can request accounts in `Workloads/Development`.
async fn status_of_request(caller: &Caller, name: &str) -> u16 {
    caller.post(&request(name)).await.status
}

#[tokio::test]
async fn plan_of_the_local_manifest_is_empty() {
    let cloud = Cloud::connect();
    let planned = plan(&Caller::root(&cloud), &local_manifest()).await;
    assert_eq!(
        (&planned["status"], &planned["changes"], &planned["blockers"]),
        (&json!("SUCCEEDED"), &json!([]), &json!([])),
        "{planned:#}"
    );
}

#[tokio::test]
async fn only_organization_principals_plan_and_run() {
    let cloud = Cloud::connect();
    let user = Caller::user(&cloud, "curious", &["arn:aws:execute-api:us-east-1:*:*"]).await;
    let body = json!({ "manifest": local_manifest() }).to_string();
    for (method, path, body) in [
        ("POST", "/organization/plans", body.as_str()),
        ("POST", "/organization/runs", r#"{ "planId": "20261130t100000z-01234567" }"#),
        ("GET", "/organization/plans/20261130t100000z-01234567", ""),
        ("GET", "/organization/runs/20261130t100000z-01234567", ""),
    ] {
        let response = user.send(method, path, body.to_owned()).await;
        assert_eq!(response.status, 403, "{method} {path}: {response:?}");
        assert!(response.body["detail"].as_str().unwrap().contains("OrganizationPrincipals"), "{response:?}");
    }
}

#[tokio::test]
async fn wrong_manifest_is_refused_with_pointers() {
    let cloud = Cloud::connect();
    let wrong = with_development(&json!({ "monthlyBudgetUsd": 0, "request": "allowed" }));
    let body = json!({ "manifest": wrong }).to_string();
    let response = Caller::root(&cloud).send("POST", "/organization/plans", body).await;
    assert_eq!(response.status, 400, "{response:?}");
    let problems = response.body["problems"].as_array().unwrap();
    let pointers: Vec<&str> = problems.iter().map(|problem| problem["pointer"].as_str().unwrap()).collect();
    let expected = ["monthlyBudgetUsd", "request"].map(|name| format!("/manifest{DEVELOPMENT}/vending/{name}"));
    assert_eq!(pointers.len(), 2, "{pointers:?}");
    assert!(expected.iter().all(|pointer| pointers.contains(&pointer.as_str())), "{pointers:?}");
}

#[tokio::test]
async fn missing_ou_and_unknown_customization_block_a_plan() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let unknown = "arn:aws:states:us-east-1:123456789012:stateMachine:unknown";
    let mut manifest = with_development(&json!({ "customization": unknown }));
    manifest["root"]["organizationalUnits"]["Nowhere"] = json!({});
    let planned = plan(&caller, &manifest).await;
    let blockers = planned["blockers"].as_array().unwrap();
    let has = |pointer: &str| blockers.iter().any(|blocker| blocker["pointer"].as_str().unwrap().starts_with(pointer));
    assert!(has("/root/organizationalUnits/Nowhere") && has(DEVELOPMENT), "{planned:#}");
    let refused = run(&caller, &planned).await;
    assert_eq!(refused.status, 409, "{refused:?}");
}

#[tokio::test]
async fn alone_withdrawn_right_ends_with_the_next_request() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let accepted = caller.post(&request("before")).await;
    assert_eq!(accepted.status, 202, "{accepted:?}");
    let denied = apply(&caller, &with_development(&json!({ "requests": "denied" }))).await;
    assert_eq!(denied["changes"].as_array().unwrap().len(), 1, "{denied:#}");
    let after = status_of_request(&caller, "after").await;
    let repeated = apply(&caller, &with_development(&json!({ "requests": "denied" }))).await;
    apply(&caller, &local_manifest()).await;
    assert_eq!(after, 400);
    assert_eq!(repeated["changes"], json!([]), "a second run changes nothing: {repeated:#}");
    assert_eq!(status_of_request(&caller, "after").await, 202);
    let outcome = caller.outcome(accepted.body["requestId"].as_str().unwrap()).await;
    assert!(["VENDED", "FAILED"].contains(&outcome["status"].as_str().unwrap()), "{outcome:#}");
}

/// The request is validated while its permission set is allowed, and grants access when it no longer is.
#[tokio::test]
async fn alone_access_that_is_withdrawn_during_a_vend_is_not_granted() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let throttled = Rule::new("sts", "AssumeRole", Fault::error(400, "Throttling", "injected by the test"));
    let key = key_of(&email("withdrawn"));
    let throttled = Rule { parameter: Some(key.clone()), times: Rule::ALWAYS, ..throttled };
    let throttled = cloud.strict.add_rule(&throttled).await.unwrap();
    let accepted = caller.post(&full_request("withdrawn", "Workloads/Development")).await;
    assert_eq!(accepted.status, 202, "{accepted:?}");
    cloud.created_account(&email("withdrawn")).await;
    apply(&caller, &with_development(&json!({ "permissionSets": [] }))).await;
    cloud.strict.remove_rule(throttled).await.unwrap();
    let outcome = caller.outcome(accepted.body["requestId"].as_str().unwrap()).await;
    apply(&caller, &local_manifest()).await;
    let failure = &outcome["failure"];
    assert_eq!((&outcome["status"], &failure["code"]), (&json!("FAILED"), &json!("InvalidRequest")), "{outcome:#}");
    let message = failure["message"].as_str().unwrap();
    assert!(message.contains("no longer allow") && message.contains("/access/0/permissionSet"), "{message}");
}

/// Runs alone: another run in between would make the plan outdated.
#[tokio::test]
async fn alone_run_applies_its_plan_once() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let manifest = with_development(&json!({ "monthlyBudgetUsd": 900 }));
    let (first, second) = (plan(&caller, &manifest).await, plan(&caller, &manifest).await);
    let accepted = run(&caller, &second).await;
    assert_eq!((accepted.status, &accepted.body["runId"]), (202, &second["planId"]), "{accepted:?}");
    let path = format!("/organization/runs/{}", accepted.body["runId"].as_str().unwrap());
    let ended = caller.ended(&path).await;
    assert_eq!((&ended["status"], &ended["changes"]), (&json!("SUCCEEDED"), &second["changes"]), "{ended:#}");
    assert_eq!(run(&caller, &second).await.status, 202);
    assert_eq!(caller.get(&path).await.body, ended);
    let conflict = run(&caller, &first).await;
    assert_eq!(conflict.status, if first["planId"] == second["planId"] { 202 } else { 409 }, "{conflict:?}");
    apply(&caller, &local_manifest()).await;
}

#[tokio::test]
async fn alone_settings_of_a_later_version_are_refused() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let current = cloud.document("settings.json").await;
    let mut later = current.clone();
    later["schemaVersion"] = json!(2);
    cloud.put_document("settings.json", &later).await;
    let refused = status_of_request(&caller, "later").await;
    let planned = plan(&caller, &with_development(&json!({ "requests": "denied" }))).await;
    let kept = cloud.document("settings.json").await;
    cloud.put_document("settings.json", &current).await;
    assert_eq!(refused, 500);
    assert_eq!(planned["failure"]["code"], "InvalidConfiguration", "{planned:#}");
    assert_eq!(kept["schemaVersion"], 2);
    assert_eq!(status_of_request(&caller, "later").await, 202);
}

/// What everyone below gets, besides what a request asks for.
#[tokio::test]
async fn alone_access_of_the_manifest_is_granted_or_pending() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let access = json!([
        { "group": "payments-developers", "permissionSet": "ViewOnlyAccess" },
        { "group": "founded-tomorrow", "permissionSet": "ViewOnlyAccess" },
    ]);
    apply(&caller, &with_development(&json!({ "access": access }))).await;
    let accepted = caller.post(&request("everyone")).await;
    let outcome = caller.outcome(accepted.body["requestId"].as_str().unwrap()).await;
    apply(&caller, &local_manifest()).await;
    assert_eq!(outcome["status"], "VENDED", "{outcome:#}");
    let steps = outcome["steps"].as_array().unwrap();
    let granted = steps.iter().find(|step| step["step"] == "GrantAccess").unwrap();
    assert_eq!(granted["status"], "PENDING", "{granted:#}");
    let detail = granted["detail"].as_str().unwrap();
    assert!(detail.contains("all assignments exist (1)") || detail.contains("group payments-developers"), "{detail}");
    assert!(detail.contains("not granted yet: group founded-tomorrow: ViewOnlyAccess"), "{detail}");
}

#[tokio::test]
async fn alone_account_gets_a_trail_of_its_own() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let mut manifest = local_manifest();
    manifest["trail"] = json!({ "mode": "account", "bucket": "org-trail-123456789012" });
    apply(&caller, &manifest).await;
    let accepted = caller.post(&request("own-trail")).await;
    let outcome = caller.outcome(accepted.body["requestId"].as_str().unwrap()).await;
    apply(&caller, &local_manifest()).await;
    assert_eq!(outcome["status"], "VENDED", "{outcome:#}");
    let account = cloud.wire(outcome["account"]["id"].as_str().unwrap());
    let input = json!({ "trailNameList": ["account-vending"] });
    let target = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101";
    let trails = account.json("cloudtrail", &format!("{target}.DescribeTrails"), &input).await;
    assert_eq!(trails["trailList"][0]["S3BucketName"], "org-trail-123456789012", "{trails}");
}

#[tokio::test]
async fn alone_renamed_ou_keeps_its_former_path() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    cloud.rename_unit("Workloads/Development", "Dev").await;
    let mut manifest = local_manifest();
    let units = manifest.pointer_mut("/root/organizationalUnits/Workloads/organizationalUnits").unwrap();
    let units = units.as_object_mut().unwrap();
    units.remove("Development");
    units.insert("Dev".to_owned(), json!({ "formerly": ["Development"] }));
    apply(&caller, &manifest).await;
    let accepted = caller.post(&request("former-path")).await;
    let outcome = match accepted.body["requestId"].as_str() {
        Some(id) => caller.outcome(id).await,
        None => accepted.body,
    };
    cloud.rename_unit("Workloads/Dev", "Development").await;
    apply(&caller, &local_manifest()).await;
    assert_eq!(outcome["status"], "VENDED", "{outcome:#}");
    assert_eq!(cloud.unit_of(outcome["account"]["id"].as_str().unwrap()).await, "Development");
}
