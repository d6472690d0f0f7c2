//! The answers: each with its status, its headers, the schema of its body, and examples.

use serde_json::{Value, json};

use super::{component, examples, object};

pub(super) type Answer = (u16, Value);
pub(super) type Answers = Vec<Answer>;
type Examples = Vec<(&'static str, Value)>;

pub(super) fn accepted(description: &str) -> Answer {
    let mut answer = answer(description, "Accepted", vec![("accepted", examples::accepted())]);
    answer["headers"]["Location"] = component("headers", "Location");
    answer["links"] = json!({ "request": {
        "operationId": "getRequest", "parameters": { "id": "$response.body#/requestId" },
        "description": "How the request is doing",
    } });
    (202, answer)
}

pub(super) fn shown(description: &str, examples: Examples) -> Answer {
    (200, answer(description, "RequestView", examples))
}

/// The request that stands, or of a dry run what would become of it.
pub(super) fn shown_or_previewed() -> Answer {
    let description = "The account stands already, with this content; or, with dryRun=true, what would be done";
    let examples = vec![("vended", examples::vended()), ("dryRun", examples::dry_run())];
    let mut answer = answer(description, "RequestView", examples);
    let either = ["RequestView", "Preflight"].map(|name| component("schemas", name));
    answer["content"]["application/json"]["schema"] = json!({ "oneOf": either });
    (200, answer)
}

/// A request, or the record of an account.
pub(super) fn shown_or_kept() -> Answer {
    let examples =
        vec![("vended", examples::vended()), ("failed", examples::failed()), ("account", examples::account_record())];
    let mut answer = answer("The request with each step, or the account's record", "RequestView", examples);
    let either = ["RequestView", "AccountRecord"].map(|name| component("schemas", name));
    answer["content"]["application/json"]["schema"] = json!({ "oneOf": either });
    (200, answer)
}

pub(super) fn listed() -> Answer {
    (200, answer("A page of requests", "RequestPage", vec![("page", examples::page())]))
}

pub(super) fn invalid(examples: Examples) -> Answer {
    (400, problem("The request is wrong; all problems are named, and nothing was started", examples))
}

pub(super) fn not_found(description: &str, example: Value) -> Answer {
    (404, problem(description, vec![("unknown", example)]))
}

pub(super) fn conflict(description: &str, examples: Examples) -> Answer {
    let mut answer = problem(description, examples);
    answer["headers"]["Retry-After"] = component("headers", "RetryAfter");
    (409, answer)
}

pub(super) fn too_large() -> Answer {
    (413, problem("The body has more than 64 KiB", vec![("tooLarge", examples::too_large())]))
}

pub(super) fn other_request() -> Answer {
    let description = "This Idempotency-Key came with another request in the last 24 hours";
    (422, problem(description, vec![("otherRequest", examples::other_request())]))
}

/// What any request may be answered.
pub(super) fn to_everything() -> Answers {
    let names = [(403, "Forbidden"), (429, "TooManyRequests"), (500, "InternalServerError"), (503, "Unavailable")];
    names.map(|(status, name)| (status, component("responses", name))).into()
}

pub(super) fn shared() -> Value {
    let mut forbidden = problem(
        "Not signed, not permitted, or a change by somebody who is neither the requester nor an operator",
        vec![("notTheRequester", examples::not_the_requester())],
    );
    forbidden["content"]["application/json"] = by_gateway(&examples::not_signed());
    let mut unavailable = problem(
        "AWS is busy or not reachable; send the same request again",
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
            "The request could not be answered; the log of accounts-api says why",
            vec![("failed", examples::internal_server_error())],
        ),
        "Unavailable": unavailable,
    })
}

pub(super) fn headers() -> Value {
    json!({
        "Location": {
            "description": "Where the request is shown, below the URL of the API",
            "required": true,
            "schema": { "type": "string", "pattern": "^/accounts/" },
            "example": "/accounts/nsitwn5ke2shymhizrnj-1",
        },
        "RetryAfter": {
            "description": "When to send the same request again, in seconds",
            "schema": { "type": "string", "pattern": "^[0-9]+$" },
            "example": "5",
        },
        "CacheControl": {
            "description": "Answers are not to be kept",
            "schema": { "type": "string", "const": "no-store" },
        },
    })
}

/// What API Gateway itself answers, with one spelling or the other.
pub(super) fn gateway_refusal() -> Value {
    let text = json!({ "type": "string" });
    json!({
        "description": "What API Gateway refuses before the function sees it",
        "type": "object",
        "properties": { "message": text, "Message": text },
    })
}

fn by_gateway(example: &Value) -> Value {
    json!({ "schema": component("schemas", "GatewayRefusal"), "examples": { "gateway": { "value": example } } })
}

fn problem(description: &str, examples: Examples) -> Value {
    with_content(description, "application/problem+json", "ProblemDocument", examples)
}

fn answer(description: &str, schema: &str, examples: Examples) -> Value {
    with_content(description, "application/json", schema, examples)
}

fn with_content(description: &str, media_type: &str, schema: &str, examples: Examples) -> Value {
    let examples = examples.into_iter().map(|(name, value)| (name, json!({ "value": value })));
    let content = json!({ "schema": component("schemas", schema), "examples": object(examples) });
    json!({
        "description": description,
        "headers": { "Cache-Control": component("headers", "CacheControl") },
        "content": object([(media_type, content)]),
    })
}
