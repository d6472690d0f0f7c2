use serde_json::{Value, json};
use vending_client::testing::{FakeApi, Reply};

use crate::api::{ACCOUNT_ID, REQUEST_ID, blocker, example, in_progress, plan, vended};
use crate::harness::{Vend, assert_shown};

const FIELDS: &str =
    "--name payments-dev --ou Workloads/Development --owner payments@example.com --tag CostCenter=1234";
const FILE: &str = "\
# yaml-language-server: $schema=account-request.schema.json
accountName: payments-dev
organizationalUnit: Workloads/Development
tags:
  CostCenter: '1234'
monthlyBudgetUsd: 500
";

/// An API whose plan has this action, and that accepts.
fn vend(action: &'static str) -> Vend {
    with_plan(plan(action))
}

fn with_plan(plan: Value) -> Vend {
    let vend = Vend::with(move |line, before| match line.split_once(' ')? {
        ("POST", "/accounts/plan") => Some(Reply::ok(plan.clone())),
        ("POST", "/accounts") => Some(Reply::accepted(REQUEST_ID)),
        ("PUT", _) => Some(Reply::accepted("nsitwn5ke2shymhizrnj-2")),
        ("GET", _) => Some(Reply::ok(if before == 0 { in_progress() } else { vended() })),
        _ => None,
    });
    vend.write("payments.yaml", FILE);
    vend
}

fn body(api: &FakeApi, index: usize) -> Value {
    api.calls()[index].json()
}

#[test]
fn plan_shows_what_would_happen() {
    let mut creation = plan("CREATE");
    creation["accountQuota"] = json!({ "limit": 10, "accounts": 4 });
    let change = vend("CHANGE");
    assert_shown!(
        "request-plan",
        with_plan(creation).run("request --file payments.yaml --plan"),
        change.run("request --file payments.yaml --plan"),
        change.run("request --file payments.yaml --plan --output json"),
        change.run("request --file payments.yaml --plan --output jsonl"),
        vend("NONE").run("request --file payments.yaml --plan"),
    );
    assert_eq!(change.calls(), ["POST /accounts/plan"; 3]);
}

#[test]
fn check_tells_whether_there_is_something_to_do() {
    for (action, code) in [("CREATE", 3), ("CHANGE", 3), ("RESUME", 3), ("WAIT", 3), ("NONE", 0), ("REFUSE", 1)] {
        let run = vend(action).run(&format!("request {FIELDS} --plan --check"));
        assert_eq!(run.code, Some(code), "{action}: {}", run.stderr);
        let run = vend(action).run(&format!("request {FIELDS} --plan"));
        assert_eq!(run.code, Some(if code == 3 { 0 } else { code }), "{action}");
    }
}

#[test]
fn account_is_requested() {
    let vend = vend("CREATE");
    assert_shown!(
        "request",
        vend.run(&format!("request {FIELDS} --yes")),
        vend.run("request --file payments.yaml --yes --output json"),
        vend.run("request --file payments.yaml --yes --output jsonl"),
    );
    let request = json!({ "accountName": "payments-dev", "organizationalUnit": "Workloads/Development",
                          "owner": "payments@example.com", "tags": { "CostCenter": "1234" } });
    assert_eq!(body(&vend.api, 1), request);
    assert_eq!(body(&vend.api, 0), json!({ "requests": [request] }));
    assert_eq!(vend.calls()[..2], ["POST /accounts/plan", "POST /accounts"]);
}

#[test]
fn requested_account_is_followed() {
    assert_shown!(
        "request-watch",
        vend("CREATE").run("request --file payments.yaml --yes --watch --interval 1"),
        vend("CREATE").run("request --file payments.yaml --yes --watch --interval 1 --output jsonl"),
    );
}

#[test]
fn existing_account_is_changed_or_left_alone() {
    let (change, none) = (vend("CHANGE"), vend("NONE"));
    assert_shown!(
        "request-existing",
        change.run("request --file payments.yaml --yes"),
        none.run("request --file payments.yaml --yes"),
        none.run("request --file payments.yaml --yes --watch --output json"),
    );
    assert_eq!(change.calls()[1], format!("PUT /accounts/{ACCOUNT_ID}"));
    assert_eq!(none.calls(), ["POST /accounts/plan"; 2]);
}

#[test]
fn running_request_is_joined() {
    let vend = vend("WAIT");
    let run = vend.run("request --file payments.yaml --yes --output json");
    assert_eq!((run.code, &run.json()["requestId"]), (Some(0), &REQUEST_ID.into()));
    assert_eq!(vend.calls()[1], "POST /accounts");
}

#[test]
fn request_on_stdin_is_read() {
    let vend = vend("CREATE");
    let run = vend.run_with_stdin("request --file - --yes", FILE);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(body(&vend.api, 1)["monthlyBudgetUsd"], 500);
    let run = vend.run_with_stdin("request --file - --yes", "accountName: [");
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.starts_with("error: stdin:1:"), "{}", run.stderr);
}

#[test]
fn key_can_be_fixed() {
    let vend = vend("CREATE");
    vend.run(&format!("request {FIELDS} --yes --idempotency-key CHG-1234"));
    assert_eq!(vend.api.calls()[1].headers["idempotency-key"], "CHG-1234");
}

#[test]
fn nothing_is_sent_unasked() {
    let vend = vend("CREATE");
    assert_shown!(
        "request-unasked",
        vend.run("request --file payments.yaml"),
        vend.run("request --file -"),
        vend.run("request --file payments.yaml --output json"),
    );
    assert!(vend.calls().is_empty());
}

#[test]
fn wrong_file_is_reported_before_anything_is_sent() {
    let vend = vend("CREATE");
    vend.write("syntax.yaml", "accountName: payments-dev\n  organizationalUnit: Sandbox\n");
    vend.write("twice.json", "{\n  \"accountName\": \"a\",\n  \"accountName\": \"b\"\n}\n");
    vend.write(
        "fields.yaml",
        "accountName: payments-dev\nowner: 7\ntags:\n  CostCenter: 1234\n  aws:x: y\naccess:\n  - group: developers\ncolor: red\n",
    );
    vend.write(
        "fields.json",
        "{\n  \"accountName\": \"a\",\n  \"organizationalUnit\": \"a//b\", \"tags\": { \"Team/A\": true }\n}\n",
    );
    vend.write("list.yaml", "- accountName: a\n");
    vend.write("empty.yaml", "");
    assert_shown!(
        "request-wrong-file",
        vend.run("request --yes --file syntax.yaml"),
        vend.run("request --yes --file twice.json"),
        vend.run("request --yes --file fields.yaml"),
        vend.run("request --yes --file fields.json"),
        vend.run("request --yes --file fields.json --output json"),
        vend.run("request --yes --file list.yaml"),
        vend.run("request --yes --file empty.yaml"),
        vend.run("request --yes --file missing.yaml"),
        vend.run("request --yes --name a --ou a//b --owner jo --tag aws:x=1 --budget 0"),
        vend.run("request --yes --name a --ou b --tag x=1 --tag x=2"),
    );
    assert!(vend.calls().is_empty());
}

#[test]
fn blockers_lead_back_to_the_file() {
    let mut refused = plan("REFUSE");
    refused["requests"][0]["blockers"] = json!([
        blocker("InvalidRequest", Some("/organizationalUnit"), "must be one of these OUs or below: Sandbox"),
        blocker("InvalidRequest", Some("/accountEmail"), "is missing; set it"),
    ]);
    let mut conflict = plan("WAIT");
    conflict["requests"][0]["blockers"] =
        json!([blocker("Conflict", None, "request nsitwn5ke2shymhizrnj-1 has not ended")]);
    let mut quota = plan("CREATE");
    quota["blockers"] = example("post", "/accounts/plan", "200", "plan")["blockers"].clone();
    let (refused, conflict, quota) = (with_plan(refused), with_plan(conflict), with_plan(quota));
    assert_shown!(
        "request-blocked",
        refused.run("request --file payments.yaml --yes"),
        refused.run("request --file payments.yaml --plan --output json"),
        conflict.run("request --file payments.yaml --yes"),
        quota.run("request --file payments.yaml --yes"),
    );
    for vend in [refused, conflict, quota] {
        assert!(vend.calls().iter().all(|call| call == "POST /accounts/plan"), "{:?}", vend.calls());
    }
}

#[test]
fn refusal_leads_back_to_the_file() {
    let vend = Vend::with(|line, _| match line {
        "POST /accounts/plan" => Some(Reply::ok(plan("CREATE"))),
        _ => Some(Reply::Json(400, example("post", "/accounts", "400", "fields"))),
    });
    vend.write("payments.yaml", FILE);
    assert_shown!(
        "request-refused",
        vend.run("request --file payments.yaml --yes"),
        vend.run(&format!("request {FIELDS} --yes")),
    );
}
