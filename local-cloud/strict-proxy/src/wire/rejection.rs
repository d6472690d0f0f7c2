//! Why a call is rejected.

use local_cloud::strict::AwsError;
use serde_json::Value;

use super::request::AwsRequest;
use super::response::{self, AwsResponse};

#[derive(Debug)]
pub(crate) enum Rejection {
    Error(AwsError),
    /// An error response of the emulator.
    Response(Box<AwsResponse>),
}

/// The fields of the response, or why the call is rejected.
pub(crate) type Outcome = Result<Value, Rejection>;

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
    pub(crate) fn code(&self) -> Option<String> {
        match self {
            Self::Error(error) => Some(error.code.clone()),
            Self::Response(response) => response::error_code(response),
        }
    }
}

pub(crate) fn respond(request: &AwsRequest, outcome: Outcome) -> AwsResponse {
    match outcome {
        Ok(fields) => response::ok(&fields),
        Err(Rejection::Error(error)) => response::error(request, &error),
        Err(Rejection::Response(response)) => *response,
    }
}
