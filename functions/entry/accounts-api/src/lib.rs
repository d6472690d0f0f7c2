//! The HTTP API: requests accounts, changes them, and shows the progress of requests.
//!
//! The function returns every response itself, also for errors: an error of the function is a 502 for the caller.

mod accepted;
mod adopt_account;
mod body;
mod change_account;
mod config;
mod get_account;
mod get_request;
mod hand_over;
mod idempotency;
mod list_accounts;
mod list_requests;
#[cfg(feature = "schema")]
pub mod openapi;
mod operators;
mod page;
mod plan;
mod request_account;

use aws_config::SdkConfig;
use aws_lambda_events::apigw::{ApiGatewayProxyRequest, ApiGatewayProxyResponse};
use vending_api::{ApiError, Parameters, Response, caller, reject_all, with_base_path};
use vending_core::{AccountId, Requester, StepError, principal};
use vending_executions::Executions;
use vending_organization::{AccountQuotas, Organization, OuCache};
use vending_records::{AccountRecords, IdempotencyEntries, Records, StoredSettings};
use vending_requests::Requests;
use vending_runtime::Handler;
use vending_settings::OuSettings;

pub use config::Config;
pub use idempotency::TIMEOUT;

use operators::Operators;

#[derive(Debug)]
pub struct AccountsApi {
    requests: Requests,
    idempotency: IdempotencyEntries,
    settings: OuSettings,
    operators: Operators,
    management_account: AccountId,
    deployment: String,
    quotas: AccountQuotas,
}

impl AccountsApi {
    pub fn new(sdk: &SdkConfig, config: Config) -> Self {
        let organization = || Organization::new(aws_sdk_organizations::Client::new(sdk));
        let objects = aws_sdk_s3::Client::new(sdk);
        let settings = StoredSettings::new(objects.clone(), config.records_bucket.clone());
        Self {
            idempotency: IdempotencyEntries::new(objects.clone(), config.records_bucket.clone()),
            requests: Requests::new(
                Records::new(objects.clone(), config.records_bucket.clone()),
                AccountRecords::new(objects, config.records_bucket),
                Executions::new(aws_sdk_sfn::Client::new(sdk), config.state_machine_arn),
                organization(),
            ),
            settings: OuSettings::new(settings, OuCache::new(organization()).caching_misses()),
            operators: config.operators,
            management_account: config.management_account,
            deployment: config.deployment,
            quotas: AccountQuotas::new(aws_sdk_servicequotas::Client::new(sdk)),
        }
    }
}

impl Handler for AccountsApi {
    const NAME: &'static str = "AccountsApi";
    type Input = ApiGatewayProxyRequest;
    type Output = ApiGatewayProxyResponse;

    async fn handle(&self, event: ApiGatewayProxyRequest) -> Result<Response, StepError> {
        let response = self.respond(&event).await.unwrap_or_else(ApiError::into_response);
        Ok(with_base_path(&event, response))
    }
}

impl AccountsApi {
    async fn respond(&self, event: &ApiGatewayProxyRequest) -> Result<Response, ApiError> {
        let route = Route::from_event(event).ok_or_else(Route::not_found)?;
        let caller = self.operators.recognize(caller(event)?);
        // Neither API Gateway nor CloudTrail logs the caller. A session name can be an email: only the role is logged.
        let (arn, method, resource) = (principal(caller.arn()), event.http_method.as_str(), event.resource.as_deref());
        tracing::info!(caller = arn, method, resource, "called");
        let parameters = Parameters::from_event(event)?;
        if !route.has_parameters() {
            reject_all(&parameters)?;
        }
        let response = Box::pin(self.route(&route, &caller, &parameters, event));
        if route.is_read() { response.await } else { self.idempotent(arn, event, response).await }
    }

    // Boxed: each of these futures holds several SDK calls, and the compiler limits how deep they nest.
    async fn route(
        &self,
        route: &Route<'_>,
        caller: &Requester,
        parameters: &Parameters,
        event: &ApiGatewayProxyRequest,
    ) -> Result<Response, ApiError> {
        match route {
            Route::RequestAccount => Box::pin(self.request_account(caller, event)).await,
            Route::Plan => Box::pin(self.plan(caller, event)).await,
            Route::ListAccounts => Box::pin(self.list_accounts(parameters)).await,
            Route::GetAccount(id) => Box::pin(self.get_account(id)).await,
            Route::ChangeAccount(id) => Box::pin(self.change_account(caller, id, event)).await,
            Route::HandOver(id) => Box::pin(self.hand_over(caller, id, event)).await,
            Route::AdoptAccount(id) => Box::pin(self.adopt_account(caller, id, event)).await,
            Route::ListRequests => Box::pin(self.list_requests(parameters)).await,
            Route::GetRequest(id) => Box::pin(self.get_request(id)).await,
        }
    }
}

/// The operation that a method and a resource of the API identify.
enum Route<'a> {
    RequestAccount,
    Plan,
    ListAccounts,
    GetAccount(&'a str),
    ChangeAccount(&'a str),
    HandOver(&'a str),
    AdoptAccount(&'a str),
    ListRequests,
    GetRequest(&'a str),
}

impl<'a> Route<'a> {
    fn from_event(event: &'a ApiGatewayProxyRequest) -> Option<Self> {
        let parameter = |name| event.path_parameters.get(name).map(String::as_str);
        let (account, request) = (parameter("accountId"), parameter("requestId"));
        Some(match (event.http_method.as_str(), event.resource.as_deref()?) {
            ("POST", "/accounts") => Self::RequestAccount,
            ("POST", "/accounts/plan") => Self::Plan,
            ("GET", "/accounts") => Self::ListAccounts,
            ("GET", "/accounts/{accountId}") => Self::GetAccount(account?),
            ("PUT", "/accounts/{accountId}") => Self::ChangeAccount(account?),
            ("PUT", "/accounts/{accountId}/requester") => Self::HandOver(account?),
            ("POST", "/accounts/{accountId}/adoption") => Self::AdoptAccount(account?),
            ("GET", "/requests") => Self::ListRequests,
            ("GET", "/requests/{requestId}") => Self::GetRequest(request?),
            _ => return None,
        })
    }

    fn not_found() -> ApiError {
        ApiError::not_found(
            "unknown route; expected one of POST /accounts, POST /accounts/plan, GET /accounts, GET /accounts/{accountId}, PUT /accounts/{accountId}, PUT /accounts/{accountId}/requester, POST /accounts/{accountId}/adoption, GET /requests, GET /requests/{requestId}",
        )
    }

    /// Whether the operation changes nothing.
    const fn is_read(&self) -> bool {
        matches!(self, Self::Plan | Self::ListAccounts | Self::GetAccount(_) | Self::ListRequests | Self::GetRequest(_))
    }

    const fn has_parameters(&self) -> bool {
        matches!(self, Self::ListAccounts | Self::ListRequests)
    }
}

#[cfg(test)]
mod tests;
