//! Errors that several operations of Organizations share.

use crate::wire::{AwsError, AwsRequest, AwsResponse, response};
pub(super) use crate::wire::{Outcome, Rejection, respond};

pub(super) fn rejection(request: &AwsRequest, code: &str, message: &str) -> AwsResponse {
    response::error(request, &error(code, message))
}

pub(super) fn error(code: &str, message: &str) -> AwsError {
    AwsError::new(400, code, message)
}

/// The error of a call that exceeds a limit or violates a rule of AWS.
pub(super) fn violation(reason: &str, message: &str) -> AwsError {
    error("ConstraintViolationException", message).with_reason(reason)
}

/// The error of a call with an invalid parameter.
pub(super) fn invalid(reason: &str, message: &str) -> AwsError {
    error("InvalidInputException", message).with_reason(reason)
}

pub(super) fn access_denied() -> AwsError {
    error("AccessDeniedException", "You don't have permissions to access this resource.")
}

pub(super) fn required<'a>(request: &'a AwsRequest, parameter: &str) -> Result<&'a str, AwsError> {
    let missing = || invalid("INPUT_REQUIRED", "You must include a value for all required parameters.");
    request.string(parameter).ok_or_else(missing)
}

/// Checks the number of characters of a parameter, if the call has it.
pub(super) fn check_length(request: &AwsRequest, parameter: &str, min: usize, max: usize) -> Result<(), AwsError> {
    match request.string(parameter).map(|text| text.chars().count()) {
        Some(length) if length < min => {
            Err(invalid("MIN_LENGTH_EXCEEDED", "You provided a string parameter that is shorter than allowed."))
        }
        Some(length) if length > max => {
            Err(invalid("MAX_LENGTH_EXCEEDED", "You provided a string parameter that is longer than allowed."))
        }
        _ => Ok(()),
    }
}
