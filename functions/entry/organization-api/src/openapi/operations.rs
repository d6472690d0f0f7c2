//! The routes, each with its body and its responses.

use serde_json::{Map, Value, json};
use vending_api::openapi::{COMMON_RESPONSES, component, response_with};

use super::examples;

const PLAN_BODY: &str = "2 MiB";
const RUN_BODY: &str = "64 KiB";

pub(super) fn paths() -> Map<String, Value> {
    let paths = [
        ("/organization/plans", json!({ "post": plan() })),
        ("/organization/plans/{planId}", json!({ "get": get_plan() })),
        ("/organization/runs", json!({ "post": run() })),
        ("/organization/runs/{runId}", json!({ "get": get_run() })),
    ];
    paths.map(|(path, operations)| (path.to_owned(), operations)).into_iter().collect()
}

fn plan() -> Value {
    json!({
        "operationId": "planOrganization",
        "summary": "Show what the manifest of the organization would change",
        "description": "For the organization's principals. Nothing is changed. The plan is made in the background.",
        "parameters": [],
        "requestBody": body("OrganizationPlanRequest", &examples::plan_request()),
        "responses": with_common(json!({
            "202": accepted("The plan is made", "plans", "AcceptedPlan", &examples::accepted_plan()),
            "400": problem("The manifest is invalid. All validation errors are listed at once, with pointers into the body", &examples::invalid()),
            "413": problem(&format!("The body is larger than {PLAN_BODY}"), &examples::too_large("2048 KiB")),
        })),
    })
}

fn get_plan() -> Value {
    json!({
        "operationId": "getOrganizationPlan",
        "summary": "Get a plan of the organization",
        "description": "For the organization's principals. When the plan has ended, its changes, and what prevents them.",
        "parameters": [id("planId", "The ID of the plan")],
        "responses": with_common(json!({
            "200": response("The plan", "OrganizationPlan", &examples::plan()),
            "404": problem("There is no such plan", &examples::no_plan()),
        })),
    })
}

fn run() -> Value {
    json!({
        "operationId": "runOrganizationPlan",
        "summary": "Apply a plan of the organization",
        "description": "For the organization's principals. The run makes the changes that the plan lists, and no others. The same plan sent again is the same run.",
        "parameters": [],
        "requestBody": body("OrganizationRunRequest", &examples::run_request()),
        "responses": with_common(json!({
            "202": accepted("The run was started, now or before", "runs", "AcceptedRun", &examples::accepted_run()),
            "400": problem("The body is invalid", &examples::invalid_run()),
            "404": problem("There is no such plan", &examples::no_plan()),
            "409": problem("The plan has not ended, has failed, or has blockers; it has guarded changes that the body does not allow; or another run was started after the plan was made, or is in progress", &examples::newer_run()),
            "413": problem(&format!("The body is larger than {RUN_BODY}"), &examples::too_large(RUN_BODY)),
        })),
    })
}

fn get_run() -> Value {
    json!({
        "operationId": "getOrganizationRun",
        "summary": "Get a run of the organization",
        "description": "For the organization's principals. When the run has ended, the changes that were made, or the failure.",
        "parameters": [id("runId", "The ID of the run, which is that of its plan")],
        "responses": with_common(json!({
            "200": response("The run", "OrganizationRun", &examples::run()),
            "404": problem("There is no such run", &examples::no_run()),
        })),
    })
}

/// Adds the responses that every operation can return.
fn with_common(mut responses: Value) -> Value {
    for (status, name) in COMMON_RESPONSES {
        responses[status.to_string()] = component("responses", name);
    }
    responses
}

fn body(schema: &str, example: &Value) -> Value {
    json!({ "required": true, "content": { "application/json": content(schema, example) } })
}

fn accepted(description: &str, kind: &str, schema: &str, example: &Value) -> Value {
    let mut response = response(description, schema, example);
    response["headers"]["Location"] = json!({
        "description": "The absolute path of the plan or the run, with the stage",
        "required": true,
        "schema": { "type": "string", "pattern": format!("/organization/{kind}/[^/]+$") },
        "example": format!("/v1/organization/{kind}/{}", examples::ID),
    });
    response
}

fn problem(description: &str, example: &Value) -> Value {
    response_with(description, "application/problem+json", &content("ProblemDocument", example))
}

fn response(description: &str, schema: &str, example: &Value) -> Value {
    response_with(description, "application/json", &content(schema, example))
}

fn content(schema: &str, example: &Value) -> Value {
    json!({ "schema": component("schemas", schema), "example": example })
}

fn id(name: &str, description: &str) -> Value {
    json!({
        "name": name,
        "in": "path",
        "required": true,
        "description": description,
        "schema": component("schemas", "PlanId"),
        "example": examples::ID,
    })
}
