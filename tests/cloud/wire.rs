//! Signed calls of AWS without the AWS SDK.

use local_cloud::{AwsClient, CallError, JsonService};
use serde_json::Value;

/// One account in one Region. A call that AWS rejects fails the test.
#[derive(Clone, Debug)]
pub struct Wire(pub(crate) AwsClient);

impl Wire {
    #[must_use]
    pub fn in_region(&self, region: &str) -> Self {
        Self(self.0.in_region(region))
    }

    /// Calls a service with the AWS JSON protocol, and returns the body of the response.
    pub async fn json(&self, service: &str, target: &str, input: &Value) -> Value {
        let (service, target, input) = (service.to_owned(), target.to_owned(), input.clone());
        self.call(move |client| {
            let (prefix, operation) = target.rsplit_once('.').unwrap();
            client.json(&JsonService { name: &service, target: prefix }, operation, &input)
        })
        .await
    }

    /// Calls a service with the query protocol: EC2 or IAM.
    pub async fn query(&self, service: &str, version: &str, action: &str, parameters: &[(&str, &str)]) -> Value {
        let [service, version, action] = [service, version, action].map(str::to_owned);
        let parameters: Vec<_> = parameters.iter().map(|(name, value)| [*name, *value].map(str::to_owned)).collect();
        self.call(move |client| {
            let parameters: Vec<_> = parameters.iter().map(|[name, value]| (name.as_str(), value.as_str())).collect();
            client.query(&service, &version, &action, &parameters).map(Value::String)
        })
        .await
    }

    pub async fn ec2(&self, action: &str, parameters: &[(&str, &str)]) -> Value {
        self.query("ec2", "2016-11-15", action, parameters).await
    }

    pub async fn iam(&self, action: &str, parameters: &[(&str, &str)]) -> Value {
        self.query("iam", "2010-05-08", action, parameters).await
    }

    /// Calls a service with REST and JSON.
    pub async fn rest(&self, service: &str, method: &str, path: &str, input: Option<&Value>) -> Value {
        let [service, method, path] = [service, method, path].map(str::to_owned);
        let input = input.cloned();
        self.call(move |client| client.rest(&service, &method, &path, input.as_ref())).await
    }

    async fn call(&self, call: impl FnOnce(&AwsClient) -> Result<Value, CallError> + Send + 'static) -> Value {
        let client = self.0.clone();
        tokio::task::spawn_blocking(move || call(&client)).await.unwrap().unwrap()
    }
}
