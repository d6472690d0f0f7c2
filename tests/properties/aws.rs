//! An AWS that denies every call and records it.

use std::sync::{Arc, Mutex};

use aws_config::SdkConfig;
use aws_lambda_events::http::Response;
use aws_sdk_sts::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_smithy_http_client::test_util::infallible_client_fn;
use vending_runtime::Environment;

#[derive(Clone, Default)]
pub(crate) struct Calls(Arc<Mutex<Vec<String>>>);

impl Calls {
    /// The hosts that were called.
    pub(crate) fn hosts(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    /// The configuration of clients whose calls are denied and recorded.
    pub(crate) fn config(&self) -> SdkConfig {
        let calls = self.clone();
        let denies = infallible_client_fn(move |call| {
            calls.0.lock().unwrap().push(call.uri().host().unwrap_or_default().to_owned());
            let body = r#"{"__type":"AccessDeniedException","message":"no"}"#;
            Response::builder().status(403).header("x-amzn-errortype", "AccessDenied").body(body).unwrap()
        });
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new("test", "test", None, None, "test")))
            .http_client(denies)
            .build()
    }
}

/// The environment variables that template.yaml sets.
pub(crate) fn environment() -> Environment {
    Environment::from_fn(|name| {
        let value = match name {
            "LOCAL_RESPONSE_URL_PREFIX" => "http://127.0.0.1:",
            "MANAGEMENT_ACCOUNT_ID" => "123456789012",
            "OPERATOR_PRINCIPALS" => "arn:aws:iam::123456789012:user/operator-*",
            "ORGANIZATION_PRINCIPALS" => "arn:aws:iam::123456789012:role/Platform",
            "OUTCOME_TOPIC_ARN" => "arn:aws:sns:us-east-1:123456789012:outcomes",
            "RECORDS_BUCKET" => "records",
            "REQUESTER_ARN" => "arn:aws:lambda:us-east-1:123456789012:function:adopt-account",
            "ANSWER_STATE_MACHINE_ARN" | "STATE_MACHINE_ARN" => {
                "arn:aws:states:us-east-1:123456789012:stateMachine:vend"
            }
            "EVENT_BUS_NAME" | "STACK_NAME" => "default",
            _ => return None,
        };
        Some(value.to_owned())
    })
}
