use aws_sdk_sfn::operation::describe_execution::{DescribeExecutionError, DescribeExecutionOutput};
use aws_sdk_sfn::operation::start_execution::{StartExecutionError, StartExecutionOutput};
use aws_sdk_sfn::types::ExecutionStatus;
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use aws_smithy_types::DateTime;
use aws_smithy_types::error::ErrorMetadata;
use serde_json::{Value, json};
use vending_core::{AccountRecord, AccountRequest, ErrorCode, RequestRecord, Validated, fixtures};
use vending_records::testing::Bucket;

use super::*;

const REQUEST: &str = "abcdefghijklmnopqrst-1";
const STATE_MACHINE: &str = "arn:aws:states:us-east-1:123456789012:stateMachine:customize";
const EXECUTION: &str = "arn:aws:states:us-east-1:123456789012:execution:customize:abcdefghijklmnopqrst-1";

const ACCOUNT: &str = "111111111111";

/// A bucket with a validated request in whose OU this customization runs.
fn bucket(state_machine: Option<&str>) -> (RequestId, Bucket) {
    let request = json!({
        "accountName": "payments-dev", "accountEmail": "pay@example.com", "organizationalUnit": "Workloads/Development",
        "tags": { "Owner": "payments", "CostCenter": "1234" },
    });
    let request: AccountRequest = serde_json::from_value(request).unwrap();
    let record = fixtures::request_record(request.clone(), 1, "arn:jane");
    let record = RequestRecord { request_id: REQUEST.parse().unwrap(), ..record };
    let mut validated = Validated {
        request,
        customization_state_machine_arn: state_machine.map(str::to_owned),
        ..fixtures::validated()
    };
    validated.settings.governed_regions = ["us-east-1", "eu-west-1"].map(str::to_owned).to_vec();
    let bucket = Bucket::with_request(&record, &validated);
    bucket.put_account(&AccountRecord::new(&record, ACCOUNT.parse().unwrap(), "ou-target".to_owned()));
    (record.request_id, bucket)
}

async fn run(state_machine: Option<&str>, rules: &[&Rule]) -> Result<StepOutcome<Customization>, StepError> {
    let (request, bucket) = bucket(state_machine);
    let step = RunCustomization {
        client: mock_client!(aws_sdk_sfn, RuleMode::Sequential, rules),
        recorded: RecordedInput::from_bucket(bucket.client(), "records".to_owned()),
    };
    let vending_role_arn = "arn:aws:iam::111111111111:role/account-vending/AccountVending".to_owned();
    let done = step.run(&request, Input { account_id: ACCOUNT.parse().unwrap(), vending_role_arn }).await;
    for (index, rule) in rules.iter().enumerate() {
        assert_eq!(rule.num_calls(), 1, "calls of rule {index}");
    }
    done
}

async fn failure(rules: &[&Rule]) -> StepError {
    run(Some(STATE_MACHINE), rules).await.unwrap_err()
}

fn meta(code: &str) -> ErrorMetadata {
    ErrorMetadata::builder().code(code).message("from AWS").build()
}

fn not_found() -> Rule {
    mock!(Client::describe_execution)
        .match_requests(|describe| describe.execution_arn() == Some(EXECUTION))
        .then_error(|| DescribeExecutionError::generic(meta("ExecutionDoesNotExist")))
}

fn describes(status: ExecutionStatus, error: &'static str, cause: String) -> Rule {
    mock!(Client::describe_execution)
        .match_requests(|describe| describe.execution_arn() == Some(EXECUTION))
        .then_output(move || {
            let execution = DescribeExecutionOutput::builder().execution_arn(EXECUTION).state_machine_arn("arn");
            let execution = execution.start_date(DateTime::from_secs(0)).status(status.clone());
            execution.error(error).cause(cause.clone()).build().unwrap()
        })
}

fn starts(arn: &'static str) -> Rule {
    let expected = json!({
        "requestId": "abcdefghijklmnopqrst-1",
        "account": {
            "id": "111111111111",
            "name": "payments-dev",
            "organizationalUnit": "Workloads/Development",
            "vendingRoleArn": "arn:aws:iam::111111111111:role/account-vending/AccountVending",
        },
        "governedRegions": ["us-east-1", "eu-west-1"],
        "tags": { "CostCenter": "1234", "Owner": "payments" },
    });
    mock!(Client::start_execution)
        .match_requests(move |start| {
            let input: Value = serde_json::from_str(start.input().unwrap()).unwrap();
            start.state_machine_arn() == Some(STATE_MACHINE)
                && start.name() == Some("abcdefghijklmnopqrst-1")
                && input == expected
        })
        .then_output(move || {
            StartExecutionOutput::builder().execution_arn(arn).start_date(DateTime::from_secs(0)).build().unwrap()
        })
}

fn start_fails(code: &'static str) -> Rule {
    mock!(Client::start_execution).then_error(move || StartExecutionError::generic(meta(code)))
}

#[tokio::test]
async fn missing_customization_makes_no_aws_call() {
    let done = run(None, &[]).await.unwrap();
    assert_eq!(done.detail, "no customization is configured for Workloads/Development");
    assert_eq!(done.result.state, CustomizationState::None);
    assert!(!done.changed);
}

#[tokio::test]
async fn started_customization_is_not_ready() {
    let error = failure(&[&not_found(), &starts(EXECUTION)]).await;
    assert_eq!(error.code(), ErrorCode::NotReady);
    assert_eq!(error.to_string(), format!("the customization {EXECUTION} is still running"));
}

#[tokio::test]
async fn concurrently_started_execution_is_not_ready() {
    let error = failure(&[&not_found(), &start_fails("ExecutionAlreadyExists")]).await;
    assert_eq!(error.code(), ErrorCode::NotReady);
}

#[tokio::test]
async fn running_customization_is_only_read() {
    for status in [ExecutionStatus::Running, ExecutionStatus::PendingRedrive] {
        let error = failure(&[&describes(status, "", String::new())]).await;
        assert_eq!(error.code(), ErrorCode::NotReady);
        assert!(error.remedy().contains(EXECUTION), "{}", error.remedy());
    }
}

#[tokio::test]
async fn successful_customization_is_no_change() {
    let done = run(Some(STATE_MACHINE), &[&describes(ExecutionStatus::Succeeded, "", String::new())]).await.unwrap();
    assert!(!done.changed);
    assert_eq!(done.detail, format!("the customization {EXECUTION} succeeded"));
    assert_eq!(serde_json::to_value(done.result).unwrap(), json!({ "state": "SUCCEEDED" }));
}

#[tokio::test]
async fn failed_customization_reports_a_short_cause() {
    for status in [ExecutionStatus::Failed, ExecutionStatus::TimedOut, ExecutionStatus::Aborted] {
        let name = status.as_str().to_owned();
        let error = failure(&[&describes(status, "NoNetwork", "ü".repeat(1000))]).await;
        assert_eq!(error.code(), ErrorCode::InvalidConfiguration);
        let message = error.to_string();
        let start = format!("the customization {EXECUTION}: the execution ended as {name}: NoNetwork: üüü");
        assert!(message.starts_with(&start), "{message}");
        assert!(message.ends_with("ü…"), "{message}");
        assert!(message.chars().count() < 650, "{message}");
        assert!(error.remedy().contains(EXECUTION), "{}", error.remedy());
    }
}

#[tokio::test]
async fn unusable_state_machine_names_its_parameter() {
    let names_both = |error: StepError, state_machine: &str| {
        assert_eq!(error.code(), ErrorCode::InvalidConfiguration, "{error}");
        assert!(error.remedy().contains(state_machine), "{}", error.remedy());
        assert!(error.remedy().contains("CustomizationStateMachineArns"), "{}", error.remedy());
    };
    names_both(run(Some("customize"), &[]).await.unwrap_err(), "customize");
    for code in ["StateMachineDoesNotExist", "StateMachineDeleting", "InvalidArn"] {
        names_both(failure(&[&not_found(), &start_fails(code)]).await, STATE_MACHINE);
    }
    let invalid_arn =
        mock!(Client::describe_execution).then_error(|| DescribeExecutionError::generic(meta("InvalidArn")));
    names_both(failure(&[&invalid_arn]).await, STATE_MACHINE);
}

#[tokio::test]
async fn non_standard_execution_is_rejected() {
    let express = "arn:aws:states:us-east-1:123456789012:express:customize:abcdefghijklmnopqrst-1:0f0f";
    let error = failure(&[&not_found(), &starts(express)]).await;
    assert_eq!(error.code(), ErrorCode::InvalidConfiguration);
    assert!(error.to_string().contains(express), "{error}");
    assert!(error.remedy().contains("Standard"), "{}", error.remedy());
}

#[tokio::test]
async fn other_errors_map_to_error_codes() {
    for (code, expected) in [
        ("ExecutionLimitExceeded", ErrorCode::Throttled),
        ("AccessDeniedException", ErrorCode::AccessDenied),
        ("SomethingNew", ErrorCode::Unexpected),
    ] {
        assert_eq!(failure(&[&not_found(), &start_fails(code)]).await.code(), expected, "{code}");
    }
}
