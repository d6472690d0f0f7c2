//! A running proxy with fake emulators behind it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use local_cloud::strict::{CreationPlan, Outcome, Settings, StrictClient};
use serde_json::{Value, json};
use strict_proxy::{Clock, Config};
use tokio::net::TcpListener;

use crate::emulator::{EmulatorState, MANAGEMENT, Role, Seen, serve};

pub(crate) const ROOT_KEY: &str = "123456789012";

pub(crate) struct LocalCloud {
    pub(crate) endpoint: String,
    pub(crate) strict: StrictClient,
    pub(crate) clock: Clock,
    emulator_state: Arc<Mutex<EmulatorState>>,
}

impl LocalCloud {
    pub(crate) async fn start() -> Self {
        Self::start_with(|config| config).await
    }

    pub(crate) async fn start_with(change: impl FnOnce(Config) -> Config) -> Self {
        let emulator_state = Arc::new(Mutex::new(EmulatorState::default()));
        let (aws, platform) = (serve("aws", &emulator_state).await, serve("platform", &emulator_state).await);
        let clock = Clock::manual();
        let config = change(Config { clock: clock.clone(), ..Config::new(aws, platform, MANAGEMENT) });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(strict_proxy::serve(listener, config));
        Self { strict: StrictClient::new(&endpoint), endpoint, clock, emulator_state }
    }

    pub(crate) fn advance(&self, millis: u64) {
        self.clock.advance(Duration::from_millis(millis));
    }

    /// Returns the calls that callers sent, without those of the proxy itself.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        let seen = &self.emulator_state.lock().unwrap().seen;
        seen.iter().filter(|seen| seen.host == HOST).cloned().collect()
    }

    pub(crate) fn accounts(&self) -> usize {
        self.emulator_state.lock().unwrap().accounts.len()
    }

    pub(crate) fn put_role(&self, role: Role) {
        self.emulator_state.lock().unwrap().roles.push(role);
    }

    /// Closes the next connections without a response, as a busy emulator does.
    pub(crate) fn drop_connections(&self, number: usize) {
        self.emulator_state.lock().unwrap().dropped = number;
    }

    pub(crate) fn put_hub(&self, account: &str) {
        self.emulator_state.lock().unwrap().hubs.insert(account.to_owned());
    }

    pub(crate) fn has_hub(&self, account: &str) -> bool {
        self.emulator_state.lock().unwrap().hubs.contains(account)
    }

    /// Makes an account the delegated administrator of a service.
    pub(crate) fn put_administrator(&self, account: &str) {
        self.emulator_state.lock().unwrap().administrator = Some(account.to_owned());
    }

    pub(crate) fn put_scp(&self, target: &str, document: Value) {
        self.emulator_state.lock().unwrap().scps.insert(target.to_owned(), document);
    }

    /// Calls Organizations as the management account and returns the status and the body.
    pub(crate) async fn organizations(&self, operation: &str, parameters: Value) -> (u16, Value) {
        self.json(ROOT_KEY, "organizations", operation, parameters).await.unwrap()
    }

    /// Returns `None` if the connection was cut.
    pub(crate) async fn json(
        &self,
        key: &str,
        service: &str,
        operation: &str,
        parameters: Value,
    ) -> Option<(u16, Value)> {
        let request = Request::builder().header("X-Amz-Target", format!("Target.{operation}"));
        let (status, body) = self.call(request, key, service, &parameters.to_string()).await?;
        Some((status, serde_json::from_str(&body).unwrap()))
    }

    pub(crate) async fn query(&self, key: &str, service: &str, form: &str) -> Option<(u16, String)> {
        let request = Request::builder().header("Content-Type", "application/x-www-form-urlencoded");
        self.call(request, key, service, form).await
    }

    async fn call(
        &self,
        request: hyper::http::request::Builder,
        key: &str,
        service: &str,
        body: &str,
    ) -> Option<(u16, String)> {
        let request = request.method("POST").uri(format!("{}/", self.endpoint));
        self.send(request, &format!("{key}/20261122/us-east-1/{service}"), body).await
    }

    /// `scope` is that of the signature: key, date, Region, and service. Returns `None` if the connection was cut.
    pub(crate) async fn send(
        &self,
        request: hyper::http::request::Builder,
        scope: &str,
        body: &str,
    ) -> Option<(u16, String)> {
        let authorization = format!("AWS4-HMAC-SHA256 Credential={scope}/aws4_request, Signature=0");
        self.send_unsigned(request.header("Authorization", authorization), body).await
    }

    pub(crate) async fn send_unsigned(
        &self,
        request: hyper::http::request::Builder,
        body: &str,
    ) -> Option<(u16, String)> {
        let request = request.header("Host", HOST).body(Full::<Bytes>::from(body.to_owned())).unwrap();
        let response = Client::builder(TokioExecutor::new()).build_http().request(request).await.ok()?;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        Some((status, String::from_utf8(body.to_vec()).unwrap()))
    }

    /// Makes new creations complete immediately.
    pub(crate) async fn complete_creations_at_once(&self) {
        self.strict.set_settings(&Settings { in_progress_millis: Some(0), ..Settings::default() }).await.unwrap();
    }

    pub(crate) async fn plan(&self, email: &str, outcome: Outcome) {
        self.strict.plan_creation(&CreationPlan::for_email(email, outcome)).await.unwrap();
    }

    /// Returns an account as Organizations describes it.
    pub(crate) async fn account(&self, id: &str) -> Value {
        self.organizations("DescribeAccount", json!({"AccountId": id})).await.1["Account"].take()
    }

    /// Returns the error code of a call about an account.
    pub(crate) async fn code_of(&self, operation: &str, id: &str) -> String {
        code(&self.organizations(operation, json!({"AccountId": id})).await).to_owned()
    }

    /// Creates an account and returns the ID of the creation.
    pub(crate) async fn create(&self, email: &str) -> String {
        let (status, response) = self.organizations("CreateAccount", account(email)).await;
        assert_eq!((status, &response["CreateAccountStatus"]["State"]), (200, &json!("IN_PROGRESS")), "{response}");
        response["CreateAccountStatus"]["Id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn creation(&self, id: &str) -> Value {
        let parameters = json!({"CreateAccountRequestId": id});
        self.organizations("DescribeCreateAccountStatus", parameters).await.1["CreateAccountStatus"].take()
    }

    /// Assumes a role and returns the access key of the session.
    pub(crate) async fn assume(&self, key: &str, role_arn: &str, more: &str) -> String {
        let (status, body) = self.try_assume(key, role_arn, more).await;
        assert_eq!(status, 200, "{body}");
        format!("ASIA{}", role_arn.rsplit('/').next().unwrap())
    }

    pub(crate) async fn try_assume(&self, key: &str, role_arn: &str, more: &str) -> (u16, String) {
        let form = format!("Action=AssumeRole&RoleSessionName=vend&RoleArn={role_arn}{more}");
        self.query(key, "sts", &form).await.unwrap()
    }
}

/// Distinguishes the calls of callers from those of the proxy.
const HOST: &str = "service.example.com";

pub(crate) fn account(email: &str) -> Value {
    json!({"AccountName": "a", "Email": email})
}

/// The code and the reason of an error.
pub(crate) fn reason(response: &(u16, Value)) -> (&str, &str) {
    (code(response), response.1["Reason"].as_str().unwrap_or("none"))
}

/// The code of a JSON error.
pub(crate) fn code(response: &(u16, Value)) -> &str {
    response.1["__type"].as_str().unwrap_or("none")
}

/// Waits for the effect of another task.
#[expect(clippy::disallowed_methods, reason = "nothing signals the effect")]
pub(crate) async fn until(mut condition: impl AsyncFnMut() -> bool) {
    for _ in 0..1000 {
        if condition().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the condition was not met within ten seconds");
}
