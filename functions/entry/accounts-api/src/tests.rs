//! Tests of the API with events of API Gateway and mocked AWS clients. A call without a rule panics.

use aws_smithy_mocks::{Rule, RuleMode, mock_client};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};
use vending_core::{
    AccountKey, AccountRecord, Failure, Outcome, Owner, RequestRecord, Settings, Status, VendedAccount, fixtures,
};
use vending_organization::Organization;
use vending_records::Records;
use vending_records::testing::Bucket;

use super::*;

mod adopt_account;
mod aws;
mod callers;
mod change_account;
mod get_account;
mod get_request;
mod hand_over;
mod idempotency;
mod list_accounts;
mod list_requests;
mod plan;
mod request_account;

const JANE: &str = "arn:aws:sts::111111111111:assumed-role/Developer/jane@example.com";
const JANE_AGAIN: &str = "arn:aws:sts::111111111111:assumed-role/Developer/laptop";
const JOE: &str = "arn:aws:iam::111111111111:user/joe";
const OPERATOR: &str = "arn:aws:sts::111111111111:assumed-role/Operator/jim";

/// The responses of the AWS services, in this order.
#[derive(Default)]
struct Rules<'a> {
    s3: &'a [&'a Rule],
    executions: &'a [&'a Rule],
    organizations: &'a [&'a Rule],
    quotas: &'a [&'a Rule],
    /// The records of accounts.
    accounts: Bucket,
    /// Whether `Workloads` and `Security` are not cached yet.
    cold: bool,
}

/// Everyone can request accounts, but not in `Security`.
fn settings() -> Settings {
    fixtures::settings(&json!({
        "r-1": {
            "requests": "allowed", "emailPattern": "aws+{accountName}@example.com", "emailDomains": ["corp.test"],
            "permissionSets": ["*"], "githubOwners": { "acme": 1 }, "deployPolicyArns": ["*"],
        },
        "ou-2": { "requests": "denied" },
    }))
}

fn api(rules: &Rules<'_>) -> AccountsApi {
    let organizations = mock_client!(aws_sdk_organizations, RuleMode::Sequential, rules.organizations);
    let s3 = mock_client!(aws_sdk_s3, RuleMode::Sequential, rules.s3);
    let api = AccountsApi {
        requests: Requests::new(
            Records::new(s3, "records".to_owned()),
            AccountRecords::new(rules.accounts.client(), "records".to_owned()),
            Executions::new(
                mock_client!(aws_sdk_sfn, RuleMode::Sequential, rules.executions),
                aws::STATE_MACHINE.parse().unwrap(),
            ),
            Organization::new(organizations.clone()),
        ),
        idempotency: idempotency::entries(&[]),
        settings: OuSettings::new(
            StoredSettings::new(Bucket::default().with_settings(&settings()).client(), "records".to_owned()),
            OuCache::new(Organization::new(organizations)).caching_misses(),
        ),
        operators: Operators::parse(&["arn:aws:iam::111111111111:role/Operator".to_owned()]).unwrap(),
        management_account: "123456789012".parse().unwrap(),
        deployment: "vending".to_owned(),
        quotas: AccountQuotas::new(mock_client!(aws_sdk_servicequotas, RuleMode::Sequential, rules.quotas)),
    };
    if !rules.cold {
        for (path, id) in [("Workloads", "ou-1"), ("Security", "ou-2")] {
            let ids = ["r-1", id].map(|id| id.parse().unwrap()).to_vec();
            api.settings.units().insert(path.parse().unwrap(), ids, OffsetDateTime::now_utc());
        }
    }
    api
}

/// Calls the API. Returns the status, and the response with its body as JSON.
async fn call(api: &AccountsApi, event: Value) -> (u64, Value) {
    let mut response = Box::pin(vending_runtime::handle(api, event)).await.unwrap();
    let body = response["body"].as_str().unwrap_or("null").to_owned();
    response["body"] = serde_json::from_str(&body).unwrap();
    let status = response["statusCode"].as_u64().unwrap();
    let content_type = response["headers"]["content-type"].as_str().unwrap();
    assert_eq!(content_type.contains("problem"), status >= 400);
    (status, response)
}

fn event(method: &str, path: &str, caller: Option<&str>) -> Value {
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    let (resource, parameters) = match segments[..] {
        ["accounts", "plan"] => (path.to_owned(), Value::Null),
        ["accounts", id] => ("/accounts/{accountId}".to_owned(), json!({ "accountId": id })),
        ["accounts", id, action] => (format!("/accounts/{{accountId}}/{action}"), json!({ "accountId": id })),
        ["requests", id] => ("/requests/{requestId}".to_owned(), json!({ "requestId": id })),
        _ => (path.to_owned(), Value::Null),
    };
    json!({
        "resource": resource,
        "path": format!("/prod{path}"),
        "httpMethod": method,
        "headers": { "Host": "api" },
        "multiValueHeaders": null,
        "queryStringParameters": null,
        "pathParameters": parameters,
        "requestContext": { "httpMethod": method, "identity": { "userArn": caller, "sourceIp": "127.0.0.1" } },
        "body": null,
        "isBase64Encoded": false,
    })
}

fn post_event(caller: &str, body: &Value) -> Value {
    let mut event = event("POST", "/accounts", Some(caller));
    event["body"] = body.to_string().into();
    event
}

fn body() -> Value {
    json!({ "accountName": "payments-dev", "organizationalUnit": "Workloads", "reason": "CHG-1" })
}

fn other_body() -> Value {
    let mut body = body();
    body["reason"] = "CHG-2".into();
    body
}

/// A value for each optional field.
fn optional_fields() -> [(&'static str, Value); 4] {
    let policy = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    let contact = json!({ "name": "Sam", "title": "CISO", "email": "sam@example.com", "phone": "+1 5" });
    [
        ("access", json!([{ "group": "developers", "permissionSet": "PowerUserAccess" }])),
        ("githubDeploy", json!([{ "repository": "acme/pay", "branches": ["main"], "policyArns": [policy] }])),
        ("monthlyBudgetUsd", json!(500)),
        ("contacts", json!({ "security": contact })),
    ]
}

fn key() -> AccountKey {
    AccountKey::from_email(&"aws+payments-dev@example.com".parse().unwrap())
}

fn id(attempt: u32) -> String {
    format!("{}-{attempt}", key())
}

/// The record of an attempt of Jane with `body()`.
fn record(attempt: u32) -> RequestRecord {
    let mut request = body();
    request["accountEmail"] = "aws+payments-dev@example.com".into();
    let request = serde_json::from_value(request).unwrap();
    RequestRecord {
        requester_since: OffsetDateTime::now_utc() - Duration::minutes(10),
        requested_at: OffsetDateTime::now_utc() - Duration::minutes(10),
        ..fixtures::request_record(request, attempt, JANE)
    }
}

fn account() -> VendedAccount {
    VendedAccount {
        id: "222222222222".to_owned(),
        name: "payments-dev".to_owned(),
        email: "aws+payments-dev@example.com".to_owned(),
        organizational_unit: "Workloads".to_owned(),
        ..VendedAccount::default()
    }
}

fn vended(attempt: u32) -> RequestRecord {
    ended(attempt, Some(account()), None)
}

fn failed(attempt: u32, code: &str, account: Option<VendedAccount>) -> RequestRecord {
    let failure = Failure {
        step: "MoveAccount".to_owned(),
        code: code.to_owned(),
        message: "no".to_owned(),
        remedy: "do".to_owned(),
        owner: Owner::Platform,
    };
    ended(attempt, account, Some(failure))
}

fn ended(attempt: u32, account: Option<VendedAccount>, failure: Option<Failure>) -> RequestRecord {
    let status = if failure.is_some() { Status::Failed } else { Status::Vended };
    let outcome = Outcome {
        status,
        ended_at: OffsetDateTime::now_utc(),
        account,
        creation_id: None,
        creations: Some(1),
        steps: Vec::new(),
        evidence: None,
        failure,
        pending_parts: [].into(),
    };
    RequestRecord { outcome: Some(outcome), ..record(attempt) }
}

/// The record of the account of an attempt.
fn account_record(last: &RequestRecord) -> AccountRecord {
    AccountRecord::new(last, "222222222222".parse().unwrap(), "ou-1".to_owned())
}

fn detail(response: &Value) -> &str {
    response["body"]["detail"].as_str().unwrap()
}

fn pointers(response: &Value) -> Vec<&str> {
    let problems = response["body"]["problems"].as_array().unwrap();
    problems.iter().map(|problem| problem["pointer"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn unknown_routes_are_not_found() {
    for (method, path) in
        [("DELETE", "/accounts/222222222222"), ("PUT", "/accounts"), ("POST", "/requests"), ("GET", "/accounts/plan")]
    {
        let event = event(method, path, Some(JANE));
        let (status, response) = call(&api(&Rules::default()), event).await;
        assert_eq!(status, 404);
        assert!(detail(&response).contains("GET /requests/{requestId}"));
        assert_eq!(response["body"]["title"], "Not Found");
    }
}

#[tokio::test]
async fn unknown_query_parameter_is_rejected() {
    for (method, path, expected) in [
        ("POST", "/accounts", "use POST /accounts/plan"),
        ("PUT", "/accounts/222222222222", "use POST /accounts/plan"),
        ("GET", "/accounts", "use POST /accounts/plan"),
    ] {
        let mut event = event(method, path, Some(JANE));
        event["queryStringParameters"] = json!({ "dryRun": "true" });
        let (status, response) = call(&api(&Rules::default()), event).await;
        assert_eq!((status, pointers(&response)), (400, vec!["?dryRun"]));
        assert!(response["body"]["problems"][0]["detail"].as_str().unwrap().contains(expected));
    }
    let mut event = event("GET", "/requests", Some(JANE));
    event["queryStringParameters"] = json!({ "color": "red", "size": [] });
    let (_, response) = call(&api(&Rules::default()), event).await;
    let detail = response["body"]["problems"][0]["detail"].as_str().unwrap();
    assert!(detail.ends_with("expected one of limit, status, nextToken"), "{detail}");
}

#[tokio::test]
async fn unsigned_call_is_rejected() {
    for (method, path) in [
        ("POST", "/accounts"),
        ("POST", "/accounts/plan"),
        ("GET", "/accounts"),
        ("GET", "/accounts/222222222222"),
        ("PUT", "/accounts/222222222222"),
        ("PUT", "/accounts/222222222222/requester"),
        ("POST", "/accounts/222222222222/adoption"),
        ("GET", "/requests"),
        ("GET", "/requests/x"),
    ] {
        for caller in [None, Some("")] {
            let (status, _) = call(&api(&Rules::default()), event(method, path, caller)).await;
            assert_eq!(status, 403, "{method} {path}");
        }
    }
}
