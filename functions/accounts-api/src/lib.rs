//! The HTTP API: asks for accounts, changes them, and shows how requests are doing.
//!
//! Every answer is made here, refusals included: an error of this function would be a 502 to the caller.

mod adopt;
mod answer;
mod body;
mod caller;
mod config;
mod dry_run;
mod get;
mod idempotency;
mod list;
#[cfg(feature = "schema")]
pub mod openapi;
mod page;
mod post;
mod put;
mod quota;
mod units;

use aws_config::SdkConfig;
use aws_lambda_events::apigw::{ApiGatewayProxyRequest, ApiGatewayProxyResponse};
use aws_lambda_events::http::Method;
use vending_core::{AccountId, Bounds, Requester, StepError, principal};
use vending_executions::Executions;
use vending_organization::{KnownUnits, Organization};
use vending_records::{AccountRecords, IdempotencyEntries, Records};
use vending_requests::Requests;
use vending_runtime::Handler;

pub use config::Config;
pub use idempotency::TIME_OUT;

use answer::{Answer, Refusal};
use caller::{Operators, caller};
use quota::Quotas;

#[derive(Debug)]
pub struct AccountsApi {
    requests: Requests,
    accounts: AccountRecords,
    idempotency: IdempotencyEntries,
    units: KnownUnits,
    bounds: Bounds,
    operators: Operators,
    management_account: AccountId,
    quotas: Quotas,
}

impl AccountsApi {
    pub fn new(sdk: &SdkConfig, config: Config) -> Self {
        let organization = Organization::new(aws_sdk_organizations::Client::new(sdk));
        let objects = aws_sdk_s3::Client::new(sdk);
        Self {
            idempotency: IdempotencyEntries::new(objects.clone(), config.records_bucket.clone()),
            accounts: AccountRecords::new(objects.clone(), config.records_bucket.clone()),
            requests: Requests::new(
                Records::new(objects, config.records_bucket),
                Executions::new(aws_sdk_sfn::Client::new(sdk), config.state_machine_arn),
            ),
            units: KnownUnits::new(organization),
            bounds: config.bounds,
            operators: config.operators,
            management_account: config.management_account,
            quotas: Quotas::new(aws_sdk_servicequotas::Client::new(sdk)),
        }
    }
}

impl Handler for AccountsApi {
    const NAME: &'static str = "AccountsApi";
    type Input = ApiGatewayProxyRequest;
    type Output = ApiGatewayProxyResponse;

    async fn handle(&self, event: ApiGatewayProxyRequest) -> Result<Answer, StepError> {
        let answer = self.answer(&event).await;
        Ok(answer.unwrap_or_else(Refusal::into_answer))
    }
}

impl AccountsApi {
    async fn answer(&self, event: &ApiGatewayProxyRequest) -> Result<Answer, Refusal> {
        let route = Route::of(event).ok_or_else(Route::unknown)?;
        let caller = caller(event)?;
        let changes_something = event.http_method != Method::GET;
        let answering = Box::pin(self.route(&route, &caller, event));
        if changes_something { self.once(principal(caller.arn()), event, answering).await } else { answering.await }
    }

    // Boxed: each of these futures holds several SDK calls, and the compiler limits how deep they nest.
    async fn route(
        &self,
        route: &Route<'_>,
        caller: &Requester,
        event: &ApiGatewayProxyRequest,
    ) -> Result<Answer, Refusal> {
        match route {
            Route::Ask => Box::pin(self.post(caller, event)).await,
            Route::Adopt => Box::pin(self.adopt(caller, event)).await,
            Route::List => Box::pin(self.list(&event.query_string_parameters)).await,
            Route::Show(id) => Box::pin(self.get(id)).await,
            Route::Change(account_key) => Box::pin(self.put(caller, account_key, event)).await,
        }
    }
}

/// What a method and a resource of the API stand for.
enum Route<'a> {
    Ask,
    Adopt,
    List,
    Show(&'a str),
    Change(&'a str),
}

impl<'a> Route<'a> {
    fn of(event: &'a ApiGatewayProxyRequest) -> Option<Self> {
        let id = event.path_parameters.get("id").map(String::as_str);
        match (event.http_method.as_str(), event.resource.as_deref()?, id) {
            ("POST", "/accounts", _) => Some(Self::Ask),
            ("POST", "/accounts/adopt", _) => Some(Self::Adopt),
            ("GET", "/accounts", _) => Some(Self::List),
            ("GET", "/accounts/{id}", Some(id)) => Some(Self::Show(id)),
            ("PUT", "/accounts/{id}", Some(id)) => Some(Self::Change(id)),
            _ => None,
        }
    }

    fn unknown() -> Refusal {
        Refusal::not_found(
            "there is no such route; the routes are POST /accounts, POST /accounts/adopt, GET /accounts, GET /accounts/{requestId}, GET /accounts/{accountId} and PUT /accounts/{accountKey}",
        )
    }
}

#[cfg(test)]
mod tests;
