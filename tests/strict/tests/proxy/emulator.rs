//! A tiny emulator, as lax as moto.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, Uri};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::cloud::MANAGEMENT;

/// What is in the emulated AWS.
pub(crate) struct Emulated {
    pub(crate) accounts: Vec<Value>,
    pub(crate) roles: Vec<Role>,
    /// By the id of what it is attached to.
    pub(crate) scps: BTreeMap<String, Value>,
    pub(crate) seen: Vec<Seen>,
    /// Of all accounts.
    parent: String,
}

impl Default for Emulated {
    fn default() -> Self {
        let accounts = vec![json!({"Id": MANAGEMENT, "Email": "Master@example.com"})];
        let parent = "r-root".to_owned();
        Self { accounts, roles: Vec::new(), scps: BTreeMap::new(), seen: Vec::new(), parent }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Role {
    pub(crate) arn: String,
    pub(crate) trust: Value,
    pub(crate) policy: Value,
}

/// A call that reached an emulator.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) emulator: &'static str,
    pub(crate) host: String,
    pub(crate) path: String,
    pub(crate) body: String,
}

/// Answers its address.
pub(crate) async fn serve(name: &'static str, emulated: &Arc<Mutex<Emulated>>) -> Uri {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let emulated = Arc::clone(emulated);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let emulated = Arc::clone(&emulated);
            let service = service_fn(move |request| respond(name, Arc::clone(&emulated), request));
            tokio::spawn(async move { http1::Builder::new().serve_connection(TokioIo::new(stream), service).await });
        }
    });
    uri
}

async fn respond(
    emulator: &'static str,
    emulated: Arc<Mutex<Emulated>>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let header = |name: &str| request.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
    let (target, host) = (header("x-amz-target"), header("host"));
    let path = request.uri().to_string();
    let body = request.into_body().collect().await.unwrap().to_bytes();
    // Between reading and answering, other calls get their turn.
    tokio::task::yield_now().await;
    let mut emulated = emulated.lock().unwrap();
    let body = String::from_utf8(body.to_vec()).unwrap();
    let operation = target.rsplit('.').next().unwrap();
    let (status, answer) = if operation.is_empty() {
        query(&emulated, &body)
    } else {
        let (status, answer) = json_call(&mut emulated, operation, &serde_json::from_str(&body).unwrap());
        (status, answer.to_string())
    };
    emulated.seen.push(Seen { emulator, host, path, body });
    let mut response = Response::new(Full::from(answer));
    *response.status_mut() = status.try_into().unwrap();
    Ok(response)
}

fn json_call(emulated: &mut Emulated, operation: &str, parameters: &Value) -> (u16, Value) {
    let answer = match operation {
        "ListAccounts" => json!({"Accounts": emulated.accounts}),
        "CreateAccount" => {
            emulated.accounts.push(json!({"Id": id(emulated.accounts.len()), "Email": parameters["Email"]}));
            json!({"CreateAccountStatus": created(emulated.accounts.len() - 1)})
        }
        "ListCreateAccountStatus" => {
            let created: Vec<Value> = (1..emulated.accounts.len()).map(created).collect();
            json!({"CreateAccountStatuses": created})
        }
        "DescribeCreateAccountStatus" => {
            let id = parameters["CreateAccountRequestId"].as_str().unwrap();
            match id.strip_prefix("car-").and_then(|number| number.parse().ok()) {
                Some(number) => json!({"CreateAccountStatus": created(number)}),
                None => return (400, json!({"__type": "AccountNotFoundException"})),
            }
        }
        "DescribeOrganization" => json!({"Organization": {"Id": "o-a"}}),
        "ListParents" => json!({"Parents": parents(emulated, parameters["ChildId"].as_str().unwrap())}),
        "MoveAccount" if parameters["DestinationParentId"] == "ou-missing" => {
            return (400, json!({"__type": "ParentNotFoundException"}));
        }
        "MoveAccount" => {
            parameters["DestinationParentId"].as_str().unwrap().clone_into(&mut emulated.parent);
            json!({})
        }
        "ListPoliciesForTarget" => {
            let target = parameters["TargetId"].as_str().unwrap();
            let policies: Vec<Value> = emulated.scps.get(target).map(|_| json!({"Id": target})).into_iter().collect();
            json!({"Policies": policies})
        }
        "DescribePolicy" => {
            let document = &emulated.scps[parameters["PolicyId"].as_str().unwrap()];
            json!({"Policy": {"Content": document.to_string()}})
        }
        "CreateAccountAssignment" => {
            let id = emulated.seen.len().to_string();
            json!({"AccountAssignmentCreationStatus": {"RequestId": id, "Status": "SUCCEEDED"}})
        }
        "ListRules" => json!({"Rules": [{"Name": "adopt", "State": "ENABLED", "EventPattern": "{}"}]}),
        "TestEventPattern" => json!({"Result": true}),
        "ListTargetsByRule" => {
            json!({"Targets": [{"Arn": format!("arn:aws:lambda:us-east-1:{MANAGEMENT}:function:adopt-account")}]})
        }
        _ => json!({}),
    };
    (200, answer)
}

fn parents(emulated: &Emulated, child: &str) -> Vec<Value> {
    let parent = match child.split('-').next().unwrap() {
        "r" => return Vec::new(),
        "ou" => "r-root",
        _ => &emulated.parent,
    };
    vec![json!({"Id": parent})]
}

fn query(emulated: &Emulated, form: &str) -> (u16, String) {
    let field = |name: &str| {
        let mut pairs = form.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(known, _)| *known == name).map(|(_, value)| value).unwrap_or_default()
    };
    let role = emulated.roles.iter().find(|role| role.arn.ends_with(&format!("/{}", field("RoleName"))));
    let answer = match (field("Action"), role) {
        ("GetRole", Some(role)) => format!(
            "<Arn>{}</Arn><AssumeRolePolicyDocument>{}</AssumeRolePolicyDocument>",
            role.arn,
            role.trust.to_string().replace('"', "&quot;")
        ),
        ("GetRole", None) => return (404, "<Code>NoSuchEntity</Code>".to_owned()),
        ("ListRolePolicies", Some(_)) => "<member>own</member>".to_owned(),
        ("GetRolePolicy", Some(role)) => {
            format!("<PolicyDocument>{}</PolicyDocument>", role.policy.to_string().replace('"', "&quot;"))
        }
        ("AssumeRole", _) => {
            let role = field("RoleArn").rsplit('/').next().unwrap();
            format!("<AccessKeyId>ASIA{role}</AccessKeyId>")
        }
        _ => "{}".to_owned(),
    };
    (200, answer)
}

fn created(number: usize) -> Value {
    json!({"Id": format!("car-{number}"), "AccountName": "a", "State": "SUCCEEDED", "AccountId": id(number),
           "RequestedTimestamp": 1.5, "CompletedTimestamp": 1.5})
}

fn id(number: usize) -> String {
    format!("{number:012}")
}
