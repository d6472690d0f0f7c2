//! Runs the organization's own state machine for the account, between its baseline and its access.
//!
//! Its execution has the request's id for a name: a retry finds the one that runs, and another request starts another
//! one. As long as it runs the step answers `NotReady`, and the state machine looks again.

mod refusal;
mod vended;

use std::collections::BTreeMap;

use aws_config::SdkConfig;
use aws_sdk_sfn::Client;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vending_core::{AccountId, OrganizationalUnitPath, RequestId, StepError};
use vending_executions::{Execution, Executions};
use vending_runtime::{Done, Step};

use crate::vended::Vended;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    /// The state machine that the stack has for the account's organizational unit, if any.
    pub state_machine_arn: Option<String>,
    pub account_id: AccountId,
    pub account_name: String,
    pub organizational_unit: OrganizationalUnitPath,
    pub vending_role_arn: String,
    pub governed_regions: Vec<String>,
    pub tags: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Customization {
    pub state: CustomizationState,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CustomizationState {
    /// The stack has none for the organizational unit.
    None,
    Succeeded,
}

#[derive(Debug)]
pub struct RunCustomization {
    client: Client,
}

impl RunCustomization {
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config) }
    }
}

impl Step for RunCustomization {
    const NAME: &'static str = "RunCustomization";
    type Input = Input;
    type Result = Customization;

    async fn run(&self, request: &RequestId, input: Input) -> Result<Done<Customization>, StepError> {
        let Some(state_machine) = &input.state_machine_arn else {
            let detail = format!("no customization is configured for {}", input.organizational_unit);
            return Ok(Done::unchanged(detail, Customization { state: CustomizationState::None }));
        };
        let arn = state_machine.parse().map_err(|why: String| refusal::no_state_machine(state_machine, &why))?;
        let executions = Executions::new(self.client.clone(), arn);
        let execution = executions.arn(request);
        let found = executions.describe(request).await;
        match found.map_err(|error| refusal::of_state_machine(state_machine, error))? {
            // What it changed, only it knows: with the same content again, it most likely changed nothing.
            Execution::Succeeded => {
                let detail = format!("the customization {execution} succeeded");
                Ok(Done::unchanged(detail, Customization { state: CustomizationState::Succeeded }))
            }
            Execution::Running => Err(refusal::still_runs(&execution)),
            Execution::Failed(end) => Err(refusal::failed(&execution, &end)),
            Execution::Absent => Err(start(&executions, request, state_machine, &input).await),
        }
    }
}

/// Starts the execution. Even so nothing is done yet: the next run looks at what became of it.
async fn start(executions: &Executions, request: &RequestId, state_machine: &str, input: &Input) -> StepError {
    let execution = executions.arn(request);
    match executions.start_with(request, &Vended::of(request, input)).await {
        Ok(Some(started)) if started != execution => refusal::cannot_be_followed(state_machine, &started),
        Ok(_) => refusal::still_runs(&execution),
        Err(error) => refusal::of_state_machine(state_machine, error),
    }
}

#[cfg(test)]
mod tests;
