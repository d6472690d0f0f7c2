//! How an execution ended that did not succeed.

use std::fmt;

use aws_sdk_sfn::operation::describe_execution::DescribeExecutionOutput;
use aws_sdk_sfn::types::ExecutionStatus;
use vending_core::{ErrorCode, Failure};

use crate::history::History;

/// The step of a failure where no step failed.
const NO_STEP: &str = "VendAccount";

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct End {
    status: ExecutionStatus,
    error: String,
    cause: String,
}

impl End {
    pub(crate) fn of(execution: DescribeExecutionOutput) -> Self {
        let DescribeExecutionOutput { status, error, cause, .. } = execution;
        Self { status, error: error.unwrap_or_default(), cause: cause.unwrap_or_default() }
    }

    /// Why the request failed, when its execution did not come to say so.
    pub fn failure(&self, history: &History) -> Failure {
        let stopped = history.steps.iter().rfind(|step| step.has_failed());
        let step = stopped.map_or(NO_STEP, |step| &step.step);
        // A step's own error, which the state machine passes on; whoever aborts an execution may write anything.
        if self.status == ExecutionStatus::Failed && self.error.parse::<ErrorCode>().is_ok() {
            return Failure::caught(step, &self.error, &self.cause);
        }
        Failure::new(step, ErrorCode::ExecutionEnded, self.to_string())
    }
}

/// In the words of Step Functions, with what is known of why.
impl fmt::Display for End {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the execution ended as {}", self.status.as_str())?;
        for known in [&self.error, &self.cause] {
            if !known.is_empty() {
                write!(formatter, ": {known}")?;
            }
        }
        Ok(())
    }
}
