//! The routes of this function in the OpenAPI description, `schemas/openapi.yaml`.
//!
//! Compiled only with the feature `schema`, which the contract tests enable. accounts-api describes the API and what all
//! routes share: problems, and the responses that every operation can return.

mod examples;
mod operations;

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use vending_api::openapi::{add, component, generator};
use vending_core::PlanId;

use crate::plan::{AcceptedPlan, OrganizationPlan};
use crate::run::{AcceptedRun, OrganizationRun};

/// Adds the routes and their schemas to the description of the API.
pub fn add_to(document: &mut Value) {
    merge(&mut document["paths"], operations::paths());
    merge(&mut document["components"]["schemas"], schemas());
}

fn merge(target: &mut Value, more: Map<String, Value>) {
    if let Value::Object(target) = target {
        target.extend(more);
    }
}

fn schemas() -> Map<String, Value> {
    let mut generator = generator(SchemaSettings::for_serialize);
    add::<PlanId>(&mut generator);
    add::<AcceptedPlan<'_>>(&mut generator);
    add::<AcceptedRun<'_>>(&mut generator);
    add::<OrganizationPlan>(&mut generator);
    add::<OrganizationRun>(&mut generator);
    let mut schemas = generator.take_definitions(true);
    schemas.insert("OrganizationPlanRequest".to_owned(), plan_request());
    schemas.insert("OrganizationRunRequest".to_owned(), run_request());
    schemas
}

/// The schema of the manifest is a file of its own, because it is larger than all others together.
fn plan_request() -> Value {
    json!({
        "description": "The body of POST /organization/plans",
        "type": "object",
        "properties": {
            "manifest": {
                "description": "The manifest as JSON; see organization.schema.json",
                "type": "object",
            },
            "documents": {
                "description": "The contents of all files that the manifest names, and of the cases of its policies, by their paths relative to it",
                "type": ["object", "null"],
                "additionalProperties": { "type": "string" },
            },
        },
        "required": ["manifest"],
        "additionalProperties": false,
    })
}

fn run_request() -> Value {
    json!({
        "description": "The body of POST /organization/runs",
        "type": "object",
        "properties": {
            "planId": component("schemas", "PlanId"),
            "allow": {
                "description": "The names of the guarded changes that the run may make, each as TARGET:FIELD. It must name all guarded changes of the plan",
                "type": ["array", "null"],
                "items": { "type": "string" },
                "uniqueItems": true,
            },
        },
        "required": ["planId"],
        "additionalProperties": false,
    })
}
