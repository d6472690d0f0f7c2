//! What AWS answers.

use aws_sdk_organizations::operation::describe_account::DescribeAccountOutput;
use aws_sdk_organizations::operation::list_accounts::ListAccountsOutput;
use aws_sdk_organizations::operation::list_organizational_units_for_parent::{
    ListOrganizationalUnitsForParentError, ListOrganizationalUnitsForParentOutput,
};
use aws_sdk_organizations::operation::list_parents::ListParentsOutput;
use aws_sdk_organizations::operation::list_roots::ListRootsOutput;
use aws_sdk_organizations::operation::list_tags_for_resource::ListTagsForResourceOutput;
use aws_sdk_organizations::operation::move_account::MoveAccountOutput;
use aws_sdk_organizations::operation::tag_resource::{TagResourceError, TagResourceOutput};
use aws_sdk_organizations::types::{OrganizationalUnit, Parent, Root, Tag};
use aws_sdk_s3::operation::delete_object::DeleteObjectOutput;
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_s3::operation::put_object::{PutObjectError, PutObjectOutput};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::Object;
use aws_sdk_sfn::operation::describe_execution::DescribeExecutionOutput;
use aws_sdk_sfn::operation::start_execution::{StartExecutionError, StartExecutionOutput};
use aws_sdk_sfn::types::ExecutionStatus;
use aws_sdk_sfn::types::error::ExecutionAlreadyExists;
use aws_smithy_mocks::{Rule, mock};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::DateTime;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::ErrorMetadata;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use vending_answers::PendingAnswer;
use vending_core::{KEY_TAG, RequestRecord, STACK_TAG};

use super::{ACCOUNT, EMAIL, STACK, id, key};

pub(super) const STATE_MACHINE: &str = "arn:aws:states:us-east-1:123456789012:stateMachine:vend";
pub(super) const ANSWER_STATE_MACHINE: &str = "arn:aws:states:us-east-1:123456789012:stateMachine:answer";

pub(super) fn meta(code: &str) -> ErrorMetadata {
    ErrorMetadata::builder().code(code).message("from AWS").build()
}

// S3.

/// The pending answer is kept, before anything is asked for.
pub(super) fn kept() -> Rule {
    written(true, None)
}

/// The pending answer now names the request that it waits for.
pub(super) fn named(attempt: u32) -> Rule {
    written(false, Some(attempt))
}

fn written(create: bool, waits_for: Option<u32>) -> Rule {
    mock!(aws_sdk_s3::Client::put_object)
        .match_requests(move |put| {
            let pending: PendingAnswer = serde_json::from_slice(put.body().bytes().unwrap()).unwrap();
            assert_eq!(pending.request_id.as_ref().map(ToString::to_string), waits_for.map(id));
            assert_eq!(
                (pending.to.stack_id.as_str(), pending.to.physical_resource_id.as_str()),
                (STACK, key().as_str())
            );
            put.key() == Some(&format!("answers/{}/{}.json", key(), pending.name()))
                && put.if_none_match().is_some() == create
        })
        .then_output(|| PutObjectOutput::builder().build())
}

/// An earlier delivery of the same event kept it.
pub(super) fn kept_before() -> Rule {
    mock!(aws_sdk_s3::Client::put_object)
        .match_requests(|put| put.key().unwrap().starts_with("answers/"))
        .then_http_response(|| refused_with(412, "<Error><Code>PreconditionFailed</Code></Error>"))
}

pub(super) fn not_kept(code: &'static str) -> Rule {
    mock!(aws_sdk_s3::Client::put_object).then_error(move || PutObjectError::generic(meta(code)))
}

pub(super) fn forgotten() -> Rule {
    mock!(aws_sdk_s3::Client::delete_object)
        .match_requests(|delete| delete.key().unwrap().starts_with(&format!("answers/{}/", key())))
        .then_output(|| DeleteObjectOutput::builder().build())
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

pub(super) fn taken(attempt: u32) -> Rule {
    mock!(aws_sdk_s3::Client::put_object)
        .match_requests(move |put| put.key() == Some(&object_key(attempt)))
        .then_http_response(|| refused_with(412, "<Error><Code>PreconditionFailed</Code></Error>"))
}

fn refused_with(status: u16, body: &'static str) -> HttpResponse {
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

fn object_key(attempt: u32) -> String {
    format!("requests/{}/{attempt}.json", key())
}

// Step Functions.

/// The timer is started, for 55 minutes from now.
pub(super) fn timed() -> Rule {
    mock!(aws_sdk_sfn::Client::start_execution)
        .match_requests(|start| {
            let input: Value = serde_json::from_str(start.input().unwrap()).unwrap();
            let answer_by = OffsetDateTime::parse(input["answerBy"].as_str().unwrap(), &Rfc3339).unwrap();
            let minutes = (answer_by - OffsetDateTime::now_utc()).whole_seconds();
            assert!((54 * 60..=55 * 60).contains(&minutes), "{input}");
            assert_eq!(input["accountKey"], key().as_str());
            start.state_machine_arn() == Some(ANSWER_STATE_MACHINE) && start.name() == input["answer"].as_str()
        })
        .then_output(started_output)
}

pub(super) fn timed_before() -> Rule {
    mock!(aws_sdk_sfn::Client::start_execution)
        .match_requests(|start| start.state_machine_arn() == Some(ANSWER_STATE_MACHINE))
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

pub(super) fn not_started(code: &'static str) -> Rule {
    mock!(aws_sdk_sfn::Client::start_execution).then_error(move || StartExecutionError::generic(meta(code)))
}

fn started_output() -> StartExecutionOutput {
    StartExecutionOutput::builder().execution_arn("arn").start_date(DateTime::from_secs(0)).build().unwrap()
}

pub(super) fn runs() -> Rule {
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
        let unit = OrganizationalUnit::builder().name(unit).id(format!("ou-{unit}")).build();
        ListOrganizationalUnitsForParentOutput::builder().organizational_units(unit).build()
    })
}

pub(super) fn units_refused(code: &'static str) -> Rule {
    mock!(aws_sdk_organizations::Client::list_organizational_units_for_parent)
        .then_error(move || ListOrganizationalUnitsForParentError::generic(meta(code)))
}

/// The account as it stands, with the stack that it belongs to.
pub(super) fn standing(stack: Option<&'static str>) -> Vec<Rule> {
    let described = mock!(aws_sdk_organizations::Client::describe_account)
        .match_requests(|describe| describe.account_id() == Some(ACCOUNT))
        .then_output(|| {
            let account = aws_sdk_organizations::types::Account::builder().id(ACCOUNT).email(EMAIL).name("any");
            DescribeAccountOutput::builder().account(account.build()).build()
        });
    let tags = mock!(aws_sdk_organizations::Client::list_tags_for_resource).then_output(move || {
        let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build().unwrap();
        let tags = ListTagsForResourceOutput::builder().tags(tag(KEY_TAG, key().as_str()));
        stack.into_iter().fold(tags, |tags, stack| tags.tags(tag(STACK_TAG, stack))).build()
    });
    vec![described, tags]
}

pub(super) fn no_accounts() -> Rule {
    mock!(aws_sdk_organizations::Client::list_accounts).then_output(|| ListAccountsOutput::builder().build())
}

pub(super) fn tagged(stack: &'static str) -> Rule {
    mock!(aws_sdk_organizations::Client::tag_resource)
        .match_requests(move |tag| {
            let tags: Vec<_> = tag.tags().iter().map(|tag| (tag.key(), tag.value())).collect();
            tag.resource_id() == Some(ACCOUNT) && tags == [(STACK_TAG, stack)]
        })
        .then_output(|| TagResourceOutput::builder().build())
}

pub(super) fn not_tagged(code: &'static str) -> Rule {
    mock!(aws_sdk_organizations::Client::tag_resource).then_error(move || TagResourceError::generic(meta(code)))
}

pub(super) fn in_parent(parent: &'static str) -> Rule {
    mock!(aws_sdk_organizations::Client::list_parents)
        .then_output(move || ListParentsOutput::builder().parents(Parent::builder().id(parent).build()).build())
}

pub(super) fn moved(to: &'static str) -> Rule {
    mock!(aws_sdk_organizations::Client::move_account)
        .match_requests(move |call| call.account_id() == Some(ACCOUNT) && call.destination_parent_id() == Some(to))
        .then_output(|| MoveAccountOutput::builder().build())
}
