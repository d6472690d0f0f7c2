//! Executions that ended without a report.

use super::*;

fn described(account: &'static str, email: &'static str) -> Rule {
    mock!(aws_sdk_organizations::Client::describe_account)
        .match_requests(move |describe| describe.account_id() == Some(account))
        .then_output(move || {
            let account = Account::builder().id(account).email(email).name("pay").build();
            DescribeAccountOutput::builder().account(account).build()
        })
}

fn tagged_as_ours() -> Rule {
    mock!(aws_sdk_organizations::Client::list_tags_for_resource).then_output(|| {
        let tag = Tag::builder().key(KEY_TAG).value(key().as_str()).build().unwrap();
        ListTagsForResourceOutput::builder().tags(tag).build()
    })
}

fn tagged(state: &'static str) -> Rule {
    mock!(aws_sdk_organizations::Client::tag_resource)
        .match_requests(move |tag| tag.resource_id() == Some(ACCOUNT) && tag.tags()[0].value() == state)
        .then_output(|| TagResourceOutput::builder().build())
}

fn listed(accounts: &'static [(&'static str, &'static str)]) -> Rule {
    mock!(aws_sdk_organizations::Client::list_accounts).then_output(|| {
        let account = |(id, email): &(&str, &str)| Account::builder().id(*id).email(*email).build();
        ListAccountsOutput::builder().set_accounts(Some(accounts.iter().map(account).collect())).build()
    })
}

fn history(events: Vec<HistoryEvent>) -> Rule {
    mock!(aws_sdk_sfn::Client::get_execution_history)
        .then_output(move || GetExecutionHistoryOutput::builder().set_events(Some(events.clone())).build().unwrap())
}

fn event(kind: HistoryEventType) -> HistoryEventBuilder {
    HistoryEventBuilder::default().id(1).timestamp(DateTime::from_secs(0)).r#type(kind)
}

fn entered(step: &str) -> HistoryEvent {
    let details = StateEnteredEventDetails::builder().name(step).build().unwrap();
    event(HistoryEventType::TaskStateEntered).state_entered_event_details(details).build().unwrap()
}

fn succeeded(step: &str, result: &Value) -> HistoryEvent {
    let report = json!({
        "step": step, "changed": true, "detail": "done", "startedAt": "2026-11-22T00:00:00Z", "durationMs": 5,
        "result": result
    });
    let details = TaskSucceededEventDetails::builder().resource_type("lambda").resource("invoke");
    let details = details.output(json!({ "Payload": report }).to_string()).build().unwrap();
    event(HistoryEventType::TaskSucceeded).task_succeeded_event_details(details).build().unwrap()
}

fn created() -> HistoryEvent {
    succeeded("CheckAccountCreation", &json!({ "state": "SUCCEEDED", "accountId": ACCOUNT, "creationId": "car-1" }))
}

fn ended(status: ExecutionStatus, events: Vec<HistoryEvent>) -> Vec<Rule> {
    vec![execution(status), history(events)]
}

#[tokio::test]
async fn a_stopped_execution_is_reported_with_its_steps_and_the_one_that_it_stopped() {
    let reported = put(false, |record| {
        let outcome = record.outcome.as_ref().unwrap();
        assert_eq!(outcome.status, vending_core::Status::Failed);
        let failure = outcome.failure.as_ref().unwrap();
        assert_eq!((failure.step.as_str(), failure.code.as_str()), ("MoveAccount", "ExecutionEnded"));
        assert_eq!(failure.message, "the execution ended as ABORTED: Stopped: by hand");
        let steps: Vec<&StepReport> = outcome.steps.iter().collect();
        assert_eq!((steps.len(), steps[0].step.as_str(), steps[0].duration_ms), (1, "CheckAccountCreation", 5));
        assert_eq!(outcome.creation_id.as_deref(), Some("car-1"));
        assert_eq!(outcome.account.as_ref().unwrap().id, ACCOUNT);
    });
    let answers = Answers {
        s3: vec![got(&old()), reported, no_stack_waits()],
        executions: ended(ExecutionStatus::Aborted, vec![created(), entered("MoveAccount")]),
        organizations: vec![described(ACCOUNT, EMAIL), tagged_as_ours(), tagged("failed:MoveAccount")],
    };
    assert_eq!(answers.settle().await, Settled::Reported);
}

#[tokio::test]
async fn a_success_that_was_not_reported_is_vended() {
    let reported = put(false, |record| {
        let outcome = record.outcome.as_ref().unwrap();
        assert_eq!((outcome.status, &outcome.failure), (vending_core::Status::Vended, &None));
        let account = outcome.account.as_ref().unwrap();
        assert_eq!(account.vending_role_arn.as_deref(), Some("arn:vending"));
        assert_eq!(account.engineer_role_arn.as_deref(), Some("arn:engineer"));
    });
    let events = vec![
        created(),
        succeeded("BootstrapRole", &json!({ "roleArn": "arn:vending" })),
        succeeded("GrantAccess", &json!({ "engineerRoleArn": "arn:engineer" })),
    ];
    let answers = Answers {
        s3: vec![got(&old()), reported, no_stack_waits()],
        executions: ended(ExecutionStatus::Succeeded, events),
        organizations: vec![described(ACCOUNT, EMAIL), tagged_as_ours(), tagged("vended")],
    };
    assert_eq!(answers.settle().await, Settled::Reported);
}

#[tokio::test]
async fn an_execution_that_tells_nothing_is_looked_for_by_email() {
    let reported = put(false, |record| {
        let outcome = record.outcome.as_ref().unwrap();
        assert_eq!(outcome.failure.as_ref().unwrap().step, "VendAccount");
        assert_eq!((outcome.steps.len(), &outcome.account), (0, &None));
    });
    let answers = Answers {
        s3: vec![got(&old()), reported, no_stack_waits()],
        executions: ended(ExecutionStatus::TimedOut, Vec::new()),
        organizations: vec![listed(&[("222222222222", "other@example.com")])],
    };
    assert_eq!(answers.settle().await, Settled::Reported);
}

#[tokio::test]
async fn an_account_that_is_not_ours_is_neither_shown_nor_tagged() {
    let reported = put(false, |record| assert_eq!(record.outcome.as_ref().unwrap().account, None));
    let answers = Answers {
        s3: vec![got(&old()), reported, no_stack_waits()],
        executions: ended(ExecutionStatus::Failed, vec![created()]),
        organizations: vec![described(ACCOUNT, "other@example.com"), tagged_as_ours()],
    };
    assert_eq!(answers.settle().await, Settled::Reported);
}

/// The record's hint is where the history names no account.
#[tokio::test]
async fn the_account_of_an_earlier_attempt_is_looked_at() {
    let record = RequestRecord { account_id: Some(ACCOUNT.parse().unwrap()), ..old() };
    let answers = Answers {
        s3: vec![
            got(&record),
            put(false, |record| assert!(record.outcome.as_ref().unwrap().account.is_some())),
            no_stack_waits(),
        ],
        executions: ended(ExecutionStatus::Aborted, vec![entered("CreateAccount")]),
        organizations: vec![described(ACCOUNT, EMAIL), tagged_as_ours(), tagged("failed:CreateAccount")],
    };
    assert_eq!(answers.settle().await, Settled::Reported);
}

#[tokio::test]
async fn an_outcome_that_is_owed_is_reported_again() {
    let vended = Outcome {
        status: vending_core::Status::Vended,
        ended_at: OffsetDateTime::UNIX_EPOCH,
        account: Some(vending_core::Account { id: ACCOUNT.to_owned(), ..vending_core::Account::default() }),
        creation_id: None,
        steps: Vec::new(),
        failure: None,
        evidence: None,
        owed: true,
    };
    let owed = RequestRecord { outcome: Some(vended), ..old() };
    let reported = put(false, |record| {
        let outcome = record.outcome.as_ref().unwrap();
        assert_eq!((outcome.ended_at, outcome.owed), (OffsetDateTime::UNIX_EPOCH, false));
    });
    let answers = Answers {
        s3: vec![got(&owed), reported, no_stack_waits()],
        organizations: vec![tagged("vended")],
        ..Answers::default()
    };
    assert_eq!(answers.settle().await, Settled::Reported);
}
