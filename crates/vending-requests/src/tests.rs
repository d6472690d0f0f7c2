use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::Object;
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use serde_json::json;
use vending_core::{Failure, Outcome, Status};

use super::*;

const JANE: &str = "arn:aws:iam::111111111111:user/jane";
const STACK: &str = "arn:aws:cloudformation:us-east-1:111111111111:stack/payments/1";
const NEXT_STACK: &str = "arn:aws:cloudformation:us-east-1:111111111111:stack/payments/2";

fn request(reason: &str) -> AccountRequest {
    let email = "pay@example.com";
    let body =
        json!({ "accountName": "pay", "accountEmail": email, "organizationalUnit": "Workloads", "reason": reason });
    serde_json::from_value(body).unwrap()
}

fn id(attempt: u32) -> RequestId {
    RequestId::new(AccountKey::of(&request("").account_email), attempt)
}

fn record(requested_by: &str, failure: Option<ErrorCode>) -> RequestRecord {
    let failure = failure.map(|code| Failure::new("CreateAccount", code, "no"));
    let outcome = Outcome {
        status: if failure.is_some() { Status::Failed } else { Status::Vended },
        ended_at: time::OffsetDateTime::now_utc(),
        account: None,
        creation_id: None,
        steps: Vec::new(),
        evidence: None,
        owed: false,
        failure,
    };
    RequestRecord { outcome: Some(outcome), ..first(id(1), request("a"), &Requester::new(requested_by)) }
}

async fn preview(previous: Option<RequestRecord>, request: &AccountRequest) -> Preview {
    let prefix = format!("requests/{}/1.json", id(1).account_key);
    let found = previous.is_some();
    let listed = mock!(aws_sdk_s3::Client::list_objects_v2).then_output(move || {
        let object = Object::builder().key(&prefix).last_modified(DateTime::from_secs(1)).build();
        ListObjectsV2Output::builder().set_contents(found.then(|| vec![object])).build()
    });
    let body = serde_json::to_vec(&previous).unwrap();
    let got = mock!(aws_sdk_s3::Client::get_object)
        .then_output(move || GetObjectOutput::builder().body(ByteStream::from(body.clone())).build());
    let rules: Vec<&Rule> = if found { vec![&listed, &got] } else { vec![&listed] };
    let state_machine = "arn:aws:states:us-east-1:111111111111:stateMachine:vend".parse().unwrap();
    let requests = Requests::new(
        Records::new(mock_client!(aws_sdk_s3, RuleMode::Sequential, &rules), "records".to_owned()),
        Executions::new(mock_client!(aws_sdk_sfn, RuleMode::Sequential, &[]), state_machine),
    );
    requests.preview(request, &Requester::new(JANE)).await.unwrap()
}

#[tokio::test]
async fn a_preview_says_what_asking_would_do() {
    let denied = Some(ErrorCode::AccessDenied);
    for (previous, content, action, attempt) in [
        (None, "a", Action::Vend, 1),
        (Some(record(JANE, None)), "a", Action::Show, 1),
        (Some(record(JANE, None)), "b", Action::Refuse, 1),
        (Some(record(JANE, denied)), "a", Action::TryAgain, 2),
    ] {
        let preview = preview(previous, &request(content)).await;
        assert_eq!((preview.action, preview.request_id), (action, id(attempt)));
        assert_eq!(preview.obstacle.is_some(), action == Action::Refuse);
    }
}

#[test]
fn only_a_stack_comes_after_a_stack() {
    let heir = |recorded: &str, asking: &str| {
        let previous = record(recorded, Some(ErrorCode::AccountLimitExceeded));
        repeat(&previous, Standing::Failed, &request("a"), &Requester::new(asking))
    };
    let to = |arn: &str| Repeat::TryAgain { requested_by: arn.to_owned() };
    assert_eq!(heir(STACK, NEXT_STACK), to(NEXT_STACK));
    assert_eq!(heir(STACK, JANE), to(STACK));
    assert_eq!(heir(JANE, STACK), to(JANE));
}
