use std::sync::{Arc, Mutex};

use aws_sdk_s3::Client;
use aws_sdk_s3::operation::delete_object::DeleteObjectOutput;
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::operation::put_object::PutObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_mocks::mock;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::body::SdkBody;

use super::aws::{claim, start, start_refused};
use super::*;

/// The entry of Jane's role and `KEY`, whoever of the role calls.
const OBJECT: &str = "idempotency/ist2b4se2k2d3nfkgrrnccziubftxkguxjrovxfj.json";
const KEY: &str = "8e03978e-40d5-43e8-bc93-6894a57f9324";

pub(super) fn entries(rules: &[&Rule]) -> IdempotencyEntries {
    IdempotencyEntries::new(mock_client!(aws_sdk_s3, RuleMode::Sequential, rules), "records".to_owned())
}

/// An API that finds these entries, and that may do only what the rules say.
fn api_with(entries_rules: &[&Rule], rules: &Rules<'_>) -> AccountsApi {
    AccountsApi { idempotency: entries(entries_rules), ..api(rules) }
}

fn with_key(mut event: Value) -> Value {
    event["headers"]["Idempotency-Key"] = KEY.into();
    event["requestContext"]["requestId"] = "this call".into();
    event
}

/// Where a test finds the last entry that was written.
type Written = Arc<Mutex<Value>>;

/// An entry that is created, or replaced where it is still the one with the ETag `seen`.
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

fn refused(status: u16, code: &str) -> HttpResponse {
    let body = format!("<Error><Code>{code}</Code></Error>");
    HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body))
}

fn taken() -> Rule {
    mock!(Client::put_object).then_http_response(|| refused(412, "PreconditionFailed"))
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

/// The entry of `event` as another call began it so long ago.
async fn begun(event: &Value, ago: Duration) -> Value {
    let to = Written::default();
    let (create, remove) = (written(&to, None, "1"), removed("1"));
    let (claimed, refused) = (claim(1, |_| ()), start_refused("ServiceUnavailable"));
    let rules = Rules { s3: &[&claimed], executions: &[&refused], ..Rules::default() };
    Box::pin(call(&api_with(&[&create, &remove], &rules), event.clone())).await;
    let mut entry = to.lock().unwrap().clone();
    entry["call"] = "another call".into();
    let at = OffsetDateTime::now_utc() - ago;
    entry["startedAt"] = at.format(&time::format_description::well_known::Rfc3339).unwrap().into();
    entry
}

/// An entry whose request was answered so long ago.
async fn answered(event: &Value, ago: Duration) -> Value {
    let mut entry = begun(event, ago).await;
    entry["answer"] = json!({
        "status": 202, "contentType": "application/json", "location": "/accounts/first", "body": "{\"requestId\":\"first\"}",
    });
    entry
}

#[tokio::test]
async fn a_first_request_is_processed_and_its_answer_is_kept() {
    let (first, last) = (Written::default(), Written::default());
    let (create, replace) = (written(&first, None, "1"), written(&last, Some("1"), "2"));
    let (claimed, start) = (claim(1, |_| ()), start(1));
    let rules = Rules { s3: &[&claimed], executions: &[&start], ..Rules::default() };
    let api = api_with(&[&create, &replace], &rules);
    let (status, answer) = call(&api, with_key(post_event(JANE, &body()))).await;
    assert_eq!(status, 202, "{answer}");
    assert_eq!(first.lock().unwrap()["answer"], Value::Null);
    let kept = last.lock().unwrap()["answer"].clone();
    assert_eq!(kept["status"], 202);
    assert_eq!(kept["location"], format!("/accounts/{}", id(1)));
    assert_eq!(serde_json::from_str::<Value>(kept["body"].as_str().unwrap()).unwrap(), answer["body"]);
}

#[tokio::test]
async fn the_same_request_is_answered_as_the_first_time_and_does_nothing() {
    for caller in [JANE, JANE_AGAIN] {
        let event = with_key(post_event(caller, &body()));
        let (taken, found) = (taken(), found(&answered(&event, Duration::hours(23)).await));
        let (status, answer) = call(&api_with(&[&taken, &found], &Rules::default()), event).await;
        assert_eq!(status, 202, "{answer}");
        assert_eq!(answer["body"]["requestId"], "first");
        assert_eq!(answer["headers"]["location"], "/accounts/first");
        assert_eq!(answer["headers"]["content-type"], "application/json");
        assert_eq!(answer["headers"]["cache-control"], "no-store");
    }
}

#[tokio::test]
async fn another_request_with_the_same_key_is_refused() {
    let event = with_key(post_event(JANE, &body()));
    for entry in [answered(&event, Duration::hours(1)).await, begun(&event, Duration::hours(1)).await] {
        let (taken, found) = (taken(), found(&entry));
        let other = with_key(post_event(JANE, &other_body()));
        let (status, answer) = call(&api_with(&[&taken, &found], &Rules::default()), other).await;
        assert_eq!(status, 422, "{answer}");
        assert!(detail(&answer).contains("Idempotency-Key"), "{answer}");
    }
}

#[tokio::test]
async fn while_the_first_request_is_answered_the_next_one_is_told_to_wait() {
    let event = with_key(post_event(JANE, &body()));
    let (taken, found) = (taken(), found(&begun(&event, Duration::seconds(30)).await));
    let (status, answer) = call(&api_with(&[&taken, &found], &Rules::default()), event).await;
    assert_eq!(status, 409, "{answer}");
    assert_eq!(answer["headers"]["retry-after"], "5");
}

#[tokio::test]
async fn what_crashed_or_is_older_than_a_day_is_taken_over() {
    let event = with_key(post_event(JANE, &body()));
    for entry in [begun(&event, Duration::seconds(61)).await, answered(&event, Duration::hours(24)).await] {
        let to = Written::default();
        let (taken, found) = (taken(), found(&entry));
        let (begin, keep) = (written(&to, Some("old"), "new"), written(&to, Some("new"), "kept"));
        let (claimed, start) = (claim(1, |_| ()), start(1));
        let rules = Rules { s3: &[&claimed], executions: &[&start], ..Rules::default() };
        let (status, answer) = call(&api_with(&[&taken, &found, &begin, &keep], &rules), event.clone()).await;
        assert_eq!(status, 202, "{answer}");
        assert_eq!(to.lock().unwrap()["answer"]["status"], 202);
    }
}

#[tokio::test]
async fn of_two_that_take_over_one_does() {
    let event = with_key(post_event(JANE, &body()));
    let crashed = begun(&event, Duration::seconds(61)).await;
    let theirs = begun(&event, Duration::seconds(1)).await;
    let (first, lost, second) = (taken(), taken(), taken());
    let (crashed, theirs) = (found(&crashed), found(&theirs));
    let api = api_with(&[&first, &crashed, &lost, &second, &theirs], &Rules::default());
    let (status, answer) = call(&api, event).await;
    assert_eq!(status, 409, "{answer}");
}

#[tokio::test]
async fn an_answer_that_asks_to_try_again_is_forgotten() {
    let to = Written::default();
    let (create, remove) = (written(&to, None, "1"), removed("1"));
    let (claimed, refused) = (claim(1, |_| ()), start_refused("ServiceUnavailable"));
    let rules = Rules { s3: &[&claimed], executions: &[&refused], ..Rules::default() };
    let event = with_key(post_event(JANE, &body()));
    let (status, answer) = call(&api_with(&[&create, &remove], &rules), event).await;
    assert_eq!(status, 503, "{answer}");
    assert_eq!(remove.num_calls(), 1);
}

#[tokio::test]
async fn a_refusal_is_kept() {
    let to = Written::default();
    let (create, keep) = (written(&to, None, "1"), written(&to, Some("1"), "2"));
    let event = with_key(post_event(JANE, &json!([])));
    let (status, answer) = call(&api_with(&[&create, &keep], &Rules::default()), event).await;
    assert_eq!(status, 400, "{answer}");
    assert_eq!(to.lock().unwrap()["answer"]["status"], 400);
}

#[tokio::test]
async fn an_answer_that_cannot_be_kept_is_given_all_the_same() {
    let to = Written::default();
    let (create, denied) =
        (written(&to, None, "1"), mock!(Client::put_object).then_http_response(|| refused(403, "AccessDenied")));
    let (claimed, start) = (claim(1, |_| ()), start(1));
    let rules = Rules { s3: &[&claimed], executions: &[&start], ..Rules::default() };
    let event = with_key(post_event(JANE, &body()));
    let (status, answer) = call(&api_with(&[&create, &denied], &rules), event).await;
    assert_eq!(status, 202, "{answer}");
}

#[tokio::test]
async fn a_key_that_cannot_be_looked_up_starts_nothing() {
    let denied = mock!(Client::put_object).then_http_response(|| refused(403, "AccessDenied"));
    let event = with_key(post_event(JANE, &body()));
    let (status, answer) = call(&api_with(&[&denied], &Rules::default()), event).await;
    assert_eq!(status, 500, "{answer}");
}

#[tokio::test]
async fn a_malformed_key_is_refused_and_a_get_needs_none() {
    let mut event = post_event(JANE, &body());
    event["headers"]["Idempotency-Key"] = "".into();
    let (status, answer) = call(&api(&Rules::default()), event).await;
    assert_eq!(status, 400);
    assert!(detail(&answer).starts_with("Idempotency-Key must have 1 to 255"), "{answer}");
    let (status, _) = call(&api(&Rules::default()), with_key(super::event("GET", Some("x"), Some(JANE)))).await;
    assert_eq!(status, 404);
}
