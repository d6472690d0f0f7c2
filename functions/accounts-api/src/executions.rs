//! The executions of the state machine, one for each attempt.

use std::fmt;
use std::str::FromStr;

use aws_sdk_sfn::Client;
use aws_sdk_sfn::operation::describe_execution::DescribeExecutionOutput;
use aws_sdk_sfn::types::{ExecutionListItem, ExecutionStatus, HistoryEvent};
use vending_core::{ErrorCode, RequestId, RequestRecord, StepError};
use vending_runtime::{error_code, from_sdk};

#[derive(Debug)]
pub(crate) struct Executions {
    client: Client,
    state_machine: StateMachineArn,
}

/// How an execution is doing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Execution {
    /// Never started, or ended more than 90 days ago.
    Absent,
    Running,
    Succeeded,
    /// Failed, timed out or aborted; in words, with AWS's error and cause.
    Failed(String),
}

/// A part of the list of all executions, newest first.
#[derive(Debug)]
pub(crate) struct ExecutionPage {
    pub(crate) executions: Vec<ExecutionListItem>,
    pub(crate) next_token: Option<String>,
}

impl Executions {
    pub(crate) fn new(client: Client, state_machine: StateMachineArn) -> Self {
        Self { client, state_machine }
    }

    /// Starts the execution of a claimed attempt. Started before is as good: its name says that it is the same.
    pub(crate) async fn start(&self, record: &RequestRecord) -> Result<(), StepError> {
        let input = serde_json::to_string(record).map_err(|error| {
            StepError::new(ErrorCode::Unexpected, "could not write the execution's input").with_source(error)
        })?;
        let started = self
            .client
            .start_execution()
            .state_machine_arn(self.state_machine.to_string())
            .name(record.request_id.to_string())
            .input(input)
            .send()
            .await;
        match started {
            Ok(_) => Ok(()),
            Err(error) if error_code(&error) == Some("ExecutionAlreadyExists") => Ok(()),
            Err(error) => Err(from_sdk("start the execution", &error)),
        }
    }

    pub(crate) async fn look(&self, id: &RequestId) -> Result<Execution, StepError> {
        let described = self.client.describe_execution().execution_arn(self.state_machine.execution(id)).send().await;
        match described {
            Ok(execution) => Ok(read(&execution)),
            Err(error) if error_code(&error) == Some("ExecutionDoesNotExist") => Ok(Execution::Absent),
            Err(error) => Err(from_sdk("describe the execution", &error)),
        }
    }

    pub(crate) async fn history(&self, id: &RequestId) -> Result<Vec<HistoryEvent>, StepError> {
        let mut pages = self
            .client
            .get_execution_history()
            .execution_arn(self.state_machine.execution(id))
            .include_execution_data(true)
            .max_results(1000)
            .into_paginator()
            .send();
        let mut events = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| from_sdk("read the execution's history", &error))?;
            events.extend(page.events);
        }
        Ok(events)
    }

    /// A token that Step Functions refuses is an `InvalidRequest`.
    pub(crate) async fn list(
        &self,
        status: Option<ExecutionStatus>,
        token: Option<String>,
        limit: i32,
    ) -> Result<ExecutionPage, StepError> {
        let listed = self
            .client
            .list_executions()
            .state_machine_arn(self.state_machine.to_string())
            .set_status_filter(status)
            .set_next_token(token)
            .max_results(limit)
            .send()
            .await;
        let page = listed.map_err(|error| {
            let failed = from_sdk("list the executions", &error);
            match error_code(&error) {
                Some("InvalidToken") => failed.with_code(ErrorCode::InvalidRequest),
                _ => failed,
            }
        })?;
        Ok(ExecutionPage { executions: page.executions, next_token: page.next_token })
    }
}

fn read(execution: &DescribeExecutionOutput) -> Execution {
    let ended = match execution.status() {
        ExecutionStatus::Succeeded => return Execution::Succeeded,
        ExecutionStatus::Failed => "the execution failed",
        ExecutionStatus::TimedOut => "the execution timed out",
        ExecutionStatus::Aborted => "the execution was aborted",
        _ => return Execution::Running,
    };
    let why = [Some(ended), execution.error(), execution.cause()];
    let why: Vec<&str> = why.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    Execution::Failed(why.join(": "))
}

/// The ARN of the state machine, from which those of its executions follow.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct StateMachineArn(String);

const STATE_MACHINE: &str = ":stateMachine:";

impl StateMachineArn {
    fn execution(&self, id: &RequestId) -> String {
        format!("{}:{id}", self.0.replacen(STATE_MACHINE, ":execution:", 1))
    }
}

impl FromStr for StateMachineArn {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        if text.starts_with("arn:") && text.contains(STATE_MACHINE) {
            Ok(Self(text.to_owned()))
        } else {
            Err(format!("`{text}` is no ARN of a state machine"))
        }
    }
}

impl fmt::Display for StateMachineArn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
