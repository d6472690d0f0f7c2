//! What a route of the control API returns.

use hyper::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub(crate) const PREFIX: &str = "/_strict/";

/// The JSON response, or the status and message of an error.
pub(super) type Outcome = Result<Value, (StatusCode, String)>;

pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, (StatusCode, String)> {
    serde_json::from_slice(body).map_err(|error| bad_request(&error.to_string()))
}

pub(super) fn bad_request(message: &str) -> (StatusCode, String) {
    (StatusCode::BAD_REQUEST, message.to_owned())
}

pub(super) fn not_found(path: &str) -> Outcome {
    Err((StatusCode::NOT_FOUND, format!("{PREFIX}{path} does not exist or does not support this method")))
}
