//! Errors that several operations of Organizations share.

use crate::wire::{AwsError, AwsRequest, AwsResponse, response};

pub(super) fn rejection(request: &AwsRequest, code: &str, message: &str) -> AwsResponse {
    response::error(request, &AwsError::new(400, code, message))
}

/// The error of a call that exceeds a limit or violates a rule of AWS.
pub(super) fn violation(reason: &str, message: &str) -> AwsError {
    AwsError::new(400, "ConstraintViolationException", message).with_reason(reason)
}
