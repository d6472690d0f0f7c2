//! Sees to it that every accepted request ends: reports executions that were stopped or timed out before they could
//! report, starts claims whose execution was never started, and goes on where AWS was too slow to create an account.
//!
//! It runs on the event of an ended execution, and every hour for what no event brought.

mod event;
mod metric;
mod outcome;

use aws_config::SdkConfig;
use aws_sdk_organizations::types::CreateAccountState;
use futures::StreamExt;
use futures::stream;
use report_outcome::ReportOutcome;
use serde::Serialize;
use time::{Duration, OffsetDateTime};
use vending_core::{ErrorCode, Outcome, RequestId, RequestRecord, StepError};
use vending_executions::{End, Execution, Executions};
use vending_organization::Organization;
use vending_records::{Claim, Listed, Records};
use vending_runtime::{Environment, Handler, StartError};

pub use event::Event;
use event::Occasion;

/// A claim younger than this may still be started by whoever made it.
const CLAIM_SETTLES: Duration = Duration::minutes(10);
/// How far back the hourly look goes; what is older was seen by many looks before.
const HORIZON: Duration = Duration::days(7);
const CONCURRENCY: usize = 20;

#[derive(Debug)]
pub struct SweepRequests {
    executions: Executions,
    organization: Organization,
    reporter: ReportOutcome,
    stack_name: String,
}

/// What a look at one request led to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Settled {
    NothingToDo,
    Reported,
    Started,
    Resumed,
}

/// How many requests were settled, and how.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Swept {
    pub reported: usize,
    pub started: usize,
    pub resumed: usize,
    pub failed: usize,
}

impl SweepRequests {
    /// Reads `STATE_MACHINE_ARN`, `STACK_NAME` and what report-outcome reads.
    pub fn new(config: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        let state_machine = environment.parsed("STATE_MACHINE_ARN")?;
        Ok(Self {
            executions: Executions::new(aws_sdk_sfn::Client::new(config), state_machine),
            organization: Organization::new(aws_sdk_organizations::Client::new(config)),
            reporter: ReportOutcome::new(config, environment)?,
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
    type Output = Swept;

    async fn handle(&self, event: Event) -> Result<Swept, StepError> {
        match event.occasion()? {
            Occasion::Scheduled => self.sweep().await,
            Occasion::Ended(id) => {
                let settled = Box::pin(self.settle(&id)).await?;
                Ok(Swept::default().with(settled))
            }
            Occasion::ByHand => Ok(Swept::default()),
        }
    }
}

impl SweepRequests {
    async fn sweep(&self) -> Result<Swept, StepError> {
        let recent = latest_attempts(self.records().all().await?);
        let settled: Vec<_> = stream::iter(recent)
            .map(|id| async move {
                let settled = Box::pin(self.settle(&id)).await;
                (id, settled)
            })
            .buffer_unordered(CONCURRENCY)
            .collect()
            .await;
        let mut swept = Swept::default();
        for (id, result) in settled {
            match result {
                Ok(settled) => swept = swept.with(settled),
                Err(error) => {
                    swept.failed += 1;
                    tracing::error!(request_id = %id, code = %error.code(), "could not settle the request: {error}");
                }
            }
        }
        metric::unreported_requests(&self.stack_name, swept.failed);
        tracing::info!(
            reported = swept.reported,
            started = swept.started,
            resumed = swept.resumed,
            failed = swept.failed,
            "swept"
        );
        Ok(swept)
    }

    async fn settle(&self, id: &RequestId) -> Result<Settled, StepError> {
        // An execution without a claim was started by hand, too.
        let Some(record) = self.records().get(id).await? else {
            return Ok(Settled::NothingToDo);
        };
        match &record.outcome {
            None => self.settle_unrecorded(&record).await,
            Some(outcome) if outcome.owed => {
                self.reporter.report(&record, outcome.clone()).await?;
                Ok(Settled::Reported)
            }
            Some(outcome) => self.resume(&record, outcome).await,
        }
    }

    async fn settle_unrecorded(&self, record: &RequestRecord) -> Result<Settled, StepError> {
        match self.executions.describe(&record.request_id).await? {
            Execution::Running => Ok(Settled::NothingToDo),
            Execution::Succeeded => self.report(record, None).await,
            Execution::Failed(end) => self.report(record, Some(&end)).await,
            Execution::Absent if record.requested_at + CLAIM_SETTLES > OffsetDateTime::now_utc() => {
                Ok(Settled::NothingToDo)
            }
            Execution::Absent => {
                self.executions.start(record).await?;
                Ok(Settled::Started)
            }
        }
    }

    async fn report(&self, record: &RequestRecord, end: Option<&End>) -> Result<Settled, StepError> {
        let outcome = self.outcome(record, end).await?;
        self.reporter.report(record, outcome).await?;
        Ok(Settled::Reported)
    }

    /// Goes on with a request whose account AWS had not created in time, once the creation has ended. Where it ended
    /// badly, the next attempt asks again, and says what is wrong if AWS refuses again.
    async fn resume(&self, record: &RequestRecord, outcome: &Outcome) -> Result<Settled, StepError> {
        let still_in_progress =
            outcome.failure.as_ref().is_some_and(|failure| failure.code == ErrorCode::CreationStillInProgress.as_str());
        let (true, Some(creation_id)) = (still_in_progress, &outcome.creation_id) else {
            return Ok(Settled::NothingToDo);
        };
        let creation = self.organization.creation(creation_id).await?;
        if creation.state() == Some(&CreateAccountState::InProgress) {
            return Ok(Settled::NothingToDo);
        }
        let id = &record.request_id;
        let next = RequestRecord {
            request_id: RequestId::new(id.account_key.clone(), id.attempt + 1),
            account_id: creation.account_id().and_then(|id| id.parse().ok()),
            requested_at: OffsetDateTime::now_utc(),
            outcome: None,
            ..record.clone()
        };
        match self.records().claim(&next).await? {
            Claim::Taken => Ok(Settled::NothingToDo),
            Claim::Made => {
                self.executions.start(&next).await?;
                Ok(Settled::Resumed)
            }
        }
    }
}

/// The last attempt of each account that was touched lately.
fn latest_attempts(listed: Vec<Listed>) -> Vec<RequestId> {
    let since = OffsetDateTime::now_utc() - HORIZON;
    let mut latest = std::collections::HashMap::new();
    for entry in listed.into_iter().filter(|entry| entry.last_modified > since) {
        let attempt = latest.entry(entry.request_id.account_key).or_insert(0);
        *attempt = entry.request_id.attempt.max(*attempt);
    }
    latest.into_iter().map(|(key, attempt)| RequestId::new(key, attempt)).collect()
}

impl Swept {
    fn with(mut self, settled: Settled) -> Self {
        match settled {
            Settled::NothingToDo => {}
            Settled::Reported => self.reported += 1,
            Settled::Started => self.started += 1,
            Settled::Resumed => self.resumed += 1,
        }
        self
    }
}

#[cfg(test)]
mod tests;
