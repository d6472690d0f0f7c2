//! Makes sure that every accepted request ends: reports executions that were stopped or timed out before they could
//! report, starts claims whose execution was never started, and resumes requests whose account AWS created too late.
//!
//! It runs for the event of an ended execution, and every hour for requests without such an event.

mod account_states;
mod event;
mod metric;
mod outcome;

use std::collections::HashMap;

use aws_config::SdkConfig;
use aws_sdk_organizations::types::CreateAccountState;
use futures::StreamExt;
use futures::stream;
use serde::Serialize;
use time::{Duration, OffsetDateTime};
use vending_core::{ErrorCode, Outcome, RequestId, RequestRecord, StepError, stack_id};
use vending_executions::{End, Execution, Executions};
use vending_organization::Organization;
use vending_outcomes::Reporter;
use vending_records::{Claim, Listed, Records};
use vending_runtime::{Environment, Handler, StartError};

pub use event::Event;
use event::Trigger;

/// A younger claim may still be started by the caller that created it.
const CLAIM_GRACE_PERIOD: Duration = Duration::minutes(10);
/// How far back the hourly sweep reads. Earlier sweeps have processed older attempts.
const LOOKBACK: Duration = Duration::days(7);
const CONCURRENCY: usize = 20;

#[derive(Debug)]
pub struct SweepRequests {
    executions: Executions,
    organization: Organization,
    reporter: Reporter,
    stack_name: String,
}

/// Whether an attempt is the last one of its account.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Position {
    Last,
    Earlier,
}

/// What the sweep did about one request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum SweepAction {
    NothingToDo,
    Reported,
    Started,
    Resumed,
}

/// How many requests the sweep processed, by action.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct SweepCounts {
    pub reported: usize,
    pub started: usize,
    pub resumed: usize,
    pub failed: usize,
}

impl SweepRequests {
    /// Reads `STATE_MACHINE_ARN`, `STACK_NAME`, and what [`Reporter::new`] reads.
    pub fn new(config: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        let state_machine = environment.parsed("STATE_MACHINE_ARN")?;
        Ok(Self {
            executions: Executions::new(aws_sdk_sfn::Client::new(config), state_machine),
            organization: Organization::new(aws_sdk_organizations::Client::new(config)),
            reporter: Reporter::new(config, environment)?,
            stack_name: environment.required("STACK_NAME")?,
        })
    }

    fn records(&self) -> &Records {
        self.reporter.records()
    }
}

impl Handler for SweepRequests {
    const NAME: &'static str = "SweepRequests";
    type Input = Event;
    type Output = SweepCounts;

    async fn handle(&self, event: Event) -> Result<SweepCounts, StepError> {
        match event.trigger()? {
            Trigger::Scheduled => self.sweep().await,
            Trigger::ExecutionEnded(id) => {
                // An event does not say whether this is the last attempt. If it is not, the claim of the next one
                // exists.
                let action = Box::pin(self.process(&id, Position::Last)).await?;
                Ok(SweepCounts::default().with(action))
            }
            Trigger::Unmanaged => Ok(SweepCounts::default()),
        }
    }
}

impl SweepRequests {
    async fn sweep(&self) -> Result<SweepCounts, StepError> {
        let recent = recent_attempts(self.records().all().await?);
        let actions: Vec<_> = stream::iter(recent)
            .map(|(id, position)| async move {
                let action = Box::pin(self.process(&id, position)).await;
                (id, action)
            })
            .buffer_unordered(CONCURRENCY)
            .collect()
            .await;
        let mut counts = SweepCounts::default();
        for (id, result) in actions {
            match result {
                Ok(action) => counts = counts.with(action),
                Err(error) => {
                    counts.failed += 1;
                    tracing::error!(request_id = %id, code = %error.code(), "could not process the request: {error}");
                }
            }
        }
        metric::put(metric::UNREPORTED_REQUESTS, &self.stack_name, counts.failed);
        tracing::info!(
            reported = counts.reported,
            started = counts.started,
            resumed = counts.resumed,
            failed = counts.failed,
            "sweep completed"
        );
        Box::pin(self.record_account_states()).await?;
        Ok(counts)
    }

    async fn process(&self, id: &RequestId, position: Position) -> Result<SweepAction, StepError> {
        // An execution without a claim was started manually.
        let Some(record) = self.records().get(id).await? else {
            return Ok(SweepAction::NothingToDo);
        };
        match &record.outcome {
            None => self.process_without_outcome(&record, position).await,
            Some(outcome) if !outcome.pending_parts.is_empty() => {
                self.reporter.report_again(&record, outcome).await?;
                Ok(SweepAction::Reported)
            }
            Some(outcome) if position == Position::Last => self.resume(&record, outcome).await,
            Some(_) => Ok(SweepAction::NothingToDo),
        }
    }

    async fn process_without_outcome(
        &self,
        record: &RequestRecord,
        position: Position,
    ) -> Result<SweepAction, StepError> {
        match self.executions.describe(&record.request_id).await? {
            Execution::Running => Ok(SweepAction::NothingToDo),
            Execution::Succeeded => self.report(record, None).await,
            Execution::Failed(end) => self.report(record, Some(&end)).await,
            Execution::NotFound if record.requested_at + CLAIM_GRACE_PERIOD > OffsetDateTime::now_utc() => {
                Ok(SweepAction::NothingToDo)
            }
            Execution::NotFound if position == Position::Earlier => Ok(SweepAction::NothingToDo),
            Execution::NotFound => {
                self.executions.start(record).await?;
                Ok(SweepAction::Started)
            }
        }
    }

    async fn report(&self, record: &RequestRecord, end: Option<&End>) -> Result<SweepAction, StepError> {
        let outcome = self.outcome(record, end).await?;
        self.reporter.report(record, outcome).await?;
        Ok(SweepAction::Reported)
    }

    /// Resumes a request whose account AWS had not created in time, once the creation has ended. If the creation
    /// failed, the next attempt requests the account again, and reports the cause if AWS rejects it again.
    async fn resume(&self, record: &RequestRecord, outcome: &Outcome) -> Result<SweepAction, StepError> {
        let still_in_progress =
            outcome.failure.as_ref().is_some_and(|failure| failure.code == ErrorCode::CreationStillInProgress.as_str());
        let (true, Some(creation_id)) = (still_in_progress, &outcome.creation_id) else {
            return Ok(SweepAction::NothingToDo);
        };
        let creation = self.organization.creation_status(creation_id).await?;
        if creation.state() == Some(&CreateAccountState::InProgress) {
            return Ok(SweepAction::NothingToDo);
        }
        let is_created = creation.state() == Some(&CreateAccountState::Succeeded);
        if !is_created && self.is_abandoned(record).await? {
            return Ok(SweepAction::NothingToDo);
        }
        let next = RequestRecord {
            request_id: record.request_id.next(),
            account_id: creation.account_id().and_then(|id| id.parse().ok()),
            requested_at: OffsetDateTime::now_utc(),
            outcome: None,
            ..record.clone()
        };
        match self.records().claim(&next).await? {
            Claim::Exists => Ok(SweepAction::NothingToDo),
            Claim::Created => {
                self.executions.start(&next).await?;
                Ok(SweepAction::Resumed)
            }
        }
    }
}

impl SweepRequests {
    /// Whether the account is no longer wanted: the stack that requested it was deleted.
    async fn is_abandoned(&self, record: &RequestRecord) -> Result<bool, StepError> {
        if stack_id(&record.requested_by).is_none() {
            return Ok(false);
        }
        let stack = self.records().abandoned_by(&record.request_id.account_key).await?;
        Ok(stack.as_ref() == Some(&record.requested_by))
    }
}

/// The attempts that were recently written. The next attempt may be claimed as soon as an execution has failed, so an
/// attempt that is not reported yet may be an earlier one.
fn recent_attempts(listed: Vec<Listed>) -> Vec<(RequestId, Position)> {
    let since = OffsetDateTime::now_utc() - LOOKBACK;
    let mut last = HashMap::new();
    for RequestId { account_key, attempt } in listed.iter().map(|entry| &entry.request_id) {
        let known = last.entry(account_key.clone()).or_insert(*attempt);
        *known = (*known).max(*attempt);
    }
    let recent = listed.into_iter().filter(|entry| entry.last_modified > since);
    let position =
        |id: &RequestId| if last[&id.account_key] == id.attempt { Position::Last } else { Position::Earlier };
    recent.map(|entry| (entry.request_id.clone(), position(&entry.request_id))).collect()
}

impl SweepCounts {
    fn with(mut self, action: SweepAction) -> Self {
        match action {
            SweepAction::NothingToDo => {}
            SweepAction::Reported => self.reported += 1,
            SweepAction::Started => self.started += 1,
            SweepAction::Resumed => self.resumed += 1,
        }
        self
    }
}

#[cfg(test)]
mod tests;
