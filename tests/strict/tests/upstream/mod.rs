//! A tiny emulator, as lax as moto, with the proxy in front of it.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};
use strict::{Config, StrictClient};
use tokio::net::TcpListener;

pub(crate) struct LocalCloud {
    pub(crate) endpoint: String,
    pub(crate) strict: StrictClient,
    upstream: Arc<Mutex<Upstream>>,
}

#[derive(Default)]
struct Upstream {
    accounts: Vec<Value>,
    parent: String,
    seen: Vec<Seen>,
}

/// What reached the emulators.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) emulator: &'static str,
    pub(crate) host: String,
    pub(crate) path: String,
    pub(crate) body: String,
}

impl LocalCloud {
    pub(crate) async fn start() -> Self {
        let upstream = Arc::new(Mutex::new(Upstream { parent: "r-root".to_owned(), ..Upstream::default() }));
        upstream.lock().unwrap().accounts.push(json!({"Email": "Master@example.com"}));
        let config = Config {
            aws: emulator("aws", &upstream).await,
            platform: emulator("platform", &upstream).await,
            management_account: "123456789012".to_owned(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(strict::serve(listener, config));
        Self { strict: StrictClient::new(&endpoint), endpoint, upstream }
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.upstream.lock().unwrap().seen.clone()
    }

    pub(crate) fn accounts(&self) -> usize {
        self.upstream.lock().unwrap().accounts.len()
    }

    /// A call to Organizations, as an SDK makes it: the status and the body.
    pub(crate) async fn organizations(&self, operation: &str, parameters: Value) -> (u16, Value) {
        let target = format!("AWSOrganizationsV20161128.{operation}");
        let request = Request::builder().header("X-Amz-Target", target);
        let (status, body) =
            self.call(request, "AKIDMANAGEMENT", "organizations", &parameters.to_string()).await.unwrap();
        (status, serde_json::from_str(&body).unwrap())
    }

    pub(crate) async fn query(&self, key: &str, service: &str, form: &str) -> Option<(u16, String)> {
        let request = Request::builder().header("Content-Type", "application/x-www-form-urlencoded");
        self.call(request, key, service, form).await
    }

    /// None when the connection was cut.
    pub(crate) async fn call(
        &self,
        request: hyper::http::request::Builder,
        key: &str,
        service: &str,
        body: &str,
    ) -> Option<(u16, String)> {
        let scope = format!("AWS4-HMAC-SHA256 Credential={key}/20261122/us-east-1/{service}/aws4_request, Signature=0");
        let request = request
            .method("POST")
            .uri(format!("{}/", self.endpoint))
            .header("Host", "service.example.com")
            .header("Authorization", scope)
            .body(Full::<Bytes>::from(body.to_owned()))
            .unwrap();
        let answer = Client::builder(TokioExecutor::new()).build_http().request(request).await.ok()?;
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        Some((status, String::from_utf8(body.to_vec()).unwrap()))
    }
}

async fn emulator(name: &'static str, upstream: &Arc<Mutex<Upstream>>) -> Uri {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let upstream = Arc::clone(upstream);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let upstream = Arc::clone(&upstream);
            let service = service_fn(move |request| respond(name, Arc::clone(&upstream), request));
            tokio::spawn(async move { http1::Builder::new().serve_connection(TokioIo::new(stream), service).await });
        }
    });
    uri
}

async fn respond(
    emulator: &'static str,
    upstream: Arc<Mutex<Upstream>>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let header = |name: &str| request.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
    let (target, host) = (header("x-amz-target"), header("host"));
    let path = request.uri().to_string();
    let body = request.into_body().collect().await.unwrap().to_bytes();
    // Between reading and answering, other calls get their turn.
    tokio::task::yield_now().await;
    let mut upstream = upstream.lock().unwrap();
    let body = String::from_utf8(body.to_vec()).unwrap();
    let (status, answer) = answer(&mut upstream, target.rsplit('.').next().unwrap(), &body);
    upstream.seen.push(Seen { emulator, host, path, body });
    let mut response = Response::new(Full::from(answer));
    *response.status_mut() = status.try_into().unwrap();
    Ok(response)
}

fn answer(upstream: &mut Upstream, operation: &str, body: &str) -> (u16, String) {
    let parameters: Value = serde_json::from_str(body).unwrap_or_default();
    let answer = match operation {
        "ListAccounts" => json!({"Accounts": upstream.accounts}),
        "CreateAccount" => {
            upstream.accounts.push(parameters);
            json!({"CreateAccountStatus": created(upstream.accounts.len() - 1)})
        }
        "ListCreateAccountStatus" => {
            let created: Vec<Value> = (1..upstream.accounts.len()).map(created).collect();
            json!({"CreateAccountStatuses": created})
        }
        "DescribeCreateAccountStatus" => {
            let id = parameters["CreateAccountRequestId"].as_str().unwrap();
            match id.strip_prefix("car-").and_then(|number| number.parse().ok()) {
                Some(number) => json!({"CreateAccountStatus": created(number)}),
                None => {
                    return (400, json!({"__type": "AccountNotFoundException"}).to_string());
                }
            }
        }
        "ListParents" => json!({"Parents": [{"Id": upstream.parent}]}),
        "MoveAccount" if parameters["DestinationParentId"] == "ou-missing" => {
            return (400, json!({"__type": "ParentNotFoundException"}).to_string());
        }
        "MoveAccount" => {
            parameters["DestinationParentId"].as_str().unwrap().clone_into(&mut upstream.parent);
            json!({})
        }
        _ if body.contains("AssumeRole") => {
            return (200, "<AssumeRoleResponse><AccessKeyId>ASIAMEMBER</AccessKeyId></AssumeRoleResponse>".to_owned());
        }
        _ => json!({}),
    };
    (200, answer.to_string())
}

fn created(number: usize) -> Value {
    let account_id = format!("{number:012}");
    json!({"Id": format!("car-{number}"), "AccountName": "a", "State": "SUCCEEDED", "AccountId": account_id,
           "RequestedTimestamp": 1.5, "CompletedTimestamp": 1.5})
}
