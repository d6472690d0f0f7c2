//! The end of an execution that did not succeed.

use std::fmt;

use aws_sdk_sfn::operation::describe_execution::DescribeExecutionOutput;
use aws_sdk_sfn::types::ExecutionStatus;
use serde::Deserialize;
use vending_core::{ErrorCode, Failure};

use crate::history::History;

/// The step of the failure if no step failed.
const NO_STEP: &str = "VendAccount";

/// The end of an execution that failed, timed out, or was aborted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct End {
    status: ExecutionStatus,
    error: String,
    cause: String,
}

impl End {
    pub(crate) fn from_execution(execution: DescribeExecutionOutput) -> Self {
        let DescribeExecutionOutput { status, error, cause, .. } = execution;
        Self { status, error: error.unwrap_or_default(), cause: cause.unwrap_or_default() }
    }

    /// The failure of the request, for an execution that ended without a report.
    pub fn failure(&self, history: &History) -> Failure {
        let failed = history.steps.iter().rfind(|step| step.has_failed());
        self.failure_of(failed.map_or(NO_STEP, |step| &step.step))
    }

    /// The failure, if the cause names no step, with this one.
    pub fn failure_of(&self, step: &str) -> Failure {
        // The state machine fails with the error of the step. The error of an aborted execution can be any string.
        if self.status == ExecutionStatus::Failed && self.error.parse::<ErrorCode>().is_ok() {
            return Failure::from_catch(step, &self.error, &self.cause);
        }
        Failure::new(step, ErrorCode::ExecutionEnded, self.to_string())
    }

    /// The failures of a state machine whose branches can all fail: its cause is their list.
    pub fn failures(&self, step: &str) -> Vec<Failure> {
        match serde_json::from_str::<Vec<Caught>>(&self.cause) {
            Ok(caught) if self.status == ExecutionStatus::Failed && !caught.is_empty() => {
                caught.iter().map(|one| Failure::from_catch(&one.state, &one.error, &one.cause)).collect()
            }
            _ => vec![self.failure_of(step)],
        }
    }
}

/// What a `Catch` of the state machine kept.
#[derive(Deserialize)]
struct Caught {
    state: String,
    error: String,
    cause: String,
}

/// The status in the terms of Step Functions, with the error and the cause if they are known.
impl fmt::Display for End {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the execution ended as {}", self.status.as_str())?;
        for detail in [&self.error, &self.cause] {
            if !detail.is_empty() {
                write!(formatter, ": {detail}")?;
            }
        }
        Ok(())
    }
}
