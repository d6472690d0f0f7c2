use aws_sdk_sfn::types::ExecutionStatus;

use vending_requests::account_id;

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
    let state: Vec<Rule> = account_id(previous).map(|_| account_state(Some("ACTIVE"))).into_iter().collect();
    let state: Vec<&Rule> = state.iter().collect();
    let rules = Rules { s3: &s3, executions, organizations: &state, ..Rules::default() };
    rules.accounts.put_account(&account_record(previous));
    call(&api(&rules), put_event(caller, body)).await
}

fn put_event(caller: &str, body: &Value) -> Value {
    let mut event = event("PUT", "/accounts/222222222222", Some(caller));
    event["body"] = body.to_string().into();
    event
}

#[tokio::test]
async fn change_is_the_next_attempt_of_the_requester() {
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
            let (status, response) = put(caller, &body, &previous, &[&claimed], &[&start]).await;
            assert_eq!(status, 202, "{response}");
            assert_eq!(response["body"]["requestId"], id(2));
        }
    }
}

#[tokio::test]
async fn recorded_name_is_always_valid() {
    let mut adopted = vended(1);
    adopted.request.account_name = "Legacy <EU>".to_owned();
    let mut body = other_body();
    body["accountName"] = "Legacy <EU>".into();
    let claimed = claim(2, |record| assert_eq!(record.request.account_name, "Legacy <EU>"));
    let start = start(2);
    let (status, response) = put(OPERATOR, &body, &adopted, &[&claimed], &[&start]).await;
    assert_eq!(status, 202, "{response}");

    body["accountName"] = "Legacy <US>".into();
    let (status, response) = put(OPERATOR, &body, &adopted, &[], &[]).await;
    assert_eq!(status, 400, "{response}");
}

#[tokio::test]
async fn every_optional_field_can_be_changed() {
    for (name, value) in optional_fields() {
        let mut body = body();
        body[name] = value;
        let claimed = claim(2, |record| {
            let written = serde_json::to_value(&record.request).unwrap();
            assert!(optional_fields().iter().any(|(name, value)| written[name] == *value), "{written}");
        });
        let start = start(2);
        let (status, response) = put(JANE, &body, &vended(1), &[&claimed], &[&start]).await;
        assert_eq!(status, 202, "{response}");
    }
}

#[tokio::test]
async fn submitter_of_a_change_is_recorded() {
    let claimed = claim(2, |record| assert_eq!(record.submitted_by, OPERATOR));
    let start = start(2);
    let (status, _) = put(OPERATOR, &body(), &vended(1), &[&claimed], &[&start]).await;
    assert_eq!(status, 202);
}

#[tokio::test]
async fn other_caller_is_rejected_before_validation() {
    let (status, response) = put(JOE, &json!([]), &vended(1), &[], &[]).await;
    assert_eq!(status, 403);
    assert!(detail(&response).contains("assumed-role/Developer,"), "{response}");
}

#[tokio::test]
async fn unknown_account_is_not_found() {
    for account in ["222222222222", &id(1), "x"] {
        let event = event("PUT", &format!("/accounts/{account}"), Some(JANE));
        let (status, response) = call(&api(&Rules::default()), event).await;
        assert_eq!(status, 404);
        assert!(detail(&response).contains(account));
    }
}

#[tokio::test]
async fn name_and_email_cannot_change() {
    let changed = json!({
        "accountName": "payments-prod",
        "accountEmail": "other@example.com",
        "organizationalUnit": "Security",
    });
    let (status, response) = put(JANE, &changed, &vended(1), &[], &[]).await;
    assert_eq!(status, 400);
    assert_eq!(pointers(&response), ["/organizationalUnit", "/accountEmail", "/accountName"]);
    let malformed = json!({ "accountName": 7, "accountEmail": "no", "organizationalUnit": "Workloads" });
    let (_, response) = put(JANE, &malformed, &vended(1), &[], &[]).await;
    assert_eq!(pointers(&response), ["/accountName", "/accountEmail"]);
}

#[tokio::test]
async fn recorded_email_is_accepted() {
    let (claimed, start) = (claim(2, |_| ()), start(2));
    let mut body = body();
    body["accountEmail"] = "AWS+payments-dev@example.com".into();
    let (status, response) = put(JANE, &body, &vended(1), &[&claimed], &[&start]).await;
    assert_eq!(status, 202, "{response}");
}

#[tokio::test]
async fn change_conflicts_with_a_running_request() {
    let running = execution(1, ExecutionStatus::Running);
    let (status, response) = put(JANE, &other_body(), &record(1), &[], &[&running]).await;
    assert_eq!(status, 409);
    assert!(detail(&response).contains(&id(1)));
    let absent = no_execution();
    let (status, _) = put(JANE, &other_body(), &record(1), &[], &[&absent]).await;
    assert_eq!(status, 409);
}

#[tokio::test]
async fn same_change_joins_the_running_one() {
    let running = execution(1, ExecutionStatus::Running);
    let (status, response) = put(JANE, &body(), &record(1), &[], &[&running]).await;
    assert_eq!((status, &response["body"]["requestId"]), (202, &id(1).into()));
}

#[tokio::test]
async fn unstarted_change_is_started() {
    let (absent, start) = (no_execution(), start(1));
    let (status, response) = put(JANE, &body(), &record(1), &[], &[&absent, &start]).await;
    assert_eq!((status, &response["body"]["requestId"]), (202, &id(1).into()));
}

#[tokio::test]
async fn unusable_account_is_not_changed() {
    for (state, detail_part) in [(Some("SUSPENDED"), "is suspended"), (None, "no longer in the organization")] {
        for caller in [JANE, OPERATOR] {
            let (listed, got, state) = (listed(&[1]), got(&vended(1)), account_state(state));
            let rules = Rules { s3: &[&listed, &got], organizations: &[&state], ..Rules::default() };
            rules.accounts.put_account(&account_record(&vended(1)));
            let (status, response) = call(&api(&rules), put_event(caller, &other_body())).await;
            assert_eq!(status, 409, "{response}");
            assert!(detail(&response).contains(detail_part), "{response}");
        }
    }
}

#[tokio::test]
async fn losing_a_race_rereads_the_request() {
    let s3 = [listed(&[1]), got(&vended(1)), claim_exists(2), listed(&[1, 2]), got(&record(2))];
    let (running, state) = (execution(2, ExecutionStatus::Running), account_state(Some("ACTIVE")));
    let rules = Rules { s3: &s3.each_ref(), executions: &[&running], organizations: &[&state], ..Rules::default() };
    rules.accounts.put_account(&account_record(&vended(1)));
    let (status, response) = call(&api(&rules), put_event(JANE, &other_body())).await;
    assert_eq!(status, 409);
    assert!(detail(&response).contains(&id(2)));
}

#[tokio::test]
async fn lost_races_are_limited() {
    let s3: Vec<Rule> = (0..5).flat_map(|_| [listed(&[1]), got(&vended(1)), claim_exists(2)]).collect();
    let s3: Vec<&Rule> = s3.iter().collect();
    let active: Vec<Rule> = (0..5).map(|_| account_state(Some("ACTIVE"))).collect();
    let rules = Rules { s3: &s3, organizations: &active.iter().collect::<Vec<_>>(), ..Rules::default() };
    rules.accounts.put_account(&account_record(&vended(1)));
    let (status, _) = call(&api(&rules), put_event(JANE, &other_body())).await;
    assert_eq!(status, 503);
}
