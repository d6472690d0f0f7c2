//! `POST /accounts/{accountId}/adoption`: adopts an existing account. Only operators can call it.

use aws_lambda_events::apigw::ApiGatewayProxyRequest;
use vending_api::{ApiError, Response};
use vending_core::{AdoptionRequest, RequestRecord, Requester};
use vending_requests::{AdoptionCandidate, AttemptState, MAXIMUM_ATTEMPTS, RequestOutcome, contention_error};

use crate::AccountsApi;
use crate::body::read_json;
use crate::operators::require_operator;

impl AccountsApi {
    pub(crate) async fn adopt_account(
        &self,
        caller: &Requester,
        account: &str,
        event: &ApiGatewayProxyRequest,
    ) -> Result<Response, ApiError> {
        require_operator(caller, "adopt accounts")?;
        let id = account.parse().map_err(|_| not_found(account))?;
        let request = AdoptionRequest::parse(id, &read_json(event)?).map_err(ApiError::invalid)?;
        if request.account_id == self.management_account {
            return Err(ApiError::conflict("the management account cannot be adopted"));
        }
        for _ in 0..MAXIMUM_ATTEMPTS {
            let response = match self.requests.candidate(&request, &self.deployment).await? {
                AdoptionCandidate::NotFound => Err(not_found(account)),
                AdoptionCandidate::Ineligible(why) => Err(ApiError::conflict(why)),
                AdoptionCandidate::Unmanaged(adoption) => {
                    let outcome = self.requests.adopt(request.account_id.clone(), *adoption, caller).await?;
                    self.respond_to(outcome).await
                }
                AdoptionCandidate::Returned(last) => match self.requests.readopt(&last, &request, caller).await? {
                    Some(outcome) => self.respond_to(outcome).await,
                    None => continue,
                },
                AdoptionCandidate::AlreadyManaged(record) => match self.retry_adoption(&record, caller).await? {
                    Some(outcome) => self.respond_to(outcome).await,
                    None => continue, // Another caller continued it: read it again.
                },
            };
            return response;
        }
        Err(contention_error().into())
    }

    /// Retries an adoption that failed. A vended account is returned, and a running adoption is joined.
    async fn retry_adoption(
        &self,
        record: &RequestRecord,
        caller: &Requester,
    ) -> Result<Option<RequestOutcome>, ApiError> {
        if self.requests.attempt_state(record).await? == AttemptState::Vended {
            return Ok(Some(RequestOutcome::AlreadyVended(Box::new(record.clone()))));
        }
        Ok(self.requests.change(record, record.request.clone(), caller).await?)
    }
}

fn not_found(account: &str) -> ApiError {
    ApiError::not_found(format!("account {account} is not in the organization"))
}
