use aws_sdk_s3::operation::delete_object::DeleteObjectOutput;
use aws_sdk_s3::operation::get_object::{GetObjectError, GetObjectOutput};
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::Object;
use aws_sdk_s3::types::error::NoSuchKey;
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use aws_smithy_types::error::ErrorMetadata;
use time::OffsetDateTime;
use vending_core::{AccountRecord, ErrorCode, Failure, Outcome, Owner, RequestId, Status, VendedAccount, fixtures};
use vending_records::testing::Bucket;

use super::*;
use crate::testing::ResponseServer;

const STACK: &str = "arn:aws:cloudformation:us-east-1:111111111111:stack/payments/0a1b";
const EMAIL: &str = "pay@example.com";
const ACCOUNT: &str = "222222222222";

fn key() -> AccountKey {
    AccountKey::from_email(&EMAIL.parse().unwrap())
}

fn id(attempt: u32) -> RequestId {
    RequestId::new(key(), attempt)
}

pub(crate) fn record() -> RequestRecord {
    let request =
        serde_json::json!({ "accountName": "pay & more", "accountEmail": EMAIL, "organizationalUnit": "Workloads" });
    let request = serde_json::from_value(request).unwrap();
    RequestRecord {
        requester_since: OffsetDateTime::UNIX_EPOCH,
        requested_at: OffsetDateTime::UNIX_EPOCH,
        ..fixtures::request_record(request, 1, STACK)
    }
}

fn ended(failure: Option<Failure>) -> RequestRecord {
    let account = VendedAccount {
        id: ACCOUNT.to_owned(),
        name: "pay & more".to_owned(),
        email: EMAIL.to_owned(),
        organizational_unit: "Workloads".to_owned(),
        vending_role_arn: None,
        engineer_role_arn: Some(format!("arn:aws:iam::{ACCOUNT}:role/account-vending/access/Engineer")),
        ..VendedAccount::default()
    };
    let outcome = Outcome {
        status: if failure.is_some() { Status::Failed } else { Status::Vended },
        ended_at: OffsetDateTime::UNIX_EPOCH,
        account: Some(account),
        creation_id: None,
        creations: Some(1),
        steps: Vec::new(),
        evidence: None,
        pending_parts: [].into(),
        failure,
    };
    RequestRecord { outcome: Some(outcome), ..record() }
}

pub(crate) fn vended() -> RequestRecord {
    ended(None)
}

pub(crate) fn failed() -> RequestRecord {
    ended(Some(Failure {
        step: "EnableConfig".to_owned(),
        code: "AccessDenied".to_owned(),
        message: "denied".to_owned(),
        remedy: "allow it".to_owned(),
        owner: Owner::Platform,
    }))
}

fn pending(server: &ResponseServer, request_id: &str, waits_for: Option<u32>) -> PendingResponse {
    PendingResponse {
        account_key: key(),
        request_id: waits_for.map(id),
        to: ResponseTarget {
            response_url: server.url(request_id),
            stack_id: STACK.to_owned(),
            request_id: request_id.to_owned(),
            logical_resource_id: "Account".to_owned(),
            physical_resource_id: key().to_string(),
            creates: true,
        },
    }
}

fn object_key(pending: &PendingResponse) -> String {
    format!("responses/{}/{}.json", key(), pending.name())
}

fn meta(code: &str) -> ErrorMetadata {
    ErrorMetadata::builder().code(code).message("from AWS").build()
}

fn lists(pending: &[&PendingResponse]) -> Rule {
    let objects: Vec<Object> =
        pending.iter().map(|pending| Object::builder().key(object_key(pending)).build()).collect();
    mock!(aws_sdk_s3::Client::list_objects_v2)
        .match_requests(|list| list.prefix() == Some(&format!("responses/{}/", key())))
        .then_output(move || ListObjectsV2Output::builder().set_contents(Some(objects.clone())).build())
}

fn reads(pending: &PendingResponse) -> Rule {
    let (name, bytes) = (object_key(pending), serde_json::to_vec(pending).unwrap());
    mock!(aws_sdk_s3::Client::get_object)
        .match_requests(move |get| get.key() == Some(&name))
        .then_output(move || GetObjectOutput::builder().body(ByteStream::from(bytes.clone())).build())
}

fn not_found() -> Rule {
    mock!(aws_sdk_s3::Client::get_object)
        .then_error(|| GetObjectError::NoSuchKey(NoSuchKey::builder().meta(meta("NoSuchKey")).build()))
}

fn removes(pending: &PendingResponse) -> Rule {
    let name = object_key(pending);
    mock!(aws_sdk_s3::Client::delete_object)
        .match_requests(move |delete| delete.key() == Some(&name))
        .then_output(|| DeleteObjectOutput::builder().build())
}

/// A bucket with the record of the account, which belongs to this requester.
fn accounts(requested_by: &str) -> Bucket {
    let bucket = Bucket::default();
    let record = RequestRecord { requested_by: requested_by.to_owned(), ..record() };
    bucket.put_account(&AccountRecord::new(&record, ACCOUNT.parse().unwrap(), "ou-1".to_owned()));
    bucket
}

/// Responds to the stacks that wait for the request. S3 returns these responses in this order.
async fn respond_to_all_with(
    server: &ResponseServer,
    record: &RequestRecord,
    s3: &[Rule],
    accounts: &Bucket,
) -> Result<(), ErrorCode> {
    let client = mock_client!(aws_sdk_s3, RuleMode::Sequential, s3);
    let accounts = AccountRecords::new(accounts.client(), "records".to_owned());
    let responder = StackResponder::from_parts(client, "records".to_owned(), accounts, Some(server.prefix()));
    let result = Box::pin(responder.respond_to_all(record)).await;
    for rule in s3 {
        assert_eq!(rule.num_calls(), 1);
    }
    result.map_err(|error| error.code())
}

async fn respond_to_all(server: &ResponseServer, record: &RequestRecord, s3: &[Rule]) -> Result<(), ErrorCode> {
    respond_to_all_with(server, record, s3, &Bucket::default()).await
}

#[tokio::test]
async fn each_waiting_stack_gets_the_response() {
    let server = ResponseServer::start(200);
    let (one, other) = (pending(&server, "one", Some(1)), pending(&server, "other", Some(1)));
    let s3 = [lists(&[&one, &other]), reads(&one), removes(&one), reads(&other), removes(&other)];
    assert_eq!(respond_to_all(&server, &failed(), &s3).await, Ok(()));
    let received = server.close();
    let ids: Vec<&str> = received.iter().map(|response| response.body["RequestId"].as_str().unwrap()).collect();
    assert_eq!(ids, ["one", "other"]);
    assert!(received.iter().all(|response| response.body["Status"] == "FAILED"));
}

#[tokio::test]
async fn stack_that_waits_for_another_request_is_kept() {
    let server = ResponseServer::start(200);
    let (later, early, removed) =
        (pending(&server, "a", Some(2)), pending(&server, "b", None), pending(&server, "c", None));
    let s3 = [lists(&[&later, &early, &removed]), reads(&later), reads(&early), not_found()];
    assert_eq!(respond_to_all(&server, &failed(), &s3).await, Ok(()));
    assert!(server.close().is_empty());
}

#[tokio::test]
async fn one_failed_delivery_does_not_stop_the_rest() {
    let (server, broken) = (ResponseServer::start(200), ResponseServer::start(200));
    let mut one = pending(&server, "one", Some(1));
    one.to.response_url = broken.url("one");
    broken.close();
    let other = pending(&server, "other", Some(1));
    let s3 = [lists(&[&one, &other]), reads(&one), reads(&other), removes(&other)];
    assert_eq!(respond_to_all(&server, &failed(), &s3).await, Err(ErrorCode::InvalidRequest));
    assert_eq!(server.close().len(), 1);
}

#[tokio::test]
async fn undelivered_response_stays_pending() {
    let server = ResponseServer::start(503);
    let one = pending(&server, "one", Some(1));
    assert_eq!(
        respond_to_all(&server, &failed(), &[lists(&[&one]), reads(&one)]).await,
        Err(ErrorCode::ServiceUnavailable)
    );
    server.close();
}

#[tokio::test]
async fn created_resource_is_added_to_the_account() {
    let server = ResponseServer::start(200);
    let one = pending(&server, "one", Some(1));
    let (s3, accounts) = ([lists(&[&one]), reads(&one), removes(&one)], accounts(STACK));
    assert_eq!(respond_to_all_with(&server, &vended(), &s3, &accounts).await, Ok(()));
    let response = &server.close()[0].body;
    assert_eq!(
        (&response["Data"]["AccountId"], &response["PhysicalResourceId"]),
        (&ACCOUNT.into(), &key().as_str().into())
    );
    assert!(accounts.account(ACCOUNT).has_stack_resource(STACK, "Account"));
}

#[tokio::test]
async fn stack_gets_no_account_of_another_requester() {
    for requested_by in
        ["arn:aws:iam::111111111111:user/jane", "arn:aws:cloudformation:us-east-1:111111111111:stack/other/1"]
    {
        let server = ResponseServer::start(200);
        let one = pending(&server, "one", Some(1));
        let (s3, accounts) = ([lists(&[&one]), reads(&one), removes(&one)], accounts(requested_by));
        assert_eq!(respond_to_all_with(&server, &vended(), &s3, &accounts).await, Ok(()));
        let response = &server.close()[0].body;
        assert_eq!(response["PhysicalResourceId"], format!("not-created/{}", key()));
        assert!(response["Reason"].as_str().unwrap().contains(requested_by), "{response}");
        assert!(!accounts.account(ACCOUNT).had_stack_resource);
    }
}

#[tokio::test]
async fn updated_resource_is_not_added_to_the_account() {
    let server = ResponseServer::start(200);
    let mut one = pending(&server, "one", Some(1));
    one.to.creates = false;
    let (s3, accounts) = ([lists(&[&one]), reads(&one), removes(&one)], accounts(STACK));
    assert_eq!(respond_to_all_with(&server, &vended(), &s3, &accounts).await, Ok(()));
    assert_eq!(server.close()[0].body["Status"], "SUCCESS");
    assert!(!accounts.account(ACCOUNT).had_stack_resource);
}

#[test]
fn debug_output_hides_the_url() {
    let server = ResponseServer::start(200);
    assert!(!format!("{:?}", pending(&server, "secret-token", None).to.response_url).contains("secret-token"));
    server.close();
}
