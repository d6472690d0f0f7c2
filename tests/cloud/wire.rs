//! AWS as anybody calls it by hand, without an SDK of each service.

use serde_json::Value;
use ureq::http::Request;
use ureq::http::request::Builder;

use crate::Cloud;
use crate::api::{REGION, credentials, exchange, sign_request};

/// One account in one region, as its root.
#[derive(Clone, Debug)]
pub struct Wire {
    endpoint: String,
    account: String,
    region: String,
}

impl Cloud {
    pub fn wire(&self, account: &str) -> Wire {
        let account = account.to_owned();
        Wire { endpoint: self.strict.endpoint.clone(), account, region: REGION.to_owned() }
    }

    /// The platform, which has one account.
    pub(crate) fn platform_wire(&self) -> Wire {
        let endpoint = self.text("platformEndpoint").to_owned();
        Wire { endpoint, account: "test".to_owned(), region: REGION.to_owned() }
    }
}

impl Wire {
    #[must_use]
    pub fn in_region(&self, region: &str) -> Self {
        Self { region: region.to_owned(), ..self.clone() }
    }

    /// Calls a service that speaks JSON, and answers what it said.
    pub async fn json(&self, service: &str, target: &str, input: &Value) -> Value {
        let request = Request::post(&self.endpoint).header("content-type", "application/x-amz-json-1.1");
        self.send(service, request.header("x-amz-target", target), input.to_string()).await
    }

    /// Calls a service that speaks the query protocol: EC2 or IAM.
    pub async fn query(&self, service: &str, version: &str, action: &str, parameters: &[(&str, &str)]) -> Value {
        let parameters = parameters.iter().map(|(name, value)| {
            let value = percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC);
            format!("&{name}={value}")
        });
        let form = format!("Action={action}&Version={version}{}", parameters.collect::<String>());
        let request = Request::post(&self.endpoint).header("content-type", "application/x-www-form-urlencoded");
        self.send(service, request, form).await
    }

    pub async fn ec2(&self, action: &str, parameters: &[(&str, &str)]) -> Value {
        self.query("ec2", "2016-11-15", action, parameters).await
    }

    pub async fn iam(&self, action: &str, parameters: &[(&str, &str)]) -> Value {
        self.query("iam", "2010-05-08", action, parameters).await
    }

    /// Calls a service that speaks REST and JSON.
    pub async fn rest(&self, service: &str, method: &str, path: &str, input: Option<&Value>) -> Value {
        let request = Request::builder().method(method).uri(format!("{}{path}", self.endpoint));
        let request = request.header("content-type", "application/json").header("x-amz-account-id", &self.account);
        self.send(service, request, input.map(Value::to_string).unwrap_or_default()).await
    }

    async fn send(&self, service: &str, request: Builder, body: String) -> Value {
        let mut request = request.body(body.into_bytes()).unwrap();
        // An account's id is its root's access key.
        sign_request(&mut request, &credentials(&self.account, "test"), service, &self.region);
        let answer = tokio::task::spawn_blocking(move || exchange(request)).await.unwrap();
        assert!((200..300).contains(&answer.status), "{answer:?}");
        answer.body
    }
}
