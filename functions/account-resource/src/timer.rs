//! Answers a stack in time, even where its request goes on: CloudFormation waits for an hour and no longer.

use aws_sdk_sfn::Client;
use serde_json::json;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};
use vending_answers::PendingAnswer;
use vending_core::{ErrorCode, StepError};
use vending_executions::StateMachineArn;
use vending_runtime::{error_code, from_sdk};

/// Leaves a few minutes for retries before CloudFormation gives up.
const PATIENCE: Duration = Duration::minutes(55);

#[derive(Debug)]
pub(crate) struct Timer {
    client: Client,
    state_machine: StateMachineArn,
}

impl Timer {
    pub(crate) fn new(client: Client, state_machine: StateMachineArn) -> Self {
        Self { client, state_machine }
    }

    /// Starts the execution that answers when time is up; false where an earlier delivery of the event did.
    pub(crate) async fn start(&self, pending: &PendingAnswer) -> Result<bool, StepError> {
        let answer_by = OffsetDateTime::now_utc() + PATIENCE;
        // Step Functions waits to the second.
        let answer_by = answer_by.replace_nanosecond(0).unwrap_or(answer_by).format(&Rfc3339);
        let answer_by = answer_by
            .map_err(|error| StepError::new(ErrorCode::Unexpected, "could not write a time").with_source(error))?;
        let name = pending.name();
        let input = json!({ "answerBy": answer_by, "accountKey": pending.account_key, "answer": name });
        let start = self.client.start_execution().state_machine_arn(self.state_machine.to_string());
        match start.name(name.as_str()).input(input.to_string()).send().await {
            Ok(_) => Ok(true),
            Err(error) if error_code(&error) == Some("ExecutionAlreadyExists") => Ok(false),
            Err(error) => Err(from_sdk("start the timer of the answer", &error)),
        }
    }
}
