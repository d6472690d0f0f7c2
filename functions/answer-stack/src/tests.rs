use aws_sdk_s3::operation::delete_object::DeleteObjectOutput;
use aws_sdk_s3::operation::get_object::{GetObjectError, GetObjectOutput};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::error::NoSuchKey;
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use aws_smithy_types::error::ErrorMetadata;
use serde_json::{Value, json};
use time::OffsetDateTime;
use vending_answers::testing::Inbox;
use vending_answers::{Addressee, PendingAnswer};
use vending_core::{Failure, Outcome, Owner, RequestRecord, Status};

use super::*;

const EMAIL: &str = "pay@example.com";

fn key() -> AccountKey {
    AccountKey::of(&EMAIL.parse().unwrap())
}

fn id() -> RequestId {
    RequestId::new(key(), 1)
}

fn pending(inbox: &Inbox, request_id: Option<RequestId>) -> PendingAnswer {
    let to = Addressee {
        response_url: inbox.url("token"),
        stack_id: "arn:aws:cloudformation:us-east-1:111111111111:stack/payments/0a1b".to_owned(),
        request_id: "5f3d1f6e".to_owned(),
        logical_resource_id: "Account".to_owned(),
        physical_resource_id: key().to_string(),
    };
    PendingAnswer { account_key: key(), request_id, takes_over: true, to }
}

fn record(failure: Option<Failure>) -> RequestRecord {
    let request = json!({ "accountName": "pay", "accountEmail": EMAIL, "organizationalUnit": "Workloads" });
    let outcome = failure.map(|failure| Outcome {
        status: Status::Failed,
        ended_at: OffsetDateTime::UNIX_EPOCH,
        account: None,
        creation_id: None,
        steps: Vec::new(),
        evidence: None,
        owed: false,
        failure: Some(failure),
    });
    RequestRecord {
        request_id: id(),
        request: serde_json::from_value(request).unwrap(),
        requested_by: "arn:jane".to_owned(),
        submitted_by: "arn:jane".to_owned(),
        requested_at: OffsetDateTime::UNIX_EPOCH,
        account_id: None,
        adopt: false,
        outcome,
    }
}

fn got(name: String, content: &impl Serialize) -> Rule {
    let bytes = serde_json::to_vec(content).unwrap();
    mock!(aws_sdk_s3::Client::get_object)
        .match_requests(move |get| get.key() == Some(&name))
        .then_output(move || GetObjectOutput::builder().body(ByteStream::from(bytes.clone())).build())
}

fn waiting(pending: &PendingAnswer) -> Rule {
    got(format!("answers/{}/{}.json", key(), pending.name()), pending)
}

fn recorded(record: &RequestRecord) -> Rule {
    got(format!("requests/{}/1.json", key()), record)
}

fn nothing() -> Rule {
    mock!(aws_sdk_s3::Client::get_object).then_error(|| {
        let meta = ErrorMetadata::builder().code("NoSuchKey").build();
        GetObjectError::NoSuchKey(NoSuchKey::builder().meta(meta).build())
    })
}

fn forgotten() -> Rule {
    mock!(aws_sdk_s3::Client::delete_object).then_output(|| DeleteObjectOutput::builder().build())
}

async fn run(inbox: &Inbox, pending: &PendingAnswer, s3: &[Rule]) -> Output {
    let client = mock_client!(aws_sdk_s3, RuleMode::Sequential, s3);
    let answer_stack = AnswerStack {
        answers: Answers::of(client.clone(), "records".to_owned(), Some(inbox.prefix())),
        records: Records::new(client, "records".to_owned()),
        organization: Organization::new(mock_client!(aws_sdk_organizations, RuleMode::Sequential, &[])),
    };
    let input = Input { account_key: key(), answer: pending.name() };
    let output = Box::pin(answer_stack.handle(input)).await.unwrap();
    assert!(s3.iter().all(|rule| rule.num_calls() == 1));
    output
}

/// Why the stack was told that its account failed.
fn reason(inbox: Inbox) -> String {
    let [told] = inbox.close().try_into().unwrap();
    assert_eq!(told.body["Status"], "FAILED", "{}", told.body);
    told.body["Reason"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_was_answered_is_left_alone() {
    let inbox = Inbox::open(200);
    let output = run(&inbox, &pending(&inbox, Some(id())), &[nothing()]).await;
    assert!(!output.answered && inbox.close().is_empty());
}

#[tokio::test]
async fn a_request_that_goes_on_is_told_with_what_to_do() {
    let inbox = Inbox::open(200);
    let pending = pending(&inbox, Some(id()));
    let s3 = [waiting(&pending), recorded(&record(None)), forgotten()];
    assert!(run(&inbox, &pending, &s3).await.answered);
    let reason = reason(inbox);
    assert!(reason.contains("has not ended after 55 minutes") && reason.contains("the request goes on"), "{reason}");
    assert!(reason.contains(&format!("GET /accounts/{}", id())), "{reason}");
}

#[tokio::test]
async fn a_request_that_has_ended_is_told_as_it_ended() {
    let failure = Failure {
        step: "MoveAccount".to_owned(),
        code: "AccessDenied".to_owned(),
        message: "denied".to_owned(),
        remedy: "allow it".to_owned(),
        owner: Owner::Platform,
    };
    let inbox = Inbox::open(200);
    let pending = pending(&inbox, Some(id()));
    let s3 = [waiting(&pending), recorded(&record(Some(failure))), forgotten()];
    assert!(run(&inbox, &pending, &s3).await.answered);
    assert!(reason(inbox).contains("failed at MoveAccount: AccessDenied: denied. Remedy: allow it"));
}

#[tokio::test]
async fn a_request_that_was_never_made_is_told_too() {
    let inbox = Inbox::open(200);
    let pending = pending(&inbox, None);
    assert!(run(&inbox, &pending, &[waiting(&pending), forgotten()]).await.answered);
    assert!(reason(inbox).contains("could not be asked for"));
}

#[test]
fn a_name_that_is_no_answers_is_refused() {
    let input = json!({ "accountKey": key(), "answer": "../requests/x" });
    assert!(serde_json::from_value::<Input>(input).is_err());
    let input: Value = json!({ "accountKey": key(), "answer": "a".repeat(32) });
    assert!(serde_json::from_value::<Input>(input).is_ok());
}
