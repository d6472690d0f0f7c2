//! The responses: each with its status, headers, schema of the body, and examples.

use serde_json::{Value, json};
use vending_api::openapi::{COMMON_RESPONSES, component, response_with};

use super::{examples, object};

pub(super) type Response = (u16, Value);
pub(super) type Responses = Vec<Response>;
type Examples = Vec<(&'static str, Value)>;

pub(super) fn accepted(description: &str) -> Response {
    let mut response = response(description, "Accepted", vec![("accepted", examples::accepted())]);
    response["headers"]["Location"] = component("headers", "Location");
    response["links"] = json!({ "request": {
        "operationId": "getRequest", "parameters": { "requestId": "$response.body#/requestId" },
        "description": "The progress of the request",
    } });
    (202, response)
}

pub(super) fn request(description: &str, examples: Examples) -> Response {
    (200, response(description, "RequestView", examples))
}

/// The record of an account.
pub(super) fn account() -> Response {
    (200, response("The record of the account", "AccountRecord", vec![("account", examples::account_record())]))
}

pub(super) fn account_page() -> Response {
    (200, response("A page of accounts", "AccountPage", vec![("page", examples::account_page())]))
}

pub(super) fn plan() -> Response {
    (200, response("What each request would do", "Plan", vec![("plan", examples::plan())]))
}

pub(super) fn page() -> Response {
    (200, response("A page of requests", "RequestPage", vec![("page", examples::page())]))
}

pub(super) fn invalid(examples: Examples) -> Response {
    const DESCRIPTION: &str = "The request is invalid, and nothing was started. All validation errors are listed at once; the organizational unit is looked up only if there are no others";
    (400, problem(DESCRIPTION, examples))
}

pub(super) fn not_found(description: &str, example: Value) -> Response {
    (404, problem(description, vec![("unknown", example)]))
}

pub(super) fn conflict(description: &str, examples: Examples) -> Response {
    let mut response = problem(description, examples);
    response["headers"]["Retry-After"] = component("headers", "RetryAfter");
    (409, response)
}

pub(super) fn too_large(maximum: &str) -> Response {
    let description = format!("The body is larger than {maximum}");
    (413, problem(&description, vec![("tooLarge", examples::too_large(maximum))]))
}

pub(super) fn other_request() -> Response {
    let description = "This Idempotency-Key was used for another request in the last 24 hours";
    (422, problem(description, vec![("otherRequest", examples::other_request())]))
}

/// The responses that every operation can return.
pub(super) fn common() -> Responses {
    COMMON_RESPONSES.map(|(status, name)| (status, component("responses", name))).into()
}

pub(super) fn shared() -> Value {
    let mut forbidden = problem(
        "Not signed, not allowed, or a change by a caller that is neither the requester nor an operator",
        vec![("notTheRequester", examples::not_the_requester())],
    );
    forbidden["content"]["application/json"] = by_gateway(&examples::not_signed());
    let mut unavailable = problem(
        "AWS throttles or is unavailable; send the same request again",
        vec![("unavailable", examples::unavailable())],
    );
    unavailable["headers"]["Retry-After"] = component("headers", "RetryAfter");
    json!({
        "Forbidden": forbidden,
        "TooManyRequests": {
            "description": "More than 20 calls a second (bursts of 40)",
            "content": { "application/json": by_gateway(&examples::too_many_requests()) },
        },
        "InternalServerError": problem(
            "Internal error; see the log of the function",
            vec![("failed", examples::internal_server_error())],
        ),
        "Unavailable": unavailable,
    })
}

pub(super) fn headers() -> Value {
    json!({
        "Location": {
            "description": "The absolute path of the request, with the stage",
            "required": true,
            "schema": { "type": "string", "pattern": "/requests/[^/]+$" },
            "example": "/v1/requests/nsitwn5ke2shymhizrnj-1",
        },
        "RetryAfter": {
            "description": "Seconds to wait before sending the same request again",
            "schema": { "type": "string", "pattern": "^[0-9]+$" },
            "example": "5",
        },
        "CacheControl": {
            "description": "Responses must not be cached",
            "schema": { "type": "string", "const": "no-store" },
        },
    })
}

/// An error of API Gateway, which uses either spelling.
pub(super) fn gateway_error() -> Value {
    let string = json!({ "type": "string" });
    json!({
        "description": "An error of API Gateway, which rejects the call before it invokes the function",
        "type": "object",
        "properties": { "message": string, "Message": string },
    })
}

fn by_gateway(example: &Value) -> Value {
    json!({ "schema": component("schemas", "GatewayError"), "examples": { "gateway": { "value": example } } })
}

fn problem(description: &str, examples: Examples) -> Value {
    with_content(description, "application/problem+json", "ProblemDocument", examples)
}

fn response(description: &str, schema: &str, examples: Examples) -> Value {
    with_content(description, "application/json", schema, examples)
}

fn with_content(description: &str, media_type: &str, schema: &str, examples: Examples) -> Value {
    let examples = examples.into_iter().map(|(name, value)| (name, json!({ "value": value })));
    let content = json!({ "schema": component("schemas", schema), "examples": object(examples) });
    response_with(description, media_type, &content)
}
