//! Tests of the API with events of API Gateway, an in-memory bucket, and executions that a test controls.

use aws_sdk_sfn::types::ExecutionStatus;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};
use vending_core::{
    ORGANIZATION_FUNCTIONS, OrganizationChange, PlanBlocker, PlanId, PlanInput, PlanMode, PlanNote, PlanRecord,
    PlanReport,
};
use vending_records::testing::Bucket;

use super::*;

mod machine;
mod plan;
mod run;

use machine::Machine;

const JANE: &str = "arn:aws:sts::111111111111:assumed-role/Organization/jane";
const JOE: &str = "arn:aws:iam::111111111111:user/joe";

/// The API with its bucket and its state machine.
#[derive(Default)]
struct World {
    bucket: Bucket,
    machine: Machine,
}

impl World {
    fn api(&self) -> OrganizationApi {
        OrganizationApi {
            plans: Plans::new(Objects::new(self.bucket.client(), "records".to_owned())),
            executions: Executions::new(self.machine.client(), machine::STATE_MACHINE.parse().unwrap()),
            principals: Principals::parse(&["arn:aws:iam::111111111111:role/Organization".to_owned()]).unwrap(),
        }
    }

    /// Calls the API. Returns the status, and the response with its body as JSON.
    async fn call(&self, event: Value) -> (u64, Value) {
        let mut response = Box::pin(vending_runtime::handle(&self.api(), event)).await.unwrap();
        let body = response["body"].as_str().unwrap().to_owned();
        response["body"] = serde_json::from_str(&body).unwrap();
        (response["statusCode"].as_u64().unwrap(), response)
    }

    async fn post(&self, path: &str, body: &Value) -> (u64, Value) {
        self.call(post_event(JANE, path, &body.to_string())).await
    }

    async fn get(&self, path: &str) -> (u64, Value) {
        self.call(event("GET", path, JANE)).await
    }

    /// Plans a manifest. Returns the ID of the plan.
    async fn plan(&self) -> PlanId {
        let (status, response) = self.post("/organization/plans", &json!({ "manifest": manifest() })).await;
        assert_eq!(status, 202, "{response}");
        response["body"]["planId"].as_str().unwrap().parse().unwrap()
    }

    /// A plan that has ended with this report.
    async fn planned(&self, report: &PlanReport) -> PlanId {
        let id = self.plan().await;
        self.end(PlanMode::Plan, &id, report);
        id
    }

    /// Ends a plan or a run as its execution does.
    fn end(&self, mode: PlanMode, id: &PlanId, report: &PlanReport) {
        let input = input(mode, id);
        for function in ORGANIZATION_FUNCTIONS {
            let others = PlanReport { is_applied: report.is_applied, ..PlanReport::default() };
            let own = if function == "write-settings" { report } else { &others };
            self.bucket.put(&input.report_key(function), own);
        }
        self.machine.end(&input.execution_name(), ExecutionStatus::Succeeded);
    }

    /// Changes when a plan or a run was requested.
    fn requested_before(&self, mode: PlanMode, id: &PlanId, age: Duration) {
        let key = input(mode, id).record_key();
        let record: PlanRecord = self.bucket.read(&key);
        self.bucket.put(&key, &PlanRecord { requested_at: OffsetDateTime::now_utc() - age, ..record });
    }
}

fn input(mode: PlanMode, id: &PlanId) -> PlanInput {
    PlanInput { mode, plan_id: id.clone() }
}

fn event(method: &str, path: &str, caller: &str) -> Value {
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    let (resource, parameters) = match segments[..] {
        ["organization", "plans", id] => ("/organization/plans/{planId}".to_owned(), json!({ "planId": id })),
        ["organization", "runs", id] => ("/organization/runs/{runId}".to_owned(), json!({ "runId": id })),
        _ => (path.to_owned(), Value::Null),
    };
    json!({
        "resource": resource,
        "path": path,
        "httpMethod": method,
        "headers": { "Host": "api" },
        "queryStringParameters": null,
        "pathParameters": parameters,
        "requestContext": {
            "path": format!("/v1{path}"), "httpMethod": method, "identity": { "userArn": caller, "sourceIp": "127.0.0.1" },
        },
        "body": null,
        "isBase64Encoded": false,
    })
}

fn post_event(caller: &str, path: &str, body: &str) -> Value {
    let mut event = event("POST", path, caller);
    event["body"] = body.into();
    event
}

fn manifest() -> Value {
    json!({ "version": 1, "root": { "vending": { "monthlyBudgetUsd": 100 } } })
}

fn report() -> PlanReport {
    let change = OrganizationChange::new("write-settings", "root", "vending.monthlyBudgetUsd", Value::Null, 100.into());
    PlanReport {
        schema_version: 1,
        changes: vec![change],
        blockers: Vec::new(),
        not_managed: vec!["/policies".to_owned()],
        notes: vec![PlanNote { message: "enable IAM Identity Center".to_owned(), link: None }],
        is_applied: false,
    }
}

fn blocked() -> PlanReport {
    let blocker = PlanBlocker {
        pointer: "/root/organizationalUnits/New".to_owned(),
        detail: "must exist".to_owned(),
        remedy: "create it".to_owned(),
    };
    PlanReport { blockers: vec![blocker], ..report() }
}

fn detail(response: &Value) -> &str {
    response["body"]["detail"].as_str().unwrap()
}

#[tokio::test]
async fn only_organization_principals_can_call() {
    let world = World::default();
    for (method, path) in [
        ("POST", "/organization/plans"),
        ("GET", "/organization/plans/20261130t140102z-0a1b2c3d"),
        ("POST", "/organization/runs"),
        ("GET", "/organization/runs/20261130t140102z-0a1b2c3d"),
    ] {
        let (status, response) = world.call(event(method, path, JOE)).await;
        assert_eq!(status, 403, "{method} {path}");
        assert!(detail(&response).contains("OrganizationPrincipals") && detail(&response).contains(JOE));
        assert_eq!(world.call(event(method, path, "")).await.0, 403, "{method} {path}");
    }
}

#[tokio::test]
async fn unknown_routes_are_not_found() {
    let world = World::default();
    for (method, path) in
        [("GET", "/organization/plans"), ("DELETE", "/organization/runs/x"), ("POST", "/organization")]
    {
        let (status, response) = world.call(event(method, path, JANE)).await;
        assert_eq!(status, 404, "{method} {path}");
        assert!(detail(&response).contains("POST /organization/plans"));
    }
}

#[tokio::test]
async fn unknown_query_parameter_is_rejected() {
    let mut event = post_event(JANE, "/organization/runs", "{}");
    event["queryStringParameters"] = json!({ "force": "true" });
    let (status, response) = World::default().call(event).await;
    assert_eq!((status, &response["body"]["problems"][0]["pointer"]), (400, &json!("?force")));
}

#[test]
fn configuration_error_names_the_variable() {
    let variables = |name: &str| match name {
        "RECORDS_BUCKET" => Some("records".to_owned()),
        "STATE_MACHINE_ARN" => Some(machine::STATE_MACHINE.to_owned()),
        _ => Some("jane".to_owned()),
    };
    let error = Config::from_environment(&vending_runtime::Environment::from_fn(variables)).unwrap_err();
    assert!(error.to_string().contains("ORGANIZATION_PRINCIPALS"), "{error}");
}
