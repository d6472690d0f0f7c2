mod organization;

use std::sync::Mutex;
use std::time::Duration;

use serde_json::json;
use vending_core::Status;

use super::*;
use crate::testing::{FakeApi, Received, Reply, credentials};

const ID: &str = "nsitwn5ke2shymhizrnj-1";

/// A client that does not wait between attempts.
fn client(api: &FakeApi) -> Client {
    let url = api.url().parse().unwrap();
    Client::new(url, credentials()).with_retries(RetryPolicy {
        attempts: 3,
        first_delay: Duration::ZERO,
        longest_delay: Duration::ZERO,
    })
}

fn api(reply: impl Fn(&Received, usize) -> Reply + Send + Sync + 'static) -> FakeApi {
    FakeApi::start(reply).unwrap()
}

fn view(status: &str) -> Value {
    json!({ "requestId": ID, "status": status, "requestedBy": "arn:jo", "submittedBy": "arn:jo",
            "requestedAt": "2026-11-22T10:00:00Z", "account": null, "steps": [], "failure": null, "later": 1 })
}

fn request() -> Value {
    json!({ "accountName": "payments-dev", "organizationalUnit": "Sandbox" })
}

#[test]
fn request_is_signed_and_accepted() {
    let api = api(|_, _| Reply::accepted(ID));
    let submission = client(&api).request_account(&request(), &"once".parse().unwrap()).unwrap();
    assert!(matches!(&submission, Submission::Accepted(id) if id.to_string() == ID), "{submission:?}");
    let call = &api.calls()[0];
    assert_eq!((call.line.as_str(), call.json()), ("POST /v1/accounts", request()));
    assert_eq!(call.headers["idempotency-key"], "once");
    assert_eq!(call.headers["x-amz-security-token"], "token");
    let authorization = &call.headers["authorization"];
    assert!(authorization.contains("/us-east-1/execute-api/aws4_request"), "{authorization}");
}

#[test]
fn vended_account_is_not_requested_again() {
    let api = api(|_, _| Reply::ok(view("VENDED")));
    let submission = client(&api).request_account(&request(), &IdempotencyKey::random()).unwrap();
    assert!(matches!(&submission, Submission::AlreadyVended(request) if request.status.is(&Status::Vended)));
}

#[test]
fn key_stays_the_same_over_retries() {
    let api = api(|_, before| match before {
        0 => Reply::HangUp,
        1 => Reply::Later(503, 0, json!({ "title": "Service Unavailable", "detail": "AWS throttles" })),
        _ => Reply::accepted(ID),
    });
    let retries = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&retries);
    let client = client(&api).on_retry(move |retry| seen.lock().unwrap().push(retry.reason.clone()));
    client.request_account(&request(), &IdempotencyKey::random()).unwrap();
    let keys: Vec<_> = api.calls().iter().map(|call| call.headers["idempotency-key"].clone()).collect();
    assert_eq!(keys.len(), 3);
    assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
    assert_eq!(retries.lock().unwrap()[1], "503: AWS throttles");
}

#[test]
fn call_with_a_key_in_use_is_repeated() {
    let api = api(|_, before| match before {
        0 => Reply::Later(409, 0, json!({ "title": "Conflict", "detail": "still in progress" })),
        _ => Reply::accepted(ID),
    });
    client(&api).request_account(&request(), &IdempotencyKey::random()).unwrap();
    assert_eq!(api.calls().len(), 2);
}

#[test]
fn busy_api_is_unreachable_after_the_last_attempt() {
    let api = api(|_, _| Reply::Json(429, json!({ "message": "Too Many Requests" })));
    let error = client(&api).request(&ID.parse().unwrap()).unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
    assert!(error.to_string().ends_with("429: Too Many Requests (tried 3 times)"), "{error}");
}

#[test]
fn validation_errors_are_refusals() {
    let problems = json!([{ "pointer": "/owner", "detail": "must be a string, not a number" }]);
    let body = json!({ "title": "Bad Request", "status": 400, "detail": "1 validation error", "problems": problems });
    let api = api(move |_, _| Reply::Json(400, body.clone()));
    let error = client(&api).change_account(&"111122223333".parse().unwrap(), &request(), &IdempotencyKey::random());
    let Err(Error::Refused(refusal)) = error else { panic!("{error:?}") };
    assert_eq!((refusal.status, refusal.message.as_str()), (400, "1 validation error"));
    assert_eq!(refusal.problems[0].pointer, "/owner");
    assert_eq!(api.lines(), ["PUT /v1/accounts/111122223333"]);
}

#[test]
fn denial_names_signer_and_resource() {
    let message = "User: arn:aws:iam::111111111111:user/jo is not authorized to perform: execute-api:Invoke";
    let api = api(move |_, _| Reply::Json(403, json!({ "Message": message })));
    let error = client(&api).request(&ID.parse().unwrap()).unwrap_err();
    let Error::NotPermitted(denial) = error else { panic!("{error:?}") };
    assert_eq!(denial.signed_by.as_deref(), Some("arn:aws:iam::111111111111:user/jo"));
    assert_eq!(denial.resource, format!("arn:aws:execute-api:us-east-1:*:*/*/GET/requests/{ID}"));
    assert!(denial.advice()[1].contains("RequesterPrincipals"));
}

#[test]
fn denial_by_the_api_is_not_blamed_on_policies() {
    let api = api(|_, _| Reply::problem(403, "only operators can hand over accounts"));
    let id = "111122223333".parse().unwrap();
    let error = client(&api).hand_over(&id, "arn:aws:iam::111122223333:role/A", &IdempotencyKey::random()).unwrap_err();
    let Error::NotPermitted(denial) = error else { panic!("{error:?}") };
    assert!(denial.by_api && !denial.advice()[0].contains("execute-api"), "{denial:?}");
}

#[test]
fn missing_credentials_are_told_apart() {
    let api = api(|_, _| Reply::HangUp);
    let none = || Err::<_, crate::CredentialError>("no profile".into());
    let error = Client::new(api.url().parse().unwrap(), none).request(&ID.parse().unwrap()).unwrap_err();
    assert!(matches!(error, Error::NoCredentials(_)), "{error:?}");
    assert!(api.calls().is_empty());
}

#[test]
fn other_response_is_unexpected() {
    for reply in [Reply::ok(json!({ "requestId": "x" })), Reply::Json(302, json!({})), Reply::Json(404, json!({}))] {
        let api = api(move |_, _| reply.clone());
        let error = client(&api).request(&ID.parse().unwrap()).unwrap_err();
        assert!(matches!(error, Error::Unexpected { .. }), "{error:?}");
    }
}

#[test]
fn later_fields_and_words_are_kept() {
    let api = api(|_, _| Reply::ok(view("WAITING_FOR_APPROVAL")));
    let request = client(&api).request(&ID.parse().unwrap()).unwrap();
    assert_eq!(request.status.to_string(), "WAITING_FOR_APPROVAL");
    assert_eq!(request.json()["later"], 1);
}

#[test]
fn pages_are_read_until_the_last() {
    let item = |name: &str| {
        json!({ "requestId": ID, "status": "VENDED", "accountName": name, "accountId": null,
                "organizationalUnit": "Sandbox", "requestedBy": "arn:jo", "requestedAt": "2026-11-22T10:00:00Z" })
    };
    let api = api(move |call, _| match call.line.split_once("nextToken=").map(|(_, token)| token) {
        None => Reply::ok(json!({ "requests": [item("one")], "nextToken": "a/b" })),
        // Filtered pages can be empty.
        Some("a%2Fb") => Reply::ok(json!({ "requests": [], "nextToken": "c" })),
        _ => Reply::ok(json!({ "requests": [item("two")], "nextToken": null })),
    });
    let client = client(&api);
    let pages = client.requests(&RequestFilter { status: Some("VENDED".to_owned()) });
    let names: Vec<String> = pages.map(|request| request.unwrap().account_name.clone()).collect();
    assert_eq!(names, ["one", "two"]);
    assert_eq!(api.lines()[0], "GET /v1/requests?status=VENDED&limit=100");
}

#[test]
fn list_ends_after_an_error() {
    let api = api(|_, _| Reply::problem(400, "the request has 1 validation error"));
    let client = client(&api);
    let mut pages =
        client.accounts(&AccountFilter { organizational_unit: Some("A B".to_owned()), ..AccountFilter::default() });
    assert!(matches!(pages.next(), Some(Err(Error::Refused(_)))));
    assert!(pages.next().is_none());
    assert_eq!(api.lines(), ["GET /v1/accounts?organizationalUnit=A%20B&limit=100"]);
}
