//! A state machine whose executions a test ends.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use aws_sdk_sfn::Client;
use aws_sdk_sfn::operation::describe_execution::{DescribeExecutionError, DescribeExecutionOutput};
use aws_sdk_sfn::operation::list_executions::ListExecutionsOutput;
use aws_sdk_sfn::operation::start_execution::{StartExecutionError, StartExecutionOutput};
use aws_sdk_sfn::types::error::{ExecutionAlreadyExists, ExecutionDoesNotExist};
use aws_sdk_sfn::types::{ExecutionListItem, ExecutionStatus};
use aws_smithy_mocks::{MockResponse, Rule, RuleMode, mock, mock_client};
use aws_smithy_types::DateTime;
use aws_smithy_types::error::ErrorMetadata;
use serde_json::Value;
use time::{Duration, OffsetDateTime};

pub(super) const STATE_MACHINE: &str = "arn:aws:states:us-east-1:123456789012:stateMachine:build";

#[derive(Clone, Debug)]
struct Started {
    input: Value,
    status: ExecutionStatus,
    at: OffsetDateTime,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Machine(Arc<Mutex<BTreeMap<String, Started>>>);

impl Machine {
    pub(super) fn client(&self) -> Client {
        mock_client!(aws_sdk_sfn, RuleMode::MatchAny, &[self.starts(), self.describes(), self.lists()])
    }

    pub(super) fn input(&self, name: &str) -> Value {
        self.all()[name].input.clone()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.all().contains_key(name)
    }

    pub(super) fn end(&self, name: &str, status: ExecutionStatus) {
        self.all().get_mut(name).unwrap().status = status;
    }

    /// Adds an execution that was started before or after now.
    pub(super) fn add(&self, name: &str, status: ExecutionStatus, after: Duration) {
        let started = Started { input: Value::Null, status, at: OffsetDateTime::now_utc() + after };
        self.all().insert(name.to_owned(), started);
    }

    /// Removes an execution, as Step Functions does after 90 days.
    pub(super) fn forget(&self, name: &str) {
        self.all().remove(name).unwrap();
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<String, Started>> {
        self.0.lock().unwrap()
    }

    fn starts(&self) -> Rule {
        let machine = self.clone();
        mock!(Client::start_execution).then_compute_response(move |start| {
            let mut all = machine.all();
            let name = start.name().unwrap().to_owned();
            if all.contains_key(&name) {
                let error = ExecutionAlreadyExists::builder().meta(meta("ExecutionAlreadyExists")).build();
                return MockResponse::Error(StartExecutionError::ExecutionAlreadyExists(error));
            }
            let input = serde_json::from_str(start.input().unwrap()).unwrap();
            all.insert(name, Started { input, status: ExecutionStatus::Running, at: OffsetDateTime::now_utc() });
            let started = StartExecutionOutput::builder().execution_arn("arn").start_date(DateTime::from_secs(0));
            MockResponse::Output(started.build().unwrap())
        })
    }

    fn describes(&self) -> Rule {
        let machine = self.clone();
        mock!(Client::describe_execution).then_compute_response(move |describe| {
            let name = describe.execution_arn().unwrap().rsplit(':').next().unwrap();
            let Some(started) = machine.all().get(name).cloned() else {
                let error = ExecutionDoesNotExist::builder().meta(meta("ExecutionDoesNotExist")).build();
                return MockResponse::Error(DescribeExecutionError::ExecutionDoesNotExist(error));
            };
            let described = DescribeExecutionOutput::builder().execution_arn("arn").state_machine_arn("arn");
            let described = described.start_date(DateTime::from_secs(0)).status(started.status);
            let described = described.error("PlanOutdated").cause(FAILURE);
            MockResponse::Output(described.build().unwrap())
        })
    }

    fn lists(&self) -> Rule {
        let machine = self.clone();
        mock!(Client::list_executions).then_compute_output(move |_| {
            let mut all: Vec<_> = machine.all().clone().into_iter().collect();
            all.sort_by_key(|(_, started)| std::cmp::Reverse(started.at));
            let item = |(name, started): (String, Started)| {
                let at = DateTime::from_nanos(started.at.unix_timestamp_nanos()).unwrap();
                let item = ExecutionListItem::builder().name(name).status(started.status).start_date(at);
                item.execution_arn("arn").state_machine_arn("arn").build().unwrap()
            };
            let items = all.into_iter().map(item).collect();
            ListExecutionsOutput::builder().set_executions(Some(items)).build().unwrap()
        })
    }
}

/// The cause of a failed execution: the error of its function.
const FAILURE: &str = r#"{
    "errorType": "PlanOutdated",
    "errorMessage": "{\"step\":\"WriteSettings\",\"code\":\"PlanOutdated\",\"message\":\"m\",\"remedy\":\"r\",\"owner\":\"requester\"}"
}"#;

fn meta(code: &str) -> ErrorMetadata {
    ErrorMetadata::builder().code(code).message("from AWS").build()
}
