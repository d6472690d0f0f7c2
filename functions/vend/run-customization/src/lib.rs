//! Runs the organization's own state machine for the account, between its baseline and its access.
//!
//! The name of its execution is the request ID: a retry finds the running execution, and another request starts another
//! one. While the execution runs, the step returns `NotReady`, and the state machine runs the step again.

mod errors;
mod execution_input;

use aws_config::SdkConfig;
use aws_sdk_sfn::Client;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vending_core::{AccountId, RequestId, StepError};
use vending_executions::{Execution, Executions};
use vending_records::RecordedInput;
use vending_runtime::{Environment, StartError, Step, StepOutcome};

use crate::execution_input::ExecutionInput;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub account_id: AccountId,
    pub vending_role_arn: String,
}

#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Customization {
    pub state: CustomizationState,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CustomizationState {
    /// The settings have no state machine for the OU.
    None,
    Succeeded,
}

#[derive(Debug)]
pub struct RunCustomization {
    client: Client,
    recorded: RecordedInput,
}

impl RunCustomization {
    /// Reads `RECORDS_BUCKET`.
    pub fn new(config: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        Ok(Self { client: Client::new(config), recorded: RecordedInput::new(config, environment)? })
    }
}

impl Step for RunCustomization {
    const NAME: &'static str = "RunCustomization";
    type Input = Input;
    type Result = Customization;

    async fn run(&self, request: &RequestId, input: Input) -> Result<StepOutcome<Customization>, StepError> {
        let validated = self.recorded.request(request, &input.account_id).await?.validated;
        let Some(state_machine) = &validated.customization_state_machine_arn else {
            let detail = format!("no customization is configured for {}", validated.request.organizational_unit);
            return Ok(StepOutcome::unchanged(detail, Customization { state: CustomizationState::None }));
        };
        let arn = state_machine.parse().map_err(|why: String| errors::invalid_arn(state_machine, &why))?;
        let executions = Executions::new(self.client.clone(), arn);
        let execution = executions.arn(request);
        let found = executions.describe(request).await;
        match found.map_err(|error| errors::map_sfn_error(state_machine, error))? {
            // Only the customization knows what it changed, so the step reports no change.
            Execution::Succeeded => {
                let detail = format!("the customization {execution} succeeded");
                Ok(StepOutcome::unchanged(detail, Customization { state: CustomizationState::Succeeded }))
            }
            Execution::Running => Err(errors::still_running(&execution)),
            Execution::Failed(end) => Err(errors::failed(&execution, &end)),
            Execution::NotFound => {
                let execution_input = ExecutionInput::new(request, &input, &validated);
                Err(start(&executions, request, state_machine, &execution_input).await)
            }
        }
    }
}

/// Starts the execution, and returns the error that ends this run: the next run of the step reads the status.
async fn start(
    executions: &Executions,
    request: &RequestId,
    state_machine: &str,
    input: &ExecutionInput<'_>,
) -> StepError {
    let execution = executions.arn(request);
    match executions.start_with(request, input).await {
        Ok(Some(started)) if started != execution => errors::not_standard(state_machine, &started),
        Ok(_) => errors::still_running(&execution),
        Err(error) => errors::map_sfn_error(state_machine, error),
    }
}

#[cfg(test)]
mod tests;
