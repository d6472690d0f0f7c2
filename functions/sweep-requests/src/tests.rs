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
use report_outcome::Notifier;
use serde_json::{Value, json};
use vending_core::{AccountKey, Failure, KEY_TAG, StepReport};

use vending_records::AccountRecords;

use super::*;

mod outcome;
mod resume;

const EMAIL: &str = "pay@example.com";
const ACCOUNT: &str = "111111111111";

/// What the services answer, each in this order; anything else panics. Notices are taken.
#[derive(Default)]
struct Answers {
    s3: Vec<Rule>,
    executions: Vec<Rule>,
    organizations: Vec<Rule>,
}

impl Answers {
    fn sweep(&self) -> SweepRequests {
        let organizations = mock_client!(aws_sdk_organizations, RuleMode::Sequential, &self.organizations);
        let published = mock!(aws_sdk_sns::Client::publish)
            .then_output(|| aws_sdk_sns::operation::publish::PublishOutput::builder().build());
        let sent = mock!(aws_sdk_eventbridge::Client::put_events)
            .then_output(|| aws_sdk_eventbridge::operation::put_events::PutEventsOutput::builder().build());
        let s3 = mock_client!(aws_sdk_s3, RuleMode::Sequential, &self.s3);
        let reporter = ReportOutcome::of(
            Records::new(s3.clone(), "records".to_owned()),
            AccountRecords::new(evidence(), "records".to_owned()),
            Organization::new(organizations.clone()),
            Notifier::of(
                mock_client!(aws_sdk_sns, RuleMode::MatchAny, [&published]),
                "arn:topic".to_owned(),
                mock_client!(aws_sdk_eventbridge, RuleMode::MatchAny, [&sent]),
                "default".to_owned(),
            ),
            vending_answers::Answers::of(s3, "records".to_owned(), None),
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

    /// Settles the first attempt; all that was expected must have been asked for.
    async fn settle(&self) -> Settled {
        let settled = Box::pin(self.sweep().settle(&id(1))).await.unwrap();
        self.check();
        settled
    }

    fn check(&self) {
        for rule in self.s3.iter().chain(&self.executions).chain(&self.organizations) {
            assert_eq!(rule.num_calls(), 1);
        }
    }
}

fn key() -> AccountKey {
    AccountKey::of(&EMAIL.parse().unwrap())
}

fn id(attempt: u32) -> RequestId {
    RequestId::new(key(), attempt)
}

fn record(age: Duration) -> RequestRecord {
    let request = json!({ "accountName": "pay", "accountEmail": EMAIL, "organizationalUnit": "Workloads" });
    RequestRecord {
        request_id: id(1),
        request: serde_json::from_value(request).unwrap(),
        requested_by: "arn:jane".to_owned(),
        submitted_by: "arn:joe".to_owned(),
        requested_at: OffsetDateTime::now_utc() - age,
        account_id: None,
        adopt: false,
        outcome: None,
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

/// A record that is written as it should be.
fn put(claim: bool, check: fn(&RequestRecord)) -> Rule {
    mock!(aws_sdk_s3::Client::put_object)
        .match_requests(move |put| {
            check(&serde_json::from_slice(put.body().bytes().unwrap()).unwrap());
            put.if_none_match().is_some() == claim
        })
        .then_output(|| PutObjectOutput::builder().build())
}

/// Nobody waits for what is reported.
fn no_stack_waits() -> Rule {
    mock!(aws_sdk_s3::Client::list_objects_v2)
        .match_requests(|list| list.prefix() == Some(&format!("answers/{}/", key())))
        .then_output(|| aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output::builder().build())
}

fn taken() -> Rule {
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

fn absent() -> Rule {
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
async fn a_request_that_runs_is_left_alone() {
    let answers =
        Answers { s3: vec![got(&old())], executions: vec![execution(ExecutionStatus::Running)], ..Answers::default() };
    assert_eq!(answers.settle().await, Settled::NothingToDo);
}

#[tokio::test]
async fn what_has_no_record_answers_to_nobody() {
    let answers = Answers { s3: vec![no_record()], ..Answers::default() };
    assert_eq!(answers.settle().await, Settled::NothingToDo);
}

#[tokio::test]
async fn a_claim_is_started_when_whoever_made_it_did_not() {
    let answers = Answers { s3: vec![got(&young())], executions: vec![absent()], ..Answers::default() };
    assert_eq!(answers.settle().await, Settled::NothingToDo);
    let answers = Answers { s3: vec![got(&old())], executions: vec![absent(), started(1)], ..Answers::default() };
    assert_eq!(answers.settle().await, Settled::Started);
}

#[tokio::test]
async fn the_event_of_an_execution_settles_its_request() {
    let event =
        event("Step Functions Execution Status Change", &json!({ "name": id(1).to_string(), "status": "ABORTED" }));
    let answers = Answers { s3: vec![got(&old())], executions: vec![absent(), started(1)], ..Answers::default() };
    let swept = Box::pin(vending_runtime::handle(&answers.sweep(), event)).await.unwrap();
    assert_eq!(swept, json!({ "reported": 0, "started": 1, "resumed": 0, "failed": 0 }));
    answers.check();
}

#[tokio::test]
async fn an_execution_that_was_started_by_hand_is_left_alone() {
    let event = event("Step Functions Execution Status Change", &json!({ "name": "started-by-hand" }));
    let swept = Box::pin(vending_runtime::handle(&Answers::default().sweep(), event)).await.unwrap();
    assert_eq!(swept, json!({ "reported": 0, "started": 0, "resumed": 0, "failed": 0 }));
}

#[tokio::test]
async fn an_unknown_event_is_refused() {
    for event in [
        event("Step Functions Execution Status Change", &json!({})),
        event("EC2 Instance State-change Notification", &json!({ "name": id(1).to_string() })),
        json!({}),
    ] {
        let refused = Box::pin(vending_runtime::handle(&Answers::default().sweep(), event)).await.unwrap_err();
        assert_eq!(refused.error_type, "InvalidRequest", "{}", refused.error_message);
    }
}

#[tokio::test]
async fn one_request_that_cannot_be_settled_does_not_stop_the_sweep() {
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
    let answers = Answers { s3: vec![listed, broken, no_record()], ..Answers::default() };
    let swept = Box::pin(answers.sweep().sweep()).await.unwrap();
    assert_eq!(swept, Swept { failed: 1, ..Swept::default() });
    answers.check();
}

#[test]
fn only_the_last_recent_attempt_of_each_account_is_looked_at() {
    let listed = |account: &str, attempt: u32, days: i64| Listed {
        request_id: RequestId::new(account.parse().unwrap(), attempt),
        last_modified: OffsetDateTime::now_utc() - Duration::days(days),
    };
    let (one, other, stale) = ("aaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbb", "cccccccccccccccccccc");
    let found = latest_attempts(vec![
        listed(one, 10, 1),
        listed(one, 9, 1),
        listed(one, 2, 6),
        listed(other, 1, 6),
        listed(stale, 1, 8),
    ]);
    let mut found: Vec<String> = found.iter().map(ToString::to_string).collect();
    found.sort();
    assert_eq!(found, [format!("{one}-10"), format!("{other}-1")]);
}

/// Evidence of any account is taken.
fn evidence() -> aws_sdk_s3::Client {
    let none = mock!(aws_sdk_s3::Client::get_object).then_error(|| {
        let missing = aws_sdk_s3::types::error::NoSuchKey::builder().build();
        aws_sdk_s3::operation::get_object::GetObjectError::NoSuchKey(missing)
    });
    let kept = mock!(aws_sdk_s3::Client::put_object)
        .then_output(|| aws_sdk_s3::operation::put_object::PutObjectOutput::builder().build());
    mock_client!(aws_sdk_s3, RuleMode::MatchAny, [&none, &kept])
}
