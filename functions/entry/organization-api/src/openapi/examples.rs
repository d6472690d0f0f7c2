//! Examples of requests and responses. A contract test validates each against its schema.

use serde_json::{Value, json};
use vending_api::openapi::problem;

pub(super) const ID: &str = "20261122t100000z-5f70bf18";
const DIGEST: &str = "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef";
const CALLER: &str = "arn:aws:sts::111122223333:assumed-role/Platform/jane";

pub(super) fn plan_request() -> Value {
    json!({
        "manifest": {
            "version": 1,
            "root": { "organizationalUnits": {
                "Workloads": { "vending": { "requests": "allowed", "monthlyBudgetUsd": 500 } },
            } },
        },
    })
}

pub(super) fn accepted_plan() -> Value {
    json!({ "planId": ID, "status": "IN_PROGRESS" })
}

pub(super) fn plan() -> Value {
    json!({
        "planId": ID,
        "status": "SUCCEEDED",
        "requestedBy": CALLER,
        "requestedAt": "2026-11-22T10:00:00Z",
        "manifestDigest": DIGEST,
        "changes": [change(), guarded_change()],
        "blockers": [{
            "pointer": "/root/vending/customization",
            "detail": "must be a state machine that the stack may run",
            "remedy": "add the ARN to the parameter CustomizationStateMachineArns of the stack, or correct it",
        }],
        "notManaged": ["/logArchive"],
        "notes": [note()],
        "failures": [],
    })
}

fn change() -> Value {
    json!({
        "function": "write-settings",
        "target": "Workloads",
        "field": "vending.monthlyBudgetUsd",
        "from": 300,
        "to": 500,
        "class": "PLAIN",
        "why": null,
        "reach": null,
    })
}

fn note() -> Value {
    json!({
        "message": "the root user of the management account has no MFA device",
        "link": "https://console.aws.amazon.com/iam/home#/security_credentials",
    })
}

fn guarded_change() -> Value {
    json!({
        "function": "create-units",
        "target": "Workloads/NonProduction",
        "field": "name",
        "from": "NonProd",
        "to": "NonProduction",
        "class": "GUARDED",
        "why": "renames an OU",
        "reach": null,
    })
}

pub(super) fn run_request() -> Value {
    json!({ "planId": ID, "allow": ["Workloads/NonProduction:name"] })
}

pub(super) fn accepted_run() -> Value {
    json!({ "runId": ID, "status": "IN_PROGRESS" })
}

pub(super) fn run() -> Value {
    json!({
        "runId": ID,
        "planId": ID,
        "status": "SUCCEEDED",
        "requestedBy": CALLER,
        "requestedAt": "2026-11-22T10:05:00Z",
        "manifestDigest": DIGEST,
        "changes": [change()],
        "notes": [note()],
        "failures": [],
    })
}

pub(super) fn invalid() -> Value {
    invalid_field("/manifest/root/vending/monthlyBudgetUsd", "must be a whole number from 1 to 1000000000")
}

pub(super) fn invalid_run() -> Value {
    invalid_field("/planId", "must be the planId of a response to POST /organization/plans")
}

fn invalid_field(pointer: &str, detail: &str) -> Value {
    let mut document = problem(400, "Bad Request", "the request has 1 validation error");
    document["problems"] = json!([{ "pointer": pointer, "detail": detail }]);
    document
}

pub(super) fn no_plan() -> Value {
    problem(404, "Not Found", &format!("there is no plan `{ID}`"))
}

pub(super) fn no_run() -> Value {
    problem(404, "Not Found", &format!("there is no run `{ID}`"))
}

pub(super) fn newer_run() -> Value {
    let detail = format!("run 20261122t100100z-0a1b2c3d was started after plan {ID} was made; make a new plan");
    problem(409, "Conflict", &detail)
}

pub(super) fn too_large(maximum: &str) -> Value {
    problem(413, "Payload Too Large", &format!("the body must be at most {maximum}"))
}
