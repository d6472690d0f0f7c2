//! The HTTP API of the organization: plans what its manifest would change, and runs plans.
//!
//! Only the principals in the stack's `OrganizationPrincipals` can call it. This function stores what a caller wants;
//! the functions of build-organization act on it.

mod config;
#[cfg(feature = "schema")]
pub mod openapi;
mod plan;
mod request;
mod run;
mod state;

use aws_config::SdkConfig;
use aws_lambda_events::apigw::{ApiGatewayProxyRequest, ApiGatewayProxyResponse};
use aws_lambda_events::http::StatusCode;
use vending_api::{ApiError, Parameters, Principals, Response, caller, reject_all, with_base_path};
use vending_core::{Requester, StepError, principal};
use vending_executions::Executions;
use vending_records::{Objects, Plans};
use vending_runtime::Handler;

pub use config::Config;
pub use run::LONGEST_RUN;

#[derive(Debug)]
pub struct OrganizationApi {
    plans: Plans,
    executions: Executions,
    principals: Principals,
}

impl OrganizationApi {
    pub fn new(sdk: &SdkConfig, config: Config) -> Self {
        Self {
            plans: Plans::new(Objects::new(aws_sdk_s3::Client::new(sdk), config.records_bucket)),
            executions: Executions::new(aws_sdk_sfn::Client::new(sdk), config.state_machine_arn),
            principals: config.principals,
        }
    }
}

impl Handler for OrganizationApi {
    const NAME: &'static str = "OrganizationApi";
    type Input = ApiGatewayProxyRequest;
    type Output = ApiGatewayProxyResponse;

    async fn handle(&self, event: ApiGatewayProxyRequest) -> Result<Response, StepError> {
        let response = self.respond(&event).await.unwrap_or_else(ApiError::into_response);
        Ok(with_base_path(&event, response))
    }
}

impl OrganizationApi {
    async fn respond(&self, event: &ApiGatewayProxyRequest) -> Result<Response, ApiError> {
        let route = Route::from_event(event).ok_or_else(Route::not_found)?;
        let caller = caller(event)?;
        // A session name can be an email: only the role is logged.
        let (arn, method, resource) = (principal(caller.arn()), event.http_method.as_str(), event.resource.as_deref());
        tracing::info!(caller = arn, method, resource, "called");
        self.authorize(&caller)?;
        reject_all(&Parameters::from_event(event)?)?;
        match route {
            Route::Plan => Box::pin(self.plan(&caller, event)).await,
            Route::GetPlan(id) => Box::pin(self.get_plan(id)).await,
            Route::Run => Box::pin(self.run(&caller, event)).await,
            Route::GetRun(id) => Box::pin(self.get_run(id)).await,
        }
    }

    fn authorize(&self, caller: &Requester) -> Result<(), ApiError> {
        if self.principals.contains(caller) {
            return Ok(());
        }
        let detail = format!(
            "only the principals in the stack's parameter OrganizationPrincipals can plan and change the organization; {} is not one of them",
            principal(caller.arn())
        );
        Err(ApiError::new(StatusCode::FORBIDDEN, detail))
    }
}

/// The operation that a method and a resource of the API identify.
enum Route<'a> {
    Plan,
    GetPlan(&'a str),
    Run,
    GetRun(&'a str),
}

impl<'a> Route<'a> {
    fn from_event(event: &'a ApiGatewayProxyRequest) -> Option<Self> {
        let parameter = |name| event.path_parameters.get(name).map(String::as_str);
        Some(match (event.http_method.as_str(), event.resource.as_deref()?) {
            ("POST", "/organization/plans") => Self::Plan,
            ("GET", "/organization/plans/{planId}") => Self::GetPlan(parameter("planId")?),
            ("POST", "/organization/runs") => Self::Run,
            ("GET", "/organization/runs/{runId}") => Self::GetRun(parameter("runId")?),
            _ => return None,
        })
    }

    fn not_found() -> ApiError {
        ApiError::not_found(
            "unknown route; expected one of POST /organization/plans, GET /organization/plans/{planId}, POST /organization/runs, GET /organization/runs/{runId}",
        )
    }
}

#[cfg(test)]
mod tests;
