//! Stores and sends responses to CloudFormation stacks.
//!
//! To request an account, a caller stores the pending response, submits the request, writes the ID of the request to
//! the pending response, and then reads the record of the request. To end a request, a caller writes the outcome to the
//! record, and then lists the pending responses. So at least one of the two finds the other. If both respond, the
//! responses are the same.

mod delivery;
mod outcome;
mod pending;
mod response;
mod store;
#[cfg(any(test, feature = "test-util"))]
pub mod testing;
mod url;

use aws_config::SdkConfig;
use vending_core::{AccountKey, RequestRecord, StepError};
use vending_records::{AccountRecords, Version};
use vending_runtime::{Environment, StartError};

pub use outcome::attributes;
pub use pending::{NOT_CREATED, PendingResponse, ResponseId, ResponseTarget};
pub use response::{FailureReason, Response};
pub use url::ResponseUrl;

use delivery::Delivery;
use store::Store;

/// Responds to CloudFormation stacks.
#[derive(Debug)]
pub struct StackResponder {
    store: Store,
    accounts: AccountRecords,
    delivery: Delivery,
}

impl StackResponder {
    /// Reads `RECORDS_BUCKET` and `LOCAL_RESPONSE_URL_PREFIX`; the latter is empty on AWS.
    pub fn new(config: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        let bucket = environment.required("RECORDS_BUCKET")?;
        let local_prefix = environment.optional("LOCAL_RESPONSE_URL_PREFIX");
        let client = aws_sdk_s3::Client::new(config);
        let accounts = AccountRecords::new(client.clone(), bucket.clone());
        Ok(Self::from_parts(client, bucket, accounts, local_prefix))
    }

    pub fn from_parts(
        client: aws_sdk_s3::Client,
        bucket: String,
        accounts: AccountRecords,
        local_prefix: Option<String>,
    ) -> Self {
        Self { store: Store::new(client, bucket), accounts, delivery: Delivery::new(local_prefix) }
    }

    /// Rejects a URL that is not an S3 URL.
    pub fn check_url(&self, url: &ResponseUrl) -> Result<(), StepError> {
        self.delivery.check(url)
    }

    /// Stores a pending response and returns its version, or `None` if it already exists.
    pub async fn create(&self, pending: &PendingResponse) -> Result<Option<Version>, StepError> {
        self.store.create(pending).await
    }

    /// Overwrites a pending response.
    pub async fn update(&self, pending: &PendingResponse) -> Result<(), StepError> {
        self.store.put(pending).await
    }

    pub async fn get(&self, account: &AccountKey, id: &ResponseId) -> Result<Option<PendingResponse>, StepError> {
        self.store.get(account, id).await
    }

    /// Removes a pending response if it still has this version. A change by another delivery of the event is kept.
    pub async fn remove_if_unchanged(&self, pending: &PendingResponse, version: &Version) -> Result<(), StepError> {
        self.store.remove_if_unchanged(pending, version).await
    }

    /// Sends a response that has no pending response.
    pub async fn send(&self, to: &ResponseTarget, response: &Response) -> Result<(), StepError> {
        self.delivery.put(&to.response_url, response.body(to)).await?;
        let status = response.status();
        tracing::info!(
            stack_id = to.stack_id,
            cloudformation_request_id = to.request_id,
            status,
            "responded to the stack"
        );
        Ok(())
    }

    /// Sends a response, and then removes its pending response.
    pub async fn respond(
        &self,
        account: &AccountKey,
        to: &ResponseTarget,
        response: &Response,
    ) -> Result<(), StepError> {
        self.send(to, response).await?;
        self.store.remove(account, &to.name()).await
    }

    /// The response to a stack from the record of its request, or `None` if the request has not ended.
    ///
    /// A resource that is created is added to the account record before its stack receives the response.
    pub async fn response_for(
        &self,
        pending: &PendingResponse,
        record: &RequestRecord,
    ) -> Result<Option<Response>, StepError> {
        let Some(response) = outcome::response(record) else {
            return Ok(None);
        };
        let account = record.outcome.as_ref().and_then(|outcome| outcome.account.as_ref()?.id.parse().ok());
        let (true, Response::Success(_), Some(account)) = (pending.to.creates, &response, account) else {
            return Ok(Some(response));
        };
        let ResponseTarget { stack_id, logical_resource_id, .. } = &pending.to;
        match self.accounts.add_stack_resource(&account, stack_id, logical_resource_id).await {
            Ok(()) => Ok(Some(response)),
            Err(error) if error.code().is_retryable() => Err(error),
            Err(error) => Ok(Some(Response::from_error(&error))),
        }
    }

    /// Responds to all stacks that wait for this request, which has ended. Returns the first error, after it tried all.
    pub async fn respond_to_all(&self, record: &RequestRecord) -> Result<(), StepError> {
        let account = &record.request_id.account_key;
        let mut result = Ok(());
        for id in self.store.list(account).await? {
            let sent = self.respond_to_one(record, &id).await;
            result = result.and(sent);
        }
        result
    }

    async fn respond_to_one(&self, record: &RequestRecord, id: &ResponseId) -> Result<(), StepError> {
        let account = &record.request_id.account_key;
        let Some(pending) = self.store.get(account, id).await? else {
            return Ok(()); // Another caller has responded since.
        };
        if pending.request_id.as_ref() != Some(&record.request_id) {
            return Ok(());
        }
        match self.response_for(&pending, record).await? {
            Some(response) => self.respond(account, &pending.to, &response).await,
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
