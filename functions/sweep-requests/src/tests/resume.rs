//! Requests that ended before AWS had created their account.

use super::*;

fn ended(code: ErrorCode, creation_id: Option<&str>) -> RequestRecord {
    let outcome = Outcome {
        status: vending_core::Status::Failed,
        ended_at: OffsetDateTime::now_utc(),
        account: None,
        creation_id: creation_id.map(str::to_owned),
        steps: Vec::new(),
        evidence: None,
        owed: false,
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
async fn a_request_goes_on_once_its_account_is_there() {
    let claimed = put(true, |record| {
        assert_eq!(record.request_id, id(2));
        assert_eq!(record.account_id, Some(ACCOUNT.parse().unwrap()));
        assert_eq!((record.requested_by.as_str(), &record.outcome), ("arn:jane", &None));
        assert!(record.requested_at > OffsetDateTime::now_utc() - Duration::minutes(1));
    });
    let answers = Answers {
        s3: vec![got(&late()), claimed],
        executions: vec![started(2)],
        organizations: vec![creation(CreateAccountState::Succeeded, Some(ACCOUNT))],
    };
    assert_eq!(answers.settle().await, Settled::Resumed);
}

#[tokio::test]
async fn a_creation_that_failed_late_is_asked_for_again() {
    let claimed = put(true, |record| {
        assert_eq!(record.request_id, id(2));
        assert_eq!(record.account_id, None);
    });
    let answers = Answers {
        s3: vec![got(&late()), claimed],
        executions: vec![started(2)],
        organizations: vec![creation(CreateAccountState::Failed, None)],
    };
    assert_eq!(answers.settle().await, Settled::Resumed);
}

#[tokio::test]
async fn until_then_it_waits() {
    let answers = Answers {
        s3: vec![got(&late())],
        organizations: vec![creation(CreateAccountState::InProgress, None)],
        ..Answers::default()
    };
    assert_eq!(answers.settle().await, Settled::NothingToDo);
}

#[tokio::test]
async fn a_request_that_somebody_goes_on_with_is_left_to_them() {
    let answers = Answers {
        s3: vec![got(&late()), taken()],
        organizations: vec![creation(CreateAccountState::Succeeded, Some(ACCOUNT))],
        ..Answers::default()
    };
    assert_eq!(answers.settle().await, Settled::NothingToDo);
}

#[tokio::test]
async fn any_other_end_is_an_end() {
    for record in [ended(ErrorCode::AccessDenied, Some("car-1")), ended(ErrorCode::CreationStillInProgress, None)] {
        let answers = Answers { s3: vec![got(&record)], ..Answers::default() };
        assert_eq!(answers.settle().await, Settled::NothingToDo);
    }
}
