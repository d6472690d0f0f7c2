//! Executions that did not report their outcome, and how the sweep ends their requests.

use cloud::{Caller, Cloud, email, key_of, request, unique, wait_for};
use local_cloud::strict::{Fault, Rule};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use vending_core::{DEPLOYMENT_TAG, KEY_TAG};

async fn sweep(cloud: &Cloud) -> Value {
    cloud.run_scheduled("account-vending-sweep-requests").await
}

/// Waits for the outcome in the record of a request.
async fn recorded(cloud: &Cloud, request_id: &str) -> Value {
    wait_for(&format!("the recorded outcome of {request_id}"), || async {
        Some(cloud.record(request_id).await).filter(|record| !record["outcome"].is_null())
    })
    .await
}

fn minutes_ago(minutes: i64) -> String {
    (OffsetDateTime::now_utc() - time::Duration::minutes(minutes)).format(&Rfc3339).unwrap()
}

fn claim(name: &str, minutes_old: i64) -> Value {
    json!({
        "requestId": format!("{}-1", key_of(&email(name))), "request": request(name), "accountId": null,
        "requestedBy": "arn:aws:iam::123456789012:root", "submittedBy": "arn:aws:iam::123456789012:root",
        "requesterSince": minutes_ago(minutes_old), "requestedAt": minutes_ago(minutes_old)
    })
}

#[tokio::test]
async fn stopped_execution_is_reported_by_its_event() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let rule = Rule::new("organizations", "CreateAccount", Fault::Delay { millis: 3_000 });
    cloud.strict.add_rule(&Rule { parameter: Some(email("stopped")), ..rule }).await.unwrap();
    let accepted = caller.post(&request("stopped")).await;
    let id = accepted.body["requestId"].as_str().unwrap();
    let stop = cloud.step_functions().stop_execution().execution_arn(cloud.execution_arn(id));
    stop.error("Stopped").cause("by the test").send().await.unwrap();

    let record = recorded(&cloud, id).await;
    assert_eq!(record["outcome"]["status"], "FAILED", "{record:#}");
    assert_eq!(record["outcome"]["failure"]["code"], "ExecutionEnded");
    let shown = caller.get(&format!("/requests/{id}")).await;
    assert_eq!(shown.body["status"], "FAILED", "{shown:?}");
    assert!(shown.body["failure"]["message"].as_str().unwrap().contains("ABORTED"), "{shown:?}");

    let again = caller.post(&request("stopped")).await;
    let outcome = caller.outcome(again.body["requestId"].as_str().unwrap()).await;
    assert_eq!(outcome["status"], "VENDED", "{outcome:#}");
    assert_eq!(cloud.accounts_of(&email("stopped")).await.len(), 1);
}

/// A vend whose outcome cannot be recorded.
async fn unrecorded(cloud: &Cloud, caller: &Caller, name: &str) -> String {
    let accepted = caller.post(&request(name)).await;
    let id = accepted.body["requestId"].as_str().unwrap().to_owned();
    let object = format!("requests/{}/1.json", key_of(&email(name)));
    let denied = Fault::error(403, "AccessDenied", "injected by the test");
    let rule = Rule { parameter: Some(object), times: 99, ..Rule::new("s3", "PutObject", denied) };
    let rule = cloud.strict.add_rule(&rule).await.unwrap();
    let end = cloud.end_of_execution(&id).await;
    assert!(end.starts_with("SUCCEEDED"), "a failed report must not fail the vend: {end}");
    assert!(cloud.record(&id).await["outcome"].is_null());
    cloud.strict.remove_rule(rule).await.unwrap();
    id
}

#[tokio::test]
async fn hourly_sweep_records_missing_outcomes() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let id = unrecorded(&cloud, &caller, "unrecorded").await;
    assert_eq!(caller.get(&format!("/requests/{id}")).await.body["status"], "VENDED");
    sweep(&cloud).await;
    let record = recorded(&cloud, &id).await;
    assert_eq!(record["outcome"]["status"], "VENDED", "{record:#}");
    assert_eq!(record["outcome"]["account"]["email"], email("unrecorded"));
}

/// Executions do not time out on the local cloud: AWS's event of a timeout is sent to the target of the deployed rule.
#[tokio::test]
async fn timed_out_execution_is_reported_by_its_event() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let id = unrecorded(&cloud, &caller, "timed-out").await;
    let sample = include_str!("../../events/sweep-requests.json");
    let mut event: Value = serde_json::from_str(sample).unwrap();
    event["detail"]["name"] = json!(id);
    event["detail"]["stateMachineArn"] = json!(cloud.stack.vend_account_state_machine_arn);
    let target = cloud.target_of(&event).await;
    assert!(target.ends_with(":account-vending-sweep-requests"), "{target}");
    let swept = cloud.invoke("account-vending-sweep-requests", &event).await;
    assert_eq!(swept["reported"], 1, "{swept}");
    assert!(!cloud.record(&id).await["outcome"].is_null());
    let again = cloud.invoke("account-vending-sweep-requests", &event).await;
    assert_eq!(again["reported"], 0, "an outcome is reported once: {again}");
}

#[tokio::test]
async fn sweep_starts_a_claimed_request() {
    let cloud = Cloud::connect();
    let claim = claim("claimed", 11);
    cloud.put_record(&claim).await;
    sweep(&cloud).await;
    let outcome = Caller::root(&cloud).outcome(claim["requestId"].as_str().unwrap()).await;
    assert_eq!(outcome["status"], "VENDED", "{outcome:#}");
}

#[tokio::test]
async fn sweep_resumes_a_late_creation() {
    let cloud = Cloud::connect();
    let tag =
        |key: &str, value: &str| aws_sdk_organizations::types::Tag::builder().key(key).value(value).build().unwrap();
    let tags = [tag(KEY_TAG, &key_of(&email("late"))), tag(DEPLOYMENT_TAG, "account-vending")];
    let created = aws_sdk_organizations::Client::new(&cloud.through_strict())
        .create_account()
        .email(email("late"))
        .account_name(unique("late"));
    let created = created.set_tags(Some(tags.into())).send().await.unwrap().create_account_status.unwrap();
    let mut record = claim("late", 20);
    record["outcome"] = json!({
        "status": "FAILED", "endedAt": minutes_ago(5), "account": null, "creationId": created.id, "steps": [],
        "failure": { "step": "CheckAccountCreation", "code": "CreationStillInProgress", "message": "", "remedy": "", "owner": "aws" }
    });
    cloud.put_record(&record).await;
    let resumed = format!("{}-2", key_of(&email("late")));
    wait_for(&format!("the execution {resumed}"), || async {
        sweep(&cloud).await;
        cloud.execution_exists(&resumed).await.then_some(())
    })
    .await;
    let outcome = Caller::root(&cloud).outcome(&resumed).await;
    assert_eq!(outcome["status"], "VENDED", "{outcome:#}");
    assert_eq!(cloud.accounts_of(&email("late")).await.len(), 1);
}
