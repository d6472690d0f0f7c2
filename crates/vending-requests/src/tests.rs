use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::Object;
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use serde_json::json;
use vending_core::{Failure, Outcome, Status, VendingSettings};
use vending_records::testing::Bucket;

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
    RequestId::new(AccountKey::from_email(&request("").account_email), attempt)
}

fn record(requested_by: &str, failure: Option<ErrorCode>) -> RequestRecord {
    let failure = failure.map(|code| Failure::new("CreateAccount", code, "no"));
    let outcome = Outcome {
        status: if failure.is_some() { Status::Failed } else { Status::Vended },
        ended_at: time::OffsetDateTime::now_utc(),
        account: None,
        creation_id: None,
        creations: Some(1),
        steps: Vec::new(),
        evidence: None,
        pending_parts: [].into(),
        failure,
    };
    RequestRecord { outcome: Some(outcome), ..first(id(1), request("a"), &Requester::new(requested_by)) }
}

/// Requests with this last attempt. It is read once, or not at all.
fn requests(previous: Option<&RequestRecord>, is_read: bool) -> Requests {
    let prefix = format!("requests/{}/1.json", id(1).account_key);
    let found = previous.is_some();
    let listed = mock!(aws_sdk_s3::Client::list_objects_v2).then_output(move || {
        let object = Object::builder().key(&prefix).last_modified(DateTime::from_secs(1)).build();
        ListObjectsV2Output::builder().set_contents(found.then(|| vec![object])).build()
    });
    let body = serde_json::to_vec(&previous).unwrap();
    let got = mock!(aws_sdk_s3::Client::get_object)
        .then_output(move || GetObjectOutput::builder().body(ByteStream::from(body.clone())).build());
    let rules: Vec<&Rule> = match (is_read, found) {
        (true, true) => vec![&listed, &got],
        (true, false) => vec![&listed],
        (false, _) => Vec::new(),
    };
    let state_machine = "arn:aws:states:us-east-1:111111111111:stateMachine:vend".parse().unwrap();
    Requests::new(
        Records::new(mock_client!(aws_sdk_s3, RuleMode::Sequential, &rules), "records".to_owned()),
        AccountRecords::new(Bucket::default().client(), "records".to_owned()),
        Executions::new(mock_client!(aws_sdk_sfn, RuleMode::Sequential, &[]), state_machine),
        Organization::new(mock_client!(aws_sdk_organizations, RuleMode::Sequential, &[])),
    )
}

async fn preview(previous: Option<RequestRecord>, request: &AccountRequest) -> Preview {
    requests(None, false).preview(previous.as_ref(), request, &Requester::new(JANE)).await.unwrap()
}

#[tokio::test]
async fn only_new_accounts_need_an_allowed_email() {
    let email_pattern = Some("aws+{accountName}@example.com".to_owned());
    let policy = RequestPolicy::new(VendingSettings { email_pattern, ..VendingSettings::default() }, false, &[]);
    let known = record(JANE, None);
    let rejected = record(JANE, Some(ErrorCode::InvalidRequest));
    for (previous, is_read, email, is_violation) in [
        (None, true, Some("pay@example.com"), true),
        (Some(&known), true, Some("pay@example.com"), false),
        (Some(&rejected), true, Some("pay@example.com"), true),
        (None, false, Some("aws+pay@example.com"), false),
        (None, false, Some("malformed"), false),
        (None, false, None, false),
    ] {
        let violation = requests(previous, is_read).email_violation(&policy, email).await.unwrap();
        assert_eq!(violation.is_some(), is_violation, "{email:?}");
    }
}

#[tokio::test]
async fn preview_shows_what_submit_would_do() {
    let denied = Some(ErrorCode::AccessDenied);
    for (previous, content, action, attempt) in [
        (None, "a", Action::Create, 1),
        (Some(record(JANE, None)), "a", Action::None, 1),
        (Some(record(JANE, None)), "b", Action::Change, 2),
        (Some(record(STACK, None)), "a", Action::Refuse, 1),
        (Some(record(JANE, denied)), "a", Action::Resume, 2),
    ] {
        let preview = preview(previous, &request(content)).await;
        assert_eq!((preview.action, preview.request_id), (action, id(attempt)));
        assert_eq!(preview.reason.is_some(), action == Action::Refuse);
    }
}

#[test]
fn stack_can_follow_an_abandoned_stack() {
    for (failure, code) in [(true, Some(ErrorCode::CreationStillInProgress)), (false, None)] {
        let previous = record(STACK, code);
        let next = |is_abandoned: bool, content: &str| {
            let state = if failure { AttemptState::Failed } else { AttemptState::Vended };
            let last = Previous { record: &previous, state, unusable_reason: None, is_abandoned };
            decide(&last, &request(content), &Requester::new(NEXT_STACK))
        };
        assert_eq!(next(true, "a"), Resubmission::TryAgain(NextOwner::Successor));
        assert!(matches!(next(false, "a"), Resubmission::Reject(why) if why.contains(STACK)));
        // A transfer to another stack does not change a known account.
        assert_eq!(next(true, "b") == Resubmission::Change, !failure);
    }
}
