//! Answers CloudFormation: keeps what a stack waits for, and delivers it to the URL that CloudFormation gave.
//!
//! Whoever asks keeps the pending answer first, asks, writes down which request it waits for, and only then looks
//! whether that request has ended already. Whoever ends a request writes the outcome first and then looks for pending
//! answers. So one of the two sees the other, and an answer that both give is the same one.

mod answer;
mod delivery;
mod outcome;
mod pending;
mod store;
#[cfg(any(test, feature = "test-util"))]
pub mod testing;
mod url;

use aws_config::SdkConfig;
use vending_core::{AccountKey, RELEASED, RequestRecord, STACK_TAG, StepError};
use vending_organization::{Organization, Ownership};
use vending_runtime::{Environment, StartError};

pub use answer::{Answer, Reason};
pub use outcome::attributes;
pub use pending::{Addressee, AnswerName, PendingAnswer};
pub use url::ResponseUrl;

use delivery::Delivery;
use store::Store;

#[derive(Debug)]
pub struct Answers {
    store: Store,
    delivery: Delivery,
}

impl Answers {
    /// Reads `RECORDS_BUCKET` and `LOCAL_RESPONSE_URL_PREFIX`; the latter is empty on AWS.
    pub fn new(config: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        let bucket = environment.required("RECORDS_BUCKET")?;
        let local_prefix = environment.optional("LOCAL_RESPONSE_URL_PREFIX");
        Ok(Self::of(aws_sdk_s3::Client::new(config), bucket, local_prefix))
    }

    pub fn of(client: aws_sdk_s3::Client, bucket: String, local_prefix: Option<String>) -> Self {
        Self { store: Store::new(client, bucket), delivery: Delivery::new(local_prefix) }
    }

    /// Refuses a URL that is not CloudFormation's.
    pub fn check(&self, url: &ResponseUrl) -> Result<(), StepError> {
        self.delivery.check(url)
    }

    /// Keeps an answer that is not kept yet; false where it is.
    pub async fn keep(&self, pending: &PendingAnswer) -> Result<bool, StepError> {
        self.store.create(pending).await
    }

    /// Writes down what has become known about a pending answer.
    pub async fn update(&self, pending: &PendingAnswer) -> Result<(), StepError> {
        self.store.put(pending).await
    }

    pub async fn get(&self, account: &AccountKey, name: &AnswerName) -> Result<Option<PendingAnswer>, StepError> {
        self.store.get(account, name).await
    }

    pub async fn forget(&self, account: &AccountKey, name: &AnswerName) -> Result<(), StepError> {
        self.store.remove(account, name).await
    }

    /// Delivers an answer that was never kept.
    pub async fn deliver(&self, to: &Addressee, answer: &Answer) -> Result<(), StepError> {
        self.delivery.put(&to.response_url, answer.body(to)).await?;
        let status = if matches!(answer, Answer::Success(_)) { "SUCCESS" } else { "FAILED" };
        tracing::info!(stack_id = to.stack_id, cloudformation_request_id = to.request_id, status, "answered the stack");
        Ok(())
    }

    /// Delivers an answer, and forgets it once that is done.
    pub async fn give(&self, account: &AccountKey, to: &Addressee, answer: &Answer) -> Result<(), StepError> {
        self.deliver(to, answer).await?;
        self.forget(account, &to.name()).await
    }

    /// The answer to a stack from the record of its request; none while the request has not ended.
    ///
    /// A released account becomes the stack's own before the stack hears of it.
    pub async fn answer(
        &self,
        organization: &Organization,
        pending: &PendingAnswer,
        record: &RequestRecord,
    ) -> Result<Option<Answer>, StepError> {
        let Some(answer) = outcome::answer(record) else {
            return Ok(None);
        };
        if pending.takes_over && matches!(answer, Answer::Success(_)) {
            match take_over(organization, &pending.to.stack_id, record).await {
                Err(error) if !error.code().is_retryable() => return Ok(Some(Answer::failed(&error))),
                other => other?,
            }
        }
        Ok(Some(answer))
    }

    /// Gives all answers that wait for this request, which has ended; answers the first error after all were tried.
    pub async fn give_all(&self, organization: &Organization, record: &RequestRecord) -> Result<(), StepError> {
        let account = &record.request_id.account_key;
        let mut result = Ok(());
        for name in self.store.list(account).await? {
            let given = self.give_one(organization, record, &name).await;
            result = result.and(given);
        }
        result
    }

    async fn give_one(
        &self,
        organization: &Organization,
        record: &RequestRecord,
        name: &AnswerName,
    ) -> Result<(), StepError> {
        let account = &record.request_id.account_key;
        let Some(pending) = self.store.get(account, name).await? else {
            return Ok(()); // Somebody else gave it meanwhile.
        };
        if pending.request_id.as_ref() != Some(&record.request_id) {
            return Ok(());
        }
        match self.answer(organization, &pending, record).await? {
            Some(answer) => self.give(account, &pending.to, &answer).await,
            None => Ok(()),
        }
    }
}

/// Makes an account that its stack has released another stack's; one that no stack has released stays as it is.
async fn take_over(organization: &Organization, stack_id: &str, record: &RequestRecord) -> Result<(), StepError> {
    let account = record.outcome.as_ref().and_then(|outcome| outcome.account.as_ref());
    let Some(id) = account.and_then(|account| account.id.parse().ok()) else {
        return Ok(());
    };
    let Ownership::Ours(account) = organization.verify(&id, &record.request.account_email).await? else {
        return Ok(());
    };
    if account.tags.get(STACK_TAG).map(String::as_str) != Some(RELEASED) {
        return Ok(());
    }
    tracing::info!(account_id = %id, stack_id, "the stack takes over the account");
    organization.tag(id.as_str(), &[(STACK_TAG.to_owned(), stack_id.to_owned())].into()).await
}

#[cfg(test)]
mod tests;
