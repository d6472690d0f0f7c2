//! Starts the timer that responds to a stack whose request is still in progress: CloudFormation waits for one hour.

use aws_sdk_sfn::Client;
use serde_json::json;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};
use vending_cfn::PendingResponse;
use vending_core::{ErrorCode, StateMachineArn, StepError};
use vending_runtime::{error_code, sdk_error};

/// Leaves five minutes for retries before CloudFormation times out.
const TIMEOUT: Duration = Duration::minutes(55);

#[derive(Debug)]
pub(crate) struct Timer {
    client: Client,
    state_machine: StateMachineArn,
}

impl Timer {
    pub(crate) fn new(client: Client, state_machine: StateMachineArn) -> Self {
        Self { client, state_machine }
    }

    /// Starts the timer. Returns false if an earlier delivery of the event started it.
    pub(crate) async fn start(&self, pending: &PendingResponse) -> Result<bool, StepError> {
        let respond_by = OffsetDateTime::now_utc() + TIMEOUT;
        // A Wait state has a resolution of one second.
        let respond_by = respond_by.replace_nanosecond(0).unwrap_or(respond_by).format(&Rfc3339);
        let respond_by = respond_by
            .map_err(|error| StepError::new(ErrorCode::Unexpected, "could not format a time").with_source(error))?;
        let name = pending.name();
        let input = json!({ "respondBy": respond_by, "accountKey": pending.account_key, "responseId": name });
        let start = self.client.start_execution().state_machine_arn(self.state_machine.to_string());
        match start.name(name.as_str()).input(input.to_string()).send().await {
            Ok(_) => Ok(true),
            Err(error) if error_code(&error) == Some("ExecutionAlreadyExists") => Ok(false),
            Err(error) => Err(sdk_error("start the timer of the response", &error)),
        }
    }
}
