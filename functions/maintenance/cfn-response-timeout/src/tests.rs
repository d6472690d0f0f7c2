use aws_sdk_s3::operation::delete_object::DeleteObjectOutput;
use aws_sdk_s3::operation::get_object::{GetObjectError, GetObjectOutput};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::error::NoSuchKey;
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use aws_smithy_types::error::ErrorMetadata;
use serde_json::{Value, json};
use time::OffsetDateTime;
use vending_cfn::testing::ResponseServer;
use vending_cfn::{PendingResponse, ResponseTarget};
use vending_core::{Failure, Outcome, Owner, RequestRecord, Status, fixtures};
use vending_records::AccountRecords;

use super::*;

const EMAIL: &str = "pay@example.com";

fn key() -> AccountKey {
    AccountKey::from_email(&EMAIL.parse().unwrap())
}

fn id() -> RequestId {
    RequestId::new(key(), 1)
}

fn pending(server: &ResponseServer, request_id: Option<RequestId>) -> PendingResponse {
    let to = ResponseTarget {
        response_url: server.url("token"),
        stack_id: "arn:aws:cloudformation:us-east-1:111111111111:stack/payments/0a1b".to_owned(),
        request_id: "5f3d1f6e".to_owned(),
        logical_resource_id: "Account".to_owned(),
        physical_resource_id: key().to_string(),
        creates: true,
    };
    PendingResponse { account_key: key(), request_id, to }
}

fn record(failure: Option<Failure>) -> RequestRecord {
    let request = json!({ "accountName": "pay", "accountEmail": EMAIL, "organizationalUnit": "Workloads" });
    let outcome = failure.map(|failure| Outcome {
        status: Status::Failed,
        ended_at: OffsetDateTime::UNIX_EPOCH,
        account: None,
        creation_id: None,
        creations: Some(1),
        steps: Vec::new(),
        evidence: None,
        pending_parts: [].into(),
        failure: Some(failure),
    });
    let request = serde_json::from_value(request).unwrap();
    RequestRecord {
        requester_since: OffsetDateTime::UNIX_EPOCH,
        requested_at: OffsetDateTime::UNIX_EPOCH,
        outcome,
        ..fixtures::request_record(request, 1, "arn:jane")
    }
}

fn reads(name: String, content: &impl Serialize) -> Rule {
    let bytes = serde_json::to_vec(content).unwrap();
    mock!(aws_sdk_s3::Client::get_object)
        .match_requests(move |get| get.key() == Some(&name))
        .then_output(move || GetObjectOutput::builder().body(ByteStream::from(bytes.clone())).build())
}

fn reads_pending(pending: &PendingResponse) -> Rule {
    reads(format!("responses/{}/{}.json", key(), pending.name()), pending)
}

fn reads_record(record: &RequestRecord) -> Rule {
    reads(format!("requests/{}/1.json", key()), record)
}

fn not_found() -> Rule {
    mock!(aws_sdk_s3::Client::get_object).then_error(|| {
        let meta = ErrorMetadata::builder().code("NoSuchKey").build();
        GetObjectError::NoSuchKey(NoSuchKey::builder().meta(meta).build())
    })
}

fn deletes_pending() -> Rule {
    mock!(aws_sdk_s3::Client::delete_object).then_output(|| DeleteObjectOutput::builder().build())
}

async fn run(server: &ResponseServer, pending: &PendingResponse, s3: &[Rule]) -> Output {
    let client = mock_client!(aws_sdk_s3, RuleMode::Sequential, s3);
    let cfn_response_timeout = CfnResponseTimeout {
        responder: StackResponder::from_parts(
            client.clone(),
            "records".to_owned(),
            AccountRecords::new(client.clone(), "records".to_owned()),
            Some(server.prefix()),
        ),
        records: Records::new(client, "records".to_owned()),
    };
    let input = Input { account_key: key(), response_id: pending.name() };
    let output = Box::pin(cfn_response_timeout.handle(input)).await.unwrap();
    assert!(s3.iter().all(|rule| rule.num_calls() == 1));
    output
}

/// The reason of the failure that was sent to the stack.
fn reason(server: ResponseServer) -> String {
    let [sent] = server.close().try_into().unwrap();
    assert_eq!(sent.body["Status"], "FAILED", "{}", sent.body);
    sent.body["Reason"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn completed_response_is_not_sent_again() {
    let server = ResponseServer::start(200);
    let output = run(&server, &pending(&server, Some(id())), &[not_found()]).await;
    assert!(!output.responded && server.close().is_empty());
}

#[tokio::test]
async fn running_request_fails_with_a_remedy() {
    let server = ResponseServer::start(200);
    let pending = pending(&server, Some(id()));
    let s3 = [reads_pending(&pending), reads_record(&record(None)), deletes_pending()];
    assert!(run(&server, &pending, &s3).await.responded);
    let reason = reason(server);
    assert!(reason.contains("has not ended after 55 minutes") && reason.contains("the request continues"), "{reason}");
    assert!(reason.contains(&format!("GET /requests/{}", id())), "{reason}");
}

#[tokio::test]
async fn ended_request_responds_with_its_outcome() {
    let failure = Failure {
        step: "MoveAccount".to_owned(),
        code: "AccessDenied".to_owned(),
        message: "denied".to_owned(),
        remedy: "allow it".to_owned(),
        owner: Owner::Platform,
    };
    let server = ResponseServer::start(200);
    let pending = pending(&server, Some(id()));
    let s3 = [reads_pending(&pending), reads_record(&record(Some(failure))), deletes_pending()];
    assert!(run(&server, &pending, &s3).await.responded);
    assert!(reason(server).contains("failed at MoveAccount: AccessDenied: denied. Remedy: allow it"));
}

#[tokio::test]
async fn missing_request_fails_the_resource() {
    let server = ResponseServer::start(200);
    let pending = pending(&server, None);
    assert!(run(&server, &pending, &[reads_pending(&pending), deletes_pending()]).await.responded);
    assert!(reason(server).contains("could not be requested"));
}

#[test]
fn invalid_response_id_is_rejected() {
    let input = json!({ "accountKey": key(), "responseId": "../requests/x" });
    assert!(serde_json::from_value::<Input>(input).is_err());
    let input: Value = json!({ "accountKey": key(), "responseId": "a".repeat(32) });
    assert!(serde_json::from_value::<Input>(input).is_ok());
}
