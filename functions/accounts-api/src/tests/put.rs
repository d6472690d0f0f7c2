use aws_sdk_sfn::types::ExecutionStatus;

use super::aws::*;
use super::*;

async fn put(
    caller: &str,
    body: &Value,
    previous: &RequestRecord,
    then_s3: &[&Rule],
    executions: &[&Rule],
) -> (u64, Value) {
    let (listed, got) = (listed(&[1]), got(previous));
    let mut s3 = vec![&listed, &got];
    s3.extend(then_s3);
    let rules = Rules { s3: &s3, executions, ..Rules::default() };
    call(&api(&rules), put_event(caller, body)).await
}

fn put_event(caller: &str, body: &Value) -> Value {
    let mut event = event("PUT", Some(key().as_str()), Some(caller));
    event["body"] = body.to_string().into();
    event
}

#[tokio::test]
async fn a_change_is_the_next_attempt_for_the_same_requester() {
    for caller in [JANE, JANE_AGAIN, OPERATOR] {
        for (previous, body) in
            [(vended(1), other_body()), (vended(1), body()), (failed(1, "AccessDenied", Some(account())), other_body())]
        {
            let claimed = claim(2, |record| {
                assert_eq!(record.requested_by, JANE);
                assert_eq!(record.account_id, Some("222222222222".parse().unwrap()));
                assert_eq!(record.request.account_email.as_str(), "aws+payments-dev@example.com");
            });
            let start = start(2);
            let (status, answer) = put(caller, &body, &previous, &[&claimed], &[&start]).await;
            assert_eq!(status, 202, "{answer}");
            assert_eq!(answer["body"]["requestId"], id(2));
        }
    }
}

#[tokio::test]
async fn every_field_may_be_changed_and_is_recorded() {
    for (name, value) in optional_fields() {
        let mut body = body();
        body[name] = value;
        let claimed = claim(2, |record| {
            let written = serde_json::to_value(&record.request).unwrap();
            assert!(optional_fields().iter().any(|(name, value)| written[name] == *value), "{written}");
        });
        let start = start(2);
        let (status, answer) = put(JANE, &body, &vended(1), &[&claimed], &[&start]).await;
        assert_eq!(status, 202, "{answer}");
    }
}

#[tokio::test]
async fn the_submitter_of_a_change_is_recorded() {
    let claimed = claim(2, |record| assert_eq!(record.submitted_by, OPERATOR));
    let start = start(2);
    let (status, _) = put(OPERATOR, &body(), &vended(1), &[&claimed], &[&start]).await;
    assert_eq!(status, 202);
}

#[tokio::test]
async fn nobody_else_changes_an_account_or_learns_what_is_wrong() {
    let (status, answer) = put(JOE, &json!([]), &vended(1), &[], &[]).await;
    assert_eq!(status, 403);
    assert!(detail(&answer).contains("assumed-role/Developer,"), "{answer}");
}

#[tokio::test]
async fn what_was_never_asked_for_is_not_found() {
    let none = listed(&[]);
    let rules = Rules { s3: &[&none], ..Rules::default() };
    let (status, _) = call(&api(&rules), put_event(JANE, &json!([]))).await;
    assert_eq!(status, 404);
    let event = event("PUT", Some(&id(1)), Some(JANE));
    let (status, answer) = call(&api(&Rules::default()), event).await;
    assert_eq!(status, 404);
    assert!(detail(&answer).contains(&id(1)));
}

#[tokio::test]
async fn what_identifies_an_account_stays() {
    let changed = json!({
        "accountName": "payments-prod",
        "accountEmail": "other@example.com",
        "organizationalUnit": "Security",
    });
    let (status, answer) = put(JANE, &changed, &vended(1), &[], &[]).await;
    assert_eq!(status, 400);
    assert_eq!(pointers(&answer), ["/organizationalUnit", "/accountEmail", "/accountName"]);
    let malformed = json!({ "accountName": 7, "accountEmail": "no", "organizationalUnit": "Workloads" });
    let (_, answer) = put(JANE, &malformed, &vended(1), &[], &[]).await;
    assert_eq!(pointers(&answer), ["/accountName", "/accountEmail"]);
}

#[tokio::test]
async fn the_recorded_email_may_be_given_again() {
    let (claimed, start) = (claim(2, |_| ()), start(2));
    let mut body = body();
    body["accountEmail"] = "AWS+payments-dev@example.com".into();
    let (status, answer) = put(JANE, &body, &vended(1), &[&claimed], &[&start]).await;
    assert_eq!(status, 202, "{answer}");
}

#[tokio::test]
async fn a_change_waits_for_the_request_that_runs() {
    let running = execution(1, ExecutionStatus::Running);
    let (status, answer) = put(JANE, &other_body(), &record(1), &[], &[&running]).await;
    assert_eq!(status, 409);
    assert!(detail(&answer).contains(&id(1)));
    let absent = no_execution();
    let (status, _) = put(JANE, &other_body(), &record(1), &[], &[&absent]).await;
    assert_eq!(status, 409);
}

#[tokio::test]
async fn the_same_change_sent_again_joins_the_one_that_runs() {
    let running = execution(1, ExecutionStatus::Running);
    let (status, answer) = put(JANE, &body(), &record(1), &[], &[&running]).await;
    assert_eq!((status, &answer["body"]["requestId"]), (202, &id(1).into()));
}

#[tokio::test]
async fn a_change_that_nobody_started_is_started() {
    let (absent, start) = (no_execution(), start(1));
    let (status, answer) = put(JANE, &body(), &record(1), &[], &[&absent, &start]).await;
    assert_eq!((status, &answer["body"]["requestId"]), (202, &id(1).into()));
}

#[tokio::test]
async fn whoever_loses_a_race_looks_again() {
    let s3 = [listed(&[1]), got(&vended(1)), taken(2), listed(&[1, 2]), got(&record(2))];
    let running = execution(2, ExecutionStatus::Running);
    let rules = Rules { s3: &s3.each_ref(), executions: &[&running], ..Rules::default() };
    let (status, answer) = call(&api(&rules), put_event(JANE, &other_body())).await;
    assert_eq!(status, 409);
    assert!(detail(&answer).contains(&id(2)));
}

#[tokio::test]
async fn a_race_is_not_run_for_ever() {
    let s3: Vec<Rule> = (0..5).flat_map(|_| [listed(&[1]), got(&vended(1)), taken(2)]).collect();
    let s3: Vec<&Rule> = s3.iter().collect();
    let rules = Rules { s3: &s3, ..Rules::default() };
    let (status, _) = call(&api(&rules), put_event(JANE, &other_body())).await;
    assert_eq!(status, 503);
}
