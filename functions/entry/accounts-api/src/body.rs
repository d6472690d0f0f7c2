//! Reads and validates the body of a call.

use aws_lambda_events::apigw::ApiGatewayProxyRequest;
use serde_json::Value;
use vending_api::{ApiError, read_json_up_to};
use vending_core::{AccountRequest, Problem, RequestPolicy, Requester};

use crate::AccountsApi;

/// A quarter of the maximum input of an execution, and far more than a request needs.
const MAXIMUM_BYTES: usize = 64 * 1024;

/// The body as JSON.
pub(crate) fn read_json(event: &ApiGatewayProxyRequest) -> Result<Value, ApiError> {
    read_json_up_to(MAXIMUM_BYTES, event)
}

/// Parses the body of a request, and adds the `problems` that the caller of this function found.
pub(crate) fn parse_request(
    body: &Value,
    policy: &RequestPolicy,
    problems: Vec<Problem>,
) -> Result<AccountRequest, Vec<Problem>> {
    match AccountRequest::parse(body, policy) {
        Ok(request) if problems.is_empty() => Ok(request),
        Ok(_) => Err(problems),
        Err(found) => Err([found, problems].concat()),
    }
}

impl AccountsApi {
    /// The policy for a request. If AWS does not return it, a request whose form is wrong is rejected for that alone.
    pub(crate) async fn policy_for(&self, body: &Value, caller: &Requester) -> Result<RequestPolicy, ApiError> {
        let policy = self.settings.policy_for(body, caller).await;
        policy.map_err(|error| match AccountRequest::form_problems(body) {
            problems if problems.is_empty() => error.into(),
            problems => ApiError::invalid(problems),
        })
    }
}
