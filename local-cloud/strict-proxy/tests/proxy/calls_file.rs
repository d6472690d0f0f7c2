//! The file of function calls. The tests of `xtask/tools/check_calls.py` read `calls.jsonl`, too.

use std::fs;
use std::path::{Path, PathBuf};

use hyper::Request;
use hyper::http::request::Builder;
use local_cloud::FunctionCredentials;
use strict_proxy::Config;

use crate::cloud::{LocalCloud, ROOT_KEY};
use crate::emulator::{FUNCTION_ARN, FUNCTION_ROLE};

async fn cloud(name: &str) -> (LocalCloud, PathBuf) {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}.jsonl", std::process::id()));
    let calls_file = Some(file.clone());
    (LocalCloud::start_with(|config| Config { calls_file, ..config }).await, file)
}

fn lines(file: &Path) -> String {
    let lines = fs::read_to_string(file).unwrap();
    fs::remove_file(file).unwrap();
    lines
}

#[tokio::test]
async fn distinct_function_calls_are_written_redacted() {
    let (cloud, file) = cloud("calls").await;
    let key = FunctionCredentials::new(FUNCTION_ARN, FUNCTION_ROLE).access_key_id;
    // The file has a repeated call once, and no calls of other callers.
    for key in [&key, &key, ROOT_KEY] {
        for (service, request, body) in calls(&cloud.endpoint) {
            cloud.send(request, &format!("{key}/20261122/us-east-1/{service}"), body).await.unwrap();
        }
    }
    assert_eq!(lines(&file), include_str!("calls.jsonl"));
}

#[tokio::test]
async fn presigned_url_is_not_written() {
    let (cloud, file) = cloud("presigned").await;
    let key = FunctionCredentials::new(FUNCTION_ARN, FUNCTION_ROLE).access_key_id;
    let uri = format!("{}/b/k?X-Amz-Credential={key}%2F20261122%2Fus-east-1%2Fs3%2Faws4_request", cloud.endpoint);
    cloud.send_unsigned(Request::get(uri), "").await.unwrap();
    let calls = cloud.strict.calls_since(0).await.unwrap();
    assert!(calls[0].function.is_some(), "{calls:?}");
    assert_eq!(lines(&file), "");
}

/// One call in each AWS protocol, with its service.
fn calls(endpoint: &str) -> Vec<(&'static str, Builder, &'static str)> {
    let request = |method: &str, uri: &str| {
        let request = Request::builder().method(method).uri(format!("{endpoint}{uri}"));
        request.header("x-amz-security-token", "secret").header("x-amz-user-agent", "aws-sdk-rust/1")
    };
    let json = |target: &str| {
        request("POST", "/").header("x-amz-target", target).header("content-type", "application/x-amz-json-1.0")
    };
    let form = || request("POST", "/").header("content-type", "application/x-www-form-urlencoded");
    let rest = |method: &str, uri: &str, kind: &str| request(method, uri).header("content-type", kind);
    vec![
        (
            "states",
            json("AWSStepFunctions.StartExecution"),
            r#"{"input":"{\"ResponseURL\":\"secret\",\"id\":1}","name":"k-1","stateMachineArn":"arn:aws:states:us-east-1:123456789012:stateMachine:vend"}"#,
        ),
        (
            "iam",
            form(),
            "Action=CreateRole&Version=2010-05-08&RoleName=Engineer&AssumeRolePolicyDocument=%7B%7D&Tags.member.1.Key=a&Tags.member.1.Value=b",
        ),
        (
            "ec2",
            form(),
            "Action=DescribeVpcs&Version=2016-11-15&Filter.1.Name=is-default&Filter.1.Value.1=true&MaxResults=100",
        ),
        (
            "guardduty",
            rest("POST", "/detector/12abc34d567e8fa901bc2d34e56789f0/member/get", "application/json"),
            r#"{"accountIds":["111122223333"]}"#,
        ),
        ("access-analyzer", request("GET", "/analyzer?type=ACCOUNT"), ""),
        (
            "s3",
            rest("PUT", "/v20180820/configuration/publicAccessBlock", "application/xml")
                .header("x-amz-account-id", "111122223333"),
            r#"<PublicAccessBlockConfiguration xmlns="http://awss3control.amazonaws.com/doc/2018-08-20/"><BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>"#,
        ),
        (
            "s3",
            rest("PUT", "/bucket/responses/k/1.json?x-id=PutObject", "application/json")
                .header("if-none-match", "*")
                .header("x-amz-checksum-crc32", "AAAAAA=="),
            r#"{"ResponseURL":"secret"}"#,
        ),
    ]
}
