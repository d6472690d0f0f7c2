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

fn has_own_tags() -> Rule {
    mock!(aws_sdk_organizations::Client::list_tags_for_resource).then_output(|| {
        let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build().unwrap();
        let tags = ListTagsForResourceOutput::builder().tags(tag(KEY_TAG, key().as_str()));
        tags.tags(tag(DEPLOYMENT_TAG, "stack")).build()
    })
}

fn untagged() -> Rule {
    mock!(aws_sdk_organizations::Client::list_tags_for_resource)
        .then_output(|| ListTagsForResourceOutput::builder().build())
}

fn tags_account(state: &'static str) -> Rule {
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
        "step": step, "status": "SUCCEEDED", "changed": true, "detail": "done", "startedAt": "2026-11-22T00:00:00Z",
        "durationMs": 5
    });
    let details = TaskSucceededEventDetails::builder().resource_type("lambda").resource("invoke");
    let details =
        details.output(json!({ "Payload": { "report": report, "result": result } }).to_string()).build().unwrap();
    event(HistoryEventType::TaskSucceeded).task_succeeded_event_details(details).build().unwrap()
}

fn created() -> HistoryEvent {
    succeeded("CheckAccountCreation", &json!({ "state": "SUCCEEDED", "accountId": ACCOUNT, "creationId": "car-1" }))
}

fn ended(status: ExecutionStatus, events: Vec<HistoryEvent>) -> Vec<Rule> {
    vec![execution(status), history(events)]
}

#[tokio::test]
async fn stopped_execution_is_reported_with_its_steps() {
    let reported = put(false, |record| {
        let outcome = record.outcome.as_ref().unwrap();
        assert_eq!(outcome.status, Status::Failed);
        let failure = outcome.failure.as_ref().unwrap();
        assert_eq!((failure.step.as_str(), failure.code.as_str()), ("MoveAccount", "ExecutionEnded"));
        assert_eq!(failure.message, "the execution ended as ABORTED: Stopped: by hand");
        let steps: Vec<&StepReport> = outcome.steps.iter().collect();
        assert_eq!((steps.len(), steps[0].step.as_str(), steps[0].duration_ms), (1, "CheckAccountCreation", 5));
        assert_eq!(outcome.creation_id.as_deref(), Some("car-1"));
        assert_eq!(outcome.account.as_ref().unwrap().id, ACCOUNT);
    });
    let services = Services {
        s3: vec![got(&old()), no_record(), reported, no_stack_waits()],
        executions: ended(ExecutionStatus::Aborted, vec![created(), entered("MoveAccount")]),
        organizations: vec![described(ACCOUNT, EMAIL), has_own_tags(), tags_account("failed:MoveAccount")],
        ..Services::default()
    };
    assert_eq!(services.process().await, SweepAction::Reported);
}

/// The caller saw the execution fail, and sent the request again before the failure was reported.
#[tokio::test]
async fn unreported_earlier_attempt_is_reported() {
    let reported = put(false, |record| assert_eq!(record.outcome.as_ref().unwrap().status, Status::Failed));
    let services = Services {
        s3: vec![got(&old()), no_record(), reported, no_stack_waits()],
        executions: ended(ExecutionStatus::Aborted, vec![created(), entered("MoveAccount")]),
        organizations: vec![described(ACCOUNT, EMAIL), has_own_tags(), tags_account("failed:MoveAccount")],
        ..Services::default()
    };
    let action = Box::pin(services.sweep().process(&id(1), Position::Earlier)).await.unwrap();
    assert_eq!(action, SweepAction::Reported);
    services.check();
}

#[tokio::test]
async fn unreported_success_is_vended() {
    let reported = put(false, |record| {
        let outcome = record.outcome.as_ref().unwrap();
        assert_eq!((outcome.status, &outcome.failure), (Status::Vended, &None));
        let account = outcome.account.as_ref().unwrap();
        assert_eq!(account.vending_role_arn.as_deref(), Some("arn:vending"));
        assert_eq!(account.engineer_role_arn.as_deref(), Some("arn:engineer"));
    });
    let events = vec![
        created(),
        succeeded("BootstrapRole", &json!({ "roleArn": "arn:vending" })),
        succeeded("GrantAccess", &json!({ "engineerRoleArn": "arn:engineer" })),
    ];
    let services = Services {
        s3: vec![got(&old()), no_record(), reported, no_stack_waits()],
        executions: ended(ExecutionStatus::Succeeded, events),
        organizations: vec![described(ACCOUNT, EMAIL), has_own_tags(), tags_account("vended")],
        ..Services::default()
    };
    assert_eq!(services.process().await, SweepAction::Reported);
}

#[tokio::test]
async fn account_is_found_by_email_without_history() {
    let reported = put(false, |record| {
        let outcome = record.outcome.as_ref().unwrap();
        assert_eq!(outcome.failure.as_ref().unwrap().step, "VendAccount");
        assert_eq!((outcome.steps.len(), &outcome.account), (0, &None));
    });
    let services = Services {
        s3: vec![got(&old()), reported, no_stack_waits()],
        executions: ended(ExecutionStatus::TimedOut, Vec::new()),
        organizations: vec![listed(&[("222222222222", "other@example.com")])],
        ..Services::default()
    };
    assert_eq!(services.process().await, SweepAction::Reported);
}

#[tokio::test]
async fn foreign_account_is_not_reported_or_tagged() {
    let reported = put(false, |record| assert_eq!(record.outcome.as_ref().unwrap().account, None));
    let services = Services {
        s3: vec![got(&old()), reported, no_stack_waits()],
        executions: ended(ExecutionStatus::Failed, vec![created()]),
        organizations: vec![described(ACCOUNT, EMAIL), untagged()],
        ..Services::default()
    };
    assert_eq!(services.process().await, SweepAction::Reported);
}

/// The record names the account if the history does not.
#[tokio::test]
async fn account_of_an_earlier_attempt_is_used() {
    let record = RequestRecord { account_id: Some(ACCOUNT.parse().unwrap()), ..old() };
    let services = Services {
        s3: vec![
            got(&record),
            no_record(),
            put(false, |record| assert!(record.outcome.as_ref().unwrap().account.is_some())),
            no_stack_waits(),
        ],
        executions: ended(ExecutionStatus::Aborted, vec![entered("CreateAccount")]),
        organizations: vec![described(ACCOUNT, EMAIL), has_own_tags(), tags_account("failed:CreateAccount")],
        ..Services::default()
    };
    assert_eq!(services.process().await, SweepAction::Reported);
}

#[tokio::test]
async fn only_failed_report_parts_are_repeated() {
    let vended = |pending_parts: &[ReportPart]| Outcome {
        status: Status::Vended,
        ended_at: OffsetDateTime::UNIX_EPOCH,
        account: Some(vending_core::VendedAccount { id: ACCOUNT.to_owned(), ..vending_core::VendedAccount::default() }),
        creation_id: None,
        creations: Some(1),
        steps: Vec::new(),
        failure: None,
        evidence: None,
        pending_parts: pending_parts.iter().copied().collect(),
    };
    let pending = |parts: &[ReportPart]| RequestRecord { outcome: Some(vended(parts)), ..old() };
    let completed = || {
        put(false, |record| {
            let outcome = record.outcome.as_ref().unwrap();
            assert_eq!((outcome.ended_at, outcome.pending_parts.len()), (OffsetDateTime::UNIX_EPOCH, 0));
        })
    };
    let services = Services {
        s3: vec![got(&pending(&[ReportPart::Tag])), no_record(), completed()],
        organizations: vec![tags_account("vended")],
        ..Services::default()
    };
    assert_eq!(services.process().await, SweepAction::Reported);
    let stacks = Services {
        s3: vec![got(&pending(&[ReportPart::StackResponses])), no_stack_waits(), completed()],
        ..Services::default()
    };
    assert_eq!(stacks.process().await, SweepAction::Reported);
}

#[tokio::test]
async fn unchanged_record_is_not_written_again() {
    let outcome = json!({
        "status": "VENDED", "endedAt": "2026-11-22T00:00:00Z", "creationId": null, "steps": [], "failure": null,
        "account": { "id": ACCOUNT, "name": "pay", "email": EMAIL, "organizationalUnit": "Workloads" }, "pendingParts": ["TAG"],
    });
    let pending = RequestRecord { outcome: Some(serde_json::from_value(outcome).unwrap()), ..old() };
    let denied = mock!(aws_sdk_organizations::Client::tag_resource)
        .then_error(|| aws_sdk_organizations::operation::tag_resource::TagResourceError::generic(meta("AccessDenied")));
    let services =
        Services { s3: vec![got(&pending), no_record()], organizations: vec![denied], ..Services::default() };
    let error = Box::pin(services.sweep().process(&id(1), Position::Last)).await.unwrap_err();
    assert_eq!(error.code(), vending_core::ErrorCode::AccessDenied);
    services.check();
}
