//! The API as API Gateway calls it, against mocked AWS clients: a call that no rule expects panics.

use aws_smithy_mocks::{Rule, RuleMode, mock_client};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};
use vending_core::{Account, AccountKey, Bounds, Failure, Outcome, Owner, RequestRecord, Status};
use vending_organization::Organization;
use vending_records::Records;

use super::*;

mod adopt;
mod aws;
mod dry_run;
mod get;
mod idempotency;
mod list;
mod post;
mod put;

const JANE: &str = "arn:aws:sts::111111111111:assumed-role/Developer/jane@example.com";
const JANE_AGAIN: &str = "arn:aws:sts::111111111111:assumed-role/Developer/laptop";
const JOE: &str = "arn:aws:iam::111111111111:user/joe";
const OPERATOR: &str = "arn:aws:sts::111111111111:assumed-role/Operator/jim";

/// What the three services answer, each in this order.
#[derive(Default)]
struct Rules<'a> {
    s3: &'a [&'a Rule],
    executions: &'a [&'a Rule],
    organizations: &'a [&'a Rule],
    quotas: &'a [&'a Rule],
    /// Whether the process has not seen `Workloads` yet.
    cold: bool,
}

fn api(rules: &Rules<'_>) -> AccountsApi {
    let organizations = mock_client!(aws_sdk_organizations, RuleMode::Sequential, rules.organizations);
    let s3 = mock_client!(aws_sdk_s3, RuleMode::Sequential, rules.s3);
    let api = AccountsApi {
        accounts: AccountRecords::new(s3.clone(), "records".to_owned()),
        requests: Requests::new(
            Records::new(s3, "records".to_owned()),
            Executions::new(
                mock_client!(aws_sdk_sfn, RuleMode::Sequential, rules.executions),
                aws::STATE_MACHINE.parse().unwrap(),
            ),
        ),
        idempotency: idempotency::entries(&[]),
        units: KnownUnits::new(Organization::new(organizations)),
        bounds: Bounds {
            email_pattern: "aws+{accountName}@example.com".to_owned(),
            allowed_organizational_units: vec!["*".to_owned()],
            protected_organizational_units: vec!["Security".to_owned()],
            allowed_permission_sets: vec!["*".to_owned()],
            allowed_github_owners: vec!["acme".to_owned()],
            allowed_policy_arns: vec!["*".to_owned()],
        },
        operators: Operators::read(&["arn:aws:iam::111111111111:role/Operator".to_owned()]).unwrap(),
        management_account: "123456789012".parse().unwrap(),
        quotas: Quotas::new(mock_client!(aws_sdk_servicequotas, RuleMode::Sequential, rules.quotas)),
    };
    if !rules.cold {
        api.units.remember("Workloads".parse().unwrap(), "ou-1".to_owned(), OffsetDateTime::now_utc());
    }
    api
}

/// One call of the API: the status, and the whole answer with its body as JSON.
async fn call(api: &AccountsApi, event: Value) -> (u64, Value) {
    let mut answer = Box::pin(vending_runtime::handle(api, event)).await.unwrap();
    let body = answer["body"].as_str().unwrap_or("null").to_owned();
    answer["body"] = serde_json::from_str(&body).unwrap();
    let status = answer["statusCode"].as_u64().unwrap();
    let content_type = answer["headers"]["content-type"].as_str().unwrap();
    assert_eq!(content_type.contains("problem"), status >= 400);
    (status, answer)
}

fn event(method: &str, id: Option<&str>, caller: Option<&str>) -> Value {
    json!({
        "resource": if id.is_some() { "/accounts/{id}" } else { "/accounts" },
        "path": "/prod/accounts",
        "httpMethod": method,
        "headers": { "Host": "api" },
        "multiValueHeaders": null,
        "queryStringParameters": null,
        "pathParameters": id.map(|id| json!({ "id": id })),
        "requestContext": { "httpMethod": method, "identity": { "userArn": caller, "sourceIp": "127.0.0.1" } },
        "body": null,
        "isBase64Encoded": false,
    })
}

fn post_event(caller: &str, body: &Value) -> Value {
    let mut event = event("POST", None, Some(caller));
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

/// A value for each field that a request may leave out.
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
    AccountKey::of(&"aws+payments-dev@example.com".parse().unwrap())
}

fn id(attempt: u32) -> String {
    format!("{}-{attempt}", key())
}

/// The record of an attempt that Jane made with `body()`.
fn record(attempt: u32) -> RequestRecord {
    let mut request = body();
    request["accountEmail"] = "aws+payments-dev@example.com".into();
    RequestRecord {
        request_id: id(attempt).parse().unwrap(),
        request: serde_json::from_value(request).unwrap(),
        requested_by: JANE.to_owned(),
        submitted_by: JANE.to_owned(),
        requested_at: OffsetDateTime::now_utc() - Duration::minutes(10),
        account_id: None,
        adopt: false,
        outcome: None,
    }
}

fn account() -> Account {
    Account {
        id: "222222222222".to_owned(),
        name: "payments-dev".to_owned(),
        email: "aws+payments-dev@example.com".to_owned(),
        organizational_unit: "Workloads".to_owned(),
        ..Account::default()
    }
}

fn vended(attempt: u32) -> RequestRecord {
    ended(attempt, Some(account()), None)
}

fn failed(attempt: u32, code: &str, account: Option<Account>) -> RequestRecord {
    let failure = Failure {
        step: "MoveAccount".to_owned(),
        code: code.to_owned(),
        message: "no".to_owned(),
        remedy: "do".to_owned(),
        owner: Owner::Platform,
    };
    ended(attempt, account, Some(failure))
}

fn ended(attempt: u32, account: Option<Account>, failure: Option<Failure>) -> RequestRecord {
    let status = if failure.is_some() { Status::Failed } else { Status::Vended };
    let outcome = Outcome {
        status,
        ended_at: OffsetDateTime::now_utc(),
        account,
        creation_id: None,
        steps: Vec::new(),
        evidence: None,
        failure,
        owed: false,
    };
    RequestRecord { outcome: Some(outcome), ..record(attempt) }
}

fn detail(answer: &Value) -> &str {
    answer["body"]["detail"].as_str().unwrap()
}

fn pointers(answer: &Value) -> Vec<&str> {
    let problems = answer["body"]["problems"].as_array().unwrap();
    problems.iter().map(|problem| problem["pointer"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn unknown_routes_are_not_found() {
    for event in
        [event("DELETE", Some(&id(1)), Some(JANE)), event("PUT", None, Some(JANE)), event("POST", Some("x"), None)]
    {
        let (status, answer) = call(&api(&Rules::default()), event).await;
        assert_eq!(status, 404);
        assert!(detail(&answer).contains("GET /accounts/{requestId}"));
        assert_eq!(answer["body"]["title"], "Not Found");
    }
}

#[tokio::test]
async fn whoever_is_not_known_is_not_answered() {
    let known = id(1);
    for (method, id) in [("POST", None), ("GET", None), ("GET", Some(known.as_str())), ("PUT", Some(known.as_str()))] {
        for caller in [None, Some("")] {
            let (status, _) = call(&api(&Rules::default()), event(method, id, caller)).await;
            assert_eq!(status, 403, "{method}");
        }
    }
}
