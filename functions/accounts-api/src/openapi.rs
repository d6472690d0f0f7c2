//! This API described for programs: what `schemas/` holds, made from the types that requests and answers are made of.
//!
//! Compiled with the feature `schema` only, which the contract tests turn on; the function itself does not have it.
//! A new route is one more operation in `operations.rs`; a new kind of answer is one more line in [`components`].

mod answers;
mod examples;
mod operations;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};
use vending_core::{AccountId, AccountKey, AccountRecord, AccountRequest, AdoptionRequest};

use crate::answer::{Accepted, ProblemDocument};
use crate::dry_run::Preflight;
use crate::get::RequestView;
use crate::list::Page;

/// `account-request.schema.json`: the body of `POST /accounts` as a client writes it.
pub fn account_request() -> Value {
    let mut schema =
        SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<AccountRequest>().to_value();
    written_by_a_client(&mut schema);
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
            "description": "Asks for AWS accounts, changes them, and shows how requests are doing.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{
            "url": "https://{apiId}.execute-api.us-east-1.amazonaws.com/v1",
            "description": "The output `ApiUrl` of the stack",
            "variables": { "apiId": { "default": "a1b2c3d4e5", "description": "The id of the stack's API" } },
        }],
        "security": [{ "sigv4": [] }],
        "paths": operations::paths(),
        "components": components(),
    })
}

fn components() -> Value {
    let mut requests = generator(SchemaSettings::for_deserialize);
    let mut answers = generator(SchemaSettings::for_serialize);
    let mut body = requests.root_schema_for::<AccountRequest>().to_value();
    written_by_a_client(&mut body);
    for standing_alone in ["$schema", "components"] {
        body.as_object_mut().and_then(|body| body.remove(standing_alone));
    }
    add::<AccountId>(&mut requests);
    add::<AccountKey>(&mut requests);
    add::<AdoptionRequest>(&mut requests);
    add::<Accepted<'_>>(&mut answers);
    add::<RequestView<'_>>(&mut answers);
    add::<AccountRecord>(&mut answers);
    add::<Preflight>(&mut answers);
    add::<Page>(&mut answers);
    add::<ProblemDocument<'_>>(&mut answers);
    let mut schemas = requests.take_definitions(true);
    // The answers have it as it is written in full.
    schemas.remove("AccountRequest");
    if let Some(mut body) = schemas.remove("AdoptionRequest") {
        or_null(&mut body["properties"]["tags"]);
        schemas.insert("AdoptionRequestBody".to_owned(), body);
    }
    schemas.extend(answers.take_definitions(true));
    schemas.insert("AccountRequestBody".to_owned(), body);
    schemas.insert("GatewayRefusal".to_owned(), answers::gateway_refusal());
    json!({
        "schemas": schemas,
        "parameters": operations::shared_parameters(),
        "responses": answers::shared(),
        "headers": answers::headers(),
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

fn generator(contract: fn(SchemaSettings) -> SchemaSettings) -> SchemaGenerator {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
    });
    contract(settings).into_generator()
}

fn add<T: JsonSchema>(generator: &mut SchemaGenerator) {
    generator.subschema_for::<T>();
}

/// From the schema of a checked request to that of a body: the email may be left out, and `null` is left out, too.
fn written_by_a_client(schema: &mut Value) {
    schema["title"] = "Account request".into();
    schema["description"] = "What is asked for, as the body of POST /accounts and PUT /accounts/{accountKey}".into();
    schema["required"] = json!(["accountName", "organizationalUnit"]);
    for name in ["accountEmail", "tags", "access", "githubDeploy", "contacts"] {
        or_null(&mut schema["properties"][name]);
    }
}

fn or_null(property: &mut Value) {
    let Value::Object(keywords) = property else {
        return;
    };
    // Nothing is there by default that must not be null.
    keywords.remove("default");
    if let Some(reference) = keywords.remove("$ref") {
        keywords.insert("anyOf".to_owned(), json!([{ "$ref": reference }, { "type": "null" }]));
    } else if let Some(Value::String(kind)) = keywords.remove("type") {
        keywords.insert("type".to_owned(), json!([kind, "null"]));
    }
}

/// A reference to a component.
fn component(kind: &str, name: &str) -> Value {
    json!({ "$ref": format!("#/components/{kind}/{name}") })
}

/// An object of what is given by name.
fn object<N: ToString>(members: impl IntoIterator<Item = (N, Value)>) -> Value {
    members.into_iter().map(|(name, value)| (name.to_string(), value)).collect::<Map<_, _>>().into()
}
