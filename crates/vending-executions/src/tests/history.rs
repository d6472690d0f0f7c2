use aws_sdk_sfn::types::builders::HistoryEventBuilder;
use aws_sdk_sfn::types::{
    HistoryEvent, HistoryEventType, StateEnteredEventDetails, TaskFailedEventDetails, TaskScheduledEventDetails,
    TaskSucceededEventDetails, TaskTimedOutEventDetails,
};
use aws_smithy_mocks::{RuleMode, mock, mock_client};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::DateTime;
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};
use time::OffsetDateTime;
use vending_core::{ErrorCode, Failure, Outcome, Owner, Status, StepName, StepReport, StepStatus, VendedAccount};

use super::super::*;

const AWS: &str = include_str!("../../fixtures/aws-history.json");
const MINISTACK: &str = include_str!("../../fixtures/ministack-history.json");

/// The events of a fixture, which the SDK parses as a response of AWS.
async fn events(fixture: &'static str) -> Vec<HistoryEvent> {
    let response = mock!(Client::get_execution_history)
        .then_http_response(move || HttpResponse::new(200.try_into().unwrap(), SdkBody::from(fixture)));
    let client = mock_client!(aws_sdk_sfn, RuleMode::Sequential, &[&response]);
    let history = client.get_execution_history().execution_arn("arn").send();
    history.await.unwrap().events
}

/// The events before the next failure or success after these numbers of them.
fn until(events: &[HistoryEvent], failures: usize, successes: usize) -> &[HistoryEvent] {
    let mut seen = (0, 0);
    let selected = events.iter().take_while(|event| {
        match event.r#type() {
            HistoryEventType::TaskFailed => seen.0 += 1,
            HistoryEventType::TaskSucceeded => seen.1 += 1,
            _ => {}
        }
        seen.0 <= failures && seen.1 <= successes
    });
    &events[..selected.count()]
}

fn read(events: &[HistoryEvent], running: bool) -> History {
    let mut reader = HistoryReader::default();
    for event in events {
        reader.read(event);
    }
    reader.finish(running)
}

fn steps(events: &[HistoryEvent], running: bool) -> Vec<StepView> {
    read(events, running).steps
}

fn statuses_after(events: &[HistoryEvent], failures: usize, successes: usize) -> Vec<(String, StepStatus)> {
    statuses(&steps(until(events, failures, successes), true))
}

fn statuses(steps: &[StepView]) -> Vec<(String, StepStatus)> {
    let status = |step: &StepView| (step.step.clone(), step.status);
    steps.iter().map(status).collect()
}

fn check(found: &[(String, StepStatus)], expected: &[(&str, StepStatus)]) {
    let found: Vec<_> = found.iter().map(|(step, status)| (step.as_str(), *status)).collect();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn both_formats_show_the_same_steps() {
    use StepStatus::{Failed, Succeeded};
    for fixture in [AWS, MINISTACK] {
        let steps = steps(&events(fixture).await, false);
        check(
            &statuses(&steps),
            &[
                ("ValidateRequest", Succeeded),
                ("CreateAccount", Succeeded),
                ("CheckAccountCreation", Succeeded),
                ("MoveAccount", Succeeded),
                ("BootstrapRole", Succeeded),
                ("EnableCloudtrail", Succeeded),
                ("EnableConfig", Failed),
            ],
        );
        let failed = steps.last().unwrap();
        let message = "could not put the recorder: AccessDenied: explicit deny in a service control policy";
        assert_eq!(failed.detail.as_deref(), Some(message));
        assert_eq!((failed.changed, failed.duration_ms), (None, None));
    }
}

#[tokio::test]
async fn repeated_step_has_first_start_and_last_result() {
    for fixture in [AWS, MINISTACK] {
        let events = events(fixture).await;
        let after_first_run = steps(until(&events, 1, 3), true);
        let after_all_runs = steps(&events, false);
        let (first, last) = (&after_first_run[2], &after_all_runs[2]);
        assert_eq!(first.step, "CheckAccountCreation");
        assert_eq!(first.changed, Some(false));
        assert_eq!(last.changed, Some(true));
        assert_eq!(last.detail.as_deref(), Some("AWS has created 111111111111"));
        assert!(first.started_at.is_some());
        assert_eq!(first.started_at, last.started_at);
    }
}

#[tokio::test]
async fn failed_step_is_retrying_until_it_succeeds() {
    use StepStatus::{InProgress, Retrying, Succeeded};
    for fixture in [AWS, MINISTACK] {
        let events = events(fixture).await;
        let validated = ("ValidateRequest", Succeeded);
        check(&statuses_after(&events, 0, 0), &[("ValidateRequest", InProgress)]);
        check(&statuses_after(&events, 0, 1), &[validated, ("CreateAccount", InProgress)]);
        check(&statuses_after(&events, 1, 1), &[validated, ("CreateAccount", Retrying)]);
        // A timeout of Lambda has no step name; the state or the function shows it.
        let (step, status) = statuses_after(&events, 2, 5).pop().unwrap();
        assert_eq!((step.as_str(), status), ("BootstrapRole", Retrying));
        // Inside a Map, MiniStack shows no state or function; the error has the step name.
        let (step, status) = statuses_after(&events, 3, 7).pop().unwrap();
        assert_eq!((step.as_str(), status), ("EnableConfig", Retrying));
        // A permanent error fails the step, although the execution continues.
        let (step, status) = statuses_after(&events, 4, 7).pop().unwrap();
        assert_eq!((step.as_str(), status), ("EnableConfig", StepStatus::Failed));
    }
}

#[tokio::test]
async fn running_steps_of_a_map_are_shown_for_aws() {
    use StepStatus::InProgress;
    let found = statuses_after(&events(AWS).await, 2, 6);
    check(&found[5..], &[("EnableCloudtrail", InProgress), ("EnableConfig", InProgress)]);
    let found = statuses_after(&events(MINISTACK).await, 2, 6);
    assert_eq!(found.last().unwrap().0, "BootstrapRole");
}

#[tokio::test]
async fn open_steps_fail_when_the_execution_ends() {
    for fixture in [AWS, MINISTACK] {
        let events = events(fixture).await;
        let count = events.iter().take_while(|event| event.task_failed_event_details().is_none());
        let cut = count.count();
        let aborted = steps(&events[..cut], false).pop().unwrap();
        assert_eq!(aborted.status, StepStatus::Failed);
        assert_eq!(aborted.detail.as_deref(), Some("the execution ended while the step was in progress"));
        let aborted = steps(&events[..=cut], false).pop().unwrap();
        assert_eq!(aborted.status, StepStatus::Failed);
        assert!(aborted.detail.unwrap().contains("slow down"));
    }
}

fn event(id: i64, kind: HistoryEventType) -> HistoryEventBuilder {
    HistoryEvent::builder().id(id).previous_event_id(id - 1).timestamp(DateTime::from_secs(id)).r#type(kind)
}

fn entered(id: i64, name: &str) -> HistoryEvent {
    let details = StateEnteredEventDetails::builder().name(name).build().unwrap();
    event(id, HistoryEventType::TaskStateEntered).state_entered_event_details(details).build().unwrap()
}

#[test]
fn timed_out_task_fails_when_its_state_exits() {
    let details = TaskTimedOutEventDetails::builder()
        .resource_type("lambda")
        .resource("invoke")
        .error("States.Timeout")
        .build()
        .unwrap();
    let timed_out = event(2, HistoryEventType::TaskTimedOut).task_timed_out_event_details(details).build().unwrap();
    let exited = event(3, HistoryEventType::TaskStateExited).build().unwrap();
    let history = [entered(1, "MoveAccount"), timed_out, exited];
    assert_eq!(steps(&history[..2], true)[0].status, StepStatus::Retrying);
    let ended = steps(&history, true).remove(0);
    assert_eq!(ended.status, StepStatus::Failed);
    assert_eq!(ended.detail.as_deref(), Some("States.Timeout"));
}

#[test]
fn success_without_a_report_is_a_success() {
    let succeeded = event(2, HistoryEventType::TaskSucceeded).build().unwrap();
    let found = steps(&[entered(1, "MoveAccount"), succeeded], true);
    check(&statuses(&found), &[("MoveAccount", StepStatus::Succeeded)]);
}

#[test]
fn failed_step_is_retrying_after_a_wait() {
    let details = TaskFailedEventDetails::builder().resource_type("lambda").resource("invoke").error("Throttled");
    let details = details.build().unwrap();
    let failed = event(2, HistoryEventType::TaskFailed).task_failed_event_details(details).build().unwrap();
    let exited = event(3, HistoryEventType::TaskStateExited).build().unwrap();
    let waits = event(4, HistoryEventType::WaitStateEntered).build().unwrap();
    let history = [entered(1, "CreateAccount"), failed, exited, waits, entered(5, "CreateAccount")];
    for count in 4..=5 {
        check(&statuses(&steps(&history[..count], true)), &[("CreateAccount", StepStatus::Retrying)]);
    }
    check(&statuses(&steps(&history[..4], false)), &[("CreateAccount", StepStatus::Failed)]);
}

#[tokio::test]
async fn history_has_reports_and_results_of_all_runs() {
    for fixture in [AWS, MINISTACK] {
        let events = events(fixture).await;
        let history = read(&events, false);
        let reported: Vec<&str> = history.reports.iter().map(|report| report.step.as_str()).collect();
        assert_eq!(
            reported,
            [
                "ValidateRequest",
                "CreateAccount",
                "CheckAccountCreation",
                "CheckAccountCreation",
                "MoveAccount",
                "BootstrapRole",
                "EnableCloudtrail",
            ]
        );
        assert_eq!(history.result(&[StepName::CheckAccountCreation], "accountId"), Some("111111111111"));
        assert_eq!(
            history.result(&[StepName::CheckAccountCreation, StepName::CreateAccount], "accountId"),
            Some("111111111111")
        );
        assert_eq!(history.result(&[StepName::CreateAccount], "accountId"), None);
        assert_eq!(history.result(&[StepName::MoveAccount], "accountId"), None);
        let before = read(until(&events, 1, 3), true);
        assert_eq!(before.result(&[StepName::CheckAccountCreation], "accountId"), None);
        assert_eq!(before.result(&[StepName::CheckAccountCreation], "creationId"), Some("car-1"));
    }
}

/// The success of a run, with its result.
fn succeeded(id: i64, step: &str, detail: &str, result: &Value) -> HistoryEvent {
    let payload = json!({
        "report": {
            "step": step, "status": "SUCCEEDED", "changed": false, "detail": detail,
            "startedAt": "1970-01-01T00:00:00Z", "durationMs": 5, "readBackAt": null
        },
        "result": result
    });
    let output = json!({ "Payload": payload }).to_string();
    let details = TaskSucceededEventDetails::builder().resource_type("lambda").resource("invoke").output(output);
    let details = details.build().unwrap();
    event(id, HistoryEventType::TaskSucceeded).task_succeeded_event_details(details).build().unwrap()
}

#[test]
fn last_value_of_a_field_wins_across_steps() {
    let events = [
        succeeded(1, "CreateAccount", "", &json!({ "creationId": "car-1", "accountId": null })),
        succeeded(2, "CheckAccountCreation", "", &json!({ "creationId": "car-2", "accountId": "1" })),
        succeeded(3, "CreateAccount", "", &json!({ "creationId": "car-3", "accountId": null })),
        succeeded(4, "ConfigureGithubOidc", "", &json!({ "githubRoleArns": ["arn:old"] })),
        succeeded(5, "ConfigureGithubOidc", "", &json!({ "githubRoleArns": ["arn:new"] })),
        succeeded(6, "MoveAccount", "", &Value::Null),
    ];
    let history = read(&events, false);
    let creation = [StepName::CreateAccount, StepName::CheckAccountCreation];
    assert_eq!(history.result(&creation, "creationId"), Some("car-3"));
    assert_eq!(history.result(&creation, "accountId"), Some("1"));
    assert_eq!(history.list(&[StepName::ConfigureGithubOidc], "githubRoleArns"), ["arn:new"]);
    assert_eq!(history.result(&[StepName::MoveAccount], "accountId"), None);
}

#[test]
fn number_of_reports_is_limited() {
    let mut events = vec![succeeded(1, "ValidateRequest", "the only one", &Value::Null)];
    let check = |id| succeeded(id, "CheckAccountCreation", &format!("check {id}"), &json!({ "creationId": "car-1" }));
    events.extend((2..=5_000).map(check));
    events.push(succeeded(5_001, "MoveAccount", "moved", &Value::Null));
    let history = read(&events, false);
    assert_eq!(history.steps.len(), 3);
    assert_eq!(history.reports.len(), 501);
    let details: Vec<&str> = history.reports.iter().map(|report| report.detail.as_str()).collect();
    assert_eq!(
        (details[0], details[1], details[499], details[500]),
        ("the only one", "check 4502", "check 5000", "moved")
    );
    assert_eq!(history.result(&[StepName::CheckAccountCreation], "creationId"), Some("car-1"));
}

#[test]
fn states_that_are_not_steps_are_omitted() {
    let history = [entered(1, "ApplyBaseline"), entered(2, "ReportOutcome")];
    assert_eq!(steps(&history, true), []);
}

#[test]
fn functions_are_identified_by_folder() {
    for (name, step) in [
        ("arn:aws:lambda:us-east-1:123456789012:function:account-vending-enable-config", Some("EnableConfig")),
        ("arn:aws:lambda:us-east-1:123456789012:function:v-check-account-creation:live", Some("CheckAccountCreation")),
        ("create-account", Some("CreateAccount")),
        ("arn:aws:lambda:us-east-1:123456789012:function:recreate-account", None),
        ("arn:aws:lambda:us-east-1:123456789012:function:account-vending-report-outcome", None),
    ] {
        let details = TaskScheduledEventDetails::builder()
            .resource_type("lambda")
            .resource("invoke")
            .region("us-east-1")
            .parameters(json!({ "FunctionName": name }).to_string())
            .build()
            .unwrap();
        let scheduled =
            event(1, HistoryEventType::TaskScheduled).task_scheduled_event_details(details).build().unwrap();
        let found = steps(&[scheduled], true);
        assert_eq!(found.first().map(|found| found.step.as_str()), step, "{name}");
    }
}

#[test]
fn outcome_shows_reports_and_the_failed_step() {
    let report = |step: &str, changed| StepReport {
        step: step.to_owned(),
        status: StepStatus::Succeeded,
        changed,
        detail: "done".to_owned(),
        started_at: OffsetDateTime::UNIX_EPOCH,
        duration_ms: 5,
        read_back_at: None,
    };
    let failed_at = |step: &str| Outcome {
        status: Status::Failed,
        ended_at: OffsetDateTime::UNIX_EPOCH,
        account: Some(VendedAccount::default()),
        creation_id: None,
        creations: Some(1),
        steps: vec![report("CreateAccount", true), report("CreateAccount", false)],
        evidence: None,
        pending_parts: [].into(),
        failure: Some(Failure {
            step: step.to_owned(),
            code: "AccessDenied".to_owned(),
            message: "denied".to_owned(),
            remedy: "allow it".to_owned(),
            owner: Owner::Platform,
        }),
    };
    let shown = serde_json::to_value(recorded_steps(&failed_at("MoveAccount"))).unwrap();
    assert_eq!(
        shown,
        json!([
            { "step": "CreateAccount", "status": "SUCCEEDED", "startedAt": "1970-01-01T00:00:00Z", "durationMs": 5, "changed": false, "detail": "done", "readBackAt": null },
            { "step": "MoveAccount", "status": "FAILED", "startedAt": null, "durationMs": null, "changed": null, "detail": "denied", "readBackAt": null },
        ])
    );
    assert_eq!(recorded_steps(&failed_at("VendAccount")).len(), 1);
}

fn end(status: ExecutionStatus, error: &str, cause: &str) -> End {
    let execution = aws_sdk_sfn::operation::describe_execution::DescribeExecutionOutput::builder()
        .execution_arn("arn")
        .state_machine_arn("arn")
        .start_date(DateTime::from_secs(0))
        .status(status)
        .error(error)
        .cause(cause);
    End::from_execution(execution.build().unwrap())
}

#[tokio::test]
async fn failure_of_ended_execution_has_the_open_step() {
    let events = events(AWS).await;
    let running = read(until(&events, 0, 1), false);
    for (end, message) in [
        (end(ExecutionStatus::Aborted, "Stopped", "by hand"), "the execution ended as ABORTED: Stopped: by hand"),
        (end(ExecutionStatus::TimedOut, "States.Timeout", ""), "the execution ended as TIMED_OUT: States.Timeout"),
        (end(ExecutionStatus::Failed, "States.Runtime", ""), "the execution ended as FAILED: States.Runtime"),
        (end(ExecutionStatus::Aborted, "AccessDenied", ""), "the execution ended as ABORTED: AccessDenied"),
        (end(ExecutionStatus::Aborted, "", ""), "the execution ended as ABORTED"),
    ] {
        let failure = end.failure(&running);
        assert_eq!((failure.code.as_str(), failure.message.as_str()), ("ExecutionEnded", message));
        assert_eq!(failure.step, "CreateAccount");
        assert_eq!(end.failure(&History::default()).step, "VendAccount");
    }
}

#[tokio::test]
async fn failure_of_a_step_is_unchanged() {
    let history = read(&events(AWS).await, false);
    let expected =
        Failure { remedy: "allow it".to_owned(), ..Failure::new("EnableConfig", ErrorCode::AccessDenied, "denied") };
    let cause = json!({ "errorType": "AccessDenied", "errorMessage": serde_json::to_string(&expected).unwrap() });
    let failure = end(ExecutionStatus::Failed, "AccessDenied", &cause.to_string()).failure(&history);
    assert_eq!(failure, expected);
    let without_step = end(ExecutionStatus::Failed, "AccessDenied", "denied").failure(&history);
    assert_eq!(without_step.step, "EnableConfig");
}

#[test]
fn all_failures_of_side_by_side_branches_are_read() {
    let caught = json!([
        { "state": "CreateUnits", "error": "AccessDenied", "cause": "denied" },
        { "state": "ApplyPolicies", "error": "Lambda.Unknown", "cause": "" },
    ]);
    let failures = end(ExecutionStatus::Failed, "AccessDenied", &caught.to_string()).failures("BuildOrganization");
    let found: Vec<_> = failures.iter().map(|failure| (&*failure.step, &*failure.code, &*failure.message)).collect();
    let expected = [("CreateUnits", "AccessDenied", "denied"), ("ApplyPolicies", "Lambda.Unknown", "Lambda.Unknown")];
    assert_eq!(found, expected);
    for end in [
        end(ExecutionStatus::Aborted, "AccessDenied", &caught.to_string()),
        end(ExecutionStatus::Failed, "States.Timeout", "[]"),
    ] {
        let failures = end.failures("BuildOrganization");
        assert_eq!(
            (failures.len(), &*failures[0].step, &*failures[0].code),
            (1, "BuildOrganization", "ExecutionEnded")
        );
    }
}
