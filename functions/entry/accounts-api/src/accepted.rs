//! The response to a request that was accepted.

use schemars::JsonSchema;
use serde::Serialize;
use vending_api::Response;
use vending_core::{RequestId, Status, StepError};

/// A request that was accepted.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Accepted<'a> {
    request_id: &'a RequestId,
    status: Status,
}

/// `202`: the request is in progress, and `Location` is where its progress is shown.
pub(crate) fn accepted(id: &RequestId) -> Result<Response, StepError> {
    vending_api::accepted(&format!("/requests/{id}"), &Accepted { request_id: id, status: Status::InProgress })
}
