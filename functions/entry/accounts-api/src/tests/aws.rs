//! Mocked responses of AWS.

use aws_sdk_organizations::operation::list_organizational_units_for_parent::{
    ListOrganizationalUnitsForParentError, ListOrganizationalUnitsForParentOutput,
};
use aws_sdk_organizations::operation::list_roots::ListRootsOutput;
use aws_sdk_organizations::types::{OrganizationalUnit, Root};
use aws_sdk_s3::operation::get_object::{GetObjectError, GetObjectOutput};
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_s3::operation::put_object::PutObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::Object;
use aws_sdk_s3::types::error::NoSuchKey;
use aws_sdk_sfn::operation::describe_execution::{DescribeExecutionError, DescribeExecutionOutput};
use aws_sdk_sfn::operation::get_execution_history::GetExecutionHistoryOutput;
use aws_sdk_sfn::operation::start_execution::{StartExecutionError, StartExecutionOutput};
use aws_sdk_sfn::types::error::ExecutionDoesNotExist;
use aws_sdk_sfn::types::{ExecutionStatus, HistoryEvent};
use aws_smithy_mocks::{Rule, mock};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::DateTime;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::ErrorMetadata;
use time::OffsetDateTime;
use vending_core::RequestRecord;

use super::{id, key};

pub(super) const STATE_MACHINE: &str = "arn:aws:states:us-east-1:123456789012:stateMachine:account-vending-vend";

pub(super) fn execution_arn(attempt: u32) -> String {
    let prefix = "arn:aws:states:us-east-1:123456789012:execution:account-vending-vend";
    format!("{prefix}:{}", id(attempt))
}

pub(super) fn meta(code: &str) -> ErrorMetadata {
    ErrorMetadata::builder().code(code).message("from AWS").build()
}

fn error_response(status: u16, body: &'static str) -> HttpResponse {
    HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body))
}

fn object_key(attempt: u32) -> String {
    format!("requests/{}/{attempt}.json", key())
}

/// A claim that is created, if `check` accepts the record.
pub(super) fn claim(attempt: u32, check: impl Fn(&RequestRecord) + Send + Sync + 'static) -> Rule {
    mock!(aws_sdk_s3::Client::put_object)
        .match_requests(move |put| {
            let record: RequestRecord = serde_json::from_slice(put.body().bytes().unwrap()).unwrap();
            assert_eq!(record.request_id.to_string(), id(attempt));
            assert_eq!(record.outcome, None);
            check(&record);
            put.if_none_match() == Some("*") && put.key() == Some(&object_key(attempt))
        })
        .then_output(|| PutObjectOutput::builder().build())
}

/// A claim that another caller created first.
pub(super) fn claim_exists(attempt: u32) -> Rule {
    mock!(aws_sdk_s3::Client::put_object)
        .match_requests(move |put| put.key() == Some(&object_key(attempt)))
        .then_http_response(|| error_response(412, "<Error><Code>PreconditionFailed</Code></Error>"))
}

pub(super) fn listed(attempts: &'static [u32]) -> Rule {
    mock!(aws_sdk_s3::Client::list_objects_v2)
        .match_requests(|list| list.prefix() == Some(&format!("requests/{}/", key())))
        .then_output(|| {
            let objects = attempts.iter().map(|attempt| object(*attempt, OffsetDateTime::now_utc()));
            ListObjectsV2Output::builder().set_contents(Some(objects.collect())).build()
        })
}

pub(super) fn object(attempt: u32, modified: OffsetDateTime) -> Object {
    Object::builder().key(object_key(attempt)).last_modified(DateTime::from_secs(modified.unix_timestamp())).build()
}

pub(super) fn got(record: &RequestRecord) -> Rule {
    let key = object_key(record.request_id.attempt);
    let bytes = serde_json::to_vec(record).unwrap();
    mock!(aws_sdk_s3::Client::get_object)
        .match_requests(move |get| get.key() == Some(&key))
        .then_output(move || GetObjectOutput::builder().body(ByteStream::from(bytes.clone())).build())
}

pub(super) fn no_record() -> Rule {
    mock!(aws_sdk_s3::Client::get_object).then_error(|| {
        let error = NoSuchKey::builder().meta(meta("NoSuchKey")).build();
        GetObjectError::NoSuchKey(error)
    })
}

/// The start of an execution with the record of its claim.
pub(super) fn start(attempt: u32) -> Rule {
    mock!(aws_sdk_sfn::Client::start_execution)
        .match_requests(move |start| {
            let record: RequestRecord = serde_json::from_str(start.input().unwrap()).unwrap();
            start.state_machine_arn() == Some(STATE_MACHINE)
                && start.name() == Some(&id(attempt))
                && record.request_id.to_string() == id(attempt)
        })
        .then_output(|| {
            StartExecutionOutput::builder().execution_arn("arn").start_date(DateTime::from_secs(0)).build().unwrap()
        })
}

pub(super) fn start_error(code: &'static str) -> Rule {
    mock!(aws_sdk_sfn::Client::start_execution).then_error(move || StartExecutionError::generic(meta(code)))
}

pub(super) fn execution(attempt: u32, status: ExecutionStatus) -> Rule {
    mock!(aws_sdk_sfn::Client::describe_execution)
        .match_requests(move |describe| describe.execution_arn() == Some(&execution_arn(attempt)))
        .then_output(move || {
            DescribeExecutionOutput::builder()
                .execution_arn("arn")
                .state_machine_arn(STATE_MACHINE)
                .start_date(DateTime::from_secs(0))
                .status(status.clone())
                .error("States.Timeout")
                .build()
                .unwrap()
        })
}

pub(super) fn no_execution() -> Rule {
    mock!(aws_sdk_sfn::Client::describe_execution).then_error(|| {
        let error = ExecutionDoesNotExist::builder().meta(meta("ExecutionDoesNotExist"));
        DescribeExecutionError::ExecutionDoesNotExist(error.build())
    })
}

pub(super) fn history(token: Option<&'static str>, next: Option<&'static str>, events: Vec<HistoryEvent>) -> Rule {
    mock!(aws_sdk_sfn::Client::get_execution_history)
        .match_requests(move |get| get.next_token() == token && get.include_execution_data() == Some(true))
        .then_output(move || {
            GetExecutionHistoryOutput::builder()
                .set_events(Some(events.clone()))
                .set_next_token(next.map(str::to_owned))
                .build()
                .unwrap()
        })
}

/// The account of the last attempt in this state; `None` if it has left the organization.
pub(super) fn account_state(state: Option<&'static str>) -> Rule {
    mock!(aws_sdk_organizations::Client::describe_account)
        .match_requests(|describe| describe.account_id() == Some("222222222222"))
        .then_http_response(move || match state {
            Some(state) => response(200, format!(r#"{{"Account":{{"Id":"222222222222","State":"{state}"}}}}"#)),
            None => response(400, r#"{"__type":"AccountNotFoundException","Message":"no"}"#),
        })
}

fn response(status: u16, body: impl Into<SdkBody>) -> HttpResponse {
    HttpResponse::new(status.try_into().unwrap(), body.into())
}

pub(super) fn root() -> Rule {
    mock!(aws_sdk_organizations::Client::list_roots).then_output(|| {
        let root = Root::builder().id("r-1").build();
        ListRootsOutput::builder().roots(root).build()
    })
}

/// The only organizational unit below the root.
pub(super) fn unit(name: &'static str) -> Rule {
    mock!(aws_sdk_organizations::Client::list_organizational_units_for_parent).then_output(move || {
        let unit = OrganizationalUnit::builder().name(name).id("ou-1").build();
        ListOrganizationalUnitsForParentOutput::builder().organizational_units(unit).build()
    })
}

pub(super) fn list_units_error(code: &'static str) -> Rule {
    mock!(aws_sdk_organizations::Client::list_organizational_units_for_parent)
        .then_error(move || ListOrganizationalUnitsForParentError::generic(meta(code)))
}
