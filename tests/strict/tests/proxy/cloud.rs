//! The proxy as its callers see it, with fake emulators behind it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use strict::{Clock, Config, CreationPlan, Outcome, Settings, StrictClient};
use tokio::net::TcpListener;

use crate::emulator::{Emulated, Role, Seen, serve};

pub(crate) const MANAGEMENT: &str = "123456789012";
pub(crate) const ROOT_KEY: &str = "123456789012";

pub(crate) struct LocalCloud {
    pub(crate) endpoint: String,
    pub(crate) strict: StrictClient,
    pub(crate) clock: Clock,
    emulated: Arc<Mutex<Emulated>>,
}

impl LocalCloud {
    pub(crate) async fn start() -> Self {
        Self::start_with(|config| config).await
    }

    pub(crate) async fn start_with(change: impl FnOnce(Config) -> Config) -> Self {
        let emulated = Arc::new(Mutex::new(Emulated::default()));
        let (aws, platform) = (serve("aws", &emulated).await, serve("platform", &emulated).await);
        let clock = Clock::manual();
        let config = change(Config { clock: clock.clone(), ..Config::new(aws, platform, MANAGEMENT) });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(strict::serve(listener, config));
        Self { strict: StrictClient::new(&endpoint), endpoint, clock, emulated }
    }

    pub(crate) fn pass(&self, millis: u64) {
        self.clock.advance(Duration::from_millis(millis));
    }

    /// What reached the emulators from callers, and not from the proxy itself.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        let seen = &self.emulated.lock().unwrap().seen;
        seen.iter().filter(|seen| seen.host == HOST).cloned().collect()
    }

    pub(crate) fn accounts(&self) -> usize {
        self.emulated.lock().unwrap().accounts.len()
    }

    pub(crate) fn put_role(&self, role: Role) {
        self.emulated.lock().unwrap().roles.push(role);
    }

    pub(crate) fn put_hub(&self, account: &str) {
        self.emulated.lock().unwrap().hubs.insert(account.to_owned());
    }

    pub(crate) fn has_hub(&self, account: &str) -> bool {
        self.emulated.lock().unwrap().hubs.contains(account)
    }

    pub(crate) fn put_scp(&self, target: &str, document: Value) {
        self.emulated.lock().unwrap().scps.insert(target.to_owned(), document);
    }

    /// A call to Organizations by the management account: the status and the body.
    pub(crate) async fn organizations(&self, operation: &str, parameters: Value) -> (u16, Value) {
        self.json(ROOT_KEY, "organizations", operation, parameters).await.unwrap()
    }

    /// None when the connection was cut.
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

    /// With the scope of the signature: key, date, region and service. None when the connection was cut.
    pub(crate) async fn send(
        &self,
        request: hyper::http::request::Builder,
        scope: &str,
        body: &str,
    ) -> Option<(u16, String)> {
        let request = request
            .header("Host", HOST)
            .header("Authorization", format!("AWS4-HMAC-SHA256 Credential={scope}/aws4_request, Signature=0"))
            .body(Full::<Bytes>::from(body.to_owned()))
            .unwrap();
        let answer = Client::builder(TokioExecutor::new()).build_http().request(request).await.ok()?;
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        Some((status, String::from_utf8(body.to_vec()).unwrap()))
    }

    /// Creations settle as they are asked for.
    pub(crate) async fn settle_at_once(&self) {
        self.strict.set_settings(&Settings { settle_millis: Some(0), ..Settings::default() }).await.unwrap();
    }

    pub(crate) async fn plan(&self, email: &str, outcome: Outcome) {
        self.strict.plan_creation(&CreationPlan::of_email(email, outcome)).await.unwrap();
    }

    /// Answers the id of the creation.
    pub(crate) async fn create(&self, email: &str) -> String {
        let (status, answer) = self.organizations("CreateAccount", account(email)).await;
        assert_eq!((status, &answer["CreateAccountStatus"]["State"]), (200, &json!("IN_PROGRESS")), "{answer}");
        answer["CreateAccountStatus"]["Id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn creation(&self, id: &str) -> Value {
        let asked = json!({"CreateAccountRequestId": id});
        self.organizations("DescribeCreateAccountStatus", asked).await.1["CreateAccountStatus"].take()
    }

    /// Answers the new session's key.
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

/// Tells callers' calls from the proxy's own.
const HOST: &str = "service.example.com";

pub(crate) fn account(email: &str) -> Value {
    json!({"AccountName": "a", "Email": email})
}

/// The code of an error in JSON.
pub(crate) fn code(answer: &(u16, Value)) -> &str {
    answer.1["__type"].as_str().unwrap_or("none")
}

/// Waits for what another task is about to do.
#[expect(clippy::disallowed_methods, reason = "there is nothing else to wait for")]
pub(crate) async fn until(mut is_so: impl AsyncFnMut() -> bool) {
    for _ in 0..1000 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("not within ten seconds");
}
