use aws_sdk_organizations::operation::describe_account::DescribeAccountOutput;
use aws_sdk_organizations::operation::list_tags_for_resource::ListTagsForResourceOutput;
use aws_sdk_organizations::operation::tag_resource::{TagResourceError, TagResourceOutput};
use aws_sdk_organizations::types::Tag;
use aws_sdk_s3::operation::delete_object::DeleteObjectOutput;
use aws_sdk_s3::operation::get_object::{GetObjectError, GetObjectOutput};
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::Object;
use aws_sdk_s3::types::error::NoSuchKey;
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use aws_smithy_types::error::ErrorMetadata;
use time::OffsetDateTime;
use vending_core::{Account, ErrorCode, Failure, KEY_TAG, Outcome, Owner, RequestId, Status};

use super::*;
use crate::testing::Inbox;

const STACK: &str = "arn:aws:cloudformation:us-east-1:111111111111:stack/payments/0a1b";
const EMAIL: &str = "pay@example.com";
const ACCOUNT: &str = "222222222222";

fn key() -> AccountKey {
    AccountKey::of(&EMAIL.parse().unwrap())
}

fn id(attempt: u32) -> RequestId {
    RequestId::new(key(), attempt)
}

pub(crate) fn record() -> RequestRecord {
    let request =
        serde_json::json!({ "accountName": "pay & more", "accountEmail": EMAIL, "organizationalUnit": "Workloads" });
    RequestRecord {
        request_id: id(1),
        request: serde_json::from_value(request).unwrap(),
        requested_by: STACK.to_owned(),
        submitted_by: STACK.to_owned(),
        requested_at: OffsetDateTime::UNIX_EPOCH,
        account_id: None,
        adopt: false,
        outcome: None,
    }
}

fn ended(failure: Option<Failure>) -> RequestRecord {
    let account = Account {
        id: ACCOUNT.to_owned(),
        name: "pay & more".to_owned(),
        email: EMAIL.to_owned(),
        organizational_unit: "Workloads".to_owned(),
        vending_role_arn: None,
        engineer_role_arn: Some(format!("arn:aws:iam::{ACCOUNT}:role/account-vending/access/Engineer")),
        ..Account::default()
    };
    let outcome = Outcome {
        status: if failure.is_some() { Status::Failed } else { Status::Vended },
        ended_at: OffsetDateTime::UNIX_EPOCH,
        account: Some(account),
        creation_id: None,
        steps: Vec::new(),
        evidence: None,
        owed: false,
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

fn pending(inbox: &Inbox, request_id: &str, waits_for: Option<u32>) -> PendingAnswer {
    PendingAnswer {
        account_key: key(),
        request_id: waits_for.map(id),
        takes_over: true,
        to: Addressee {
            response_url: inbox.url(request_id),
            stack_id: STACK.to_owned(),
            request_id: request_id.to_owned(),
            logical_resource_id: "Account".to_owned(),
            physical_resource_id: key().to_string(),
        },
    }
}

fn object_key(pending: &PendingAnswer) -> String {
    format!("answers/{}/{}.json", key(), pending.name())
}

fn meta(code: &str) -> ErrorMetadata {
    ErrorMetadata::builder().code(code).message("from AWS").build()
}

fn listed(pending: &[&PendingAnswer]) -> Rule {
    let objects: Vec<Object> =
        pending.iter().map(|pending| Object::builder().key(object_key(pending)).build()).collect();
    mock!(aws_sdk_s3::Client::list_objects_v2)
        .match_requests(|list| list.prefix() == Some(&format!("answers/{}/", key())))
        .then_output(move || ListObjectsV2Output::builder().set_contents(Some(objects.clone())).build())
}

fn got(pending: &PendingAnswer) -> Rule {
    let (name, bytes) = (object_key(pending), serde_json::to_vec(pending).unwrap());
    mock!(aws_sdk_s3::Client::get_object)
        .match_requests(move |get| get.key() == Some(&name))
        .then_output(move || GetObjectOutput::builder().body(ByteStream::from(bytes.clone())).build())
}

fn gone() -> Rule {
    mock!(aws_sdk_s3::Client::get_object)
        .then_error(|| GetObjectError::NoSuchKey(NoSuchKey::builder().meta(meta("NoSuchKey")).build()))
}

fn removed(pending: &PendingAnswer) -> Rule {
    let name = object_key(pending);
    mock!(aws_sdk_s3::Client::delete_object)
        .match_requests(move |delete| delete.key() == Some(&name))
        .then_output(|| DeleteObjectOutput::builder().build())
}

/// The account as AWS has it, with the stack that it belongs to.
fn account(stack: Option<&'static str>) -> [Rule; 2] {
    let described = mock!(aws_sdk_organizations::Client::describe_account).then_output(|| {
        let account = aws_sdk_organizations::types::Account::builder().id(ACCOUNT).email(EMAIL).name("pay").build();
        DescribeAccountOutput::builder().account(account).build()
    });
    let tags = mock!(aws_sdk_organizations::Client::list_tags_for_resource).then_output(move || {
        let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build().unwrap();
        let tags = ListTagsForResourceOutput::builder().tags(tag(KEY_TAG, key().as_str()));
        stack.into_iter().fold(tags, |tags, stack| tags.tags(tag(STACK_TAG, stack))).build()
    });
    [described, tags]
}

fn taken_over() -> Rule {
    mock!(aws_sdk_organizations::Client::tag_resource)
        .match_requests(|tag| {
            let tags: Vec<_> = tag.tags().iter().map(|tag| (tag.key(), tag.value())).collect();
            tag.resource_id() == Some(ACCOUNT) && tags == [(STACK_TAG, STACK)]
        })
        .then_output(|| TagResourceOutput::builder().build())
}

/// What a request's end makes of the pending answers, where AWS answers by these rules in their order.
async fn give_all(inbox: &Inbox, record: &RequestRecord, s3: &[Rule], organizations: &[Rule]) -> Result<(), ErrorCode> {
    let client = mock_client!(aws_sdk_s3, RuleMode::Sequential, s3);
    let answers = Answers::of(client, "records".to_owned(), Some(inbox.prefix()));
    let organization = Organization::new(mock_client!(aws_sdk_organizations, RuleMode::Sequential, organizations));
    let given = Box::pin(answers.give_all(&organization, record)).await;
    for rule in s3.iter().chain(organizations) {
        assert_eq!(rule.num_calls(), 1);
    }
    given.map_err(|error| error.code())
}

#[tokio::test]
async fn every_stack_that_waits_for_a_request_is_answered() {
    let inbox = Inbox::open(200);
    let (one, other) = (pending(&inbox, "one", Some(1)), pending(&inbox, "other", Some(1)));
    let s3 = [listed(&[&one, &other]), got(&one), removed(&one), got(&other), removed(&other)];
    assert_eq!(give_all(&inbox, &failed(), &s3, &[]).await, Ok(()));
    let received = inbox.close();
    let ids: Vec<&str> = received.iter().map(|answer| answer.body["RequestId"].as_str().unwrap()).collect();
    assert_eq!(ids, ["one", "other"]);
    assert!(received.iter().all(|answer| answer.body["Status"] == "FAILED"));
}

#[tokio::test]
async fn a_stack_that_waits_for_another_request_goes_on_waiting() {
    let inbox = Inbox::open(200);
    let (later, early, given) = (pending(&inbox, "a", Some(2)), pending(&inbox, "b", None), pending(&inbox, "c", None));
    let s3 = [listed(&[&later, &early, &given]), got(&later), got(&early), gone()];
    assert_eq!(give_all(&inbox, &failed(), &s3, &[]).await, Ok(()));
    assert!(inbox.close().is_empty());
}

#[tokio::test]
async fn one_answer_that_cannot_be_delivered_does_not_stop_the_others() {
    let (inbox, broken) = (Inbox::open(200), Inbox::open(200));
    let mut one = pending(&inbox, "one", Some(1));
    one.to.response_url = broken.url("one");
    broken.close();
    let other = pending(&inbox, "other", Some(1));
    let s3 = [listed(&[&one, &other]), got(&one), got(&other), removed(&other)];
    assert_eq!(give_all(&inbox, &failed(), &s3, &[]).await, Err(ErrorCode::InvalidRequest));
    assert_eq!(inbox.close().len(), 1);
}

#[tokio::test]
async fn an_answer_that_was_not_taken_stays() {
    let inbox = Inbox::open(503);
    let one = pending(&inbox, "one", Some(1));
    assert_eq!(
        give_all(&inbox, &failed(), &[listed(&[&one]), got(&one)], &[]).await,
        Err(ErrorCode::ServiceUnavailable)
    );
    inbox.close();
}

#[tokio::test]
async fn a_released_account_becomes_the_stacks_own() {
    let inbox = Inbox::open(200);
    let one = pending(&inbox, "one", Some(1));
    let [described, tags] = account(Some(RELEASED));
    let s3 = [listed(&[&one]), got(&one), removed(&one)];
    assert_eq!(give_all(&inbox, &vended(), &s3, &[described, tags, taken_over()]).await, Ok(()));
    assert_eq!(inbox.close()[0].body["Data"]["AccountId"], ACCOUNT);
}

#[tokio::test]
async fn an_account_that_was_not_released_stays_whose_it_is() {
    for stack in [None, Some("arn:aws:cloudformation:us-east-1:111111111111:stack/other/1")] {
        let inbox = Inbox::open(200);
        let one = pending(&inbox, "one", Some(1));
        let s3 = [listed(&[&one]), got(&one), removed(&one)];
        assert_eq!(give_all(&inbox, &vended(), &s3, &account(stack)).await, Ok(()));
        assert_eq!(inbox.close()[0].body["Status"], "SUCCESS");
    }
}

#[tokio::test]
async fn a_stack_that_cannot_take_over_an_account_fails() {
    let inbox = Inbox::open(200);
    let one = pending(&inbox, "one", Some(1));
    let [described, tags] = account(Some(RELEASED));
    let denied = mock!(aws_sdk_organizations::Client::tag_resource)
        .then_error(|| TagResourceError::generic(meta("AccessDeniedException")));
    let s3 = [listed(&[&one]), got(&one), removed(&one)];
    assert_eq!(give_all(&inbox, &vended(), &s3, &[described, tags, denied]).await, Ok(()));
    assert!(inbox.close()[0].body["Reason"].as_str().unwrap().contains("could not tag the account"));
}

#[tokio::test]
async fn a_resource_that_is_updated_takes_nothing_over() {
    let inbox = Inbox::open(200);
    let one = PendingAnswer { takes_over: false, ..pending(&inbox, "one", Some(1)) };
    assert_eq!(give_all(&inbox, &vended(), &[listed(&[&one]), got(&one), removed(&one)], &[]).await, Ok(()));
    assert_eq!(inbox.close()[0].body["Status"], "SUCCESS");
}

#[test]
fn debug_output_hides_the_url() {
    let inbox = Inbox::open(200);
    assert!(!format!("{:?}", pending(&inbox, "secret-token", None).to.response_url).contains("secret-token"));
    inbox.close();
}
