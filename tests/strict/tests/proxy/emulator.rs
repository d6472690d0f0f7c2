//! A tiny emulator, as lax as moto.

use std::collections::{BTreeMap, BTreeSet};
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
    /// The accounts with Security Hub.
    pub(crate) hubs: BTreeSet<String>,
    /// Of the one VPC that there is.
    gateway: Option<&'static str>,
    pub(crate) seen: Vec<Seen>,
    /// Of all accounts.
    parent: String,
}

impl Default for Emulated {
    fn default() -> Self {
        let accounts = vec![json!({"Id": MANAGEMENT, "Email": "Master@example.com"})];
        let parent = "r-root".to_owned();
        let (hubs, gateway) = (BTreeSet::new(), None);
        Self { accounts, roles: Vec::new(), scps: BTreeMap::new(), hubs, gateway, seen: Vec::new(), parent }
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
    let (target, host, account) = (header("x-amz-target"), header("host"), header("x-moto-account-id"));
    let (method, path) = (request.method().to_string(), request.uri().to_string());
    let body = request.into_body().collect().await.unwrap().to_bytes();
    // Between reading and answering, other calls get their turn.
    tokio::task::yield_now().await;
    let mut emulated = emulated.lock().unwrap();
    let body = String::from_utf8(body.to_vec()).unwrap();
    let operation = target.rsplit('.').next().unwrap();
    let (status, answer) = if path != "/" {
        let (status, answer) = rest(&mut emulated, &method, &path, &account);
        (status, answer.to_string())
    } else if operation.is_empty() {
        query(&mut emulated, &body)
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
        "GetServiceQuota" if parameters["ServiceCode"] == "vpc" => json!({"Quota": {"Value": 5.0}}),
        "GetServiceQuota" => return (400, json!({"__type": "NoSuchResourceException"})),
        "ListAccountAssignments" => json!({"AccountAssignments": [{"PrincipalId": "p"}, {"PrincipalId": "p"}]}),
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

/// GuardDuty and Security Hub, both administered by the first account that was created.
fn rest(emulated: &mut Emulated, method: &str, path: &str, account: &str) -> (u16, Value) {
    let answer = match (method, path) {
        ("GET", "/detector/missing") => return (400, json!({"__type": "BadRequestException"})),
        ("GET", "/admin") => json!({"adminAccounts": [{"adminAccountId": id(1)}]}),
        ("GET", "/detector") => json!({"detectorIds": []}),
        ("GET", "/organization/configuration") if account != id(1) => {
            return (403, json!({"__type": "AccessDeniedException"}));
        }
        ("GET", "/accounts") if !emulated.hubs.contains(account) => {
            return (401, json!({"__type": "InvalidAccessException"}));
        }
        ("POST", "/accounts") => {
            emulated.hubs.insert(account.to_owned());
            json!({})
        }
        _ => json!({}),
    };
    (200, answer)
}

fn query(emulated: &mut Emulated, form: &str) -> (u16, String) {
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
        ("GetPolicy", None) if field("PolicyArn").ends_with("Missing") => {
            return (404, "<Code>NoSuchEntity</Code>".to_owned());
        }
        ("GetOpenIDConnectProvider", None) if field("OpenIDConnectProviderArn").ends_with("missing") => {
            return (404, "<Error><Code>NoSuchEntity</Code></Error>".to_owned());
        }
        ("GetOpenIDConnectProvider", None) => "<ClientIDList><member>one</member></ClientIDList>".to_owned(),
        ("DescribeVpcs", None) => "<vpcId>vpc-1</vpcId>".to_owned(),
        ("DescribeRouteTables", None) => "<routeTableId>rtb-1</routeTableId>".to_owned(),
        ("DescribeInternetGateways", None) => {
            emulated.gateway.map(|id| format!("<internetGatewayId>{id}</internetGatewayId>")).unwrap_or_default()
        }
        ("CreateInternetGateway", None) => "<internetGatewayId>igw-1</internetGatewayId>".to_owned(),
        ("AttachInternetGateway", None) => {
            emulated.gateway = Some("igw-1");
            String::new()
        }
        ("DetachInternetGateway", None) => {
            emulated.gateway = None;
            String::new()
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
