//! Executions of the vend-account state machine: one for each attempt, named after it.

use aws_sdk_sfn::Client;
use aws_sdk_sfn::types::ExecutionStatus;
use vending_core::{ErrorCode, RequestId, RequestRecord, StepError, StepReport};
use vending_runtime::{error_code, from_sdk};

#[derive(Debug)]
pub struct Executions {
    client: Client,
    state_machine_arn: String,
}

/// Where the execution of an attempt stands.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Execution {
    Running,
    Ended(Ended),
    /// Never started, or ended more than 90 days ago.
    Absent,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Ended {
    pub succeeded: bool,
    /// Why, in the words of Step Functions.
    pub message: String,
    pub steps: Vec<StepReport>,
}

impl Executions {
    pub fn new(client: Client, state_machine_arn: String) -> Self {
        Self { client, state_machine_arn }
    }

    /// Starts the execution of a claimed attempt, at most once: its name is the attempt.
    pub async fn start(&self, record: &RequestRecord) -> Result<(), StepError> {
        let input = serde_json::to_string(record).map_err(|error| {
            StepError::new(ErrorCode::Unexpected, "could not write the execution's input").with_source(error)
        })?;
        let start = self.client.start_execution().state_machine_arn(&self.state_machine_arn);
        match start.name(record.request_id.to_string()).input(input).send().await {
            Ok(_) => Ok(()),
            Err(error) if error_code(&error) == Some("ExecutionAlreadyExists") => Ok(()),
            Err(error) => Err(from_sdk("start the execution", &error)),
        }
    }

    pub async fn describe(&self, id: &RequestId) -> Result<Execution, StepError> {
        let describe = self.client.describe_execution().execution_arn(self.arn(id));
        let execution = match describe.send().await {
            Ok(execution) => execution,
            Err(error) if error_code(&error) == Some("ExecutionDoesNotExist") => {
                return Ok(Execution::Absent);
            }
            Err(error) => return Err(from_sdk("look at the execution", &error)),
        };
        if matches!(execution.status, ExecutionStatus::Running | ExecutionStatus::PendingRedrive) {
            return Ok(Execution::Running);
        }
        let words = [execution.error.as_deref(), execution.cause.as_deref()];
        let words: Vec<&str> = words.into_iter().flatten().collect();
        Ok(Execution::Ended(Ended {
            succeeded: execution.status == ExecutionStatus::Succeeded,
            message: format!("the execution ended as {}: {}", execution.status.as_str(), words.join(": ")),
            steps: Vec::new(),
        }))
    }

    /// `arn:…:stateMachine:NAME` names the executions `arn:…:execution:NAME:ID`.
    fn arn(&self, id: &RequestId) -> String {
        format!("{}:{id}", self.state_machine_arn.replacen(":stateMachine:", ":execution:", 1))
    }
}
