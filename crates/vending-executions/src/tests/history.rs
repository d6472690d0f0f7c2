use aws_sdk_sfn::types::builders::HistoryEventBuilder;
use aws_sdk_sfn::types::{
    HistoryEventType, StateEnteredEventDetails, TaskFailedEventDetails, TaskScheduledEventDetails,
    TaskTimedOutEventDetails,
};
use aws_smithy_mocks::{RuleMode, mock, mock_client};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::DateTime;
use aws_smithy_types::body::SdkBody;
use serde_json::json;
use time::OffsetDateTime;
use vending_core::{Account, ErrorCode, Failure, Outcome, Owner, Status, StepReport};

use super::super::*;

const AWS: &str = include_str!("../../fixtures/aws-history.json");
const MINISTACK: &str = include_str!("../../fixtures/ministack-history.json");

/// Reads a fixture through the SDK, as it reads the wire.
async fn events(fixture: &'static str) -> Vec<HistoryEvent> {
    let answer = mock!(Client::get_execution_history)
        .then_http_response(move || HttpResponse::new(200.try_into().unwrap(), SdkBody::from(fixture)));
    let client = mock_client!(aws_sdk_sfn, RuleMode::Sequential, &[&answer]);
    let history = client.get_execution_history().execution_arn("arn").send();
    history.await.unwrap().events
}

/// The history until one more failure or success than these happens.
fn until(events: &[HistoryEvent], failures: usize, successes: usize) -> &[HistoryEvent] {
    let mut seen = (0, 0);
    let so_far = events.iter().take_while(|event| {
        match event.r#type() {
            HistoryEventType::TaskFailed => seen.0 += 1,
            HistoryEventType::TaskSucceeded => seen.1 += 1,
            _ => {}
        }
        seen.0 <= failures && seen.1 <= successes
    });
    &events[..so_far.count()]
}

fn steps(events: &[HistoryEvent], running: bool) -> Vec<StepView> {
    History::read(events, running).steps
}

fn when(events: &[HistoryEvent], failures: usize, successes: usize) -> Vec<(String, StepStatus)> {
    statuses(&steps(until(events, failures, successes), true))
}

fn statuses(steps: &[StepView]) -> Vec<(String, StepStatus)> {
    let status = |step: &StepView| (step.step.clone(), step.status);
    steps.iter().map(status).collect()
}

fn check(found: &[(String, StepStatus)], wanted: &[(&str, StepStatus)]) {
    let found: Vec<_> = found.iter().map(|(step, at)| (step.as_str(), *at)).collect();
    assert_eq!(found, wanted);
}

#[tokio::test]
async fn both_shapes_tell_the_same_end() {
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
        let refused = steps.last().unwrap();
        let message = "could not put the recorder: AccessDenied: explicit deny in a service control policy";
        assert_eq!(refused.detail.as_deref(), Some(message));
        assert_eq!((refused.changed, refused.duration_ms), (None, None));
    }
}

#[tokio::test]
async fn a_repeated_step_shows_its_last_run_from_its_first_start() {
    for fixture in [AWS, MINISTACK] {
        let events = events(fixture).await;
        let of_first_run = steps(until(&events, 1, 3), true);
        let of_all_runs = steps(&events, false);
        let (first, last) = (&of_first_run[2], &of_all_runs[2]);
        assert_eq!(first.step, "CheckAccountCreation");
        assert_eq!(first.changed, Some(false));
        assert_eq!(last.changed, Some(true));
        assert_eq!(last.detail.as_deref(), Some("AWS has created 111111111111"));
        assert!(first.started_at.is_some());
        assert_eq!(first.started_at, last.started_at);
    }
}

#[tokio::test]
async fn a_step_is_retried_until_it_succeeds() {
    use StepStatus::{InProgress, Retrying, Succeeded};
    for fixture in [AWS, MINISTACK] {
        let events = events(fixture).await;
        let validated = ("ValidateRequest", Succeeded);
        check(&when(&events, 0, 0), &[("ValidateRequest", InProgress)]);
        check(&when(&events, 0, 1), &[validated, ("CreateAccount", InProgress)]);
        check(&when(&events, 1, 1), &[validated, ("CreateAccount", Retrying)]);
        // A time-out of Lambda names no step: the state or function does.
        let (step, status) = when(&events, 2, 5).pop().unwrap();
        assert_eq!((step.as_str(), status), ("BootstrapRole", Retrying));
        // Inside a Map, where MiniStack names nothing, the error does.
        let (step, status) = when(&events, 3, 7).pop().unwrap();
        assert_eq!((step.as_str(), status), ("EnableConfig", Retrying));
        // What is not tried again has failed, though the execution goes on.
        let (step, status) = when(&events, 4, 7).pop().unwrap();
        assert_eq!((step.as_str(), status), ("EnableConfig", StepStatus::Failed));
    }
}

#[tokio::test]
async fn steps_of_a_map_that_run_are_known_where_their_function_is() {
    use StepStatus::InProgress;
    let found = when(&events(AWS).await, 2, 6);
    check(&found[5..], &[("EnableCloudtrail", InProgress), ("EnableConfig", InProgress)]);
    let found = when(&events(MINISTACK).await, 2, 6);
    assert_eq!(found.last().unwrap().0, "BootstrapRole");
}

#[tokio::test]
async fn nothing_goes_on_when_the_execution_has_ended() {
    for fixture in [AWS, MINISTACK] {
        let events = events(fixture).await;
        let count = events.iter().take_while(|event| event.task_failed_event_details().is_none());
        let cut = count.count();
        let aborted = steps(&events[..cut], false).pop().unwrap();
        assert_eq!(aborted.status, StepStatus::Failed);
        assert_eq!(aborted.detail.as_deref(), Some("the execution ended before this step did"));
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
fn a_timed_out_task_is_retried_until_its_state_is_left() {
    let details = TaskTimedOutEventDetails::builder()
        .resource_type("lambda")
        .resource("invoke")
        .error("States.Timeout")
        .build()
        .unwrap();
    let timed_out = event(2, HistoryEventType::TaskTimedOut).task_timed_out_event_details(details).build().unwrap();
    let left = event(3, HistoryEventType::TaskStateExited).build().unwrap();
    let history = [entered(1, "MoveAccount"), timed_out, left];
    assert_eq!(steps(&history[..2], true)[0].status, StepStatus::Retrying);
    let ended = steps(&history, true).remove(0);
    assert_eq!(ended.status, StepStatus::Failed);
    assert_eq!(ended.detail.as_deref(), Some("States.Timeout"));
}

#[test]
fn a_success_without_a_readable_report_is_a_success() {
    let succeeded = event(2, HistoryEventType::TaskSucceeded).build().unwrap();
    let found = steps(&[entered(1, "MoveAccount"), succeeded], true);
    check(&statuses(&found), &[("MoveAccount", StepStatus::Succeeded)]);
}

#[test]
fn a_step_that_is_waited_for_is_tried_again() {
    let details = TaskFailedEventDetails::builder().resource_type("lambda").resource("invoke").error("Throttled");
    let details = details.build().unwrap();
    let failed = event(2, HistoryEventType::TaskFailed).task_failed_event_details(details).build().unwrap();
    let left = event(3, HistoryEventType::TaskStateExited).build().unwrap();
    let waits = event(4, HistoryEventType::WaitStateEntered).build().unwrap();
    let history = [entered(1, "CreateAccount"), failed, left, waits, entered(5, "CreateAccount")];
    for count in 4..=5 {
        check(&statuses(&steps(&history[..count], true)), &[("CreateAccount", StepStatus::Retrying)]);
    }
    check(&statuses(&steps(&history[..4], false)), &[("CreateAccount", StepStatus::Failed)]);
}

#[tokio::test]
async fn the_reports_and_results_of_all_runs_are_kept() {
    for fixture in [AWS, MINISTACK] {
        let events = events(fixture).await;
        let history = History::read(&events, false);
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
        assert_eq!(history.result(&["CheckAccountCreation"], "accountId"), Some("111111111111"));
        assert_eq!(history.result(&["CheckAccountCreation", "CreateAccount"], "accountId"), Some("111111111111"));
        assert_eq!(history.result(&["CreateAccount"], "accountId"), None);
        assert_eq!(history.result(&["MoveAccount"], "accountId"), None);
        let before = History::read(until(&events, 1, 3), true);
        assert_eq!(before.result(&["CheckAccountCreation"], "accountId"), None);
        assert_eq!(before.result(&["CheckAccountCreation"], "creationId"), Some("car-1"));
    }
}

#[test]
fn what_is_no_step_is_left_out() {
    let history = [entered(1, "ApplyBaseline"), entered(2, "ReportOutcome")];
    assert_eq!(steps(&history, true), []);
}

#[test]
fn functions_are_known_by_their_folder() {
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
fn an_outcome_shows_its_reports_and_the_step_that_failed() {
    let report = |step: &str, changed| StepReport {
        step: step.to_owned(),
        standing: vending_core::Standing::Done,
        changed,
        detail: "done".to_owned(),
        started_at: OffsetDateTime::UNIX_EPOCH,
        duration_ms: 5,
        read_back_at: None,
        result: (),
    };
    let failed_at = |step: &str| Outcome {
        status: Status::Failed,
        ended_at: OffsetDateTime::UNIX_EPOCH,
        account: Some(Account::default()),
        creation_id: None,
        steps: vec![report("CreateAccount", true), report("CreateAccount", false)],
        evidence: None,
        owed: false,
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
    End::of(execution.build().unwrap())
}

#[tokio::test]
async fn an_end_that_no_state_saw_names_the_step_that_it_stopped() {
    let events = events(AWS).await;
    let running = History::read(until(&events, 0, 1), false);
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
async fn a_step_that_failed_keeps_its_own_failure() {
    let history = History::read(&events(AWS).await, false);
    let cause = json!({ "errorType": "AccessDenied", "errorMessage": "EnableConfig: denied\nRemedy: allow it" });
    let failure = end(ExecutionStatus::Failed, "AccessDenied", &cause.to_string()).failure(&history);
    let expected =
        Failure { remedy: "allow it".to_owned(), ..Failure::new("EnableConfig", ErrorCode::AccessDenied, "denied") };
    assert_eq!(failure, expected);
    let nameless = end(ExecutionStatus::Failed, "AccessDenied", "denied").failure(&history);
    assert_eq!(nameless.step, "EnableConfig");
}
