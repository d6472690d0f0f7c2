//! What the functions of the API share to describe their routes in `schemas/openapi.yaml`.
//!
//! Compiled only with the feature `schema`, which the contract tests enable.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Value, json};

/// The responses that every operation can return, each with the name of its component.
pub const COMMON_RESPONSES: [(u16, &str); 4] =
    [(403, "Forbidden"), (429, "TooManyRequests"), (500, "InternalServerError"), (503, "Unavailable")];

/// A generator of schemas for bodies (`SchemaSettings::for_deserialize`) or for responses.
pub fn generator(contract: fn(SchemaSettings) -> SchemaSettings) -> SchemaGenerator {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
    });
    contract(settings).into_generator()
}

/// Adds a type to the definitions of a generator.
pub fn add<T: JsonSchema>(generator: &mut SchemaGenerator) {
    generator.subschema_for::<T>();
}

/// A reference to a component.
pub fn component(kind: &str, name: &str) -> Value {
    json!({ "$ref": format!("#/components/{kind}/{name}") })
}

/// A response with a body. `content` has its schema, and examples.
pub fn response_with(description: &str, media_type: &str, content: &Value) -> Value {
    json!({
        "description": description,
        "headers": { "Cache-Control": component("headers", "CacheControl") },
        "content": { media_type: content },
    })
}

/// An example of a problem document.
pub fn problem(status: u16, title: &str, detail: &str) -> Value {
    json!({ "type": "about:blank", "title": title, "status": status, "detail": detail })
}
