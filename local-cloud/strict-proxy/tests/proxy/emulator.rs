//! A small emulator that checks as little as moto.

mod accounts;
mod config;
mod identity_center;
mod organization;
mod state;

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

pub(crate) use self::identity_center::{INSTANCE, STORE};
pub(crate) use self::state::{EmulatorState, MANAGEMENT, Role, Seen};

/// The only function of the platform.
pub(crate) const FUNCTION_ARN: &str = "arn:aws:lambda:us-east-1:123456789012:function:stack-function";
pub(crate) const FUNCTION_ROLE: &str = "arn:aws:iam::123456789012:role/account-vending/stack/stack-function";

/// Starts an emulator and returns its URL.
pub(crate) async fn serve(name: &'static str, state: &Arc<Mutex<EmulatorState>>) -> Uri {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let state = Arc::clone(state);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            if is_dropped(&state) {
                continue;
            }
            let state = Arc::clone(&state);
            let service = service_fn(move |request| respond(name, Arc::clone(&state), request));
            tokio::spawn(async move { http1::Builder::new().serve_connection(TokioIo::new(stream), service).await });
        }
    });
    uri
}

fn is_dropped(state: &Mutex<EmulatorState>) -> bool {
    let mut state = state.lock().unwrap();
    let is_dropped = state.dropped > 0;
    state.dropped = state.dropped.saturating_sub(1);
    is_dropped
}

async fn respond(
    emulator: &'static str,
    state: Arc<Mutex<EmulatorState>>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let header = |name: &str| request.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
    let (target, host, account) = (header("x-amz-target"), header("host"), header("x-moto-account-id"));
    let (method, path) = (request.method().to_string(), request.uri().to_string());
    let body = request.into_body().collect().await.unwrap().to_bytes();
    // Lets other calls run between reading and responding.
    tokio::task::yield_now().await;
    let mut state = state.lock().unwrap();
    let body = String::from_utf8(body.to_vec()).unwrap();
    let operation = target.rsplit('.').next().unwrap();
    let (status, content) = if path != "/" {
        let (status, content) = rest(&mut state, &method, &path, &account);
        (status, content.to_string())
    } else if operation.is_empty() {
        query(&mut state, &body)
    } else {
        let (status, content) = json_call(&mut state, operation, &serde_json::from_str(&body).unwrap());
        (status, content.to_string())
    };
    state.seen.push(Seen { emulator, host, path, body });
    let mut response = Response::new(Full::from(content));
    *response.status_mut() = status.try_into().unwrap();
    Ok(response)
}

fn json_call(state: &mut EmulatorState, operation: &str, parameters: &Value) -> (u16, Value) {
    if let Some(response) = organization::call(state, operation, parameters) {
        return response;
    }
    if let Some(response) = accounts::call(state, operation, parameters) {
        return response;
    }
    if let Some(response) = config::call(state, operation, parameters) {
        return response;
    }
    if let Some(response) = identity_center::call(state, operation, parameters) {
        return response;
    }
    let response = match operation {
        "CreateAccount" => {
            state.accounts.push(json!({
                "Id": id(state.accounts.len()), "Email": parameters["Email"], "State": "ACTIVE", "Status": "ACTIVE",
                "JoinedMethod": "CREATED", "JoinedTimestamp": 1.5,
            }));
            json!({"CreateAccountStatus": created(state.accounts.len() - 1)})
        }
        "ListCreateAccountStatus" => {
            let created: Vec<Value> = (1..state.accounts.len()).map(created).collect();
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
        "ListParents" => json!({"Parents": parents(state, parameters["ChildId"].as_str().unwrap())}),
        "MoveAccount" if parameters["DestinationParentId"] == "ou-missing" => {
            return (400, json!({"__type": "ParentNotFoundException"}));
        }
        "MoveAccount" => {
            parameters["DestinationParentId"].as_str().unwrap().clone_into(&mut state.parent);
            json!({})
        }
        "CreateAccountAssignment" => {
            let id = state.seen.len().to_string();
            json!({"AccountAssignmentCreationStatus": {"RequestId": id, "Status": "SUCCEEDED"}})
        }
        "DeleteAccountAssignment" => {
            let id = state.seen.len().to_string();
            json!({"AccountAssignmentDeletionStatus": {"RequestId": id, "Status": "SUCCEEDED"}})
        }
        "ListRules" => json!({"Rules": [{"Name": "adopt", "State": "ENABLED", "EventPattern": "{}"}]}),
        "TestEventPattern" => json!({"Result": true}),
        "ListTargetsByRule" => {
            json!({"Targets": [{"Arn": format!("arn:aws:lambda:us-east-1:{MANAGEMENT}:function:adopt-account")}]})
        }
        _ => json!({}),
    };
    (200, response)
}

fn parents(state: &EmulatorState, child: &str) -> Vec<Value> {
    let parent = match child.split('-').next().unwrap() {
        "r" => return Vec::new(),
        "ou" => state.parent_of_unit(child).unwrap_or("r-root"),
        _ => &state.parent,
    };
    vec![json!({"Id": parent})]
}

/// Handles Lambda, and GuardDuty and Security Hub with the first created account as their administrator.
fn rest(state: &mut EmulatorState, method: &str, path: &str, account: &str) -> (u16, Value) {
    let response = match (method, path) {
        ("GET", "/detector/missing") => return (400, json!({"__type": "BadRequestException"})),
        ("GET", path) if path.starts_with("/2015-03-31/functions/") => json!({"Functions": [
            {"FunctionArn": FUNCTION_ARN, "FunctionName": "stack-function", "Role": FUNCTION_ROLE}
        ]}),
        ("GET", "/admin") => json!({"adminAccounts": [{"adminAccountId": id(1)}]}),
        ("GET", "/detector") => json!({"detectorIds": []}),
        ("GET", "/organization/configuration") if account != id(1) => {
            return (403, json!({"__type": "AccessDeniedException"}));
        }
        ("GET", "/accounts") if !state.hubs.contains(account) => {
            return (401, json!({"__type": "InvalidAccessException"}));
        }
        ("POST", "/accounts") => {
            state.hubs.insert(account.to_owned());
            json!({})
        }
        _ => json!({}),
    };
    (200, response)
}

fn query(state: &mut EmulatorState, form: &str) -> (u16, String) {
    let field = |name: &str| {
        let mut pairs = form.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(known, _)| *known == name).map(|(_, value)| value).unwrap_or_default()
    };
    let role = state.roles.iter().find(|role| role.arn.ends_with(&format!("/{}", field("RoleName"))));
    let response = match (field("Action"), role) {
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
            state.gateway.map(|id| format!("<internetGatewayId>{id}</internetGatewayId>")).unwrap_or_default()
        }
        ("CreateInternetGateway", None) => "<internetGatewayId>igw-1</internetGatewayId>".to_owned(),
        ("AttachInternetGateway", None) => {
            state.gateway = Some("igw-1");
            String::new()
        }
        ("DetachInternetGateway", None) => {
            state.gateway = None;
            String::new()
        }
        ("AssumeRole", _) => {
            let role = field("RoleArn").rsplit('/').next().unwrap();
            format!("<AccessKeyId>ASIA{role}</AccessKeyId>")
        }
        _ => "{}".to_owned(),
    };
    (200, response)
}

fn created(number: usize) -> Value {
    json!({"Id": format!("car-{number}"), "AccountName": "a", "State": "SUCCEEDED", "AccountId": id(number),
           "RequestedTimestamp": 1.5, "CompletedTimestamp": 1.5})
}

fn id(number: usize) -> String {
    format!("{number:012}")
}
