//! Requests that cannot be vended: rejected by the API, or failed before an account is created.

use cloud::{ApiResponse, Caller, Cloud, email, key_of, request};
use local_cloud::strict::Settings;
use serde_json::{Value, json};

/// The response names the invalid field and says what is valid.
fn check_problem(response: &ApiResponse, pointer: &str, expected: &str) {
    let problems = response.body["problems"].as_array().unwrap_or_else(|| panic!("{response:?}"));
    let problem = problems.iter().find(|problem| problem["pointer"] == pointer);
    let detail = problem.unwrap_or_else(|| panic!("{pointer} in {response:?}"))["detail"].as_str().unwrap();
    assert!(detail.contains(expected), "{detail}");
}

#[tokio::test]
async fn invalid_fields_are_named_and_nothing_starts() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let with = |name: &str, field: &str, value: Value| {
        let mut body = request(name);
        body[field] = value;
        body
    };
    let long_name = "x".repeat(51);
    for (body, pointer, expected) in [
        (with("bad-unknown", "color", json!("red")), "/color", "accountName"),
        (with("bad-name", "accountName", json!(long_name)), "/accountName", "1 to 50"),
        (with("bad-email", "accountEmail", json!("\"quoted\"@example.com")), "/accountEmail", "before the @"),
        (with("bad-unit", "organizationalUnit", json!("Workloads/Nowhere")), "/organizationalUnit", "Development"),
        (with("bad-dots", "organizationalUnit", json!("Workloads/../Security")), "/organizationalUnit", ".."),
        (with("bad-denied", "organizationalUnit", json!("Security")), "/organizationalUnit", "can be requested"),
    ] {
        let response = caller.post(&body).await;
        assert_eq!(response.status, 400, "{response:?}");
        check_problem(&response, pointer, expected);
    }
    for name in ["bad-unknown", "bad-name", "bad-email", "bad-unit", "bad-dots", "bad-denied"] {
        assert!(!cloud.execution_exists(&format!("{}-1", key_of(&email(name)))).await, "{name}");
        assert!(cloud.accounts_of(&email(name)).await.is_empty(), "{name}");
    }
}

#[tokio::test]
async fn malformed_requests_are_rejected() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    for (body, status, expected) in [
        ("{ \"accountName\": ".to_owned(), 400, "JSON"),
        ("[]".to_owned(), 400, "object"),
        (format!("{{ \"reason\": \"{}\" }}", "x".repeat(300 * 1024)), 413, "64 KiB"),
    ] {
        let response = caller.send("POST", "/accounts", body).await;
        assert_eq!(response.status, status, "{response:?}");
        assert!(response.body.to_string().contains(expected), "{response:?}");
    }
    let unknown = caller.get("/requests/aaaaaaaaaaaaaaaaaaaa-1").await;
    assert_eq!(unknown.status, 404, "{unknown:?}");
    let unsigned = Caller::unsigned(&cloud).post(&request("unsigned")).await;
    assert_eq!(unsigned.status, 403, "{unsigned:?}");
}

#[tokio::test]
async fn changing_an_account_needs_its_own_permission() {
    if !Cloud::enforces_iam() {
        return;
    }
    let cloud = Cloud::connect();
    let allowed = ["arn:aws:execute-api:*:*:*/*/POST/*", "arn:aws:execute-api:*:*:*/*/GET/*"];
    let caller = Caller::user(&cloud, "post-only", &allowed).await;
    caller.vend(&request("post-only")).await;
    let denied = caller.change(&request("post-only")).await;
    assert_eq!(denied.status, 403, "{denied:?}");
}

#[tokio::test]
async fn email_in_use_creates_no_account() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let external_emails = [email("email-in-use")].into();
    cloud.strict.set_settings(&Settings { in_progress_millis: None, external_emails }).await.unwrap();
    let accepted = caller.post(&request("email-in-use")).await;
    let outcome = caller.outcome(accepted.body["requestId"].as_str().unwrap()).await;
    assert_eq!(outcome["status"], "FAILED", "{outcome:#}");
    assert_eq!(outcome["failure"]["code"], "EmailAlreadyExists");
    assert_eq!(outcome["failure"]["step"], "CheckAccountCreation");
    assert_eq!(outcome["failure"]["owner"], "requester");
    assert_eq!(outcome["account"], Value::Null);
    assert!(cloud.accounts_of(&email("email-in-use")).await.is_empty());
}

#[tokio::test]
async fn unmanaged_account_is_left_unchanged() {
    let cloud = Cloud::connect();
    let account_id =
        cloud.organizations().create_account().email(email("unmanaged")).account_name("unmanaged").send().await;
    let account_id = account_id.unwrap().create_account_status.unwrap().account_id.unwrap();
    let external_emails = [email("unmanaged")].into();
    cloud.strict.set_settings(&Settings { in_progress_millis: None, external_emails }).await.unwrap();
    let caller = Caller::root(&cloud);
    let accepted = caller.post(&request("unmanaged")).await;
    let outcome = caller.outcome(accepted.body["requestId"].as_str().unwrap()).await;
    assert_eq!(outcome["failure"]["code"], "EmailAlreadyExists", "{outcome:#}");
    assert_eq!(cloud.accounts_of(&email("unmanaged")).await.len(), 1);
    assert!(cloud.tags_of(&account_id).await.is_empty());
}

#[tokio::test]
async fn manually_started_execution_is_rejected() {
    let cloud = Cloud::connect();
    let id = format!("{}-1", key_of(&email("no-entry-point")));
    let input = json!({
        "requestId": id, "request": request("no-entry-point"), "requestedBy": "test", "submittedBy": "test",
        "requesterSince": "2026-11-22T10:00:00Z",
        "requestedAt": "2026-11-22T10:00:00Z", "accountId": null
    });
    let start = cloud.step_functions().start_execution().state_machine_arn(&cloud.stack.vend_account_state_machine_arn);
    start.name(&id).input(input.to_string()).send().await.unwrap();
    let outcome = cloud.end_of_execution(&id).await;
    assert!(outcome.contains("InvalidRequest") && outcome.contains("there is no request"), "{outcome}");
    assert!(cloud.accounts_of(&email("no-entry-point")).await.is_empty());
}
