//! The stack's API, called as a user does: signed with SigV4.

use std::time::{Duration, Instant, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use serde_json::{Value, json};
use ureq::http::Request;
use ureq::http::request::Builder;

use crate::cloud::Cloud;

pub(crate) const REGION: &str = "us-east-1";

/// An answer of the API.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub location: Option<String>,
    pub body: Value,
}

/// Somebody who calls the API.
#[derive(Clone, Debug)]
pub struct Caller {
    url: String,
    credentials: Option<Credentials>,
}

impl Caller {
    /// The platform's root user.
    pub fn root(cloud: &Cloud) -> Self {
        Self { url: cloud.text("apiUrl").to_owned(), credentials: Some(credentials("test", "test")) }
    }

    pub fn unsigned(cloud: &Cloud) -> Self {
        Self { credentials: None, ..Self::root(cloud) }
    }

    /// A new IAM user, with permission to do these things to the API.
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
        Self { credentials: Some(credentials(&key.access_key_id, &key.secret_access_key)), ..Self::root(cloud) }
    }

    pub async fn post(&self, body: &Value) -> Answer {
        self.send("POST", "/accounts", body.to_string()).await
    }

    pub async fn put(&self, account_key: &str, body: &Value) -> Answer {
        self.send("PUT", &format!("/accounts/{account_key}"), body.to_string()).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, String::new()).await
    }

    pub async fn send(&self, method: &str, path: &str, body: String) -> Answer {
        self.send_request(self.request(method, path), body).await
    }

    pub async fn send_with_key(&self, key: &str, method: &str, path: &str, body: &Value) -> Answer {
        let request = self.request(method, path).header("idempotency-key", key);
        self.send_request(request, body.to_string()).await
    }

    fn request(&self, method: &str, path: &str) -> Builder {
        let url = format!("{}{path}", self.url);
        Request::builder().method(method).uri(url).header("content-type", "application/json")
    }

    async fn send_request(&self, request: Builder, body: String) -> Answer {
        let mut request = request.body(body.into_bytes()).unwrap();
        if let Some(credentials) = &self.credentials {
            sign_request(&mut request, credentials, "execute-api", REGION);
        }
        tokio::task::spawn_blocking(move || exchange(request)).await.unwrap()
    }

    /// Waits until a request has ended and answers its last state.
    pub async fn outcome(&self, request_id: &str) -> Value {
        let started = Instant::now();
        loop {
            let answer = self.get(&format!("/accounts/{request_id}")).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            if answer.body["status"] != "IN_PROGRESS" {
                return answer.body;
            }
            assert!(started.elapsed() < Duration::from_mins(5), "the request does not end: {answer:?}");
            pause(Duration::from_millis(300)).await;
        }
    }

    /// Asks for an account and waits until it is vended.
    pub async fn vend(&self, body: &Value) -> Value {
        let answer = self.post(body).await;
        assert_eq!(answer.status, 202, "{answer:?}");
        let outcome = self.outcome(answer.body["requestId"].as_str().unwrap()).await;
        assert_eq!(outcome["status"], "VENDED", "{outcome:#}");
        outcome
    }
}

#[expect(clippy::disallowed_methods, reason = "a test waits for the state machine, which does not call back")]
pub async fn pause(time: Duration) {
    tokio::time::sleep(time).await;
}

/// A request for an account that no other test, and no other run, asks for.
pub fn request(name: &str) -> Value {
    json!({ "accountName": unique(name), "accountEmail": email(name), "organizationalUnit": "Workloads/Development" })
}

/// Everything that a request may ask for.
pub fn full_request(name: &str, unit: &str) -> Value {
    json!({
        "accountName": unique(name), "accountEmail": email(name), "organizationalUnit": unit,
        "owner": "team@example.com", "tags": { "CostCenter": "1234" },
        "access": [
            { "group": "payments-developers", "permissionSet": "PowerUserAccess" },
            { "user": "lead@example.com", "permissionSet": "ViewOnlyAccess" },
        ],
        "githubDeploy": [{
            "repository": "acme/payments", "ownerId": 1, "repositoryId": 2, "branches": ["main"],
            "environments": ["production"], "policyArns": ["arn:aws:iam::aws:policy/PowerUserAccess"],
        }],
        "monthlyBudgetUsd": 500,
        "contacts": { "security": { "name": "Sam", "title": "On call", "email": "sam@example.com", "phone": "+1 555 0100" } },
    })
}

pub fn email(name: &str) -> String {
    format!("aws+{}@example.com", unique(name))
}

/// A local cloud may serve many runs, and accounts stay.
pub fn unique(name: &str) -> String {
    let run = std::env::var_os("NEXTEST_RUN_ID").and_then(|id| id.into_string().ok()).unwrap_or_default();
    format!("{name}-{}", run.split('-').next().unwrap_or_default())
}

pub(crate) fn credentials(key: &str, secret: &str) -> Credentials {
    Credentials::new(key, secret, None, None, "test")
}

pub(crate) fn sign_request(request: &mut Request<Vec<u8>>, credentials: &Credentials, service: &str, region: &str) {
    let identity = credentials.clone().into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service)
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build()
        .unwrap()
        .into();
    let headers = request.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap()));
    let (method, uri) = (request.method().to_string(), request.uri().to_string());
    let signable = SignableRequest::new(&method, uri, headers, SignableBody::Bytes(request.body())).unwrap();
    let (instructions, _signature) = sign(signable, &params).unwrap().into_parts();
    instructions.apply_to_request_http1x(request);
}

pub(crate) fn exchange(request: Request<Vec<u8>>) -> Answer {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut answer = agent.run(request).unwrap();
    let location = answer.headers().get("location").map(|value| value.to_str().unwrap().to_owned());
    let text = answer.body_mut().read_to_string().unwrap();
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    Answer { status: answer.status().as_u16(), location, body }
}
