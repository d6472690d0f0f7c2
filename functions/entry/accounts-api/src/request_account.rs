//! `POST /accounts`: requests an account.

use aws_lambda_events::apigw::ApiGatewayProxyRequest;
use serde_json::Value;
use vending_api::{ApiError, Response};
use vending_core::{Problem, Requester};
use vending_requests::RequestOutcome;

use crate::AccountsApi;
use crate::accepted::accepted;
use crate::body::{parse_request, read_json};

impl AccountsApi {
    pub(crate) async fn request_account(
        &self,
        caller: &Requester,
        event: &ApiGatewayProxyRequest,
    ) -> Result<Response, ApiError> {
        let body = read_json(event)?;
        let policy = self.policy_for(&body, caller).await?;
        let email = body.get("accountEmail").and_then(Value::as_str);
        let violation = self.requests.email_violation(&policy, email).await?;
        let problems = violation.map(|detail| Problem::at(&["accountEmail"], detail)).into_iter().collect();
        let request = parse_request(&body, &policy, problems).map_err(ApiError::invalid)?;
        self.respond_to(self.requests.submit(request, caller).await?).await
    }

    /// The response for a request that was submitted.
    pub(crate) async fn respond_to(&self, outcome: RequestOutcome) -> Result<Response, ApiError> {
        match outcome {
            RequestOutcome::Accepted(id) => Ok(accepted(&id)?),
            RequestOutcome::AlreadyVended(record) => Ok(self.show(&record).await?),
            RequestOutcome::Conflict(why) => Err(ApiError::conflict(why)),
        }
    }
}
