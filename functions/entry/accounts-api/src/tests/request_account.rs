use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_smithy_mocks::mock;

use vending_requests::account_id;

use super::aws::*;
use super::*;

/// Sends a request after the attempt `previous`, with these rules for executions.
async fn post_after(
    caller: &str,
    body: &Value,
    previous: &RequestRecord,
    then_s3: &[&Rule],
    executions: &[&Rule],
) -> (u64, Value) {
    let (claim_exists, listed, got) = (claim_exists(1), listed(&[1]), got(previous));
    let mut s3 = vec![&claim_exists, &listed, &got];
    s3.extend(then_s3);
    let state: Vec<Rule> = account_id(previous).map(|_| account_state(Some("ACTIVE"))).into_iter().collect();
    let state: Vec<&Rule> = state.iter().collect();
    let rules = Rules { s3: &s3, executions, organizations: &state, ..Rules::default() };
    let response = call(&api(&rules), post_event(caller, body)).await;
    let used = |rule: &&&Rule| rule.num_calls() == 1;
    assert!(s3.iter().all(|rule| used(&rule)) && executions.iter().all(|rule| used(&rule)));
    response
}

fn check_accepted((status, response): &(u64, Value), attempt: u32) {
    assert_eq!(*status, 202, "{response}");
    let id = id(attempt);
    assert_eq!(response["body"], json!({ "requestId": id, "status": "IN_PROGRESS" }));
    assert_eq!(response["headers"]["location"], format!("/requests/{id}"));
}

#[tokio::test]
async fn location_has_the_stage_or_the_base_path() {
    for (path, base) in [("/v1/accounts", "/v1"), ("/platform/accounts/", "/platform"), ("/accounts", "")] {
        let (claimed, started) = (claim(1, |_| ()), start(1));
        let rules = Rules { s3: &[&claimed], executions: &[&started], ..Rules::default() };
        let mut event = post_event(JANE, &body());
        event["requestContext"]["path"] = path.into();
        let (status, response) = call(&api(&rules), event).await;
        assert_eq!(status, 202, "{response}");
        assert_eq!(response["headers"]["location"], format!("{base}/requests/{}", id(1)), "{path}");
    }
}

#[tokio::test]
async fn new_account_needs_an_allowed_email() {
    let none = mock!(aws_sdk_s3::Client::list_objects_v2).then_output(|| ListObjectsV2Output::builder().build());
    let mut body = body();
    body["accountEmail"] = "me@mail.test".into();
    body["reason"] = 7.into();
    let rules = Rules { s3: &[&none], ..Rules::default() };
    let (status, response) = call(&api(&rules), post_event(JANE, &body)).await;
    assert_eq!((status, pointers(&response)), (400, vec!["/reason", "/accountEmail"]));
    let detail = response["body"]["problems"][1]["detail"].as_str().unwrap();
    assert!(detail.contains("aws+{accountName}@example.com") && detail.contains("corp.test"), "{detail}");
}

fn check_conflict((status, response): &(u64, Value), named: &str) {
    assert_eq!(*status, 409, "{response}");
    assert!(detail(response).contains(named), "{response}");
}

#[tokio::test]
async fn new_request_is_claimed_and_started() {
    let claimed = claim(1, |record| {
        assert_eq!(record.requested_by, JANE);
        assert_eq!(record.submitted_by, JANE);
        assert_eq!(record.request, super::record(1).request);
        assert_eq!(record.account_id, None);
    });
    let (root, unit, start) = (root(), unit("Workloads"), start(1));
    let rules = Rules {
        s3: &[&claimed],
        executions: &[&start],
        organizations: &[&root, &unit],
        cold: true,
        ..Rules::default()
    };
    let response = call(&api(&rules), post_event(JANE, &body())).await;
    check_accepted(&response, 1);
    assert_eq!(response.1["headers"]["cache-control"], "no-store");
}

#[tokio::test]
async fn existing_ou_is_looked_up_once() {
    let (first, second) = (claim(1, |_| ()), claim(1, |_| ()));
    let (root, unit) = (root(), unit("Workloads"));
    let (start, again) = (start(1), start(1));
    let api = api(&Rules {
        s3: &[&first, &second],
        executions: &[&start, &again],
        organizations: &[&root, &unit],
        cold: true,
        ..Rules::default()
    });
    for _ in 0..2 {
        check_accepted(&call(&api, post_event(JANE, &body())).await, 1);
    }
}

#[tokio::test]
async fn missing_ou_is_named_and_looked_up_once() {
    let (root, unit) = (root(), unit("Sandbox"));
    let api = api(&Rules { organizations: &[&root, &unit], cold: true, ..Rules::default() });
    for _ in 0..2 {
        let (status, response) = call(&api, post_event(JANE, &body())).await;
        assert_eq!((status, pointers(&response)), (400, vec!["/organizationalUnit"]));
        let problem = &response["body"]["problems"][0];
        assert_eq!(problem["detail"], "must exist: there is no OU `Workloads` in the root, which has Sandbox");
    }
    assert_eq!((root.num_calls(), unit.num_calls()), (1, 1));
}

#[tokio::test]
async fn all_problems_are_reported_at_once() {
    let mut body = body();
    body["color"] = "red".into();
    body["reason"] = 7.into();
    body["organizationalUnit"] = "Security".into();
    let (status, response) = call(&api(&Rules::default()), post_event(JANE, &body)).await;
    assert_eq!((status, pointers(&response)), (400, vec!["/organizationalUnit", "/reason", "/color"]));
}

#[tokio::test]
async fn operators_can_request_accounts_in_every_ou() {
    let (claimed, started) = (claim(1, |record| assert!(record.by_operator)), start(1));
    let rules = Rules { s3: &[&claimed], executions: &[&started], ..Rules::default() };
    let mut body = body();
    body["organizationalUnit"] = "Security".into();
    check_accepted(&call(&api(&rules), post_event(OPERATOR, &body)).await, 1);
}

#[tokio::test]
async fn transient_error_of_the_ou_lookup_can_be_retried() {
    for code in ["TooManyRequestsException", "ServiceException"] {
        let (root, error) = (root(), list_units_error(code));
        let rules = Rules { organizations: &[&root, &error], cold: true, ..Rules::default() };
        let (status, response) = call(&api(&rules), post_event(JANE, &body())).await;
        assert_eq!(status, 503, "{response}");
    }
}

#[tokio::test]
async fn claim_is_started_with_its_own_record() {
    let start = aws_smithy_mocks::mock!(aws_sdk_sfn::Client::start_execution)
        .match_requests(|start| {
            let input: RequestRecord = serde_json::from_str(start.input().unwrap()).unwrap();
            input.requested_by == JANE && input.submitted_by == JANE
        })
        .then_output(|| {
            let output = aws_sdk_sfn::operation::start_execution::StartExecutionOutput::builder();
            let date = aws_smithy_types::DateTime::from_secs(0);
            output.execution_arn("arn").start_date(date).build().unwrap()
        });
    let absent = no_execution();
    check_accepted(&post_after(OPERATOR, &body(), &record(1), &[], &[&absent, &start]).await, 1);
}

#[tokio::test]
async fn vended_account_is_returned_or_conflicts() {
    let (status, response) = post_after(JANE_AGAIN, &body(), &vended(1), &[], &[]).await;
    assert_eq!(status, 200);
    assert_eq!(response["body"]["status"], "VENDED");
    assert_eq!(response["body"]["account"]["id"], "222222222222");
    let response = post_after(JANE, &other_body(), &vended(1), &[], &[]).await;
    check_conflict(&response, "PUT /accounts/222222222222");
    for (name, value) in optional_fields() {
        let mut body = body();
        body[name] = value;
        check_conflict(&post_after(JANE, &body, &vended(1), &[], &[]).await, "PUT /accounts/222222222222");
    }
}

#[tokio::test]
async fn losing_a_race_rereads_the_request() {
    let (first, second) = (failed(1, "AccessDenied", None), record(2));
    let s3 = [claim_exists(1), listed(&[1]), got(&first), claim_exists(2), listed(&[1, 2]), got(&second)];
    let (joined, started) = (no_execution(), start(2));
    let rules = Rules { s3: &s3.each_ref(), executions: &[&joined, &started], ..Rules::default() };
    check_accepted(&call(&api(&rules), post_event(JANE, &body())).await, 2);
}

#[tokio::test]
async fn invisible_claim_is_retried_until_the_limit() {
    let (busy, none, claimed, started) = (claim_exists(1), listed(&[]), claim(1, |_| ()), start(1));
    let rules = Rules { s3: &[&busy, &none, &claimed], executions: &[&started], ..Rules::default() };
    check_accepted(&call(&api(&rules), post_event(JANE, &body())).await, 1);

    let s3: Vec<Rule> = (0..5).flat_map(|_| [claim_exists(1), listed(&[])]).collect();
    let s3: Vec<&Rule> = s3.iter().collect();
    let rules = Rules { s3: &s3, ..Rules::default() };
    let (status, response) = call(&api(&rules), post_event(JANE, &body())).await;
    assert_eq!(status, 503);
    assert_eq!(response["headers"]["retry-after"], "5");
}

#[tokio::test]
async fn response_has_no_error_message_of_aws() {
    for (code, wanted) in [("ThrottlingException", 503), ("ServiceUnavailable", 503), ("StateMachineDoesNotExist", 500)]
    {
        let (claimed, error) = (claim(1, |_| ()), start_error(code));
        let rules = Rules { s3: &[&claimed], executions: &[&error], ..Rules::default() };
        let (status, response) = call(&api(&rules), post_event(JANE, &body())).await;
        assert_eq!(status, wanted, "{code}");
        assert_eq!(response["headers"].get("retry-after").is_some(), wanted == 503);
        assert!(!response.to_string().contains("from AWS"), "{response}");
    }
}

fn check_problems((status, response): &(u64, Value), wanted: &[&str]) {
    assert_eq!(*status, 400, "{response}");
    assert_eq!(pointers(response), wanted);
}

#[tokio::test]
async fn invalid_request_is_rejected_before_any_call() {
    let cold = api(&Rules { cold: true, ..Rules::default() });
    for (body, wanted) in [
        (json!([]), ""),
        (json!({ "accountName": "a", "organizationalUnit": "Workloads/../Security" }), "/organizationalUnit"),
        (json!({ "accountName": "a", "organizationalUnit": 7 }), "/organizationalUnit"),
        (json!({ "accountName": "a" }), "/organizationalUnit"),
    ] {
        check_problems(&call(&cold, post_event(JANE, &body)).await, &[wanted]);
    }
    let mut event = post_event(JANE, &json!(null));
    event["body"] = "{\n \"accountName\": oops }".into();
    let (status, response) = call(&cold, event.clone()).await;
    assert_eq!(status, 400);
    assert!(detail(&response).contains("line 2 column 17"), "{response}");
    event["body"] = format!("\"{}\"", "x".repeat(300 * 1024)).into();
    let (status, response) = call(&cold, event).await;
    assert_eq!(status, 413);
    assert!(detail(&response).contains("64 KiB"), "{response}");
}

#[tokio::test]
async fn every_invalid_field_is_named() {
    for (field, value, wanted) in [
        ("accountName", json!("x".repeat(51)), "/accountName"),
        ("accountEmail", json!("quo\"te@example.com"), "/accountEmail"),
        ("adopt", json!(true), "/adopt"),
        ("tags", json!({ "account-vending:key": "x" }), "/tags/account-vending:key"),
    ] {
        let mut body = body();
        body[field] = value;
        let response = call(&api(&Rules::default()), post_event(JANE, &body)).await;
        check_problems(&response, &[wanted]);
    }
}
