use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use vending_client::testing::Reply;

use crate::api::{PLAN_ID, organization_failure, organization_plan, organization_run};
use crate::harness::{Vend, assert_shown};
use crate::organization_plan::{DOCUMENT, MANIFEST, with_manifest};

/// An API with this plan and this run, which are in progress at the first look.
fn vend(plan: Value, run: Value) -> Vend {
    with_manifest(Vend::with(move |line, before| {
        Some(match line {
            "POST /organization/plans" => Reply::Json(202, json!({ "planId": PLAN_ID, "status": "IN_PROGRESS" })),
            "POST /organization/runs" => Reply::Json(202, json!({ "runId": PLAN_ID, "status": "IN_PROGRESS" })),
            "GET /organization/plans/20261122t100000z-1a2b3c4d" => Reply::ok(plan.clone()),
            "GET /organization/runs/20261122t100000z-1a2b3c4d" if before == 0 => {
                Reply::ok(organization_run("IN_PROGRESS"))
            }
            "GET /organization/runs/20261122t100000z-1a2b3c4d" => Reply::ok(run.clone()),
            _ => return None,
        })
    }))
}

fn applied() -> Vend {
    vend(organization_plan("SUCCEEDED"), organization_run("SUCCEEDED"))
}

#[test]
fn plan_is_shown_and_applied() {
    let first = applied();
    assert_shown!(
        "organization-apply",
        first.run("organization apply --yes"),
        applied().run("organization apply --yes --output json"),
        applied().run("organization apply --yes --quiet --output jsonl"),
    );
    let sent = first.api.calls().into_iter().find(|call| call.line.ends_with("/organization/runs")).unwrap();
    assert_eq!(sent.json(), json!({ "planId": PLAN_ID, "allow": [] }));
}

#[test]
fn nothing_is_applied_unasked() {
    let vend = applied();
    assert_shown!(
        "organization-apply-unasked",
        vend.run("organization apply"),
        vend.run("organization apply --output json"),
        vend.run("organization apply -"),
    );
    assert!(vend.calls().is_empty());
}

#[test]
fn manifest_on_stdin_is_applied() {
    let vend = applied();
    vend.write("policies/deny-root-user.json", DOCUMENT);
    assert_eq!(vend.run_with_stdin("organization apply - --yes", MANIFEST).code, Some(0));
}

#[test]
fn plan_without_changes_is_not_run() {
    let mut plan = organization_plan("SUCCEEDED");
    plan["changes"] = json!([]);
    let vend = vend(plan, Value::Null);
    assert_shown!(
        "organization-apply-nothing",
        vend.run("organization apply --yes"),
        vend.run("organization apply --yes --output json"),
    );
    assert!(!vend.calls().contains(&"POST /organization/runs".to_owned()));
}

#[test]
fn blocked_or_failed_plan_is_not_run() {
    let mut blocked = organization_plan("SUCCEEDED");
    blocked["blockers"] = json!([
        { "pointer": "/root/organizationalUnits/Staging", "detail": "does not exist below the root",
          "remedy": "create the OU `Staging` in AWS Organizations, or correct its name in the manifest" },
    ]);
    let mut failed = organization_plan("FAILED");
    failed["failures"] = json!([organization_failure("AccessDenied", "could not list OUs", "allow the action")]);
    let (blocked, failed) = (vend(blocked, Value::Null), vend(failed, Value::Null));
    assert_shown!(
        "organization-apply-blocked",
        blocked.run("organization apply --yes"),
        blocked.run("organization apply --yes --output json"),
        failed.run("organization apply --yes"),
    );
    for vend in [blocked, failed] {
        assert!(!vend.calls().contains(&"POST /organization/runs".to_owned()));
    }
}

#[test]
fn outdated_plan_says_what_to_do() {
    let mut run = organization_run("FAILED");
    run["failures"] = json!([organization_failure(
        "PlanOutdated",
        "Workloads/Production has another vending.monthlyBudgetUsd than the plan",
        "make another plan",
    )]);
    let outdated = || vend(organization_plan("SUCCEEDED"), run.clone());
    assert_shown!(
        "organization-apply-outdated",
        outdated().run("organization apply --yes"),
        outdated().run("organization apply --yes --output jsonl"),
    );
}

#[test]
fn run_that_conflicts_says_what_to_do() {
    let vend = with_manifest(Vend::with(|line, _| {
        Some(match line {
            "POST /organization/plans" => Reply::Json(202, json!({ "planId": PLAN_ID, "status": "IN_PROGRESS" })),
            "POST /organization/runs" => Reply::problem(409, "run 20261122t095500z-5e6f7a8b is in progress"),
            _ => Reply::ok(organization_plan("SUCCEEDED")),
        })
    }));
    assert_shown!("organization-apply-conflict", vend.run("organization apply --yes"));
}

/// A plan that renames an OU and attaches a policy over accounts.
fn guarded() -> Value {
    let mut plan = organization_plan("SUCCEEDED");
    plan["changes"] = json!([
        { "function": "create-units", "target": "Workloads/NonProduction", "field": "name", "from": "NonProd",
          "to": "NonProduction", "class": "GUARDED", "why": "renames an OU with everything in it", "reach": null },
        { "function": "apply-policies", "target": "root", "field": "policies.deny-root-user", "from": false, "to": true,
          "class": "GUARDED", "why": "attaches a policy over accounts that exist",
          "reach": { "organizationalUnits": ["root"], "accounts": 12 } },
        { "function": "apply-policies", "target": "policy a b", "field": "content", "from": null, "to": {}, "class": "GUARDED",
          "why": "changes what an attached policy denies or sets", "reach": null },
    ]);
    plan
}

const NAMES: [&str; 3] = ["Workloads/NonProduction:name", "root:policies.deny-root-user", "policy a b:content"];

#[test]
fn guarded_changes_must_be_named() {
    let vend = vend(guarded(), organization_run("SUCCEEDED"));
    assert_shown!(
        "organization-apply-guarded",
        vend.run("organization apply --yes"),
        vend.run("organization apply --yes --allow root:policies.other --allow Workloads/NonProduction:name"),
        vend.run("organization plan"),
    );
    assert!(!vend.calls().contains(&"POST /organization/runs".to_owned()));
}

#[test]
fn named_changes_are_sent() {
    let mut plan = guarded();
    plan["changes"].as_array_mut().unwrap().pop();
    let vend = vend(plan, organization_run("SUCCEEDED"));
    let allow = NAMES[..2].iter().map(|name| format!("--allow {name}")).collect::<Vec<_>>().join(" ");
    assert_eq!(vend.run(&format!("organization apply --yes {allow}")).code, Some(0));
    let sent = vend.api.calls().into_iter().find(|call| call.line.ends_with("/organization/runs")).unwrap();
    assert_eq!(sent.json(), json!({ "planId": PLAN_ID, "allow": NAMES[..2] }));
}

#[test]
fn run_can_be_watched() {
    let watch = |format: &str| applied().run(&format!("watch {PLAN_ID} --interval 1 --output {format}"));
    assert_shown!("organization-watch", watch("human"), watch("jsonl"));
    let unknown = Vend::with(|_, _| Some(Reply::problem(404, "no run has this ID")));
    assert_eq!(unknown.run(&format!("watch {PLAN_ID}")).code, Some(1));
}

#[test]
fn interruption_says_how_to_look_on() {
    for (silent, calls, expected) in [
        ("POST /organization/plans", 1, "nothing was changed".to_owned()),
        ("POST /organization/runs", 3, format!("the run may have been started; follow it with: vend watch {PLAN_ID}")),
        (
            "GET /organization/runs/20261122t100000z-1a2b3c4d",
            4,
            format!("the run goes on; follow it with: vend watch {PLAN_ID}"),
        ),
    ] {
        let vend = with_manifest(Vend::with(move |line, _| {
            Some(match line {
                line if line == silent => Reply::Silence,
                "POST /organization/plans" => Reply::Json(202, json!({ "planId": PLAN_ID, "status": "IN_PROGRESS" })),
                "POST /organization/runs" => Reply::Json(202, json!({ "runId": PLAN_ID, "status": "IN_PROGRESS" })),
                _ => Reply::ok(organization_plan("SUCCEEDED")),
            })
        }));
        let child = vend.start("organization apply --yes");
        assert!(vend.api.has_received(calls));
        kill_process(Pid::from_raw(child.id().try_into().unwrap()).unwrap(), Signal::INT).unwrap();
        let run = vend.finish("organization apply --yes", child);
        assert_eq!(run.code, Some(130), "{silent}");
        assert!(run.stderr.ends_with(&format!("\ninterrupted; {expected}\n")), "{silent}: {}", run.stderr);
    }
}
