//! Ends a request: marks the account, keeps the evidence of its baseline, records how it went, and tells whoever waits
//! for it.
//!
//! Each part is done whatever becomes of the others, and all of them can be done again: a failure here
//! never turns a vended account into a failed one.

mod input;
mod notify;

use aws_config::SdkConfig;
use time::OffsetDateTime;
use vending_answers::Answers;
use vending_core::{Account, Evidence, Failure, Outcome, RequestId, RequestRecord, STATE_TAG, Status, StepError};
use vending_organization::Organization;
use vending_records::{AccountRecords, Records};
use vending_runtime::{Done, Environment, StartError, Step};

pub use input::{Caught, Input};
pub use notify::Notifier;

#[derive(Debug)]
pub struct ReportOutcome {
    records: Records,
    accounts: AccountRecords,
    organization: Organization,
    notifier: Notifier,
    answers: Answers,
}

impl ReportOutcome {
    /// Reads `RECORDS_BUCKET`, `OUTCOME_TOPIC_ARN`, `EVENT_BUS_NAME` and what `Answers` reads.
    pub fn new(config: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        let bucket = environment.required("RECORDS_BUCKET")?;
        let s3 = aws_sdk_s3::Client::new(config);
        Ok(Self::of(
            Records::new(s3.clone(), bucket.clone()),
            AccountRecords::new(s3, bucket),
            Organization::new(aws_sdk_organizations::Client::new(config)),
            Notifier::new(config, environment)?,
            Answers::new(config, environment)?,
        ))
    }

    pub fn of(
        records: Records,
        accounts: AccountRecords,
        organization: Organization,
        notifier: Notifier,
        answers: Answers,
    ) -> Self {
        Self { records, accounts, organization, notifier, answers }
    }

    pub fn records(&self) -> &Records {
        &self.records
    }

    /// Tags, records and tells an outcome, and answers the stacks that wait for it; answers the first error after all
    /// has been tried. What failed is owed: the record says so, and the sweep reports again.
    pub async fn report(&self, record: &RequestRecord, outcome: Outcome) -> Result<(), StepError> {
        let tagged = self.tag(&outcome).await;
        let kept = Box::pin(self.keep(record, &outcome)).await;
        let owed = tagged.is_err() || kept.is_err();
        let (evidence, kept) = kept.map_or_else(|error| (None, Err(error)), |evidence| (evidence, Ok(())));
        let outcome = Outcome { owed, evidence, ..outcome };
        let ended = RequestRecord { outcome: Some(outcome.clone()), ..record.clone() };
        let recorded = self.records.put(&ended).await;
        let notified = self.notifier.notify(&ended, &outcome).await;
        // Not before the record stands: a stack that begins to wait later finds its answer there.
        let answered = match &recorded {
            Ok(()) => Box::pin(self.answers.give_all(&self.organization, &ended)).await,
            Err(_) => Ok(()),
        };
        if recorded.is_ok() && !outcome.owed && (notified.is_err() || answered.is_err()) {
            let owed = RequestRecord { outcome: Some(Outcome { owed: true, ..outcome }), ..ended };
            // Its own failure is the same failure: this function is run again, as far as retries go.
            drop(self.records.put(&owed).await);
        }
        let parts = [tagged, kept, recorded, notified, answered];
        for error in parts.iter().filter_map(|part| part.as_ref().err()) {
            tracing::error!(request_id = %record.request_id, code = %error.code(), "could not report the outcome: {error}");
        }
        parts.into_iter().collect()
    }

    /// The evidence of a vended account comes before the record that points to it.
    async fn keep(&self, record: &RequestRecord, outcome: &Outcome) -> Result<Option<Evidence>, StepError> {
        match outcome.status {
            Status::Vended => self.accounts.put(record, outcome).await,
            _ => Ok(None),
        }
    }

    /// The tag says where a failed vend stopped, so that whoever finds the account knows what it is.
    async fn tag(&self, outcome: &Outcome) -> Result<(), StepError> {
        let Some(account) = &outcome.account else {
            return Ok(());
        };
        let state = match &outcome.failure {
            None => "vended".to_owned(),
            Some(failure) => format!("failed:{}", failure.step),
        };
        let tags = [(STATE_TAG.to_owned(), state)].into();
        self.organization.tag(&account.id, &tags).await
    }
}

impl Step for ReportOutcome {
    const NAME: &'static str = "ReportOutcome";
    type Input = Input;
    type Result = ();

    async fn run(&self, _request: &RequestId, input: Input) -> Result<Done, StepError> {
        let outcome = outcome(&input);
        let detail = match &outcome.failure {
            None => "reported as vended".to_owned(),
            Some(failure) => format!("reported as failed at {}: {}", failure.step, failure.code),
        };
        self.report(&input.record, outcome).await?;
        Ok(Done::changed(detail, ()))
    }
}

fn outcome(input: &Input) -> Outcome {
    let failure = input.caught.as_ref().map(|caught| Failure::caught(&caught.state, &caught.error, &caught.cause));
    let request = &input.record.request;
    let account = input.account_id.as_ref().map(|id| Account {
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
        account,
        creation_id: input.creation_id.clone(),
        steps: input.steps.clone(),
        failure,
        evidence: None,
        owed: false,
    }
}

#[cfg(test)]
mod tests;
