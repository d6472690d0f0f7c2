//! Mocked responses of AWS.

use aws_sdk_organizations::operation::describe_account::DescribeAccountOutput;
use aws_sdk_organizations::operation::list_organizational_units_for_parent::{
    ListOrganizationalUnitsForParentError, ListOrganizationalUnitsForParentOutput,
};
use aws_sdk_organizations::operation::list_parents::ListParentsOutput;
use aws_sdk_organizations::operation::list_roots::ListRootsOutput;
use aws_sdk_organizations::operation::move_account::MoveAccountOutput;
use aws_sdk_organizations::operation::tag_resource::{TagResourceError, TagResourceOutput};
use aws_sdk_organizations::types::{AccountState, OrganizationalUnit, Parent, ParentType, Root};
use aws_sdk_s3::operation::delete_object::{DeleteObjectError, DeleteObjectInput, DeleteObjectOutput};
use aws_sdk_s3::operation::get_object::{GetObjectError, GetObjectOutput};
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_s3::operation::put_object::{PutObjectError, PutObjectOutput};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::Object;
use aws_sdk_s3::types::error::NoSuchKey;
use aws_sdk_sfn::operation::describe_execution::DescribeExecutionOutput;
use aws_sdk_sfn::operation::start_execution::{StartExecutionError, StartExecutionOutput};
use aws_sdk_sfn::types::ExecutionStatus;
use aws_sdk_sfn::types::error::ExecutionAlreadyExists;
use aws_smithy_mocks::{Rule, RuleBuilder, mock};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::DateTime;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::ErrorMetadata;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use vending_cfn::PendingResponse;
use vending_core::{RequestRecord, STACK_TAG};

use super::{ACCOUNT, STACK, id, key};

pub(super) const STATE_MACHINE: &str = "arn:aws:states:us-east-1:123456789012:stateMachine:vend";
pub(super) const TIMER_STATE_MACHINE: &str = "arn:aws:states:us-east-1:123456789012:stateMachine:timer";

/// The ETag of a pending response that was just created.
const ETAG: &str = "\"1\"";

pub(super) fn meta(code: &str) -> ErrorMetadata {
    ErrorMetadata::builder().code(code).message("from AWS").build()
}

// S3.

/// The pending response is created, before the request is sent.
pub(super) fn pending_created() -> Rule {
    written(true, None)
}

/// The pending response gets the ID of its request.
pub(super) fn pending_updated(attempt: u32) -> Rule {
    written(false, Some(attempt))
}

fn written(create: bool, waits_for: Option<u32>) -> Rule {
    mock!(aws_sdk_s3::Client::put_object)
        .match_requests(move |put| {
            let pending: PendingResponse = serde_json::from_slice(put.body().bytes().unwrap()).unwrap();
            assert_eq!(pending.request_id.as_ref().map(ToString::to_string), waits_for.map(id));
            assert_eq!(
                (pending.to.stack_id.as_str(), pending.to.physical_resource_id.as_str()),
                (STACK, key().as_str())
            );
            put.key() == Some(&format!("responses/{}/{}.json", key(), pending.name()))
                && put.if_none_match().is_some() == create
        })
        .then_output(|| PutObjectOutput::builder().e_tag(ETAG).build())
}

/// Another delivery of the same event has created the pending response.
pub(super) fn pending_exists() -> Rule {
    mock!(aws_sdk_s3::Client::put_object)
        .match_requests(|put| put.key().unwrap().starts_with("responses/"))
        .then_http_response(|| error_response(412, "<Error><Code>PreconditionFailed</Code></Error>"))
}

pub(super) fn pending_create_error(code: &'static str) -> Rule {
    mock!(aws_sdk_s3::Client::put_object).then_error(move || PutObjectError::generic(meta(code)))
}

pub(super) fn pending_removed() -> Rule {
    mock!(aws_sdk_s3::Client::delete_object)
        .match_requests(|delete| {
            delete.key().unwrap().starts_with(&format!("responses/{}/", key())) && delete.if_match().is_none()
        })
        .then_output(|| DeleteObjectOutput::builder().build())
}

/// The pending response is removed if it is unchanged.
pub(super) fn pending_removed_if_unchanged() -> Rule {
    unchanged().then_output(|| DeleteObjectOutput::builder().build())
}

/// Another delivery has changed or removed the pending response.
pub(super) fn pending_changed(status: u16, body: &'static str) -> Rule {
    unchanged().then_http_response(move || error_response(status, body))
}

fn unchanged() -> RuleBuilder<DeleteObjectInput, DeleteObjectOutput, DeleteObjectError> {
    mock!(aws_sdk_s3::Client::delete_object).match_requests(|delete| {
        delete.key().unwrap().starts_with(&format!("responses/{}/", key())) && delete.if_match() == Some(ETAG)
    })
}

pub(super) fn claimed(attempt: u32, check: fn(&RequestRecord)) -> Rule {
    mock!(aws_sdk_s3::Client::put_object)
        .match_requests(move |put| {
            let record: RequestRecord = serde_json::from_slice(put.body().bytes().unwrap()).unwrap();
            assert_eq!(record.submitted_by, STACK);
            check(&record);
            put.if_none_match() == Some("*") && put.key() == Some(&object_key(attempt))
        })
        .then_output(|| PutObjectOutput::builder().build())
}

pub(super) fn claim_exists(attempt: u32) -> Rule {
    mock!(aws_sdk_s3::Client::put_object)
        .match_requests(move |put| put.key() == Some(&object_key(attempt)))
        .then_http_response(|| error_response(412, "<Error><Code>PreconditionFailed</Code></Error>"))
}

fn error_response(status: u16, body: &'static str) -> HttpResponse {
    HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body))
}

pub(super) fn listed(attempts: &'static [u32]) -> Rule {
    mock!(aws_sdk_s3::Client::list_objects_v2)
        .match_requests(|list| list.prefix() == Some(&format!("requests/{}/", key())))
        .then_output(|| {
            let now = DateTime::from_secs(OffsetDateTime::now_utc().unix_timestamp());
            let object = |attempt: &u32| Object::builder().key(object_key(*attempt)).last_modified(now).build();
            ListObjectsV2Output::builder().set_contents(Some(attempts.iter().map(object).collect())).build()
        })
}

pub(super) fn got(record: &RequestRecord) -> Rule {
    let (key, bytes) = (object_key(record.request_id.attempt), serde_json::to_vec(record).unwrap());
    mock!(aws_sdk_s3::Client::get_object)
        .match_requests(move |get| get.key() == Some(&key))
        .then_output(move || GetObjectOutput::builder().body(ByteStream::from(bytes.clone())).build())
}

/// The stack that has abandoned the last request, if any.
pub(super) fn abandoned(stack: Option<&'static str>) -> Rule {
    let read = mock!(aws_sdk_s3::Client::get_object).match_requests(|get| get.key() == Some(&abandoned_key()));
    match stack {
        Some(stack) => read.then_output(move || {
            GetObjectOutput::builder().body(json!({ "stackId": stack }).to_string().into_bytes().into()).build()
        }),
        None => read.then_error(|| GetObjectError::NoSuchKey(NoSuchKey::builder().build())),
    }
}

/// The request is marked as abandoned.
pub(super) fn marked_abandoned() -> Rule {
    writes_abandoned(Some(STACK))
}

/// The mark is removed.
pub(super) fn cleared_abandoned() -> Rule {
    writes_abandoned(None)
}

fn writes_abandoned(stack: Option<&'static str>) -> Rule {
    mock!(aws_sdk_s3::Client::put_object)
        .match_requests(move |put| {
            let written: Value = serde_json::from_slice(put.body().bytes().unwrap()).unwrap();
            put.key() == Some(&abandoned_key()) && written == json!({ "stackId": stack })
        })
        .then_output(|| PutObjectOutput::builder().build())
}

fn abandoned_key() -> String {
    format!("requests/{}/abandoned.json", key())
}

fn object_key(attempt: u32) -> String {
    format!("requests/{}/{attempt}.json", key())
}

// Step Functions.

/// The timer is started for 55 minutes.
pub(super) fn timer_started() -> Rule {
    mock!(aws_sdk_sfn::Client::start_execution)
        .match_requests(|start| {
            let input: Value = serde_json::from_str(start.input().unwrap()).unwrap();
            let respond_by = OffsetDateTime::parse(input["respondBy"].as_str().unwrap(), &Rfc3339).unwrap();
            let seconds = (respond_by - OffsetDateTime::now_utc()).whole_seconds();
            assert!((54 * 60..=55 * 60).contains(&seconds), "{input}");
            assert_eq!(input["accountKey"], key().as_str());
            start.state_machine_arn() == Some(TIMER_STATE_MACHINE) && start.name() == input["responseId"].as_str()
        })
        .then_output(started_output)
}

pub(super) fn timer_exists() -> Rule {
    mock!(aws_sdk_sfn::Client::start_execution)
        .match_requests(|start| start.state_machine_arn() == Some(TIMER_STATE_MACHINE))
        .then_error(|| {
            let error = ExecutionAlreadyExists::builder().meta(meta("ExecutionAlreadyExists"));
            StartExecutionError::ExecutionAlreadyExists(error.build())
        })
}

pub(super) fn started(attempt: u32) -> Rule {
    mock!(aws_sdk_sfn::Client::start_execution)
        .match_requests(move |start| {
            start.state_machine_arn() == Some(STATE_MACHINE) && start.name() == Some(&id(attempt))
        })
        .then_output(started_output)
}

pub(super) fn start_error(code: &'static str) -> Rule {
    mock!(aws_sdk_sfn::Client::start_execution).then_error(move || StartExecutionError::generic(meta(code)))
}

fn started_output() -> StartExecutionOutput {
    StartExecutionOutput::builder().execution_arn("arn").start_date(DateTime::from_secs(0)).build().unwrap()
}

pub(super) fn running() -> Rule {
    mock!(aws_sdk_sfn::Client::describe_execution).then_output(|| {
        let execution = DescribeExecutionOutput::builder().execution_arn("arn").state_machine_arn(STATE_MACHINE);
        execution.start_date(DateTime::from_secs(0)).status(ExecutionStatus::Running).build().unwrap()
    })
}

// Organizations.

/// The organization has one OU, directly below its root.
pub(super) fn root_with(unit: &'static str) -> [Rule; 2] {
    let root = mock!(aws_sdk_organizations::Client::list_roots)
        .then_output(|| ListRootsOutput::builder().roots(Root::builder().id("r-1").build()).build());
    [root, units(unit)]
}

pub(super) fn units(unit: &'static str) -> Rule {
    mock!(aws_sdk_organizations::Client::list_organizational_units_for_parent).then_output(move || {
        let unit = OrganizationalUnit::builder().name(unit).id(format!("ou-{}", unit.to_lowercase())).build();
        ListOrganizationalUnitsForParentOutput::builder().organizational_units(unit).build()
    })
}

pub(super) fn list_units_error(code: &'static str) -> Rule {
    mock!(aws_sdk_organizations::Client::list_organizational_units_for_parent)
        .then_error(move || ListOrganizationalUnitsForParentError::generic(meta(code)))
}

/// The account is active.
pub(super) fn active() -> Rule {
    mock!(aws_sdk_organizations::Client::describe_account)
        .match_requests(|describe| describe.account_id() == Some(ACCOUNT))
        .then_output(|| {
            let account = aws_sdk_organizations::types::Account::builder().id(ACCOUNT).state(AccountState::Active);
            DescribeAccountOutput::builder().account(account.build()).build()
        })
}

/// The account has left the organization.
pub(super) fn gone() -> Rule {
    mock!(aws_sdk_organizations::Client::describe_account)
        .then_http_response(|| error_response(400, r#"{"__type":"AccountNotFoundException","Message":"no"}"#))
}

pub(super) fn tagged(stack: &'static str) -> Rule {
    mock!(aws_sdk_organizations::Client::tag_resource)
        .match_requests(move |tag| {
            let tags: Vec<_> = tag.tags().iter().map(|tag| (tag.key(), tag.value())).collect();
            tag.resource_id() == Some(ACCOUNT) && tags == [(STACK_TAG, stack)]
        })
        .then_output(|| TagResourceOutput::builder().build())
}

pub(super) fn tag_error(code: &'static str) -> Rule {
    mock!(aws_sdk_organizations::Client::tag_resource).then_error(move || TagResourceError::generic(meta(code)))
}

pub(super) fn in_parent(parent: &'static str) -> Rule {
    mock!(aws_sdk_organizations::Client::list_parents)
        .then_output(move || ListParentsOutput::builder().parents(Parent::builder().id(parent).build()).build())
}

pub(super) fn in_unit(id: &'static str) -> Rule {
    mock!(aws_sdk_organizations::Client::list_parents).then_output(move || {
        let parent = Parent::builder().id(id).r#type(ParentType::OrganizationalUnit).build();
        ListParentsOutput::builder().parents(parent).build()
    })
}

pub(super) fn moved(to: &'static str) -> Rule {
    mock!(aws_sdk_organizations::Client::move_account)
        .match_requests(move |call| call.account_id() == Some(ACCOUNT) && call.destination_parent_id() == Some(to))
        .then_output(|| MoveAccountOutput::builder().build())
}
