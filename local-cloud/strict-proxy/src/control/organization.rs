//! The part of the control API that shows and changes the organization and its accounts.

use hyper::StatusCode;
use serde_json::{Value, json};

use super::outcome::{Outcome, bad_request, not_found, read};
use crate::components::Components;

pub(super) async fn get(components: &Components) -> Outcome {
    let snapshot = components.organization.snapshot().await;
    snapshot.map(|snapshot| json!(snapshot)).map_err(|message| (StatusCode::BAD_GATEWAY, message))
}

/// Also clears the cached policies.
pub(super) async fn delete(components: &Components) -> Outcome {
    let deleted = components.organization.delete().await;
    components.identity.set(components.identity.evaluates());
    match deleted {
        Ok(()) => Ok(json!({})),
        Err(response) => Err((StatusCode::BAD_GATEWAY, format!("could not delete the organization: {response:?}"))),
    }
}

/// Handles `accounts/{id}/state` and `accounts/{id}/email`.
pub(super) async fn put_account(components: &Components, path: &str, body: &[u8]) -> Outcome {
    let Some((id, field)) = path.strip_prefix("accounts/").and_then(|rest| rest.split_once('/')) else {
        return not_found(path);
    };
    let mut value: Value = read(body)?;
    match field {
        "state" => {
            let state =
                serde_json::from_value(value["state"].take()).map_err(|error| bad_request(&error.to_string()))?;
            components.organization.set_account_state(id, state);
        }
        "email" => {
            let email = value["email"].as_str().ok_or_else(|| bad_request("email must be a string"))?;
            let changed = components.organization.change_email(id, email).await;
            changed.map_err(|message| (StatusCode::CONFLICT, message))?;
        }
        _ => return not_found(path),
    }
    Ok(json!({}))
}
