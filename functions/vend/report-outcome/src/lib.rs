//! Reports the outcome of a request, at the end of its execution.

mod input;

use std::collections::BTreeSet;

use aws_config::SdkConfig;
use time::OffsetDateTime;
use vending_core::{Failure, Outcome, RequestId, RequestRecord, Status, StepError, VendedAccount};
use vending_outcomes::Reporter;
use vending_runtime::{Environment, StartError, Step, StepOutcome};

pub use input::{Caught, Input};

#[derive(Debug)]
pub struct ReportOutcome(pub Reporter);

impl ReportOutcome {
    /// Reads what [`Reporter::new`] reads.
    pub fn new(config: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        Ok(Self(Reporter::new(config, environment)?))
    }
}

impl Step for ReportOutcome {
    const NAME: &'static str = "ReportOutcome";
    type Input = Input;
    type Result = ();

    async fn run(&self, id: &RequestId, input: Input) -> Result<StepOutcome, StepError> {
        // An execution that was started manually has no request record, and nothing waits for its outcome.
        let Some(record) = self.0.records().get(id).await? else {
            return Ok(StepOutcome::unchanged(format!("there is no request {id}"), ()));
        };
        let input = self.with_own_account(&record, input).await?;
        let outcome = outcome(&record, &input);
        if let Some(reported) = &record.outcome
            && (is_final(reported, &outcome) || self.0.records().get(&id.next()).await?.is_some())
        {
            self.0.report_again(&record, reported).await?;
            return Ok(StepOutcome::unchanged("already reported", ()));
        }
        let detail = match &outcome.failure {
            None => "reported as vended".to_owned(),
            Some(failure) => format!("reported as failed at {}: {}", failure.step, failure.code),
        };
        self.0.report(&record, outcome).await?;
        Ok(StepOutcome::changed(detail, ()))
    }
}

impl ReportOutcome {
    /// Removes an account from the input that is not recorded for this request: the input could name any account.
    async fn with_own_account(&self, record: &RequestRecord, input: Input) -> Result<Input, StepError> {
        let Some(id) = &input.account_id else { return Ok(input) };
        let recorded = self.0.accounts().get(id).await?;
        let is_own = recorded.is_some_and(|account| account.request_id.account_key == record.request_id.account_key);
        Ok(if is_own { input } else { Input { account_id: None, ..input } })
    }
}

/// Whether the recorded outcome is kept: an execution that was started again does not turn a vended account into a
/// failure, and the same outcome is not reported twice.
fn is_final(reported: &Outcome, outcome: &Outcome) -> bool {
    reported.status == Status::Vended || (reported.status == outcome.status && reported.failure == outcome.failure)
}

/// The outcome to report. It keeps what an earlier report of the same attempt recorded.
fn outcome(record: &RequestRecord, input: &Input) -> Outcome {
    let earlier = record.outcome.as_ref();
    let failure = input.caught.as_ref().map(|caught| Failure::from_catch(&caught.state, &caught.error, &caught.cause));
    let request = &record.request;
    let account = input.account_id.as_ref().map(|id| VendedAccount {
        id: id.to_string(),
        name: request.account_name.clone(),
        email: request.account_email.to_string(),
        organizational_unit: request.organizational_unit.to_string(),
        vending_role_arn: input.vending_role_arn.clone(),
        engineer_role_arn: input.engineer_role_arn.clone(),
        github_role_arns: input.github_role_arns.clone(),
        created_at: input.account_created_at,
    });
    Outcome {
        status: if failure.is_some() { Status::Failed } else { Status::Vended },
        ended_at: OffsetDateTime::now_utc(),
        account: account.or_else(|| earlier?.account.clone()),
        creation_id: input.creation_id.clone().or_else(|| earlier?.creation_id.clone()),
        creations: earlier.map_or(Some(input.creations), |earlier| Some(earlier.creations?.max(input.creations))),
        steps: input.steps.clone(),
        failure,
        evidence: None,
        pending_parts: BTreeSet::new(),
    }
}

#[cfg(test)]
mod tests;
