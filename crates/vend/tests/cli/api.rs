//! Responses of the API: the examples of schemas/openapi.yaml.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde_json::{Value, json};

pub(crate) const REQUEST_ID: &str = "nsitwn5ke2shymhizrnj-1";
pub(crate) const ACCOUNT_ID: &str = "111122223333";

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

static DESCRIPTION: LazyLock<Value> = LazyLock::new(|| {
    let text = fs::read_to_string(root().join("schemas/openapi.yaml")).unwrap();
    serde_saphyr::from_str(&text).unwrap()
});

/// An example by its method, path, status, and name; without a name, the first.
pub(crate) fn example(method: &str, path: &str, status: &str, name: &str) -> Value {
    let response = resolved(&DESCRIPTION, &DESCRIPTION["paths"][path][method]["responses"][status]);
    let media = response["content"].as_object().into_iter().flatten();
    let mut examples = media.flat_map(|(_, media)| media["examples"].as_object().into_iter().flatten());
    let example = examples.find(|(found, _)| name.is_empty() || *found == name);
    example.unwrap_or_else(|| panic!("{method} {path} {status} {name}: {response}")).1["value"].clone()
}

fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let reference = value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    reference.map_or(value, |pointer| document.pointer(pointer).unwrap())
}

pub(crate) fn vended() -> Value {
    example("get", "/requests/{requestId}", "200", "vended")
}

pub(crate) fn failed() -> Value {
    example("get", "/requests/{requestId}", "200", "failed")
}

/// A request whose step runs.
pub(crate) fn in_progress() -> Value {
    let mut view = vended();
    view["status"] = "IN_PROGRESS".into();
    view["account"] = Value::Null;
    view["steps"][0]["status"] = "IN_PROGRESS".into();
    view["steps"][0]["durationMs"] = Value::Null;
    view["steps"][0]["changed"] = Value::Null;
    view["steps"][0]["detail"] = Value::Null;
    view
}

/// The plan of one request, with nothing that prevents it.
pub(crate) fn plan(action: &str) -> Value {
    let mut plan = example("post", "/accounts/plan", "200", "plan");
    plan["blockers"] = json!([]);
    plan["accountQuota"] = Value::Null;
    let request = &mut plan["requests"][0];
    request["action"] = action.into();
    if action != "CHANGE" {
        request["changes"] = json!([]);
    }
    if matches!(action, "WAIT" | "NONE") {
        request["requestId"] = REQUEST_ID.into();
    }
    if action == "CREATE" {
        request["requestId"] = REQUEST_ID.into();
        request["basis"] = Value::Null;
        request["accountId"] = Value::Null;
    }
    plan
}

pub(crate) const PLAN_ID: &str = "20261122t100000z-1a2b3c4d";

/// A plan of the organization with some changes.
pub(crate) fn organization_plan(status: &str) -> Value {
    let change = |target: &str, field: &str, from: Value, to: Value| json!({ "function": "write-settings", "target": target, "field": field, "from": from, "to": to });
    let changes = json!([
        change("organization", "governedRegions", json!(["us-east-1"]), json!(["us-east-1", "eu-west-1"])),
        change("root", "vending.requests", Value::Null, json!("denied")),
        change("Workloads", "vending.githubOwners", Value::Null, json!({ "acme": 9919 })),
        change("Workloads/Production", "vending.monthlyBudgetUsd", json!(1000), json!(5000)),
        change("Workloads/Production", "vending.permissionSets", json!(["PowerUserAccess"]), Value::Null),
    ]);
    json!({ "planId": PLAN_ID, "status": status, "requestedBy": "arn:aws:sts::123456789012:assumed-role/Platform/alice",
            "requestedAt": "2026-11-22T10:00:00Z", "manifestDigest": "1a2b3c4d5e6f",
            "changes": if status == "SUCCEEDED" { changes } else { json!([]) },
            "blockers": [], "notManaged": [], "failures": [] })
}

/// The run of that plan.
pub(crate) fn organization_run(status: &str) -> Value {
    let mut run = organization_plan(status);
    let fields = run.as_object_mut().unwrap();
    fields.retain(|name, _| name != "blockers" && name != "notManaged");
    fields.insert("runId".to_owned(), PLAN_ID.into());
    run
}

pub(crate) fn organization_failure(code: &str, message: &str, remedy: &str) -> Value {
    json!({ "step": "write-settings", "code": code, "message": message, "remedy": remedy, "owner": "platform" })
}

pub(crate) fn blocker(code: &str, pointer: Option<&str>, detail: &str) -> Value {
    json!({ "code": code, "pointer": pointer, "detail": detail, "remedy": "correct it", "owner": "requester" })
}

pub(crate) fn identity() -> String {
    "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
     <Arn>arn:aws:sts::123456789012:assumed-role/Developer/alice</Arn><UserId>AROA:alice</UserId>\
     <Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
        .to_owned()
}

pub(crate) fn stack(url: &str) -> String {
    format!(
        "<DescribeStacksResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><DescribeStacksResult>\
         <Stacks><member><Outputs><member><OutputKey>ApiUrl</OutputKey><OutputValue>{url}</OutputValue></member>\
         </Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>"
    )
}
