//! `PUT /accounts/{accountId}/requester`: gives an account to another requester. Only operators can call it.

use aws_lambda_events::apigw::ApiGatewayProxyRequest;
use vending_api::{ApiError, Response};
use vending_core::{HandOverRequest, Requester};
use vending_requests::{MAXIMUM_ATTEMPTS, contention_error};

use crate::AccountsApi;
use crate::body::read_json;
use crate::get_account::account_not_found;
use crate::operators::require_operator;

impl AccountsApi {
    pub(crate) async fn hand_over(
        &self,
        caller: &Requester,
        account: &str,
        event: &ApiGatewayProxyRequest,
    ) -> Result<Response, ApiError> {
        require_operator(caller, "hand over accounts")?;
        let request = HandOverRequest::parse(&read_json(event)?).map_err(ApiError::invalid)?;
        let account = self.recorded_account(account).await?;
        for _ in 0..MAXIMUM_ATTEMPTS {
            let last = self.requests.last_for(&account).await?;
            let last = last.ok_or_else(|| account_not_found(account.account_id.as_str()))?;
            if let Some(outcome) = self.requests.hand_over(&last, &request.requester, caller).await? {
                return self.respond_to(outcome).await;
            }
        }
        Err(contention_error().into())
    }
}
