use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_s3::operation::put_object::PutObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::Object;
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::DateTime;
use aws_smithy_types::body::SdkBody;
use serde_json::json;
use vending_core::ErrorCode;

use super::*;

const KEY: &str = "abcdefghijklmnopqrst";

fn records(rules: &[&Rule]) -> Records {
    Records::new(mock_client!(aws_sdk_s3, RuleMode::Sequential, rules), "records".to_owned())
}

fn id(attempt: u32) -> RequestId {
    RequestId::new(KEY.parse().unwrap(), attempt)
}

fn record(attempt: u32) -> RequestRecord {
    let record = json!({
        "requestId": id(attempt), "requestedBy": "arn", "submittedBy": "arn", "requesterSince": "2026-11-22T00:00:00Z",
        "requestedAt": "2026-11-22T00:00:00Z",
        "request": { "accountName": "pay", "accountEmail": "pay@example.com", "organizationalUnit": "Workloads" }
    });
    serde_json::from_value(record).unwrap()
}

pub(crate) fn error_response(status: u16, code: &str) -> HttpResponse {
    let body = format!("<Error><Code>{code}</Code><Message>no</Message></Error>");
    HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body))
}

fn got(attempt: u32, body: Vec<u8>) -> Rule {
    mock!(Client::get_object)
        .match_requests(move |get| {
            get.bucket() == Some("records") && get.key() == Some(&format!("requests/{KEY}/{attempt}.json"))
        })
        .then_output(move || GetObjectOutput::builder().body(ByteStream::from(body.clone())).build())
}

fn listed(keys: &'static [&'static str], next: Option<&'static str>) -> Rule {
    mock!(Client::list_objects_v2).then_output(move || {
        let object = |key: &&str| Object::builder().key(*key).last_modified(DateTime::from_secs(7)).build();
        ListObjectsV2Output::builder()
            .set_contents(Some(keys.iter().map(object).collect()))
            .set_is_truncated(Some(next.is_some()))
            .set_next_continuation_token(next.map(str::to_owned))
            .build()
    })
}

#[tokio::test]
async fn claim_is_created_once() {
    let put = mock!(Client::put_object)
        .match_requests(|put| {
            let written: RequestRecord = serde_json::from_slice(put.body().bytes().unwrap()).unwrap();
            put.if_none_match() == Some("*")
                && put.key() == Some(&format!("requests/{KEY}/1.json"))
                && written == record(1)
        })
        .then_output(|| PutObjectOutput::builder().build());
    assert_eq!(records(&[&put]).claim(&record(1)).await.unwrap(), Claim::Created);
}

#[tokio::test]
async fn claim_of_another_call_exists() {
    for (status, code) in [(412, "PreconditionFailed"), (409, "ConditionalRequestConflict")] {
        let put = mock!(Client::put_object).then_http_response(move || error_response(status, code));
        assert_eq!(records(&[&put]).claim(&record(1)).await.unwrap(), Claim::Exists, "{code}");
    }
    let put = mock!(Client::put_object).then_http_response(|| error_response(403, "AccessDenied"));
    let error = records(&[&put]).claim(&record(1)).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::AccessDenied);
}

#[tokio::test]
async fn record_is_read_back() {
    let rule = got(2, serde_json::to_vec(&record(2)).unwrap());
    assert_eq!(records(&[&rule]).get(&id(2)).await.unwrap(), Some(record(2)));
}

#[tokio::test]
async fn missing_record_is_none_and_denied_is_error() {
    let absent = mock!(Client::get_object).then_http_response(|| error_response(404, "NoSuchKey"));
    assert_eq!(records(&[&absent]).get(&id(1)).await.unwrap(), None);
    let denied = mock!(Client::get_object).then_http_response(|| error_response(403, "AccessDenied"));
    let error = records(&[&denied]).get(&id(1)).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::AccessDenied);
}

#[tokio::test]
async fn invalid_record_is_named() {
    for body in [b"{}".to_vec(), b"\xff".to_vec(), Vec::new()] {
        let error = records(&[&got(3, body)]).get(&id(3)).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::Unexpected);
        assert!(error.to_string().ends_with(&format!("requests/{KEY}/3.json")), "{error}");
    }
}

#[tokio::test]
async fn latest_attempt_has_the_highest_number() {
    let keys = &[
        "requests/abcdefghijklmnopqrst/10.json",
        "requests/abcdefghijklmnopqrst/2.json",
        "requests/abcdefghijklmnopqrst/9.json",
    ];
    let (listed, got) = (listed(keys, None), got(10, serde_json::to_vec(&record(10)).unwrap()));
    let latest = records(&[&listed, &got]).latest(&KEY.parse().unwrap()).await.unwrap();
    assert_eq!(latest.unwrap().request_id, id(10));
    let nothing = self::listed(&[], None);
    assert_eq!(records(&[&nothing]).latest(&KEY.parse().unwrap()).await.unwrap(), None);
}

#[tokio::test]
async fn listing_has_all_pages_and_only_records() {
    let first =
        listed(&["requests/abcdefghijklmnopqrst/1.json", "requests/README.md", "requests/abc/1.json"], Some("2"));
    let second = listed(&["requests/abcdefghijklmnopqrst/02.json", "requests/abcdefghijklmnopqrst/2.json"], None);
    let all = records(&[&first, &second]).all().await.unwrap();
    let ids: Vec<RequestId> = all.into_iter().map(|listed| listed.request_id).collect();
    assert_eq!(ids, [id(1), id(2)]);
}
