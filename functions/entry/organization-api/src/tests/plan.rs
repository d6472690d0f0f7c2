use vending_core::ManifestDigest;

use super::*;

#[tokio::test]
async fn plan_is_recorded_and_started() {
    let world = World::default();
    let body = json!({ "manifest": manifest(), "documents": { "policies/x.json": "{}" } });
    let (status, response) = world.post("/organization/plans", &body).await;
    let id: PlanId = response["body"]["planId"].as_str().unwrap().parse().unwrap();
    assert_eq!((status, &response["body"]), (202, &json!({ "planId": id, "status": "IN_PROGRESS" })));
    assert_eq!(response["headers"]["location"], format!("/v1/organization/plans/{id}"));
    let record: PlanRecord = world.bucket.read(&input(PlanMode::Plan, &id).record_key());
    assert_eq!((record.mode, record.plan_id.clone(), record.requested_by.as_str()), (PlanMode::Plan, id.clone(), JANE));
    let stored: Value = world.bucket.read(&record.manifest_digest.key());
    assert_eq!(stored, body);
    assert_eq!(ManifestDigest::from_bytes(stored.to_string().as_bytes()), record.manifest_digest);
    assert_eq!(world.machine.input(&format!("plan-{id}")), json!({ "mode": "PLAN", "planId": id }));
}

/// The response of the first call was lost, so the caller sends it again.
#[tokio::test]
async fn repeated_call_makes_another_plan() {
    let world = World::default();
    let first = world.plan().await;
    world.machine.end(&format!("plan-{first}"), ExecutionStatus::Succeeded);
    let second = world.plan().await;
    assert!(world.machine.has(&format!("plan-{second}")));
    assert_ne!(first, second);
}

#[tokio::test]
async fn problems_of_the_manifest_point_into_the_body() {
    let world = World::default();
    for (body, expected) in [
        (json!([]), vec![""]),
        (json!({}), vec!["/manifest"]),
        (json!({ "manifest": [] }), vec!["/manifest"]),
        (
            json!({ "manifest": { "version": 1, "root": { "organizationalUnits": { "a~b": { "x": 1 } } } }, "plan": 1 }),
            vec!["/manifest/root/organizationalUnits/a~0b/x", "/plan"],
        ),
        (
            json!({ "manifest": { "version": 1, "root": { "vending": { "monthlyBudgetUsd": 0 } } }, "documents": { "a/b": 1 } }),
            vec!["/documents/a~1b", "/manifest/root/vending/monthlyBudgetUsd"],
        ),
    ] {
        let (status, response) = world.post("/organization/plans", &body).await;
        let problems = response["body"]["problems"].as_array().unwrap();
        let mut pointers: Vec<&str> = problems.iter().map(|problem| problem["pointer"].as_str().unwrap()).collect();
        pointers.sort_unstable();
        assert_eq!((status, pointers), (400, expected), "{response}");
    }
}

#[tokio::test]
async fn named_files_must_be_among_the_documents() {
    let manifest = json!({
        "version": 1, "policies": { "deny-root-user": { "type": "scp" } }, "root": { "policies": ["deny-root-user"] },
    });
    let status = async |documents: Value| {
        let body = json!({ "manifest": manifest, "documents": documents });
        World::default().post("/organization/plans", &body).await.0
    };
    assert_eq!(status(Value::Null).await, 400);
    assert_eq!(status(json!({})).await, 400);
    assert_eq!(status(json!({ "policies/deny-root-user.json": "{}" })).await, 202);
}

#[tokio::test]
async fn body_can_have_two_mebibytes() {
    let world = World::default();
    let with_size = |size: usize| {
        let body = json!({ "manifest": manifest(), "documents": { "x": "" } }).to_string();
        body.replace("\"x\":\"\"", &format!("\"x\":\"{}\"", "x".repeat(size - body.len())))
    };
    for (size, expected) in [(2 * 1024 * 1024, 202), (2 * 1024 * 1024 + 1, 413)] {
        let body = with_size(size);
        assert_eq!(body.len(), size);
        assert_eq!(world.call(post_event(JANE, "/organization/plans", &body)).await.0, expected);
    }
}

#[tokio::test]
async fn plan_shows_its_report_when_it_has_ended() {
    let world = World::default();
    let id = world.plan().await;
    let path = format!("/organization/plans/{id}");
    let (status, response) = world.get(&path).await;
    let record: PlanRecord = world.bucket.read(&input(PlanMode::Plan, &id).record_key());
    let expected = json!({
        "planId": id, "status": "IN_PROGRESS", "requestedBy": JANE, "manifestDigest": record.manifest_digest,
        "requestedAt": serde_json::to_value(&record).unwrap()["requestedAt"], "changes": [], "blockers": [],
        "notManaged": [], "notes": [], "failures": [],
    });
    assert_eq!((status, &response["body"]), (200, &expected));
    world.end(PlanMode::Plan, &id, &blocked());
    let (_, response) = world.get(&path).await;
    let body = &response["body"];
    assert_eq!(body["status"], "SUCCEEDED");
    assert_eq!(body["changes"], serde_json::to_value(report().changes).unwrap());
    assert_eq!(body["blockers"][0]["pointer"], "/root/organizationalUnits/New");
    assert_eq!(body["notManaged"], json!(["/policies"]));
}

#[tokio::test]
async fn failed_plan_shows_the_failure_of_its_function() {
    let world = World::default();
    let id = world.plan().await;
    world.machine.end(&format!("plan-{id}"), ExecutionStatus::Failed);
    let (_, response) = world.get(&format!("/organization/plans/{id}")).await;
    let failure = json!({
        "step": "WriteSettings", "code": "PlanOutdated", "message": "m", "remedy": "r", "owner": "requester",
    });
    assert_eq!((&response["body"]["status"], &response["body"]["failures"]), (&json!("FAILED"), &json!([failure])));
    world.machine.end(&format!("plan-{id}"), ExecutionStatus::Aborted);
    let (_, response) = world.get(&format!("/organization/plans/{id}")).await;
    assert_eq!(response["body"]["failures"][0]["code"], "ExecutionEnded");
}

#[tokio::test]
async fn report_outlives_the_execution() {
    let world = World::default();
    let id = world.planned(&report()).await;
    world.requested_before(PlanMode::Plan, &id, Duration::days(91));
    world.machine.forget(&format!("plan-{id}"));
    let (_, response) = world.get(&format!("/organization/plans/{id}")).await;
    assert_eq!((&response["body"]["status"], &response["body"]["failures"]), (&json!("SUCCEEDED"), &json!([])));
}

#[tokio::test]
async fn plan_without_an_execution_expires() {
    let world = World::default();
    let id = world.plan().await;
    world.machine.forget(&format!("plan-{id}"));
    for (age, expected) in [(Duration::minutes(4), "IN_PROGRESS"), (Duration::minutes(6), "FAILED")] {
        world.requested_before(PlanMode::Plan, &id, age);
        let (_, response) = world.get(&format!("/organization/plans/{id}")).await;
        assert_eq!(response["body"]["status"], expected);
    }
}

#[tokio::test]
async fn success_without_a_report_is_a_failure() {
    let world = World::default();
    let id = world.plan().await;
    world.machine.end(&format!("plan-{id}"), ExecutionStatus::Succeeded);
    let (_, response) = world.get(&format!("/organization/plans/{id}")).await;
    assert_eq!(response["body"]["failures"][0]["code"], "Unexpected");
}

#[tokio::test]
async fn unknown_plan_is_not_found() {
    for id in ["20261130t140102z-0a1b2c3d", "x", "..%2Fruns"] {
        assert_eq!(World::default().get(&format!("/organization/plans/{id}")).await.0, 404);
    }
}
