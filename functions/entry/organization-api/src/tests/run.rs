use super::*;

impl World {
    async fn run(&self, id: &PlanId) -> (u64, Value) {
        self.post("/organization/runs", &json!({ "planId": id })).await
    }

    async fn conflict(&self, id: &PlanId) -> String {
        let (status, response) = self.run(id).await;
        assert_eq!(status, 409, "{response}");
        detail(&response).to_owned()
    }
}

fn other() -> String {
    "run-20261130t140102z-0a1b2c3d".to_owned()
}

#[tokio::test]
async fn run_applies_its_plan() {
    let world = World::default();
    let id = world.planned(&report()).await;
    let (status, response) = world.run(&id).await;
    assert_eq!((status, &response["body"]), (202, &json!({ "runId": id, "status": "IN_PROGRESS" })));
    assert_eq!(response["headers"]["location"], format!("/v1/organization/runs/{id}"));
    let run = input(PlanMode::Apply, &id);
    assert_eq!(world.machine.input(&run.execution_name()), json!({ "mode": "APPLY", "planId": id }));
    let (plan, record): (PlanRecord, PlanRecord) =
        (world.bucket.read(&input(PlanMode::Plan, &id).record_key()), world.bucket.read(&run.record_key()));
    assert_eq!((record.mode, record.manifest_digest), (PlanMode::Apply, plan.manifest_digest));
}

#[tokio::test]
async fn run_shows_what_it_changed_when_it_has_ended() {
    let world = World::default();
    let id = world.planned(&report()).await;
    world.run(&id).await;
    let path = format!("/organization/runs/{id}");
    // The changes are announced before they are made.
    world.bucket.put(&input(PlanMode::Apply, &id).report_key("write-settings"), &report());
    let (status, response) = world.get(&path).await;
    assert_eq!(
        (status, &response["body"]["status"], &response["body"]["changes"]),
        (200, &json!("IN_PROGRESS"), &json!([]))
    );
    world.end(PlanMode::Apply, &id, &PlanReport { is_applied: true, ..report() });
    let body = world.get(&path).await.1["body"].clone();
    let mut fields: Vec<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
    fields.sort_unstable();
    let expected =
        ["changes", "failures", "manifestDigest", "notes", "planId", "requestedAt", "requestedBy", "runId", "status"];
    assert_eq!(fields, expected);
    assert_eq!((&body["status"], &body["runId"], &body["planId"]), (&json!("SUCCEEDED"), &json!(id), &json!(id)));
    assert_eq!(body["changes"], serde_json::to_value(report().changes).unwrap());
}

#[tokio::test]
async fn failed_run_shows_no_changes() {
    let world = World::default();
    let id = world.planned(&report()).await;
    world.run(&id).await;
    world.bucket.put(&input(PlanMode::Apply, &id).report_key("write-settings"), &report());
    world.machine.end(&format!("run-{id}"), ExecutionStatus::Failed);
    let (_, response) = world.get(&format!("/organization/runs/{id}")).await;
    assert_eq!((&response["body"]["status"], &response["body"]["changes"]), (&json!("FAILED"), &json!([])));
    assert_eq!(response["body"]["failures"][0]["code"], "PlanOutdated");
}

fn guarded() -> PlanReport {
    let change = OrganizationChange::new("create-units", "Workloads", "name", "Work".into(), "Workloads".into());
    PlanReport { changes: vec![change.guarded("renames an OU"), report().changes.remove(0)], ..report() }
}

#[tokio::test]
async fn guarded_change_must_be_allowed() {
    let world = World::default();
    let id = world.planned(&guarded()).await;
    assert_eq!(world.conflict(&id).await, "the plan has guarded changes that `allow` must name: Workloads:name");
    let body = json!({ "planId": id, "allow": ["Workloads:name"] });
    assert_eq!(world.post("/organization/runs", &body).await.0, 202);
    let record: PlanRecord = world.bucket.read(&input(PlanMode::Apply, &id).record_key());
    assert_eq!(record.allowed, ["Workloads:name".to_owned()].into());
}

#[tokio::test]
async fn only_guarded_changes_of_the_plan_can_be_allowed() {
    let world = World::default();
    let id = world.planned(&guarded()).await;
    let body = json!({ "planId": id, "allow": ["Workloads:name", "root:vending.monthlyBudgetUsd"] });
    let (status, response) = world.post("/organization/runs", &body).await;
    assert_eq!((status, &response["body"]["problems"][0]["pointer"]), (400, &json!("/allow")));
}

#[tokio::test]
async fn changes_of_all_functions_are_shown_in_their_order() {
    let world = World::default();
    let id = world.plan().await;
    for (function, target) in [("write-settings", "B"), ("create-units", "A")] {
        let change = OrganizationChange::new(function, target, "name", Value::Null, target.into());
        let key = input(PlanMode::Plan, &id).report_key(function);
        world.bucket.put(&key, &PlanReport { changes: vec![change], ..report() });
    }
    world.machine.end(&input(PlanMode::Plan, &id).execution_name(), ExecutionStatus::Succeeded);
    let body = world.get(&format!("/organization/plans/{id}")).await.1["body"].clone();
    let targets: Vec<&str> =
        body["changes"].as_array().unwrap().iter().filter_map(|change| change["target"].as_str()).collect();
    assert_eq!(targets, ["A", "B"]);
}

#[tokio::test]
async fn plan_that_cannot_be_applied_is_a_conflict() {
    let world = World::default();
    let id = world.plan().await;
    assert!(world.conflict(&id).await.contains("wait until GET /organization/plans/"));
    world.machine.end(&format!("plan-{id}"), ExecutionStatus::Failed);
    assert!(world.conflict(&id).await.contains("it failed"));
    world.end(PlanMode::Plan, &id, &blocked());
    assert!(world.conflict(&id).await.contains("it has 1 blocker;"));
    assert!(!world.machine.has(&format!("run-{id}")));
}

#[tokio::test]
async fn run_in_progress_is_a_conflict() {
    let world = World::default();
    let id = world.planned(&report()).await;
    world.machine.add(&other(), ExecutionStatus::Running, Duration::minutes(-30));
    assert!(world.conflict(&id).await.contains("is in progress"));
    world.machine.end(&other(), ExecutionStatus::Succeeded);
    assert_eq!(world.run(&id).await.0, 202);
}

#[tokio::test]
async fn plan_before_another_run_is_a_conflict() {
    let world = World::default();
    let id = world.planned(&report()).await;
    for status in [ExecutionStatus::Running, ExecutionStatus::Failed, ExecutionStatus::Succeeded] {
        world.machine.add(&other(), status, Duration::ZERO);
        assert!(world.conflict(&id).await.contains("make a new plan"));
    }
    world.machine.forget(&other());
    // Plans and manual executions change nothing.
    world.machine.add("plan-20261130t140102z-0a1b2c3d", ExecutionStatus::Running, Duration::ZERO);
    world.machine.add("by-hand", ExecutionStatus::Running, Duration::ZERO);
    assert_eq!(world.run(&id).await.0, 202);
}

#[tokio::test]
async fn same_plan_again_is_the_same_run() {
    let world = World::default();
    let id = world.planned(&report()).await;
    world.run(&id).await;
    world.machine.add(&other(), ExecutionStatus::Running, Duration::ZERO);
    assert_eq!(world.run(&id).await.0, 202);
    world.end(PlanMode::Apply, &id, &PlanReport { is_applied: true, ..report() });
    assert_eq!(world.run(&id).await.0, 202);
    // After 90 days, the name of the execution is free again.
    world.machine.forget(&format!("run-{id}"));
    assert_eq!(world.run(&id).await.0, 202);
    assert!(!world.machine.has(&format!("run-{id}")));
    let (_, response) = world.get(&format!("/organization/runs/{id}")).await;
    assert_eq!(response["body"]["status"], "SUCCEEDED");
}

#[tokio::test]
async fn run_that_was_not_started_is_started_again() {
    let world = World::default();
    let id = world.planned(&report()).await;
    world.run(&id).await;
    world.machine.forget(&format!("run-{id}"));
    world.requested_before(PlanMode::Apply, &id, Duration::hours(1));
    let (_, response) = world.get(&format!("/organization/runs/{id}")).await;
    assert_eq!(response["body"]["status"], "FAILED");
    let remedy = response["body"]["failures"][0]["remedy"].as_str().unwrap();
    assert!(remedy.contains("POST /organization/runs"), "{remedy}");
    assert_eq!(world.run(&id).await.0, 202);
    assert!(world.machine.has(&format!("run-{id}")));
}

#[tokio::test]
async fn unknown_plan_or_run_is_not_found() {
    let world = World::default();
    let id: PlanId = "20261130t140102z-0a1b2c3d".parse().unwrap();
    assert_eq!(world.run(&id).await.0, 404);
    let id = world.planned(&report()).await;
    assert_eq!(world.get(&format!("/organization/runs/{id}")).await.0, 404);
    let (status, response) = world.post("/organization/runs", &json!({ "planId": "x", "force": true })).await;
    assert_eq!((status, response["body"]["problems"].as_array().unwrap().len()), (400, 2));
}
