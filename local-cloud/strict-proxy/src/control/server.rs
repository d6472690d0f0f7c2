//! The server of the control API.

use hyper::Method;
use hyper::http::request::Parts;
use serde_json::{Value, json};

use super::organization;
use super::outcome::{Outcome, bad_request, not_found, read};
use crate::components::Components;
use crate::wire::{AwsResponse, query_pairs, response};

pub(crate) async fn handle(components: &Components, path: &str, parts: &Parts, body: &[u8]) -> AwsResponse {
    let outcome = match parts.method {
        Method::GET => get(components, path, parts).await,
        Method::PUT => put(components, path, body).await,
        Method::POST => post(components, path, body),
        Method::DELETE => delete(components, path).await,
        _ => not_found(path),
    };
    match outcome {
        Ok(value) => response::ok(&value),
        Err((status, message)) => response::plain(status, &message),
    }
}

async fn get(components: &Components, path: &str, parts: &Parts) -> Outcome {
    match path {
        "health" => Ok(json!({"status": "ok"})),
        "clock" => {
            let millis = u64::try_from(components.clock.now().as_millis()).unwrap_or(u64::MAX);
            Ok(json!({"speed": components.clock.speed(), "nowMillis": millis}))
        }
        "calls" => calls(components, parts),
        "calls/last" => Ok(json!({"sequence": components.recorder.last_sequence()})),
        "rules" => Ok(json!({"rules": components.rules.status()})),
        "throttling" => Ok(throttling(components)),
        "limits" => Ok(json!(components.organization.limits())),
        "visibility" => Ok(json!(components.organization.visibility())),
        "closures" => Ok(json!(components.organization.closures())),
        "pages" => Ok(json!(components.organization.pages())),
        "events" => {
            Ok(json!({"delivery": components.publisher.settings(), "delivered": components.publisher.delivered()}))
        }
        "identity" => Ok(json!({"evaluate": components.identity.evaluates()})),
        "assignments" => Ok(json!(components.identity_center.settings())),
        "identity-center" => Ok(json!(components.identity_center.instance())),
        "delays" => Ok(json!(components.emulated.delays())),
        "organization" => organization::get(components).await,
        "roles" => Ok(json!({"roles": components.identity.usage()})),
        path => not_found(path),
    }
}

/// Replaces a setting as a whole.
async fn put(components: &Components, path: &str, body: &[u8]) -> Outcome {
    match path {
        "throttling" => {
            components.buckets.set(read(body)?);
            Ok(throttling(components))
        }
        "limits" => {
            components.organization.set_limits(read(body)?);
            Ok(json!(components.organization.limits()))
        }
        "visibility" => {
            components.organization.set_visibility(read(body)?);
            Ok(json!(components.organization.visibility()))
        }
        "assignments" => {
            components.identity_center.set(read(body)?);
            Ok(json!(components.identity_center.settings()))
        }
        "identity-center" => {
            components.identity_center.set_instance(read(body)?);
            Ok(json!(components.identity_center.instance()))
        }
        "delays" => {
            components.emulated.set_delays(read(body)?);
            Ok(json!(components.emulated.delays()))
        }
        "events" => {
            components.publisher.set(read(body)?);
            Ok(json!({"delivery": components.publisher.settings()}))
        }
        "identity" => {
            let settings: Value = read(body)?;
            let evaluate =
                settings["evaluate"].as_bool().ok_or_else(|| bad_request("evaluate must be true or false"))?;
            components.identity.set(evaluate);
            Ok(json!({"evaluate": evaluate}))
        }
        "closures" => {
            components.organization.set_closures(read(body)?);
            Ok(json!(components.organization.closures()))
        }
        "pages" => {
            components.organization.set_pages(read(body)?);
            Ok(json!(components.organization.pages()))
        }
        path => organization::put_account(components, path, body).await,
    }
}

fn post(components: &Components, path: &str, body: &[u8]) -> Outcome {
    match path {
        "rules" => Ok(json!({"id": components.rules.add(read(body)?)})),
        "creations" => Ok(json!({"id": components.organization.plan(read(body)?)})),
        "organization/approvals" => Ok(json!({"approved": components.organization.approve_all_features()})),
        "settings" => Ok(json!(components.organization.set(&read(body)?))),
        "tag-policies" => Ok(json!({"id": components.organization.add_tag_policy(read(body)?)})),
        path => not_found(path),
    }
}

async fn delete(components: &Components, path: &str) -> Outcome {
    let (kind, id) = path.split_once('/').unwrap_or((path, ""));
    let remaining = match (kind, id.parse().ok()) {
        ("rules", Some(id)) => components.rules.remove(id),
        ("creations", Some(id)) => components.organization.remove_plan(id),
        ("tag-policies", Some(id)) if components.organization.remove_tag_policy(id) => return Ok(json!({})),
        ("calls", None) => return Ok(json!({"cleared": components.recorder.clear()})),
        ("organization", None) => return organization::delete(components).await,
        ("roles", None) => {
            components.identity.clear_usage();
            return Ok(json!({}));
        }
        _ => None,
    };
    remaining.map_or_else(|| not_found(path), |remaining| Ok(json!({"remaining": remaining})))
}

fn calls(components: &Components, parts: &Parts) -> Outcome {
    let since = query_pairs(parts).find(|(name, _)| name == "since").map_or(Ok(0), |(_, value)| value.parse());
    let since = since.map_err(|_| bad_request("since must be a sequence number"))?;
    Ok(json!({"calls": components.recorder.since(since)}))
}

fn throttling(components: &Components) -> Value {
    let settings = components.buckets.settings();
    json!({"enabled": settings.enabled, "rates": settings.rates, "throttled": components.buckets.throttled()})
}
