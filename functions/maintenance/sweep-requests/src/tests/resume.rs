//! Requests that ended before AWS had created the account.

use super::*;

fn ended(code: ErrorCode, creation_id: Option<&str>) -> RequestRecord {
    let outcome = Outcome {
        status: vending_core::Status::Failed,
        ended_at: OffsetDateTime::now_utc(),
        account: None,
        creation_id: creation_id.map(str::to_owned),
        creations: Some(1),
        steps: Vec::new(),
        evidence: None,
        pending_parts: [].into(),
        failure: Some(Failure::new("CheckAccountCreation", code, "no")),
    };
    RequestRecord { outcome: Some(outcome), ..old() }
}

fn late() -> RequestRecord {
    ended(ErrorCode::CreationStillInProgress, Some("car-1"))
}

fn creation(state: CreateAccountState, account: Option<&'static str>) -> Rule {
    mock!(aws_sdk_organizations::Client::describe_create_account_status)
        .match_requests(|describe| describe.create_account_request_id() == Some("car-1"))
        .then_output(move || {
            let status = CreateAccountStatus::builder().state(state.clone()).set_account_id(account.map(str::to_owned));
            DescribeCreateAccountStatusOutput::builder().create_account_status(status.build()).build()
        })
}

#[tokio::test]
async fn request_resumes_once_its_account_exists() {
    let claimed = put(true, |record| {
        assert_eq!(record.request_id, id(2));
        assert_eq!(record.account_id, Some(ACCOUNT.parse().unwrap()));
        assert_eq!((record.requested_by.as_str(), &record.outcome), ("arn:jane", &None));
        assert!(record.requested_at > OffsetDateTime::now_utc() - Duration::minutes(1));
    });
    let services = Services {
        s3: vec![got(&late()), claimed],
        executions: vec![started(2)],
        organizations: vec![creation(CreateAccountState::Succeeded, Some(ACCOUNT))],
        ..Services::default()
    };
    assert_eq!(services.process().await, SweepAction::Resumed);
}

#[tokio::test]
async fn late_failed_creation_is_requested_again() {
    let claimed = put(true, |record| {
        assert_eq!(record.request_id, id(2));
        assert_eq!(record.account_id, None);
    });
    let services = Services {
        s3: vec![got(&late()), claimed],
        executions: vec![started(2)],
        organizations: vec![creation(CreateAccountState::Failed, None)],
        ..Services::default()
    };
    assert_eq!(services.process().await, SweepAction::Resumed);
}

#[tokio::test]
async fn late_failed_creation_of_deleted_stack_ends() {
    let stack = "arn:aws:cloudformation:us-east-1:111111111111:stack/payments/1";
    let abandoned = mock!(aws_sdk_s3::Client::get_object)
        .match_requests(|get| get.key().unwrap().ends_with("/abandoned.json"))
        .then_output(move || {
            GetObjectOutput::builder().body(json!({ "stackId": stack }).to_string().into_bytes().into()).build()
        });
    let late = RequestRecord { requested_by: stack.to_owned(), ..late() };
    let services = Services {
        s3: vec![got(&late), abandoned],
        organizations: vec![creation(CreateAccountState::Failed, None)],
        ..Services::default()
    };
    assert_eq!(services.process().await, SweepAction::NothingToDo);
}

#[tokio::test]
async fn creation_in_progress_is_left_alone() {
    let services = Services {
        s3: vec![got(&late())],
        organizations: vec![creation(CreateAccountState::InProgress, None)],
        ..Services::default()
    };
    assert_eq!(services.process().await, SweepAction::NothingToDo);
}

#[tokio::test]
async fn already_claimed_attempt_is_left_alone() {
    let services = Services {
        s3: vec![got(&late()), claim_exists()],
        organizations: vec![creation(CreateAccountState::Succeeded, Some(ACCOUNT))],
        ..Services::default()
    };
    assert_eq!(services.process().await, SweepAction::NothingToDo);
}

#[tokio::test]
async fn other_failures_are_not_resumed() {
    for record in [ended(ErrorCode::AccessDenied, Some("car-1")), ended(ErrorCode::CreationStillInProgress, None)] {
        let services = Services { s3: vec![got(&record)], ..Services::default() };
        assert_eq!(services.process().await, SweepAction::NothingToDo);
    }
}
