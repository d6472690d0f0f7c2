use std::sync::{Arc, Mutex};

use aws_sdk_s3::Client;
use aws_sdk_s3::operation::delete_object::DeleteObjectOutput;
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::operation::put_object::PutObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_mocks::mock;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::body::SdkBody;

use super::aws::{claim, start, start_error};
use super::*;

/// The entry of Jane's role and `KEY`, for all sessions of the role.
const OBJECT: &str = "idempotency/ist2b4se2k2d3nfkgrrnccziubftxkguxjrovxfj.json";
const KEY: &str = "8e03978e-40d5-43e8-bc93-6894a57f9324";

pub(super) fn entries(rules: &[&Rule]) -> IdempotencyEntries {
    IdempotencyEntries::new(mock_client!(aws_sdk_s3, RuleMode::Sequential, rules), "records".to_owned())
}

/// An API with these rules for the entries and for the other services.
fn api_with(entries_rules: &[&Rule], rules: &Rules<'_>) -> AccountsApi {
    AccountsApi { idempotency: entries(entries_rules), ..api(rules) }
}

fn with_key(mut event: Value) -> Value {
    event["headers"]["Idempotency-Key"] = KEY.into();
    event["requestContext"]["requestId"] = "this call".into();
    event
}

/// The last entry that was written.
type Written = Arc<Mutex<Value>>;

/// An entry that is created, or replaced if its ETag is `seen`.
fn written(to: &Written, seen: Option<&'static str>, e_tag: &'static str) -> Rule {
    let to = Arc::clone(to);
    mock!(Client::put_object)
        .match_requests(move |put| {
            *to.lock().unwrap() = serde_json::from_slice(put.body().bytes().unwrap()).unwrap();
            let condition = if seen.is_some() { put.if_match() == seen } else { put.if_none_match() == Some("*") };
            condition && put.key() == Some(OBJECT)
        })
        .then_output(move || PutObjectOutput::builder().e_tag(e_tag).build())
}

fn error_response(status: u16, code: &str) -> HttpResponse {
    let body = format!("<Error><Code>{code}</Code></Error>");
    HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body))
}

fn entry_exists() -> Rule {
    mock!(Client::put_object).then_http_response(|| error_response(412, "PreconditionFailed"))
}

fn found(entry: &Value) -> Rule {
    let bytes = serde_json::to_vec(entry).unwrap();
    mock!(Client::get_object)
        .match_requests(|get| get.key() == Some(OBJECT))
        .then_output(move || GetObjectOutput::builder().e_tag("old").body(ByteStream::from(bytes.clone())).build())
}

fn removed(seen: &'static str) -> Rule {
    mock!(Client::delete_object)
        .match_requests(move |delete| delete.key() == Some(OBJECT) && delete.if_match() == Some(seen))
        .then_output(|| DeleteObjectOutput::builder().build())
}

/// The entry that another call started for `event` some time ago.
async fn started_entry(event: &Value, ago: Duration) -> Value {
    let to = Written::default();
    let (create, remove) = (written(&to, None, "1"), removed("1"));
    let (claimed, error) = (claim(1, |_| ()), start_error("ServiceUnavailable"));
    let rules = Rules { s3: &[&claimed], executions: &[&error], ..Rules::default() };
    Box::pin(call(&api_with(&[&create, &remove], &rules), event.clone())).await;
    let mut entry = to.lock().unwrap().clone();
    entry["call"] = "another call".into();
    let at = OffsetDateTime::now_utc() - ago;
    entry["startedAt"] = at.format(&time::format_description::well_known::Rfc3339).unwrap().into();
    entry
}

/// An entry whose call got its response some time ago.
async fn completed_entry(event: &Value, ago: Duration) -> Value {
    let mut entry = started_entry(event, ago).await;
    entry["response"] = json!({
        "status": 202, "contentType": "application/json", "location": "/accounts/first", "body": "{\"requestId\":\"first\"}",
    });
    entry
}

#[tokio::test]
async fn first_response_is_stored() {
    let (first, last) = (Written::default(), Written::default());
    let (create, replace) = (written(&first, None, "1"), written(&last, Some("1"), "2"));
    let (claimed, start) = (claim(1, |_| ()), start(1));
    let rules = Rules { s3: &[&claimed], executions: &[&start], ..Rules::default() };
    let api = api_with(&[&create, &replace], &rules);
    let (status, response) = call(&api, with_key(post_event(JANE, &body()))).await;
    assert_eq!(status, 202, "{response}");
    assert_eq!(first.lock().unwrap()["response"], Value::Null);
    let stored = last.lock().unwrap()["response"].clone();
    assert_eq!(stored["status"], 202);
    assert_eq!(stored["location"], format!("/requests/{}", id(1)));
    assert_eq!(serde_json::from_str::<Value>(stored["body"].as_str().unwrap()).unwrap(), response["body"]);
}

#[tokio::test]
async fn repeated_request_gets_the_stored_response() {
    for caller in [JANE, JANE_AGAIN] {
        let event = with_key(post_event(caller, &body()));
        let (exists, found) = (entry_exists(), found(&completed_entry(&event, Duration::hours(23)).await));
        let (status, response) = call(&api_with(&[&exists, &found], &Rules::default()), event).await;
        assert_eq!(status, 202, "{response}");
        assert_eq!(response["body"]["requestId"], "first");
        assert_eq!(response["headers"]["location"], "/accounts/first");
        assert_eq!(response["headers"]["content-type"], "application/json");
        assert_eq!(response["headers"]["cache-control"], "no-store");
    }
}

#[tokio::test]
async fn other_request_with_the_same_key_is_rejected() {
    let event = with_key(post_event(JANE, &body()));
    for entry in [completed_entry(&event, Duration::hours(1)).await, started_entry(&event, Duration::hours(1)).await] {
        let (exists, found) = (entry_exists(), found(&entry));
        let other = with_key(post_event(JANE, &other_body()));
        let (status, response) = call(&api_with(&[&exists, &found], &Rules::default()), other).await;
        assert_eq!(status, 422, "{response}");
        assert!(detail(&response).contains("Idempotency-Key"), "{response}");
    }
}

#[tokio::test]
async fn request_waits_while_the_first_is_in_progress() {
    let event = with_key(post_event(JANE, &body()));
    let (exists, found) = (entry_exists(), found(&started_entry(&event, Duration::seconds(30)).await));
    let (status, response) = call(&api_with(&[&exists, &found], &Rules::default()), event).await;
    assert_eq!(status, 409, "{response}");
    assert_eq!(response["headers"]["retry-after"], "5");
}

#[tokio::test]
async fn crashed_or_expired_entry_is_replaced() {
    let event = with_key(post_event(JANE, &body()));
    for entry in
        [started_entry(&event, Duration::seconds(61)).await, completed_entry(&event, Duration::hours(24)).await]
    {
        let to = Written::default();
        let (exists, found) = (entry_exists(), found(&entry));
        let (begin, keep) = (written(&to, Some("old"), "new"), written(&to, Some("new"), "stored"));
        let (claimed, start) = (claim(1, |_| ()), start(1));
        let rules = Rules { s3: &[&claimed], executions: &[&start], ..Rules::default() };
        let (status, response) = call(&api_with(&[&exists, &found, &begin, &keep], &rules), event.clone()).await;
        assert_eq!(status, 202, "{response}");
        assert_eq!(to.lock().unwrap()["response"]["status"], 202);
    }
}

#[tokio::test]
async fn one_of_two_calls_replaces_an_expired_entry() {
    let event = with_key(post_event(JANE, &body()));
    let crashed = started_entry(&event, Duration::seconds(61)).await;
    let theirs = started_entry(&event, Duration::seconds(1)).await;
    let (first, lost, second) = (entry_exists(), entry_exists(), entry_exists());
    let (crashed, theirs) = (found(&crashed), found(&theirs));
    let api = api_with(&[&first, &crashed, &lost, &second, &theirs], &Rules::default());
    let (status, response) = call(&api, event).await;
    assert_eq!(status, 409, "{response}");
}

#[tokio::test]
async fn retryable_response_removes_the_key() {
    let to = Written::default();
    let (create, remove) = (written(&to, None, "1"), removed("1"));
    let (claimed, error) = (claim(1, |_| ()), start_error("ServiceUnavailable"));
    let rules = Rules { s3: &[&claimed], executions: &[&error], ..Rules::default() };
    let event = with_key(post_event(JANE, &body()));
    let (status, response) = call(&api_with(&[&create, &remove], &rules), event).await;
    assert_eq!(status, 503, "{response}");
    assert_eq!(remove.num_calls(), 1);
}

#[tokio::test]
async fn error_response_is_stored() {
    let to = Written::default();
    let (create, keep) = (written(&to, None, "1"), written(&to, Some("1"), "2"));
    let event = with_key(post_event(JANE, &json!([])));
    let (status, response) = call(&api_with(&[&create, &keep], &Rules::default()), event).await;
    assert_eq!(status, 400, "{response}");
    assert_eq!(to.lock().unwrap()["response"]["status"], 400);
}

#[tokio::test]
async fn response_is_returned_if_it_cannot_be_stored() {
    let to = Written::default();
    let (create, denied) =
        (written(&to, None, "1"), mock!(Client::put_object).then_http_response(|| error_response(403, "AccessDenied")));
    let (claimed, start) = (claim(1, |_| ()), start(1));
    let rules = Rules { s3: &[&claimed], executions: &[&start], ..Rules::default() };
    let event = with_key(post_event(JANE, &body()));
    let (status, response) = call(&api_with(&[&create, &denied], &rules), event).await;
    assert_eq!(status, 202, "{response}");
}

#[tokio::test]
async fn inaccessible_key_starts_nothing() {
    let denied = mock!(Client::put_object).then_http_response(|| error_response(403, "AccessDenied"));
    let event = with_key(post_event(JANE, &body()));
    let (status, response) = call(&api_with(&[&denied], &Rules::default()), event).await;
    assert_eq!(status, 500, "{response}");
}

#[tokio::test]
async fn malformed_key_is_rejected_except_for_get() {
    let mut event = post_event(JANE, &body());
    event["headers"]["Idempotency-Key"] = "".into();
    let (status, response) = call(&api(&Rules::default()), event).await;
    assert_eq!(status, 400);
    assert!(detail(&response).starts_with("Idempotency-Key must have 1 to 255"), "{response}");
    let (status, _) = call(&api(&Rules::default()), with_key(super::event("GET", "/requests/x", Some(JANE)))).await;
    assert_eq!(status, 404);
}
