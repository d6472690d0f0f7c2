use aws_sdk_sfn::types::ExecutionStatus;

use super::aws::*;
use super::*;

const BOB: &str = "arn:aws:sts::111111111111:assumed-role/Payments";

async fn hand_over(caller: &str, to: &str, last: &RequestRecord, then: &[&Rule], rules: Rules<'_>) -> (u64, Value) {
    let (listed, got) = (listed(&[1]), got(last));
    let s3: Vec<&Rule> = [&listed, &got].into_iter().chain(then.iter().copied()).collect();
    let rules = Rules { s3: &s3, ..rules };
    rules.accounts.put_account(&account_record(last));
    let mut event = event("PUT", "/accounts/222222222222/requester", Some(caller));
    event["body"] = json!({ "requester": to }).to_string().into();
    call(&api(&rules), event).await
}

#[tokio::test]
async fn next_attempt_belongs_to_the_new_requester() {
    for last in [vended(1), failed(1, "AccessDenied", Some(account()))] {
        let claimed = claim(2, |record| {
            assert_eq!((record.requested_by.as_str(), record.submitted_by.as_str()), (BOB, OPERATOR));
            assert_eq!(record.account_id.as_ref().unwrap().as_str(), "222222222222");
            assert_eq!(record.request.account_name, "payments-dev");
            assert!(record.by_operator && record.requester_since >= record.requested_at);
        });
        let (start, active) = (start(2), account_state(Some("ACTIVE")));
        let rules = Rules { executions: &[&start], organizations: &[&active], ..Rules::default() };
        let role = "arn:aws:iam::111111111111:role/team/Payments";
        let (status, response) = hand_over(OPERATOR, role, &last, &[&claimed], rules).await;
        assert_eq!((status, &response["body"]["requestId"]), (202, &id(2).into()), "{response}");
    }
}

#[tokio::test]
async fn only_operators_can_hand_over() {
    let mut event = event("PUT", "/accounts/222222222222/requester", Some(JANE));
    event["body"] = json!({ "requester": BOB }).to_string().into();
    let (status, response) = call(&api(&Rules::default()), event).await;
    assert_eq!(status, 403);
    assert!(detail(&response).contains("only operators can hand over accounts"));
}

#[tokio::test]
async fn invalid_requester_is_rejected() {
    let mut event = event("PUT", "/accounts/222222222222/requester", Some(OPERATOR));
    event["body"] = json!({ "requester": "bob" }).to_string().into();
    let (status, response) = call(&api(&Rules::default()), event).await;
    assert_eq!((status, pointers(&response)), (400, vec!["/requester"]));
}

#[tokio::test]
async fn same_requester_is_shown() {
    let last = RequestRecord { requested_by: BOB.to_owned(), ..vended(1) };
    let (status, response) = hand_over(OPERATOR, BOB, &last, &[], Rules::default()).await;
    assert_eq!((status, &response["body"]["requestedBy"]), (200, &BOB.into()));
}

#[tokio::test]
async fn running_request_must_end_first() {
    let running = execution(1, ExecutionStatus::Running);
    let rules = Rules { executions: &[&running], ..Rules::default() };
    let (status, response) = hand_over(OPERATOR, BOB, &record(1), &[], rules).await;
    assert_eq!(status, 409);
    assert!(detail(&response).contains("has not ended"), "{response}");
}

#[tokio::test]
async fn closed_account_is_not_handed_over() {
    let closed = account_state(Some("PENDING_CLOSURE"));
    let rules = Rules { organizations: &[&closed], ..Rules::default() };
    let (status, response) = hand_over(OPERATOR, BOB, &vended(1), &[], rules).await;
    assert_eq!(status, 409);
    assert!(detail(&response).contains("is pending closure"), "{response}");
}

#[tokio::test]
async fn unknown_account_is_not_handed_over() {
    let mut event = event("PUT", "/accounts/333333333333/requester", Some(OPERATOR));
    event["body"] = json!({ "requester": BOB }).to_string().into();
    assert_eq!(call(&api(&Rules::default()), event).await.0, 404);
}
