//! The control API: tests set rules and settings here, and read what was recorded.

use hyper::http::request::Parts;
use hyper::{Method, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::organizations::Limits;
use crate::proxy::Proxy;
use crate::throttling::Throttling;
use crate::wire::{Answer, answer, query_pairs};

pub(crate) const PREFIX: &str = "/_strict/";

/// `Err` says why not.
type Outcome = Result<Value, (StatusCode, String)>;

pub(crate) fn answer(proxy: &Proxy, path: &str, parts: &Parts, body: &[u8]) -> Answer {
    let outcome = match parts.method {
        Method::GET => get(proxy, path, parts),
        Method::PUT => put(proxy, path, body),
        Method::POST => post(proxy, path, body),
        Method::DELETE => delete(proxy, path),
        _ => not_found(path),
    };
    match outcome {
        Ok(value) => answer::ok(&value),
        Err((status, message)) => answer::plain(status, &message),
    }
}

fn get(proxy: &Proxy, path: &str, parts: &Parts) -> Outcome {
    match path {
        "health" => Ok(json!({"status": "ok"})),
        "clock" => {
            let millis = u64::try_from(proxy.clock.now().as_millis()).unwrap_or(u64::MAX);
            Ok(json!({"speed": proxy.clock.speed(), "nowMillis": millis}))
        }
        "calls" => calls(proxy, parts),
        "calls/last" => Ok(json!({"sequence": proxy.recorder.last_sequence()})),
        "rules" => Ok(json!({"rules": proxy.rules.status()})),
        "throttling" => Ok(throttling(proxy)),
        "limits" => Ok(json!(proxy.organization.limits())),
        "visibility" => Ok(json!(proxy.organization.visibility())),
        "events" => Ok(json!({"delivery": proxy.announcer.settings(), "delivered": proxy.announcer.delivered()})),
        "identity" => Ok(json!({"evaluate": proxy.identity.evaluates()})),
        "assignments" => Ok(json!(proxy.identity_center.settings())),
        "settling" => Ok(json!(proxy.beyond_moto.settling())),
        "roles" => Ok(json!({"roles": proxy.identity.usage()})),
        path => not_found(path),
    }
}

/// What is put replaces what was there.
fn put(proxy: &Proxy, path: &str, body: &[u8]) -> Outcome {
    match path {
        "throttling" => {
            proxy.buckets.set(read::<Throttling>(body)?);
            Ok(throttling(proxy))
        }
        "limits" => {
            proxy.organization.set_limits(read::<Limits>(body)?);
            Ok(json!(proxy.organization.limits()))
        }
        "visibility" => {
            proxy.organization.set_visibility(read(body)?);
            Ok(json!(proxy.organization.visibility()))
        }
        "assignments" => {
            proxy.identity_center.set(read(body)?);
            Ok(json!(proxy.identity_center.settings()))
        }
        "settling" => {
            proxy.beyond_moto.set(read(body)?);
            Ok(json!(proxy.beyond_moto.settling()))
        }
        "events" => {
            proxy.announcer.set(read(body)?);
            Ok(json!({"delivery": proxy.announcer.settings()}))
        }
        "identity" => {
            let settings: Value = read(body)?;
            let evaluate = settings["evaluate"].as_bool().ok_or_else(|| bad("evaluate must be true or false"))?;
            proxy.identity.set(evaluate);
            Ok(json!({"evaluate": evaluate}))
        }
        path => not_found(path),
    }
}

fn post(proxy: &Proxy, path: &str, body: &[u8]) -> Outcome {
    match path {
        "rules" => Ok(json!({"id": proxy.rules.add(read(body)?)})),
        "creations" => Ok(json!({"id": proxy.organization.plan(read(body)?)})),
        "settings" => Ok(json!(proxy.organization.set(&read(body)?))),
        path => not_found(path),
    }
}

fn delete(proxy: &Proxy, path: &str) -> Outcome {
    let (kind, id) = path.split_once('/').unwrap_or((path, ""));
    let remaining = match (kind, id.parse().ok()) {
        ("rules", Some(id)) => proxy.rules.remove(id),
        ("creations", Some(id)) => proxy.organization.remove_plan(id),
        ("calls", None) => return Ok(json!({"forgotten": proxy.recorder.clear()})),
        ("roles", None) => {
            proxy.identity.forget_usage();
            return Ok(json!({}));
        }
        _ => None,
    };
    remaining.map_or_else(|| not_found(path), |remaining| Ok(json!({"remaining": remaining})))
}

fn calls(proxy: &Proxy, parts: &Parts) -> Outcome {
    let since = query_pairs(parts).find(|(name, _)| name == "since").map_or(Ok(0), |(_, value)| value.parse());
    let since = since.map_err(|_| bad("since must be a sequence number"))?;
    Ok(json!({"calls": proxy.recorder.since(since)}))
}

fn throttling(proxy: &Proxy) -> Value {
    let settings = proxy.buckets.settings();
    json!({"enabled": settings.enabled, "rates": settings.rates, "refused": proxy.buckets.refused()})
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, (StatusCode, String)> {
    serde_json::from_slice(body).map_err(|error| bad(&error.to_string()))
}

fn bad(message: &str) -> (StatusCode, String) {
    (StatusCode::BAD_REQUEST, message.to_owned())
}

fn not_found(path: &str) -> Outcome {
    Err((StatusCode::NOT_FOUND, format!("nothing at {PREFIX}{path} for this method")))
}
