//! The organization manifest: plans, runs, and what a change of the settings reaches. The tests that change settings run
//! alone, and put them back.

mod parts;

use cloud::{Caller, Cloud, change_names as names, email, full_request, key_of, local_manifest, request};
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
    caller.plan_organization(manifest, &documents()).await
}

/// Plans a manifest, and runs the plan if it has changes.
async fn apply(caller: &Caller, manifest: &Value) -> Value {
    caller.apply_organization(manifest, &documents()).await
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
async fn missing_ou_is_planned_and_unknown_customization_blocks() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let unknown = "arn:aws:states:us-east-1:123456789012:stateMachine:unknown";
    let mut manifest = with_development(&json!({ "customization": unknown }));
    manifest["root"]["organizationalUnits"]["Nowhere"] = json!({});
    let planned = plan(&caller, &manifest).await;
    let blockers = planned["blockers"].as_array().unwrap();
    let has = |pointer: &str| blockers.iter().any(|blocker| blocker["pointer"].as_str().unwrap().starts_with(pointer));
    assert!(has(DEVELOPMENT) && blockers.len() == 1, "{planned:#}");
    assert!(names(&planned, |_| true).contains(&"Nowhere:name".to_owned()), "{planned:#}");
    let refused = caller.start_run(&planned).await;
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
    let accepted = caller.start_run(&second).await;
    assert_eq!((accepted.status, &accepted.body["runId"]), (202, &second["planId"]), "{accepted:?}");
    let path = format!("/organization/runs/{}", accepted.body["runId"].as_str().unwrap());
    let ended = caller.ended(&path).await;
    assert_eq!((&ended["status"], &ended["changes"]), (&json!("SUCCEEDED"), &second["changes"]), "{ended:#}");
    assert_eq!(caller.start_run(&second).await.status, 202);
    assert_eq!(caller.get(&path).await.body, ended);
    let conflict = caller.start_run(&first).await;
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
    assert_eq!(planned["failures"][0]["code"], "InvalidConfiguration", "{planned:#}");
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
    let mut manifest = local_manifest();
    let units = manifest.pointer_mut("/root/organizationalUnits/Workloads/organizationalUnits").unwrap();
    let units = units.as_object_mut().unwrap();
    units.remove("Development");
    units.insert("Dev".to_owned(), json!({ "formerly": ["Development"] }));
    let planned = plan(&caller, &manifest).await;
    assert_eq!(names(&planned, |change| change["class"] == "GUARDED"), ["Workloads/Dev:name"], "{planned:#}");
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

const GUARDRAIL: &str = r#"{ "Version": "2012-10-17", "Statement": [{ "Sid": "Guardrail", "Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*" }] }"#;
/// Needs trusted access for its service.
const TAGS: &str = r#"{ "tags": { "CostCenter": { "tag_key": { "@@assign": "CostCenter" } } } }"#;
const OPT_OUT: &str = r#"{ "services": { "default": { "opt_out_policy": { "@@assign": "optOut" } } } }"#;

/// The documents of the policies that the tests name.
fn documents() -> Value {
    json!({
        "policies/guardrail.json": GUARDRAIL, "policies/opt-out.json": OPT_OUT, "policies/tags.json": TAGS,
        "permission-sets/ground.json": GUARDRAIL,
    })
}

/// The manifest of the local cloud with a new OU and one below it, and a policy of each of three types at the former.
fn with_policies(unit: &str) -> Value {
    let mut manifest = local_manifest();
    manifest["policies"] =
        json!({ "guardrail": { "type": "scp" }, "opt-out": { "type": "aiOptOut" }, "tags": { "type": "tag" } });
    manifest["root"]["organizationalUnits"][unit] = json!({
        "policies": ["guardrail", "opt-out", "tags"],
        "vending": { "monthlyBudgetUsd": 5 },
        "organizationalUnits": { "Deep": {} },
    });
    manifest
}

/// The names of the policies of a type at an OU, without that of AWS.
async fn attached(cloud: &Cloud, unit: &str, policy_type: &str) -> Vec<String> {
    let organizations = cloud.organizations_as_seen();
    let list = organizations.list_policies_for_target().target_id(cloud.unit_id(unit).await);
    let policies = list.filter(policy_type.into()).send().await.unwrap().policies.unwrap_or_default();
    policies.into_iter().filter(|policy| !policy.aws_managed).filter_map(|policy| policy.name).collect()
}

/// From nothing to OUs with policies, again without a change, and back. An OU stays.
#[tokio::test]
async fn alone_run_creates_units_and_policies() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let planned = plan(&caller, &with_policies("Studio")).await;
    let expected = [
        "Studio:name",
        "Studio/Deep:name",
        "Studio:policies.guardrail",
        "policy opt-out:content",
        "Studio:vending.monthlyBudgetUsd",
    ];
    let found = names(&planned, |_| true);
    assert!(expected.iter().all(|name| found.contains(&(*name).to_owned())), "{found:?}");
    let applied = apply(&caller, &with_policies("Studio")).await;
    assert_eq!(names(&applied, |_| true), found, "{applied:#}");
    assert_eq!(attached(&cloud, "Studio", "SERVICE_CONTROL_POLICY").await, ["guardrail"]);
    assert_eq!(attached(&cloud, "Studio", "AISERVICES_OPT_OUT_POLICY").await, ["opt-out"]);
    assert_eq!(plan(&caller, &with_policies("Studio")).await["changes"], json!([]));

    let accepted = caller.post(&full_request("studio", "Studio/Deep")).await;
    let outcome = caller.outcome(accepted.body["requestId"].as_str().unwrap()).await;
    assert_eq!(outcome["status"], "VENDED", "{outcome:#}");
    let mut without_policies = with_policies("Studio");
    without_policies.as_object_mut().unwrap().remove("policies");
    without_policies["root"]["organizationalUnits"]["Studio"].as_object_mut().unwrap().remove("policies");
    let planned = plan(&caller, &without_policies).await;
    let guarded = names(&planned, |change| change["class"] == "GUARDED");
    assert_eq!(
        guarded,
        ["Studio:policies.guardrail", "Studio:policies.opt-out", "Studio:policies.tags"],
        "{planned:#}"
    );
    assert_eq!(planned["changes"][0]["reach"]["accounts"], 1, "{planned:#}");
    apply(&caller, &without_policies).await;
    assert_eq!(attached(&cloud, "Studio", "SERVICE_CONTROL_POLICY").await, Vec::<String>::new());
    apply(&caller, &local_manifest()).await;
    assert!(cloud.unit_id("Studio/Deep").await.starts_with("ou-"));
}

/// What someone changed by hand is what a plan shows, and what a run puts back.
#[tokio::test]
async fn alone_drift_is_planned_and_put_back() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let organizations = cloud.organizations_as_seen();
    apply(&caller, &with_policies("Labs")).await;
    let listed = organizations.list_policies().filter("SERVICE_CONTROL_POLICY".into()).send().await.unwrap();
    let policy = listed.policies().iter().find(|policy| policy.name() == Some("guardrail")).unwrap();
    let id = policy.id().unwrap();
    let (labs, sandbox) = (cloud.unit_id("Labs").await, cloud.unit_id("Sandbox").await);
    organizations
        .update_policy()
        .policy_id(id)
        .content(GUARDRAIL.replace("DeleteBucket", "PutObject"))
        .send()
        .await
        .unwrap();
    organizations.detach_policy().policy_id(id).target_id(&labs).send().await.unwrap();
    organizations.attach_policy().policy_id(id).target_id(&sandbox).send().await.unwrap();
    let planned = plan(&caller, &with_policies("Labs")).await;
    let expected = ["policy guardrail:content", "Labs:policies.guardrail", "Sandbox:policies.guardrail"];
    assert_eq!(names(&planned, |_| true), expected, "{planned:#}");
    let applied = apply(&caller, &with_policies("Labs")).await;
    assert_eq!(names(&applied, |_| true), expected, "{applied:#}");
    assert_eq!(plan(&caller, &with_policies("Labs")).await["changes"], json!([]));
    apply(&caller, &local_manifest()).await;
}

/// A run needs the word of its caller for what reaches existing accounts.
#[tokio::test]
async fn alone_guarded_changes_need_a_word() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let mut manifest = with_policies("Labs");
    manifest["root"]["policies"] = json!(["opt-out"]);
    let planned = plan(&caller, &manifest).await;
    let guarded = names(&planned, |change| change["class"] == "GUARDED");
    assert!(guarded.contains(&"root:policies.opt-out".to_owned()), "{planned:#}");
    let body = json!({ "planId": planned["planId"] }).to_string();
    let refused = caller.send("POST", "/organization/runs", body).await;
    assert_eq!(refused.status, 409, "{refused:?}");
    assert!(refused.body["detail"].as_str().unwrap().contains("root:policies.opt-out"), "{refused:?}");
}

/// A document whose case fails stops the whole run before anything is changed.
#[tokio::test]
async fn failed_case_is_a_blocker() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let cases = "why: a\nbreaks: b\ncases: [{ who: engineer, does: s3:DeleteBucket, is: allowed, because: c }]\n";
    let mut documents = documents();
    documents["policies/guardrail.cases.yaml"] = json!(cases);
    let body = json!({ "manifest": with_policies("Labs"), "documents": documents }).to_string();
    let posted = caller.send("POST", "/organization/plans", body).await;
    let planned = caller.ended(&format!("/organization/plans/{}", posted.body["planId"].as_str().unwrap())).await;
    assert_eq!(planned["blockers"][0]["pointer"], "/policies/guardrail", "{planned:#}");
    assert!(planned["blockers"][0]["detail"].as_str().unwrap().contains("s3:DeleteBucket"), "{planned:#}");
}
