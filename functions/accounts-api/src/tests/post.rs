use aws_sdk_sfn::types::ExecutionStatus;

use super::aws::*;
use super::*;

/// Asks again after an attempt that has its record, with these executions.
async fn ask_again(
    caller: &str,
    body: &Value,
    previous: &RequestRecord,
    then_s3: &[&Rule],
    executions: &[&Rule],
) -> (u64, Value) {
    let (taken, listed, got) = (taken(1), listed(&[1]), got(previous));
    let mut s3 = vec![&taken, &listed, &got];
    s3.extend(then_s3);
    let rules = Rules { s3: &s3, executions, ..Rules::default() };
    let answer = call(&api(&rules), post_event(caller, body)).await;
    let used = |rule: &&&Rule| rule.num_calls() == 1;
    assert!(s3.iter().all(|rule| used(&rule)) && executions.iter().all(|rule| used(&rule)));
    answer
}

fn check_accepted((status, answer): &(u64, Value), attempt: u32) {
    assert_eq!(*status, 202, "{answer}");
    let id = id(attempt);
    assert_eq!(answer["body"], json!({ "requestId": id, "status": "IN_PROGRESS" }));
    assert_eq!(answer["headers"]["location"], format!("/accounts/{id}"));
}

fn check_refused((status, answer): &(u64, Value), named: &str) {
    assert_eq!(*status, 409, "{answer}");
    assert!(detail(answer).contains(named), "{answer}");
}

#[tokio::test]
async fn a_new_request_is_claimed_and_started() {
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
    let answer = call(&api(&rules), post_event(JANE, &body())).await;
    check_accepted(&answer, 1);
    assert_eq!(answer.1["headers"]["cache-control"], "no-store");
}

#[tokio::test]
async fn a_unit_that_was_found_is_not_looked_up_again() {
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
async fn a_missing_unit_is_one_more_problem_and_is_looked_up_again() {
    let (root, first, second) = (root(), unit("Sandbox"), unit("Sandbox"));
    let api = api(&Rules { organizations: &[&root, &first, &second], cold: true, ..Rules::default() });
    let mut body = body();
    for wanted in [&["/organizationalUnit"][..], &["/colour", "/organizationalUnit"]] {
        let (status, answer) = call(&api, post_event(JANE, &body)).await;
        assert_eq!((status, pointers(&answer)), (400, wanted.to_vec()));
        let problem = answer["body"]["problems"].as_array().unwrap().last().unwrap();
        assert_eq!(problem["detail"], "must exist: there is no `Workloads` below the root, which has Sandbox");
        body["colour"] = "red".into();
    }
}

#[tokio::test]
async fn when_aws_cannot_say_whether_a_unit_exists_the_execution_will() {
    for code in ["TooManyRequestsException", "ServiceException"] {
        let (root, refused) = (root(), units_refused(code));
        let (claimed, start) = (claim(1, |_| ()), start(1));
        let rules = Rules {
            s3: &[&claimed],
            executions: &[&start],
            organizations: &[&root, &refused],
            cold: true,
            ..Rules::default()
        };
        check_accepted(&call(&api(&rules), post_event(JANE, &body())).await, 1);
    }
    let (root, refused) = (root(), units_refused("AccessDeniedException"));
    let rules = Rules { organizations: &[&root, &refused], cold: true, ..Rules::default() };
    let (status, answer) = call(&api(&rules), post_event(JANE, &body())).await;
    assert_eq!(status, 500);
    assert!(!answer.to_string().contains("AccessDenied"), "{answer}");
}

#[tokio::test]
async fn a_request_that_runs_is_joined_by_whoever_asks_for_the_same() {
    for caller in [JANE, JOE] {
        let running = execution(1, ExecutionStatus::Running);
        let answer = ask_again(caller, &body(), &record(1), &[], &[&running]).await;
        check_accepted(&answer, 1);
        let running = execution(1, ExecutionStatus::PendingRedrive);
        let answer = ask_again(caller, &other_body(), &record(1), &[], &[&running]).await;
        check_refused(&answer, &format!("GET /accounts/{}", id(1)));
    }
}

#[tokio::test]
async fn a_claim_without_an_execution_is_started_by_whoever_asks_for_the_same() {
    let (absent, start) = (no_execution(), start(1));
    let answer = ask_again(JOE, &body(), &record(1), &[], &[&absent, &start]).await;
    check_accepted(&answer, 1);
    let (absent, started) = (no_execution(), started_before());
    let answer = ask_again(JOE, &body(), &record(1), &[], &[&absent, &started]).await;
    check_accepted(&answer, 1);
    let absent = no_execution();
    let answer = ask_again(JANE, &other_body(), &record(1), &[], &[&absent]).await;
    check_refused(&answer, &id(1));
}

#[tokio::test]
async fn a_claim_is_started_with_its_own_content() {
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
    check_accepted(&ask_again(JOE, &body(), &record(1), &[], &[&absent, &start]).await, 1);
}

#[tokio::test]
async fn a_vended_account_is_shown_or_changed_elsewhere() {
    let (status, answer) = ask_again(JOE, &body(), &vended(1), &[], &[]).await;
    assert_eq!(status, 200);
    assert_eq!(answer["body"]["status"], "VENDED");
    assert_eq!(answer["body"]["account"]["id"], "222222222222");
    let answer = ask_again(JANE, &other_body(), &vended(1), &[], &[]).await;
    check_refused(&answer, &format!("PUT /accounts/{}", key()));
    for (name, value) in optional_fields() {
        let mut body = body();
        body[name] = value;
        check_refused(&ask_again(JANE, &body, &vended(1), &[], &[]).await, &format!("PUT /accounts/{}", key()));
    }
}

#[tokio::test]
async fn a_failed_request_is_tried_again_for_its_requester() {
    let claimed = claim(2, |record| {
        assert_eq!(record.requested_by, JANE);
        assert_eq!(record.submitted_by, JOE);
        assert_eq!(record.account_id, Some("222222222222".parse().unwrap()));
    });
    let start = start(2);
    let previous = failed(1, "AccessDenied", Some(account()));
    check_accepted(&ask_again(JOE, &body(), &previous, &[&claimed], &[&start]).await, 2);
    let claimed = claim(2, |record| assert_eq!(record.account_id, None));
    let start = super::aws::start(2);
    let previous = failed(1, "CreationStillInProgress", None);
    check_accepted(&ask_again(JANE, &body(), &previous, &[&claimed], &[&start]).await, 2);
}

#[tokio::test]
async fn an_execution_that_ended_without_an_outcome_is_tried_again() {
    for status in
        [ExecutionStatus::Succeeded, ExecutionStatus::Failed, ExecutionStatus::TimedOut, ExecutionStatus::Aborted]
    {
        let ended = execution(1, status.clone());
        let (claimed, start) = (claim(2, |record| assert_eq!(record.requested_by, JANE)), start(2));
        let answer = ask_again(JOE, &body(), &record(1), &[&claimed], &[&ended, &start]).await;
        check_accepted(&answer, 2);
        // It may have come to an account, which nobody else gets by asking with other content.
        let ended = execution(1, status);
        let answer = ask_again(JOE, &other_body(), &record(1), &[], &[&ended]).await;
        check_refused(&answer, &format!("PUT /accounts/{}", key()));
    }
}

#[tokio::test]
async fn other_content_after_a_failure_belongs_to_whoever_sends_it_unless_an_account_stands() {
    let joes = |record: &RequestRecord| {
        assert_eq!((record.requested_by.as_str(), record.submitted_by.as_str()), (JOE, JOE));
        assert_eq!(record.request.reason.as_deref(), Some("CHG-2"));
    };
    for code in ["InvalidRequest", "EmailAlreadyExists", "AccountLimitExceeded", "CreationFailed"] {
        let (claimed, start) = (claim(2, joes), start(2));
        let answer = ask_again(JOE, &other_body(), &failed(1, code, None), &[&claimed], &[&start]).await;
        check_accepted(&answer, 2);
    }
    let put = format!("PUT /accounts/{}", key());
    let stands = failed(1, "AccessDenied", Some(account()));
    check_refused(&ask_again(JANE, &other_body(), &stands, &[], &[]).await, &put);
    let known_before =
        RequestRecord { account_id: Some("222222222222".parse().unwrap()), ..failed(1, "InvalidRequest", None) };
    check_refused(&ask_again(JOE, &other_body(), &known_before, &[], &[]).await, &put);
}

#[tokio::test]
async fn where_an_account_may_stand_only_its_requester_sends_other_content() {
    for code in ["CreationStillInProgress", "OutcomeUnknown", "Sandbox.Timedout"] {
        let previous = failed(1, code, None);
        let put = format!("PUT /accounts/{}", key());
        check_refused(&ask_again(JOE, &other_body(), &previous, &[], &[]).await, &put);
        let (claimed, start) = (claim(2, |record| assert_eq!(record.requested_by, JANE_AGAIN)), start(2));
        let answer = ask_again(JANE_AGAIN, &other_body(), &previous, &[&claimed], &[&start]).await;
        check_accepted(&answer, 2);
    }
    // A later attempt that was refused at once says nothing about what an earlier one left.
    let later = failed(2, "InvalidRequest", None);
    let (taken, listed, got) = (taken(1), listed(&[1, 2]), got(&later));
    let rules = Rules { s3: &[&taken, &listed, &got], ..Rules::default() };
    check_refused(&call(&api(&rules), post_event(JOE, &other_body())).await, "PUT");
}

#[tokio::test]
async fn whoever_loses_a_race_looks_again() {
    let (first, second) = (failed(1, "AccessDenied", None), record(2));
    let s3 = [taken(1), listed(&[1]), got(&first), taken(2), listed(&[1, 2]), got(&second)];
    let (joined, started) = (no_execution(), start(2));
    let rules = Rules { s3: &s3.each_ref(), executions: &[&joined, &started], ..Rules::default() };
    check_accepted(&call(&api(&rules), post_event(JANE, &body())).await, 2);
}

#[tokio::test]
async fn a_claim_in_the_making_is_claimed_again_and_not_for_ever() {
    let (busy, none, claimed, started) = (taken(1), listed(&[]), claim(1, |_| ()), start(1));
    let rules = Rules { s3: &[&busy, &none, &claimed], executions: &[&started], ..Rules::default() };
    check_accepted(&call(&api(&rules), post_event(JANE, &body())).await, 1);

    let s3: Vec<Rule> = (0..5).flat_map(|_| [taken(1), listed(&[])]).collect();
    let s3: Vec<&Rule> = s3.iter().collect();
    let rules = Rules { s3: &s3, ..Rules::default() };
    let (status, answer) = call(&api(&rules), post_event(JANE, &body())).await;
    assert_eq!(status, 503);
    assert_eq!(answer["headers"]["retry-after"], "5");
}

#[tokio::test]
async fn what_aws_refuses_is_said_without_its_words() {
    for (code, wanted) in [("ThrottlingException", 503), ("ServiceUnavailable", 503), ("StateMachineDoesNotExist", 500)]
    {
        let (claimed, refused) = (claim(1, |_| ()), start_refused(code));
        let rules = Rules { s3: &[&claimed], executions: &[&refused], ..Rules::default() };
        let (status, answer) = call(&api(&rules), post_event(JANE, &body())).await;
        assert_eq!(status, wanted, "{code}");
        assert_eq!(answer["headers"].get("retry-after").is_some(), wanted == 503);
        assert!(!answer.to_string().contains("from AWS"), "{answer}");
    }
}

fn check_problems((status, answer): &(u64, Value), wanted: &[&str]) {
    assert_eq!(*status, 400, "{answer}");
    assert_eq!(pointers(answer), wanted);
}

#[tokio::test]
async fn what_cannot_be_right_is_refused_before_aws_is_asked_anything() {
    let cold = api(&Rules { cold: true, ..Rules::default() });
    for (body, wanted) in [
        (json!([]), ""),
        (json!({ "accountName": "a", "organizationalUnit": "Workloads/../Security" }), "/organizationalUnit"),
        (json!({ "accountName": "a", "organizationalUnit": "Security/Audit" }), "/organizationalUnit"),
        (json!({ "accountName": "a", "organizationalUnit": 7 }), "/organizationalUnit"),
        (json!({ "accountName": "a" }), "/organizationalUnit"),
    ] {
        check_problems(&call(&cold, post_event(JANE, &body)).await, &[wanted]);
    }
    let mut event = post_event(JANE, &json!(null));
    event["body"] = "{\n \"accountName\": oops }".into();
    let (status, answer) = call(&cold, event.clone()).await;
    assert_eq!(status, 400);
    assert!(detail(&answer).contains("line 2 column 17"), "{answer}");
    event["body"] = format!("\"{}\"", "x".repeat(300 * 1024)).into();
    let (status, answer) = call(&cold, event).await;
    assert_eq!(status, 413);
    assert!(detail(&answer).contains("64 KiB"), "{answer}");
}

#[tokio::test]
async fn every_field_that_is_wrong_is_named_and_nothing_is_claimed() {
    for (field, value, wanted) in [
        ("accountName", json!("x".repeat(51)), "/accountName"),
        ("accountEmail", json!("quo\"te@example.com"), "/accountEmail"),
        ("adopt", json!(true), "/adopt"),
        ("tags", json!({ "account-vending:key": "x" }), "/tags/account-vending:key"),
    ] {
        let mut body = body();
        body[field] = value;
        let answer = call(&api(&Rules::default()), post_event(JANE, &body)).await;
        check_problems(&answer, &[wanted]);
    }
}

#[tokio::test]
async fn what_is_wrong_is_named_even_if_aws_does_not_answer() {
    let (root, denied) = (root(), units_refused("AccessDeniedException"));
    let mut body = body();
    body["colour"] = "red".into();
    let rules = Rules { organizations: &[&root, &denied], cold: true, ..Rules::default() };
    let (status, answer) = call(&api(&rules), post_event(JANE, &body)).await;
    assert_eq!((status, pointers(&answer)), (400, vec!["/colour"]));
}
