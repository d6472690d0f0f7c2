//! Executions of a state machine. Their names say what they are for, for example the ID of a request, so that nothing
//! is started twice.

mod end;
mod history;
mod recent;
mod steps;

use std::fmt::Display;

use aws_sdk_sfn::Client;
use aws_sdk_sfn::error::SdkError;
use aws_sdk_sfn::types::{ExecutionListItem, ExecutionStatus};
use serde::Serialize;
use vending_core::{ErrorCode, RequestId, RequestRecord, StateMachineArn, Status, StepError};
use vending_runtime::{AwsError, Context, error_code, sdk_error};

use history::HistoryReader;

pub use end::End;
pub use history::History;
pub use recent::RecentExecution;
pub use steps::{StepView, recorded_steps};

/// The number of events for each call. If each event contains a request of the maximum size, this is 16 MB.
const PAGE_SIZE: i32 = 250;

/// The executions of a state machine.
#[derive(Debug)]
pub struct Executions {
    client: Client,
    state_machine: StateMachineArn,
}

/// The state of an execution.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Execution {
    /// Not started, or ended more than 90 days ago.
    NotFound,
    Running,
    Succeeded,
    /// Failed, timed out, or aborted.
    Failed(End),
}

/// A page of the list of executions, newest first.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ExecutionPage {
    pub executions: Vec<(RequestId, Status)>,
    pub next_token: Option<String>,
}

impl Executions {
    pub fn new(client: Client, state_machine: StateMachineArn) -> Self {
        Self { client, state_machine }
    }

    /// Starts the execution of a claimed attempt. Succeeds if it was started before: its name identifies the attempt.
    pub async fn start(&self, record: &RequestRecord) -> Result<(), StepError> {
        self.start_with(&record.request_id, record).await.map(|_| ())
    }

    /// Starts an execution. Returns its ARN, or `None` if it was started before: its name identifies what it is for.
    pub async fn start_with(&self, name: &impl Display, input: &impl Serialize) -> Result<Option<String>, StepError> {
        let input = serde_json::to_string(input).map_err(|error| {
            StepError::new(ErrorCode::Unexpected, "could not serialize the input of the execution").with_source(error)
        })?;
        let start = self.client.start_execution().state_machine_arn(self.state_machine.to_string());
        match start.name(name.to_string()).input(input).send().await {
            Ok(started) => Ok(Some(started.execution_arn)),
            Err(error) if error_code(&error) == Some("ExecutionAlreadyExists") => Ok(None),
            Err(error) => Err(map_error("start the execution", &error)),
        }
    }

    /// The ARN of an execution.
    pub fn arn(&self, name: &impl Display) -> String {
        self.state_machine.execution(name)
    }

    pub async fn describe(&self, name: &impl Display) -> Result<Execution, StepError> {
        let described = self.client.describe_execution().execution_arn(self.arn(name)).send().await;
        match described {
            Ok(execution) => Ok(match status(&execution.status) {
                Status::InProgress => Execution::Running,
                Status::Vended => Execution::Succeeded,
                Status::Failed | Status::Expired => Execution::Failed(End::from_execution(execution)),
            }),
            Err(error) if error_code(&error) == Some("ExecutionDoesNotExist") => Ok(Execution::NotFound),
            Err(error) => Err(map_error("describe the execution", &error)),
        }
    }

    /// Reads the history of an execution. `running` says whether it is still running. At most one page is in memory.
    pub async fn history(&self, id: &RequestId, running: bool) -> Result<History, StepError> {
        let get = self.client.get_execution_history().execution_arn(self.arn(id));
        let mut pages = get.include_execution_data(true).max_results(PAGE_SIZE).into_paginator().send();
        let mut reader = HistoryReader::default();
        while let Some(page) = pages.next().await {
            let page = page.context("read the history of the execution")?;
            for event in &page.events {
                reader.read(event);
            }
        }
        Ok(reader.finish(running))
    }

    /// Reads a page of executions. Step Functions filters only partly, so the page can have executions with another
    /// status, and fewer than `limit`. An invalid token is an `InvalidRequest`.
    pub async fn list(
        &self,
        wanted: Option<Status>,
        token: Option<String>,
        limit: i32,
    ) -> Result<ExecutionPage, StepError> {
        let list = self.client.list_executions().state_machine_arn(self.state_machine.to_string());
        let list = list.set_status_filter(filter(wanted)).set_next_token(token).max_results(limit);
        let page = list.send().await.map_err(|error| {
            let step_error = sdk_error("list the executions", &error);
            match error_code(&error) {
                Some("InvalidToken") => step_error.with_code(ErrorCode::InvalidRequest),
                _ => step_error,
            }
        })?;
        let executions = page.executions.iter().filter_map(list_entry).collect();
        Ok(ExecutionPage { executions, next_token: page.next_token })
    }
}

/// Maps the errors that the state machine or its KMS key causes, and the errors of limits.
fn map_error<E: AwsError>(action: &str, error: &SdkError<E>) -> StepError {
    let step_error = sdk_error(action, error);
    match error_code(error) {
        Some(
            "InvalidArn"
            | "KmsAccessDeniedException"
            | "KmsInvalidStateException"
            | "StateMachineDeleting"
            | "StateMachineDoesNotExist",
        ) => step_error.with_code(ErrorCode::InvalidConfiguration),
        Some("ExecutionLimitExceeded" | "KmsThrottlingException") => step_error.with_code(ErrorCode::Throttled),
        _ => step_error,
    }
}

/// The filter of Step Functions. It accepts one status only, and a failed request can have three.
fn filter(wanted: Option<Status>) -> Option<ExecutionStatus> {
    match wanted {
        Some(Status::InProgress) => Some(ExecutionStatus::Running),
        Some(Status::Vended) => Some(ExecutionStatus::Succeeded),
        _ => None,
    }
}

/// The request of an execution, or `None` if the execution was started manually with another name.
fn list_entry(execution: &ExecutionListItem) -> Option<(RequestId, Status)> {
    Some((execution.name().parse().ok()?, status(execution.status())))
}

fn status(status: &ExecutionStatus) -> Status {
    match status {
        ExecutionStatus::Succeeded => Status::Vended,
        ExecutionStatus::Failed | ExecutionStatus::TimedOut | ExecutionStatus::Aborted => Status::Failed,
        _ => Status::InProgress,
    }
}

#[cfg(test)]
mod tests;
