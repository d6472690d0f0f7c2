use aws_sdk_sfn::operation::describe_execution::{DescribeExecutionError, DescribeExecutionOutput};
use aws_sdk_sfn::operation::get_execution_history::GetExecutionHistoryOutput;
use aws_sdk_sfn::operation::list_executions::{ListExecutionsError, ListExecutionsOutput};
use aws_sdk_sfn::operation::start_execution::{StartExecutionError, StartExecutionOutput};
use aws_sdk_sfn::types::HistoryEventType;
use aws_sdk_sfn::types::builders::HistoryEventBuilder;
use aws_sdk_sfn::types::error::{ExecutionAlreadyExists, ExecutionDoesNotExist, InvalidToken};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use aws_smithy_types::DateTime;
use aws_smithy_types::error::ErrorMetadata;
use serde_json::json;
use time::OffsetDateTime;

use super::*;

mod history;

const STATE_MACHINE: &str = "arn:aws:states:us-east-1:123456789012:stateMachine:vend";
const EXECUTION: &str = "arn:aws:states:us-east-1:123456789012:execution:vend:abcdefghijklmnopqrst-1";

fn executions(rules: &[&Rule]) -> Executions {
    let client = mock_client!(aws_sdk_sfn, RuleMode::Sequential, rules);
    Executions::new(client, STATE_MACHINE.parse().unwrap())
}

fn id() -> RequestId {
    "abcdefghijklmnopqrst-1".parse().unwrap()
}

fn record() -> RequestRecord {
    let record = json!({
        "requestId": id(), "requestedBy": "arn", "submittedBy": "arn", "requesterSince": "2026-11-22T00:00:00Z", "requestedAt": "2026-11-22T00:00:00Z",
        "request": { "accountName": "pay", "accountEmail": "pay@example.com", "organizationalUnit": "Workloads" }
    });
    serde_json::from_value(record).unwrap()
}

fn meta(code: &str) -> ErrorMetadata {
    ErrorMetadata::builder().code(code).message("from AWS").build()
}

#[tokio::test]
async fn execution_has_the_name_of_its_attempt() {
    let started = mock!(Client::start_execution)
        .match_requests(|start| {
            let input: RequestRecord = serde_json::from_str(start.input().unwrap()).unwrap();
            start.state_machine_arn() == Some(STATE_MACHINE)
                && start.name() == Some(&id().to_string())
                && input == record()
        })
        .then_output(|| {
            StartExecutionOutput::builder().execution_arn("arn").start_date(DateTime::from_secs(0)).build().unwrap()
        });
    executions(&[&started]).start(&record()).await.unwrap();
}

#[tokio::test]
async fn repeated_start_succeeds() {
    let exists = mock!(Client::start_execution).then_error(|| {
        let error = ExecutionAlreadyExists::builder().meta(meta("ExecutionAlreadyExists"));
        StartExecutionError::ExecutionAlreadyExists(error.build())
    });
    executions(&[&exists]).start(&record()).await.unwrap();
    let denied = mock!(Client::start_execution).then_error(|| StartExecutionError::generic(meta("AccessDenied")));
    let error = executions(&[&denied]).start(&record()).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::AccessDenied);
}

#[tokio::test]
async fn execution_can_have_another_input() {
    let started = mock!(Client::start_execution)
        .match_requests(|start| start.name() == Some(&id().to_string()) && start.input() == Some(r#"{"a":1}"#))
        .then_output(|| {
            let started = StartExecutionOutput::builder().execution_arn(EXECUTION).start_date(DateTime::from_secs(0));
            started.build().unwrap()
        });
    let executions = executions(&[&started]);
    let arn = executions.start_with(&id(), &json!({ "a": 1 })).await.unwrap();
    assert_eq!(arn.as_deref(), Some(EXECUTION));
    assert_eq!(executions.arn(&id()), EXECUTION);
}

#[tokio::test]
async fn errors_of_step_functions_are_mapped() {
    for (code, expected) in [
        ("StateMachineDoesNotExist", ErrorCode::InvalidConfiguration),
        ("StateMachineDeleting", ErrorCode::InvalidConfiguration),
        ("InvalidArn", ErrorCode::InvalidConfiguration),
        ("KmsAccessDeniedException", ErrorCode::InvalidConfiguration),
        ("KmsInvalidStateException", ErrorCode::InvalidConfiguration),
        ("ExecutionLimitExceeded", ErrorCode::Throttled),
        ("KmsThrottlingException", ErrorCode::Throttled),
        ("AccessDeniedException", ErrorCode::AccessDenied),
        ("InvalidName", ErrorCode::Unexpected),
    ] {
        let rejected = mock!(Client::start_execution).then_error(move || StartExecutionError::generic(meta(code)));
        let error = executions(&[&rejected]).start(&record()).await.unwrap_err();
        assert_eq!(error.code(), expected, "{code}");
        let rejected =
            mock!(Client::describe_execution).then_error(move || DescribeExecutionError::generic(meta(code)));
        let error = executions(&[&rejected]).describe(&id()).await.unwrap_err();
        assert_eq!(error.code(), expected, "{code}");
    }
}

#[tokio::test]
async fn each_status_maps_to_a_state() {
    for (status, running, succeeded) in [
        (ExecutionStatus::Running, true, false),
        (ExecutionStatus::PendingRedrive, true, false),
        (ExecutionStatus::Succeeded, false, true),
        (ExecutionStatus::Failed, false, false),
        (ExecutionStatus::TimedOut, false, false),
        (ExecutionStatus::Aborted, false, false),
    ] {
        let name = status.clone();
        let described = mock!(Client::describe_execution)
            .match_requests(|describe| describe.execution_arn() == Some(EXECUTION))
            .then_output(move || {
                let execution = DescribeExecutionOutput::builder().execution_arn("arn").state_machine_arn("arn");
                execution.start_date(DateTime::from_secs(0)).status(status.clone()).build().unwrap()
            });
        let found = executions(&[&described]).describe(&id()).await.unwrap();
        assert_eq!(found == Execution::Running, running, "{name:?}");
        assert_eq!(found == Execution::Succeeded, succeeded, "{name:?}");
        assert_eq!(matches!(found, Execution::Failed(_)), !running && !succeeded, "{name:?}");
    }
}

#[tokio::test]
async fn missing_execution_is_not_found() {
    let missing = mock!(Client::describe_execution).then_error(|| {
        let error = ExecutionDoesNotExist::builder().meta(meta("ExecutionDoesNotExist"));
        DescribeExecutionError::ExecutionDoesNotExist(error.build())
    });
    assert_eq!(executions(&[&missing]).describe(&id()).await.unwrap(), Execution::NotFound);
}

#[tokio::test]
async fn all_pages_of_a_history_are_read() {
    let page = |token: Option<&'static str>, next: Option<&'static str>, step: &'static str| {
        mock!(Client::get_execution_history)
            .match_requests(move |get| {
                let is_expected = get.execution_arn() == Some(EXECUTION) && get.max_results() == Some(PAGE_SIZE);
                is_expected && get.next_token() == token
            })
            .then_output(move || {
                let details = aws_sdk_sfn::types::StateEnteredEventDetails::builder().name(step).build();
                let event = HistoryEventBuilder::default().id(1).timestamp(DateTime::from_secs(0));
                let event = event.r#type(HistoryEventType::TaskStateEntered);
                let event = event.state_entered_event_details(details.unwrap()).build().unwrap();
                let page = GetExecutionHistoryOutput::builder().events(event);
                page.set_next_token(next.map(str::to_owned)).build().unwrap()
            })
    };
    let (first, second) = (page(None, Some("more"), "ValidateRequest"), page(Some("more"), None, "CreateAccount"));
    let history = executions(&[&first, &second]).history(&id(), true).await.unwrap();
    assert_eq!(history.steps.len(), 2);
}

#[tokio::test]
async fn list_omits_manual_executions() {
    let listed = mock!(Client::list_executions)
        .match_requests(|list| list.status_filter() == Some(&ExecutionStatus::Running) && list.max_results() == Some(7))
        .then_output(|| {
            let item = |name: &str| {
                let item = ExecutionListItem::builder().name(name).status(ExecutionStatus::Running);
                item.execution_arn("arn").state_machine_arn("arn").start_date(DateTime::from_secs(0)).build().unwrap()
            };
            let page = ListExecutionsOutput::builder().executions(item(&id().to_string())).executions(item("by-hand"));
            page.next_token("more").build().unwrap()
        });
    let page = executions(&[&listed]).list(Some(Status::InProgress), None, 7).await.unwrap();
    assert_eq!(page.executions, [(id(), Status::InProgress)]);
    assert_eq!(page.next_token.as_deref(), Some("more"));
}

#[tokio::test]
async fn invalid_token_is_an_invalid_request() {
    let rejected = mock!(Client::list_executions)
        .then_error(|| ListExecutionsError::InvalidToken(InvalidToken::builder().meta(meta("InvalidToken")).build()));
    let error = executions(&[&rejected]).list(None, Some("old".to_owned()), 7).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidRequest);
}

#[test]
fn invalid_state_machine_arns_are_rejected() {
    for invalid in ["", "vend", EXECUTION, "stateMachine:vend"] {
        assert!(invalid.parse::<StateMachineArn>().is_err(), "{invalid}");
    }
}

#[tokio::test]
async fn recent_executions_end_at_the_time() {
    let page = |names: &'static [(&'static str, i64)], next: &'static str| {
        mock!(Client::list_executions).then_output(move || {
            let items = names.iter().map(|(name, started)| {
                let item = ExecutionListItem::builder().name(*name).status(ExecutionStatus::Running);
                let item = item.execution_arn("arn").state_machine_arn("arn").start_date(DateTime::from_secs(*started));
                item.build().unwrap()
            });
            ListExecutionsOutput::builder().set_executions(Some(items.collect())).next_token(next).build().unwrap()
        })
    };
    let (first, second) = (page(&[("run-c", 30), ("plan-b", 20)], "more"), page(&[("run-a", 10), ("run-0", 9)], "end"));
    let since = OffsetDateTime::from_unix_timestamp(10).unwrap();
    let recent = executions(&[&first, &second]).started_since(since).await.unwrap();
    assert_eq!(recent.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["run-c", "plan-b", "run-a"]);
    assert!(recent.iter().all(|one| one.is_running));
}
