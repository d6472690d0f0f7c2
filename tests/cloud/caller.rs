//! Callers of the stack's API.

use http::request::Builder;
use local_cloud::{ApiClient, ApiResponse, Credentials};
use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::requests::unique;
use crate::wait::wait_for;

/// A caller of the API.
#[derive(Clone, Debug)]
pub struct Caller {
    client: ApiClient,
    /// The ARN of the IAM user. The tests do not compare that of the root user.
    pub user_arn: Option<String>,
}

impl Caller {
    /// The root user of the management account.
    pub fn root(cloud: &Cloud) -> Self {
        Self { client: ApiClient::new(&cloud.stack.api_url), user_arn: None }
    }

    pub fn unsigned(cloud: &Cloud) -> Self {
        Self { client: ApiClient::new(&cloud.stack.api_url).unsigned(), user_arn: None }
    }

    /// A new IAM user that can invoke these resources of the API.
    pub async fn user(cloud: &Cloud, name: &str, resources: &[&str]) -> Self {
        let iam = aws_sdk_iam::Client::new(&cloud.platform);
        let name = &unique(name);
        iam.create_user().user_name(name).send().await.unwrap();
        let policy = json!({ "Version": "2012-10-17", "Statement": [
            { "Effect": "Allow", "Action": "execute-api:Invoke", "Resource": resources }
        ] });
        let put = iam.put_user_policy().user_name(name).policy_name("api").policy_document(policy.to_string());
        put.send().await.unwrap();
        let key = iam.create_access_key().user_name(name).send().await.unwrap().access_key.unwrap();
        let credentials = Credentials::new(key.access_key_id, key.secret_access_key, None, None, "test");
        Self {
            client: ApiClient::new(&cloud.stack.api_url).with_credentials(credentials),
            user_arn: Some(format!("arn:aws:iam::123456789012:user/{name}")),
        }
    }

    pub async fn post(&self, body: &Value) -> ApiResponse {
        self.send("POST", "/accounts", body.to_string()).await
    }

    /// What a request would do, and with which account.
    pub async fn plan(&self, body: &Value) -> Value {
        let response = self.send("POST", "/accounts/plan", json!({ "requests": [body] }).to_string()).await;
        assert_eq!(response.status, 200, "{response:?}");
        response.body
    }

    /// Changes the account of an earlier request to this one.
    pub async fn change(&self, body: &Value) -> ApiResponse {
        let plan = self.plan(body).await;
        let account_id = plan["requests"][0]["accountId"].as_str().unwrap_or_else(|| panic!("no account: {plan:#}"));
        self.put(account_id, body).await
    }

    pub async fn put(&self, account_id: &str, body: &Value) -> ApiResponse {
        self.send("PUT", &format!("/accounts/{account_id}"), body.to_string()).await
    }

    /// Adopts an account.
    pub async fn adopt(&self, account_id: &str, body: &Value) -> ApiResponse {
        self.send("POST", &format!("/accounts/{account_id}/adoption"), body.to_string()).await
    }

    /// Hands an account over to another requester.
    pub async fn hand_over(&self, account_id: &str, requester: &str) -> ApiResponse {
        let body = json!({ "requester": requester }).to_string();
        self.send("PUT", &format!("/accounts/{account_id}/requester"), body).await
    }

    pub async fn get(&self, path: &str) -> ApiResponse {
        self.send("GET", path, String::new()).await
    }

    pub async fn send(&self, method: &str, path: &str, body: String) -> ApiResponse {
        self.send_request(self.client.request(method, path), body).await
    }

    pub async fn send_with_key(&self, key: &str, method: &str, path: &str, body: &Value) -> ApiResponse {
        let request = self.client.request(method, path).header("idempotency-key", key);
        self.send_request(request, body.to_string()).await
    }

    async fn send_request(&self, request: Builder, body: String) -> ApiResponse {
        let client = self.client.clone();
        tokio::task::spawn_blocking(move || client.send(request, body)).await.unwrap().unwrap()
    }

    /// Waits until what is at this path has ended, and returns it.
    pub async fn ended(&self, path: &str) -> Value {
        wait_for(&format!("the end of {path}"), || async {
            let response = self.get(path).await;
            assert_eq!(response.status, 200, "{response:?}");
            (response.body["status"] != "IN_PROGRESS").then_some(response.body)
        })
        .await
    }

    /// Waits until a request has ended, and returns it.
    pub async fn outcome(&self, request_id: &str) -> Value {
        self.ended(&format!("/requests/{request_id}")).await
    }

    /// Requests an account and waits until it is vended.
    pub async fn vend(&self, body: &Value) -> Value {
        let response = self.post(body).await;
        assert_eq!(response.status, 202, "{response:?}");
        let outcome = self.outcome(response.body["requestId"].as_str().unwrap()).await;
        assert_eq!(outcome["status"], "VENDED", "{outcome:#}");
        outcome
    }
}
