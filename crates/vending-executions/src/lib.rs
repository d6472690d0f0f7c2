//! Executions of a state machine: one for each attempt of a request, named after it.

mod arn;
mod end;
mod history;
mod steps;

use std::error::Error;

use aws_sdk_sfn::Client;
use aws_sdk_sfn::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sfn::types::{ExecutionListItem, ExecutionStatus, HistoryEvent};
use serde::Serialize;
use vending_core::{ErrorCode, RequestId, RequestRecord, Status, StepError};
use vending_runtime::{error_code, from_sdk};

pub use arn::StateMachineArn;
pub use end::End;
pub use history::{History, STEPS};
pub use steps::{StepStatus, StepView, recorded_steps};

#[derive(Debug)]
pub struct Executions {
    client: Client,
    state_machine: StateMachineArn,
}

/// Where the execution of an attempt stands.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Execution {
    /// Never started, or ended more than 90 days ago.
    Absent,
    Running,
    Succeeded,
    /// Failed, timed out or aborted.
    Failed(End),
}

/// A part of the list of all executions, newest first.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ExecutionPage {
    pub executions: Vec<(RequestId, Status)>,
    pub next_token: Option<String>,
}

impl Executions {
    pub fn new(client: Client, state_machine: StateMachineArn) -> Self {
        Self { client, state_machine }
    }

    /// Starts the execution of a claimed attempt. Started before is as good: its name says that it is the same.
    pub async fn start(&self, record: &RequestRecord) -> Result<(), StepError> {
        self.start_with(&record.request_id, record).await.map(|_| ())
    }

    /// Starts the execution of an attempt with an input of another kind, and answers the ARN that AWS gave it; none
    /// where it was started before.
    pub async fn start_with(&self, id: &RequestId, input: &impl Serialize) -> Result<Option<String>, StepError> {
        let input = serde_json::to_string(input).map_err(|error| {
            StepError::new(ErrorCode::Unexpected, "could not write the execution's input").with_source(error)
        })?;
        let start = self.client.start_execution().state_machine_arn(self.state_machine.to_string());
        match start.name(id.to_string()).input(input).send().await {
            Ok(started) => Ok(Some(started.execution_arn)),
            Err(error) if error_code(&error) == Some("ExecutionAlreadyExists") => Ok(None),
            Err(error) => Err(refused("start the execution", &error)),
        }
    }

    /// The ARN of the execution of an attempt.
    pub fn arn(&self, id: &RequestId) -> String {
        self.state_machine.execution(id)
    }

    pub async fn describe(&self, id: &RequestId) -> Result<Execution, StepError> {
        let described = self.client.describe_execution().execution_arn(self.arn(id)).send().await;
        match described {
            Ok(execution) => Ok(match status(&execution.status) {
                Status::InProgress => Execution::Running,
                Status::Vended => Execution::Succeeded,
                Status::Failed | Status::Expired => Execution::Failed(End::of(execution)),
            }),
            Err(error) if error_code(&error) == Some("ExecutionDoesNotExist") => Ok(Execution::Absent),
            Err(error) => Err(refused("look at the execution", &error)),
        }
    }

    /// What an execution did; while it is `running`, so far.
    pub async fn history(&self, id: &RequestId, running: bool) -> Result<History, StepError> {
        Ok(History::read(&self.events(id).await?, running))
    }

    async fn events(&self, id: &RequestId) -> Result<Vec<HistoryEvent>, StepError> {
        let get = self.client.get_execution_history().execution_arn(self.arn(id));
        let mut pages = get.include_execution_data(true).max_results(1000).into_paginator().send();
        let mut events = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| from_sdk("read the execution's history", &error))?;
            events.extend(page.events);
        }
        Ok(events)
    }

    /// A page that Step Functions filtered as far as it can: it may have executions of another status, and fewer than
    /// the limit. A token that it refuses is an `InvalidRequest`.
    pub async fn list(
        &self,
        wanted: Option<Status>,
        token: Option<String>,
        limit: i32,
    ) -> Result<ExecutionPage, StepError> {
        let list = self.client.list_executions().state_machine_arn(self.state_machine.to_string());
        let list = list.set_status_filter(filter(wanted)).set_next_token(token).max_results(limit);
        let page = list.send().await.map_err(|error| {
            let failed = from_sdk("list the executions", &error);
            match error_code(&error) {
                Some("InvalidToken") => failed.with_code(ErrorCode::InvalidRequest),
                _ => failed,
            }
        })?;
        let executions = page.executions.iter().filter_map(listed).collect();
        Ok(ExecutionPage { executions, next_token: page.next_token })
    }
}

/// What Step Functions refuses because of the state machine, and what it refuses for now.
fn refused<E>(doing: &str, error: &SdkError<E>) -> StepError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let failed = from_sdk(doing, error);
    match error_code(error) {
        Some(
            "InvalidArn"
            | "KmsAccessDeniedException"
            | "KmsInvalidStateException"
            | "StateMachineDeleting"
            | "StateMachineDoesNotExist",
        ) => failed.with_code(ErrorCode::InvalidConfiguration),
        Some("ExecutionLimitExceeded" | "KmsThrottlingException") => failed.with_code(ErrorCode::Throttled),
        _ => failed,
    }
}

/// Step Functions filters by one status only, and failures have three.
fn filter(wanted: Option<Status>) -> Option<ExecutionStatus> {
    match wanted {
        Some(Status::InProgress) => Some(ExecutionStatus::Running),
        Some(Status::Vended) => Some(ExecutionStatus::Succeeded),
        _ => None,
    }
}

/// Executions that were started by hand under names of their own are no requests.
fn listed(execution: &ExecutionListItem) -> Option<(RequestId, Status)> {
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
