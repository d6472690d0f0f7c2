//! The OpenAPI description and the JSON schema in `schemas/`, generated from the types of requests and responses.
//!
//! Compiled only with the feature `schema`, which the contract tests enable; the function is built without it.
//! A new route is one more operation in `operations.rs`; a new type of response is one more line in [`components`].

mod examples;
mod operations;
mod responses;

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use vending_api::ProblemDocument;
use vending_api::openapi::{add, component, generator};
use vending_core::{AccountId, AccountRecord, AccountRequest, AdoptionRequest, HandOverRequest};

use crate::accepted::Accepted;
use crate::get_request::RequestView;
use crate::list_accounts::AccountPage;
use crate::list_requests::RequestPage;
use crate::plan::{MAXIMUM_REQUESTS, Plan};

/// `account-request.schema.json`: the body of `POST /accounts`.
pub fn account_request() -> Value {
    let mut schema =
        SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<AccountRequest>().to_value();
    adapt_to_request_body(&mut schema);
    schema["examples"] = json!([examples::request(), examples::full_request()]);
    schema
}

/// `openapi.yaml`: the whole API.
pub fn document() -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "account-vending",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Requests AWS accounts, changes them, and shows the progress of requests.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{
            "url": "https://{apiId}.execute-api.us-east-1.amazonaws.com/v1",
            "description": "The output `ApiUrl` of the stack",
            "variables": { "apiId": { "default": "a1b2c3d4e5", "description": "The ID of the stack's API" } },
        }],
        "security": [{ "sigv4": [] }],
        "paths": operations::paths(),
        "components": components(),
    })
}

fn components() -> Value {
    let mut requests = generator(SchemaSettings::for_deserialize);
    let mut responses = generator(SchemaSettings::for_serialize);
    let mut body = requests.root_schema_for::<AccountRequest>().to_value();
    adapt_to_request_body(&mut body);
    for keyword in ["$schema", "components"] {
        body.as_object_mut().and_then(|body| body.remove(keyword));
    }
    add::<AccountId>(&mut requests);
    add::<AdoptionRequest>(&mut requests);
    add::<HandOverRequest>(&mut requests);
    add::<Accepted<'_>>(&mut responses);
    add::<RequestView<'_>>(&mut responses);
    add::<AccountRecord>(&mut responses);
    add::<AccountPage>(&mut responses);
    add::<RequestPage>(&mut responses);
    add::<Plan>(&mut responses);
    add::<ProblemDocument<'_>>(&mut responses);
    let mut schemas = requests.take_definitions(true);
    // The schema of the responses replaces it.
    schemas.remove("AccountRequest");
    if let Some(mut body) = schemas.remove("AdoptionRequest") {
        or_null(&mut body["properties"]["tags"]);
        schemas.insert("AdoptionRequestBody".to_owned(), body);
    }
    if let Some(body) = schemas.remove("HandOverRequest") {
        schemas.insert("HandOverRequestBody".to_owned(), body);
    }
    schemas.extend(responses.take_definitions(true));
    schemas.insert("AccountRequestBody".to_owned(), body);
    schemas.insert("PlanRequest".to_owned(), plan_request());
    schemas.insert("GatewayError".to_owned(), responses::gateway_error());
    json!({
        "schemas": schemas,
        "parameters": operations::shared_parameters(),
        "responses": responses::shared(),
        "headers": responses::headers(),
        "securitySchemes": {
            "sigv4": {
                "type": "apiKey",
                "name": "Authorization",
                "in": "header",
                "description": "AWS Signature Version 4, for the service execute-api",
                "x-amazon-apigateway-authtype": "awsSigv4",
            },
        },
    })
}

/// The body of `POST /accounts/plan`. An item can be invalid: the plan then says why.
fn plan_request() -> Value {
    json!({
        "description": "The body of POST /accounts/plan",
        "type": "object",
        "properties": { "requests": {
            "description": "Bodies of POST /accounts",
            "type": "array",
            "minItems": 1,
            "maxItems": MAXIMUM_REQUESTS,
            "items": { "anyOf": [
                component("schemas", "AccountRequestBody"),
                { "description": "Any other value is an invalid request, with the action REFUSE" },
            ] },
        } },
        "required": ["requests"],
        "additionalProperties": false,
    })
}

/// Adapts the schema of a validated request to a body: the email is optional, and optional fields can be `null`.
fn adapt_to_request_body(schema: &mut Value) {
    schema["title"] = "Account request".into();
    schema["description"] = "The body of POST /accounts and PUT /accounts/{accountId}".into();
    schema["required"] = json!(["accountName", "organizationalUnit"]);
    for name in ["accountEmail", "tags", "access", "githubDeploy", "contacts"] {
        or_null(&mut schema["properties"][name]);
    }
}

fn or_null(property: &mut Value) {
    let Value::Object(keywords) = property else {
        return;
    };
    // A default is only for a property that cannot be null.
    keywords.remove("default");
    if let Some(reference) = keywords.remove("$ref") {
        keywords.insert("anyOf".to_owned(), json!([{ "$ref": reference }, { "type": "null" }]));
    } else if let Some(Value::String(json_type)) = keywords.remove("type") {
        keywords.insert("type".to_owned(), json!([json_type, "null"]));
    }
}

/// A JSON object with these members.
fn object<N: ToString>(members: impl IntoIterator<Item = (N, Value)>) -> Value {
    members.into_iter().map(|(name, value)| (name.to_string(), value)).collect::<Map<_, _>>().into()
}
