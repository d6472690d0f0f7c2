//! Errors that several operations of Organizations share.

use serde_json::Value;

use crate::wire::{AwsError, AwsRequest, AwsResponse, response};

/// Why a call is rejected.
#[derive(Debug)]
pub(super) enum Rejection {
    Error(AwsError),
    /// An error response of the emulator.
    Response(Box<AwsResponse>),
}

/// The fields of the response, or why the call is rejected.
pub(super) type Outcome = Result<Value, Rejection>;

impl From<AwsError> for Rejection {
    fn from(error: AwsError) -> Self {
        Self::Error(error)
    }
}

impl From<AwsResponse> for Rejection {
    fn from(response: AwsResponse) -> Self {
        Self::Response(Box::new(response))
    }
}

impl Rejection {
    pub(super) fn code(&self) -> Option<String> {
        match self {
            Self::Error(error) => Some(error.code.clone()),
            Self::Response(response) => response::error_code(response),
        }
    }
}

pub(super) fn respond(request: &AwsRequest, outcome: Outcome) -> AwsResponse {
    match outcome {
        Ok(fields) => response::ok(&fields),
        Err(Rejection::Error(error)) => response::error(request, &error),
        Err(Rejection::Response(response)) => *response,
    }
}

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
