//! Responds to a CloudFormation stack after 55 minutes, before CloudFormation times out without a reason.

use aws_config::SdkConfig;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vending_cfn::{FailureReason, PendingResponse, Response, ResponseId, StackResponder};
use vending_core::{AccountKey, RequestId, StepError};
use vending_records::Records;
use vending_runtime::{Environment, Handler, StartError};

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub account_key: AccountKey,
    /// The ID of the pending response.
    pub response_id: ResponseId,
}

/// Whether the function responded to the stack.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    pub responded: bool,
}

#[derive(Debug)]
pub struct CfnResponseTimeout {
    responder: StackResponder,
    records: Records,
}

impl CfnResponseTimeout {
    /// Reads `RECORDS_BUCKET` and `LOCAL_RESPONSE_URL_PREFIX`.
    pub fn new(config: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        let bucket = environment.required("RECORDS_BUCKET")?;
        Ok(Self {
            responder: StackResponder::new(config, environment)?,
            records: Records::new(aws_sdk_s3::Client::new(config), bucket),
        })
    }
}

impl Handler for CfnResponseTimeout {
    const NAME: &'static str = "CfnResponseTimeout";
    type Input = Input;
    type Output = Output;

    async fn handle(&self, input: Input) -> Result<Output, StepError> {
        let Some(pending) = self.responder.get(&input.account_key, &input.response_id).await? else {
            // The response was sent when the request ended.
            return Ok(Output { responded: false });
        };
        let response = Box::pin(self.response(&pending)).await?;
        self.responder.respond(&input.account_key, &pending.to, &response).await?;
        Ok(Output { responded: true })
    }
}

impl CfnResponseTimeout {
    /// The outcome of the request if it has ended; otherwise a failure that says that the time is over.
    async fn response(&self, pending: &PendingResponse) -> Result<Response, StepError> {
        let Some(id) = &pending.request_id else {
            return Ok(not_requested());
        };
        let response = match self.records.get(id).await? {
            Some(record) => self.responder.response_for(pending, &record).await?,
            None => None,
        };
        Ok(response.unwrap_or_else(|| still_running(id)))
    }
}

fn still_running(id: &RequestId) -> Response {
    Response::Failed(FailureReason {
        message: format!(
            "request {id} has not ended after 55 minutes, and CloudFormation waits for at most one hour; the request continues"
        ),
        remedy: format!(
            "check its status with GET /requests/{id}; when it has ended, create or update the stack again to use its account"
        ),
    })
}

fn not_requested() -> Response {
    Response::Failed(FailureReason {
        message: "the account could not be requested within 55 minutes".to_owned(),
        remedy: "check the log of cfn-account-resource, then create or update the stack again".to_owned(),
    })
}

#[cfg(test)]
mod tests;
