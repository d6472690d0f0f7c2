//! The control API: tests set rules and settings here, and read the recorded calls.

use hyper::http::request::Parts;
use hyper::{Method, StatusCode};
use serde_json::json;

use crate::answer::{self, Answer};
use crate::call::query_pairs;
use crate::organizations::Settings;
use crate::proxy::Proxy;
use crate::rules::Rule;

pub(crate) const PREFIX: &str = "/_strict/";

pub(crate) fn answer(proxy: &Proxy, path: &str, parts: &Parts, body: &[u8]) -> Answer {
    match (&parts.method, path) {
        (&Method::GET, "health") => answer::ok(&json!({"status": "ok"})),
        (&Method::GET, "calls") => calls(proxy, parts),
        (&Method::POST, "rules") => add_rule(proxy, body),
        (&Method::POST, "settings") => set(proxy, body),
        (&Method::DELETE, path) => remove_rule(proxy, path),
        (method, path) => answer::plain(StatusCode::NOT_FOUND, &format!("no {method} {PREFIX}{path} here")),
    }
}

fn calls(proxy: &Proxy, parts: &Parts) -> Answer {
    let since = query_pairs(parts).find(|(name, _)| name == "since").map_or(Ok(0), |(_, value)| value.parse());
    match since {
        Ok(since) => answer::ok(&json!({"calls": proxy.recorder.since(since)})),
        Err(_) => answer::plain(StatusCode::BAD_REQUEST, "since must be a sequence number"),
    }
}

fn add_rule(proxy: &Proxy, body: &[u8]) -> Answer {
    match serde_json::from_slice::<Rule>(body) {
        Ok(rule) => answer::ok(&json!({"id": proxy.rules.add(rule)})),
        Err(error) => answer::plain(StatusCode::BAD_REQUEST, &error.to_string()),
    }
}

fn remove_rule(proxy: &Proxy, path: &str) -> Answer {
    let remaining = path.strip_prefix("rules/").and_then(|id| id.parse().ok()).and_then(|id| proxy.rules.remove(id));
    match remaining {
        Some(remaining) => answer::ok(&json!({"remaining": remaining})),
        None => answer::plain(StatusCode::NOT_FOUND, "no such rule"),
    }
}

fn set(proxy: &Proxy, body: &[u8]) -> Answer {
    match serde_json::from_slice::<Settings>(body) {
        Ok(settings) => answer::ok(&json!(proxy.organization.set(&settings))),
        Err(error) => answer::plain(StatusCode::BAD_REQUEST, &error.to_string()),
    }
}
