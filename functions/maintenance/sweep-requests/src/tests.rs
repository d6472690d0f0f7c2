use aws_sdk_organizations::operation::describe_account::DescribeAccountOutput;
use aws_sdk_organizations::operation::describe_create_account_status::DescribeCreateAccountStatusOutput;
use aws_sdk_organizations::operation::list_accounts::ListAccountsOutput;
use aws_sdk_organizations::operation::list_tags_for_resource::ListTagsForResourceOutput;
use aws_sdk_organizations::operation::tag_resource::TagResourceOutput;
use aws_sdk_organizations::types::{Account, CreateAccountStatus, Tag};
use aws_sdk_s3::operation::get_object::{GetObjectError, GetObjectOutput};
use aws_sdk_s3::operation::put_object::PutObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::error::NoSuchKey;
use aws_sdk_sfn::operation::describe_execution::{DescribeExecutionError, DescribeExecutionOutput};
use aws_sdk_sfn::operation::get_execution_history::GetExecutionHistoryOutput;
use aws_sdk_sfn::operation::start_execution::StartExecutionOutput;
use aws_sdk_sfn::types::builders::HistoryEventBuilder;
use aws_sdk_sfn::types::error::ExecutionDoesNotExist;
use aws_sdk_sfn::types::{
    ExecutionStatus, HistoryEvent, HistoryEventType, StateEnteredEventDetails, TaskSucceededEventDetails,
};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::DateTime;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::ErrorMetadata;
use serde_json::{Value, json};
use vending_core::{AccountKey, DEPLOYMENT_TAG, Failure, KEY_TAG, ReportPart, Status, StepReport, fixtures};

use vending_outcomes::Notifier;
use vending_records::AccountRecords;
use vending_records::testing::Bucket;

use super::*;

mod account_states;
mod outcome;
mod resume;

const EMAIL: &str = "pay@example.com";
const ACCOUNT: &str = "111111111111";

/// Mocked responses of the services, each in this order; any other call panics. Notifications succeed.
#[derive(Default)]
struct Services {
    s3: Vec<Rule>,
    executions: Vec<Rule>,
    organizations: Vec<Rule>,
    /// The records of accounts.
    accounts: Bucket,
}

impl Services {
    fn sweep(&self) -> SweepRequests {
        let organizations = mock_client!(aws_sdk_organizations, RuleMode::Sequential, &self.organizations);
        let published = mock!(aws_sdk_sns::Client::publish)
            .then_output(|| aws_sdk_sns::operation::publish::PublishOutput::builder().build());
        let sent = mock!(aws_sdk_eventbridge::Client::put_events)
            .then_output(|| aws_sdk_eventbridge::operation::put_events::PutEventsOutput::builder().build());
        let s3 = mock_client!(aws_sdk_s3, RuleMode::Sequential, &self.s3);
        let reporter = Reporter::from_parts(
            Records::new(s3.clone(), "records".to_owned()),
            AccountRecords::new(self.accounts.client(), "records".to_owned()),
            Organization::new(organizations.clone()),
            Notifier::from_parts(
                mock_client!(aws_sdk_sns, RuleMode::MatchAny, [&published]),
                "arn:topic".to_owned(),
                mock_client!(aws_sdk_eventbridge, RuleMode::MatchAny, [&sent]),
                "default".to_owned(),
            ),
            vending_cfn::StackResponder::from_parts(
                s3.clone(),
                "records".to_owned(),
                AccountRecords::new(s3, "records".to_owned()),
                None,
            ),
        );
        SweepRequests {
            executions: Executions::new(
                mock_client!(aws_sdk_sfn, RuleMode::Sequential, &self.executions),
                "arn:aws:states:us-east-1:123456789012:stateMachine:vend".parse().unwrap(),
            ),
            organization: Organization::new(organizations),
            reporter,
            stack_name: "stack".to_owned(),
        }
    }

    /// Processes the first attempt. Each expected call must have been made.
    async fn process(&self) -> SweepAction {
        let action = Box::pin(self.sweep().process(&id(1), Position::Last)).await.unwrap();
        self.check();
        action
    }

    fn check(&self) {
        for rule in self.s3.iter().chain(&self.executions).chain(&self.organizations) {
            assert_eq!(rule.num_calls(), 1);
        }
    }
}

fn key() -> AccountKey {
    AccountKey::from_email(&EMAIL.parse().unwrap())
}

fn id(attempt: u32) -> RequestId {
    RequestId::new(key(), attempt)
}

fn record(age: Duration) -> RequestRecord {
    let request = json!({ "accountName": "pay", "accountEmail": EMAIL, "organizationalUnit": "Workloads" });
    let request = serde_json::from_value(request).unwrap();
    RequestRecord {
        submitted_by: "arn:joe".to_owned(),
        requester_since: OffsetDateTime::now_utc() - age,
        requested_at: OffsetDateTime::now_utc() - age,
        ..fixtures::request_record(request, 1, "arn:jane")
    }
}

fn young() -> RequestRecord {
    record(Duration::minutes(9))
}

fn old() -> RequestRecord {
    record(Duration::minutes(11))
}

fn got(record: &RequestRecord) -> Rule {
    let bytes = serde_json::to_vec(record).unwrap();
    mock!(aws_sdk_s3::Client::get_object)
        .then_output(move || GetObjectOutput::builder().body(ByteStream::from(bytes.clone())).build())
}

fn no_record() -> Rule {
    mock!(aws_sdk_s3::Client::get_object)
        .then_error(|| GetObjectError::NoSuchKey(NoSuchKey::builder().meta(meta("NoSuchKey")).build()))
}

/// Writes a record that passes the check, as a new claim or as an update.
fn put(claim: bool, check: fn(&RequestRecord)) -> Rule {
    mock!(aws_sdk_s3::Client::put_object)
        .match_requests(move |put| {
            check(&serde_json::from_slice(put.body().bytes().unwrap()).unwrap());
            put.if_none_match().is_some() == claim
        })
        .then_output(|| PutObjectOutput::builder().build())
}

/// No stack waits for the account.
fn no_stack_waits() -> Rule {
    mock!(aws_sdk_s3::Client::list_objects_v2)
        .match_requests(|list| list.prefix() == Some(&format!("responses/{}/", key())))
        .then_output(|| aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output::builder().build())
}

fn claim_exists() -> Rule {
    mock!(aws_sdk_s3::Client::put_object).then_http_response(|| {
        HttpResponse::new(412.try_into().unwrap(), SdkBody::from("<Error><Code>PreconditionFailed</Code></Error>"))
    })
}

fn meta(code: &str) -> ErrorMetadata {
    ErrorMetadata::builder().code(code).message("from AWS").build()
}

fn execution(status: ExecutionStatus) -> Rule {
    mock!(aws_sdk_sfn::Client::describe_execution)
        .match_requests(|describe| describe.execution_arn().unwrap().ends_with(&format!(":execution:vend:{}", id(1))))
        .then_output(move || {
            let execution = DescribeExecutionOutput::builder().execution_arn("arn").state_machine_arn("arn");
            let execution = execution.start_date(DateTime::from_secs(0)).status(status.clone());
            execution.error("Stopped").cause("by hand").build().unwrap()
        })
}

fn no_execution() -> Rule {
    mock!(aws_sdk_sfn::Client::describe_execution).then_error(|| {
        let error = ExecutionDoesNotExist::builder().meta(meta("ExecutionDoesNotExist"));
        DescribeExecutionError::ExecutionDoesNotExist(error.build())
    })
}

fn started(attempt: u32) -> Rule {
    mock!(aws_sdk_sfn::Client::start_execution)
        .match_requests(move |start| start.name() == Some(&id(attempt).to_string()))
        .then_output(|| {
            StartExecutionOutput::builder().execution_arn("arn").start_date(DateTime::from_secs(0)).build().unwrap()
        })
}

fn event(detail_type: &str, detail: &Value) -> Value {
    json!({ "detail-type": detail_type, "source": "aws", "detail": detail })
}

#[tokio::test]
async fn running_request_is_left_alone() {
    let services = Services {
        s3: vec![got(&old())],
        executions: vec![execution(ExecutionStatus::Running)],
        ..Services::default()
    };
    assert_eq!(services.process().await, SweepAction::NothingToDo);
}

#[tokio::test]
async fn execution_without_record_is_left_alone() {
    let services = Services { s3: vec![no_record()], ..Services::default() };
    assert_eq!(services.process().await, SweepAction::NothingToDo);
}

#[tokio::test]
async fn unstarted_claim_is_started_after_grace_period() {
    let services = Services { s3: vec![got(&young())], executions: vec![no_execution()], ..Services::default() };
    assert_eq!(services.process().await, SweepAction::NothingToDo);
    let services =
        Services { s3: vec![got(&old())], executions: vec![no_execution(), started(1)], ..Services::default() };
    assert_eq!(services.process().await, SweepAction::Started);
}

#[tokio::test]
async fn execution_event_processes_its_request() {
    let event =
        event("Step Functions Execution Status Change", &json!({ "name": id(1).to_string(), "status": "ABORTED" }));
    let services =
        Services { s3: vec![got(&old())], executions: vec![no_execution(), started(1)], ..Services::default() };
    let counts = Box::pin(vending_runtime::handle(&services.sweep(), event)).await.unwrap();
    assert_eq!(counts, json!({ "reported": 0, "started": 1, "resumed": 0, "failed": 0 }));
    services.check();
}

#[tokio::test]
async fn manually_started_execution_is_left_alone() {
    let event = event("Step Functions Execution Status Change", &json!({ "name": "started-by-hand" }));
    let counts = Box::pin(vending_runtime::handle(&Services::default().sweep(), event)).await.unwrap();
    assert_eq!(counts, json!({ "reported": 0, "started": 0, "resumed": 0, "failed": 0 }));
}

#[tokio::test]
async fn unsupported_event_is_rejected() {
    for event in [
        event("Step Functions Execution Status Change", &json!({})),
        event("EC2 Instance State-change Notification", &json!({ "name": id(1).to_string() })),
        json!({}),
    ] {
        let error = Box::pin(vending_runtime::handle(&Services::default().sweep(), event)).await.unwrap_err();
        assert_eq!(error.error_type, "InvalidRequest", "{}", error.error_message);
    }
}

#[tokio::test]
async fn one_failing_request_does_not_stop_the_sweep() {
    let listed = mock!(aws_sdk_s3::Client::list_objects_v2).then_output(|| {
        let object = |name: &str| {
            let object = aws_sdk_s3::types::Object::builder().key(format!("requests/{name}/1.json"));
            object.last_modified(DateTime::from_secs(OffsetDateTime::now_utc().unix_timestamp())).build()
        };
        let objects = vec![object("aaaaaaaaaaaaaaaaaaaa"), object("bbbbbbbbbbbbbbbbbbbb")];
        aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output::builder().set_contents(Some(objects)).build()
    });
    let broken = mock!(aws_sdk_s3::Client::get_object)
        .then_output(|| GetObjectOutput::builder().body(ByteStream::from_static(b"{}")).build());
    let services =
        Services { s3: vec![listed, broken, no_record()], organizations: vec![accounts(&[])], ..Services::default() };
    let counts = Box::pin(services.sweep().sweep()).await.unwrap();
    assert_eq!(counts, SweepCounts { failed: 1, ..SweepCounts::default() });
    services.check();
}

/// The accounts of the organization with their states.
fn accounts(states: &'static [(&'static str, &'static str)]) -> Rule {
    mock!(aws_sdk_organizations::Client::list_accounts).then_http_response(move || {
        let accounts: Vec<Value> =
            states.iter().map(|(id, state)| json!({ "Id": id, "Email": EMAIL, "State": state })).collect();
        let body = json!({ "Accounts": accounts }).to_string();
        HttpResponse::new(200.try_into().unwrap(), SdkBody::from(body))
    })
}

#[test]
fn recent_attempts_are_found_with_the_last_one() {
    let listed = |account: &str, attempt: u32, days: i64| Listed {
        request_id: RequestId::new(account.parse().unwrap(), attempt),
        last_modified: OffsetDateTime::now_utc() - Duration::days(days),
    };
    let (one, other, stale) = ("aaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbb", "cccccccccccccccccccc");
    let found = recent_attempts(vec![
        listed(one, 10, 1),
        listed(one, 9, 1),
        listed(one, 2, 9),
        // Reported again, after the next attempt.
        listed(other, 1, 6),
        listed(other, 2, 8),
        listed(stale, 1, 8),
    ]);
    let mut found: Vec<_> = found.iter().map(|(id, position)| (id.to_string(), *position)).collect();
    found.sort_by(|(left, _), (right, _)| left.cmp(right));
    let expected = [
        (format!("{one}-10"), Position::Last),
        (format!("{one}-9"), Position::Earlier),
        (format!("{other}-1"), Position::Earlier),
    ];
    assert_eq!(found, expected);
}
