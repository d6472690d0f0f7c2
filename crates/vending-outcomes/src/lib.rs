//! Reports the outcome of a request: tags the account, writes the records of the account and the request, sends the
//! notifications, and responds to CloudFormation stacks.
//!
//! A failed part does not stop the others, and each part can be repeated alone. A failed part does not change the
//! outcome: a vended account stays vended.

mod notifier;
mod parts;

use aws_config::SdkConfig;
use vending_cfn::StackResponder;
use vending_core::{Evidence, Outcome, ReportPart, RequestRecord, STATE_TAG, Status, StepError};
use vending_organization::Organization;
use vending_records::{AccountRecords, Records};
use vending_runtime::{Environment, StartError};

pub use notifier::Notifier;

use parts::Parts;

/// Reports the outcomes of requests.
#[derive(Debug)]
pub struct Reporter {
    records: Records,
    accounts: AccountRecords,
    organization: Organization,
    notifier: Notifier,
    responder: StackResponder,
}

impl Reporter {
    /// Reads `RECORDS_BUCKET`, `OUTCOME_TOPIC_ARN`, `EVENT_BUS_NAME`, and what [`StackResponder::new`] reads.
    pub fn new(config: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        let bucket = environment.required("RECORDS_BUCKET")?;
        let s3 = aws_sdk_s3::Client::new(config);
        Ok(Self::from_parts(
            Records::new(s3.clone(), bucket.clone()),
            AccountRecords::new(s3, bucket),
            Organization::new(aws_sdk_organizations::Client::new(config)),
            Notifier::new(config, environment)?,
            StackResponder::new(config, environment)?,
        ))
    }

    pub fn from_parts(
        records: Records,
        accounts: AccountRecords,
        organization: Organization,
        notifier: Notifier,
        responder: StackResponder,
    ) -> Self {
        Self { records, accounts, organization, notifier, responder }
    }

    pub fn records(&self) -> &Records {
        &self.records
    }

    pub fn accounts(&self) -> &AccountRecords {
        &self.accounts
    }

    /// Records an outcome, updates the account, and sends the notifications and responses. Returns the first error,
    /// after it tried all parts. The record lists the failed parts, and the sweep repeats them.
    pub async fn report(&self, record: &RequestRecord, mut outcome: Outcome) -> Result<(), StepError> {
        let mut parts = Parts::all();
        self.update_account(record, &mut outcome, &mut parts).await;
        outcome.pending_parts = parts.failed();
        let mut ended = RequestRecord { outcome: Some(outcome), ..record.clone() };
        // The record is written first: a stack whose pending response is stored later finds its response there.
        let recorded = self.records.put(&ended).await;
        if recorded.is_err() {
            parts.remove(ReportPart::StackResponses);
        }
        self.notify(&ended, &mut parts).await;
        if recorded.is_ok() {
            // This error is ignored: if a part has failed, its error is returned and the function is retried.
            drop(self.write_pending_parts(&mut ended, &parts).await);
        }
        recorded.and(parts.into_result(&record.request_id))
    }

    /// Repeats only the parts that failed in an earlier report.
    pub async fn report_again(&self, record: &RequestRecord, outcome: &Outcome) -> Result<(), StepError> {
        let mut parts = Parts::new(outcome.pending_parts.clone());
        let mut ended = record.clone();
        if let Some(outcome) = &mut ended.outcome {
            self.update_account(record, outcome, &mut parts).await;
        }
        self.notify(&ended, &mut parts).await;
        let written = self.write_pending_parts(&mut ended, &parts).await;
        written.and(parts.into_result(&record.request_id))
    }

    /// Writes the failed parts to the record if they differ from the recorded ones.
    async fn write_pending_parts(&self, ended: &mut RequestRecord, parts: &Parts) -> Result<(), StepError> {
        let pending_parts = parts.failed();
        match &mut ended.outcome {
            Some(outcome) if outcome.pending_parts != pending_parts => outcome.pending_parts = pending_parts,
            _ => return Ok(()),
        }
        self.records.put(ended).await
    }

    /// Tags the account, and writes its evidence before the record that refers to it.
    async fn update_account(&self, record: &RequestRecord, outcome: &mut Outcome, parts: &mut Parts) {
        if parts.includes(ReportPart::Tag) {
            parts.add_result(ReportPart::Tag, self.tag(record, outcome).await);
        }
        if parts.includes(ReportPart::AccountRecord) {
            let written = Box::pin(self.put_evidence(record, outcome)).await;
            parts.add_result(ReportPart::AccountRecord, written.map(|evidence| outcome.evidence = evidence));
        }
    }

    /// Sends the notifications, and responds to the waiting stacks.
    async fn notify(&self, ended: &RequestRecord, parts: &mut Parts) {
        let Some(outcome) = &ended.outcome else { return };
        if parts.includes(ReportPart::Message) {
            parts.add_result(ReportPart::Message, self.notifier.publish(ended, outcome).await);
        }
        if parts.includes(ReportPart::Event) {
            parts.add_result(ReportPart::Event, self.notifier.send_event(ended, outcome).await);
        }
        if parts.includes(ReportPart::StackResponses) {
            let responded = Box::pin(self.responder.respond_to_all(ended)).await;
            parts.add_result(ReportPart::StackResponses, responded);
        }
    }

    async fn put_evidence(&self, record: &RequestRecord, outcome: &Outcome) -> Result<Option<Evidence>, StepError> {
        match outcome.status {
            Status::Vended => self.accounts.put_baseline(record, outcome).await,
            _ => Ok(None),
        }
    }

    /// Tags the account with its state, which includes the step that failed. If there is a later attempt, it sets the
    /// tag.
    async fn tag(&self, record: &RequestRecord, outcome: &Outcome) -> Result<(), StepError> {
        let Some(account) = &outcome.account else {
            return Ok(());
        };
        if self.records.get(&record.request_id.next()).await?.is_some() {
            return Ok(());
        }
        let state = match &outcome.failure {
            None => "vended".to_owned(),
            Some(failure) => format!("failed:{}", failure.step),
        };
        let tags = [(STATE_TAG.to_owned(), state)].into();
        self.organization.tag(&account.id, &tags).await
    }
}
