//! Requests that cannot be vended: refused at the door, or failed before an account is spent.

use local_cloud::{Answer, Caller, Cloud, email, key_of, request};
use serde_json::{Value, json};
use strict::Settings;

/// A refusal names the field and what would be right.
fn names(answer: &Answer, pointer: &str, right: &str) {
    let problems = answer.body["problems"].as_array().unwrap_or_else(|| panic!("{answer:?}"));
    let problem = problems.iter().find(|problem| problem["pointer"] == pointer);
    let detail = problem.unwrap_or_else(|| panic!("{pointer} in {answer:?}"))["detail"].as_str().unwrap();
    assert!(detail.contains(right), "{detail}");
}

#[tokio::test]
async fn bad_input_is_refused_by_name_and_starts_nothing() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let with = |name: &str, field: &str, value: Value| {
        let mut body = request(name);
        body[field] = value;
        body
    };
    let long_name = "x".repeat(51);
    for (body, pointer, right) in [
        (with("bad-unknown", "colour", json!("red")), "/colour", "accountName"),
        (with("bad-name", "accountName", json!(long_name)), "/accountName", "1 to 50"),
        (with("bad-email", "accountEmail", json!("\"quoted\"@example.com")), "/accountEmail", "before the @"),
        (with("bad-unit", "organizationalUnit", json!("Workloads/Nowhere")), "/organizationalUnit", "Development"),
        (with("bad-dots", "organizationalUnit", json!("Workloads/../Security")), "/organizationalUnit", ".."),
        (with("bad-protected", "organizationalUnit", json!("Security")), "/organizationalUnit", "protected"),
    ] {
        let answer = caller.post(&body).await;
        assert_eq!(answer.status, 400, "{answer:?}");
        names(&answer, pointer, right);
    }
    for name in ["bad-unknown", "bad-name", "bad-email", "bad-unit", "bad-dots", "bad-protected"] {
        assert!(!cloud.execution_exists(&format!("{}-1", key_of(&email(name)))).await, "{name}");
        assert!(cloud.accounts_of(&email(name)).await.is_empty(), "{name}");
    }
}

#[tokio::test]
async fn what_is_no_request_at_all_is_refused() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    for (body, status, right) in [
        ("{ \"accountName\": ".to_owned(), 400, "JSON"),
        ("[]".to_owned(), 400, "object"),
        (format!("{{ \"reason\": \"{}\" }}", "x".repeat(300 * 1024)), 413, "64 KiB"),
    ] {
        let answer = caller.send("POST", "/accounts", body).await;
        assert_eq!(answer.status, status, "{answer:?}");
        assert!(answer.body.to_string().contains(right), "{answer:?}");
    }
    let unknown = caller.get("/accounts/aaaaaaaaaaaaaaaaaaaa-1").await;
    assert_eq!(unknown.status, 404, "{unknown:?}");
    let unsigned = Caller::unsigned(&cloud).post(&request("unsigned")).await;
    assert_eq!(unsigned.status, 403, "{unsigned:?}");
}

#[tokio::test]
async fn changing_an_account_is_a_permission_of_its_own() {
    if !Cloud::enforces_iam() {
        return;
    }
    let cloud = Cloud::connect();
    let asks =
        Caller::user(&cloud, "asks-only", &["arn:aws:execute-api:*:*:*/*/POST/*", "arn:aws:execute-api:*:*:*/*/GET/*"])
            .await;
    asks.vend(&request("asks-only")).await;
    let denied = asks.put(&key_of(&email("asks-only")), &request("asks-only")).await;
    assert_eq!(denied.status, 403, "{denied:?}");
}

#[tokio::test]
async fn an_email_that_another_account_has_ends_without_an_account() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let strangers = [email("stranger")].into();
    cloud.strict.set_settings(&Settings { settle_millis: None, strangers }).await.unwrap();
    let accepted = caller.post(&request("stranger")).await;
    let outcome = caller.outcome(accepted.body["requestId"].as_str().unwrap()).await;
    assert_eq!(outcome["status"], "FAILED", "{outcome:#}");
    assert_eq!(outcome["failure"]["code"], "EmailAlreadyExists");
    assert_eq!(outcome["failure"]["step"], "CheckAccountCreation");
    assert_eq!(outcome["failure"]["owner"], "requester");
    assert_eq!(outcome["account"], Value::Null);
    assert!(cloud.accounts_of(&email("stranger")).await.is_empty());
}

#[tokio::test]
async fn an_account_of_the_organization_that_is_not_ours_is_left_alone() {
    let cloud = Cloud::connect();
    let theirs = cloud.organizations().create_account().email(email("theirs")).account_name("theirs").send().await;
    let theirs = theirs.unwrap().create_account_status.unwrap().account_id.unwrap();
    let strangers = [email("theirs")].into();
    cloud.strict.set_settings(&Settings { settle_millis: None, strangers }).await.unwrap();
    let caller = Caller::root(&cloud);
    let accepted = caller.post(&request("theirs")).await;
    let outcome = caller.outcome(accepted.body["requestId"].as_str().unwrap()).await;
    assert_eq!(outcome["failure"]["code"], "EmailAlreadyExists", "{outcome:#}");
    assert_eq!(cloud.accounts_of(&email("theirs")).await.len(), 1);
    assert!(cloud.tags_of(&theirs).await.is_empty());
}

#[tokio::test]
async fn a_request_that_came_through_no_door_is_validated_all_the_same() {
    let cloud = Cloud::connect();
    let id = format!("{}-1", key_of(&email("no-door")));
    let mut asked = request("no-door");
    asked["organizationalUnit"] = json!("Workloads/Nowhere");
    let input = json!({
        "requestId": id, "request": asked, "requestedBy": "test", "submittedBy": "test",
        "requestedAt": "2026-11-22T10:00:00Z", "accountId": null
    });
    let start = cloud.step_functions().start_execution().state_machine_arn(cloud.text("vendAccountStateMachineArn"));
    start.name(&id).input(input.to_string()).send().await.unwrap();
    let outcome = cloud.end_of_execution(&id).await;
    assert!(outcome.contains("InvalidRequest"), "{outcome}");
    assert!(cloud.accounts_of(&email("no-door")).await.is_empty());
}
