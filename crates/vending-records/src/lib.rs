//! The records bucket: a versioned JSON document for each attempt to vend an account, and for each account.
//!
//! A claim is written with `If-None-Match: *`, so that concurrent requests become one request.

mod access;
mod accounts;
mod idempotency;
mod objects;
mod plans;
mod settings;
#[cfg(any(test, feature = "test-util"))]
pub mod testing;
mod validated;

use aws_sdk_s3::Client;
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use vending_core::{AccountKey, RequestId, RequestRecord, StepError};
use vending_runtime::{Context, sdk_error};

pub use access::AccessInput;
pub use accounts::{AccountRecords, not_owned_by_stack};
pub use idempotency::{IdempotencyEntries, IdempotencyEntry, StoredResponse};
pub use objects::{Document, Objects, Version, already_exists, is_precondition_failure};
pub use plans::{Plans, unusable_manifest};
pub use settings::StoredSettings;
pub use validated::{RecordedInput, ValidatedRequest};

/// The records of requests.
#[derive(Debug)]
pub struct Records(Objects);

/// The result of a claim.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Claim {
    Created,
    /// Another call claimed this attempt before.
    Exists,
}

/// A record in a listing.
#[derive(Clone, Debug)]
pub struct Listed {
    pub request_id: RequestId,
    pub last_modified: OffsetDateTime,
}

const PREFIX: &str = "requests/";

impl Records {
    pub fn new(client: Client, bucket: String) -> Self {
        Self(Objects::new(client, bucket))
    }

    /// Creates the record of an attempt, unless it exists.
    pub async fn claim(&self, record: &RequestRecord) -> Result<Claim, StepError> {
        let put = self.put_object(record)?.if_none_match("*").send().await;
        match put {
            Ok(_) => Ok(Claim::Created),
            Err(error) if already_exists(&error) => Ok(Claim::Exists),
            Err(error) => Err(sdk_error("claim the request", &error)),
        }
    }

    /// Writes the record of an attempt. Only its execution, or the function that reports for it, may call this.
    pub async fn put(&self, record: &RequestRecord) -> Result<(), StepError> {
        self.put_object(record)?.send().await.context("write the record of the request")?;
        Ok(())
    }

    pub async fn get(&self, id: &RequestId) -> Result<Option<RequestRecord>, StepError> {
        let document = self.0.read(&key(id), "read the record of the request").await?;
        Ok(document.map(|document| document.value))
    }

    /// Records that a stack was deleted before it received the account that it requested.
    pub async fn mark_abandoned(&self, account: &AccountKey, stack_id: &str) -> Result<(), StepError> {
        self.write_abandoned(account, Some(stack_id.to_owned())).await
    }

    async fn write_abandoned(&self, account: &AccountKey, stack_id: Option<String>) -> Result<(), StepError> {
        let put = self.0.put(&abandoned_key(account), &Abandoned { stack_id })?;
        put.send().await.context("record whether the stack was deleted")?;
        Ok(())
    }

    /// Records that the stack has requested the account again.
    pub async fn clear_abandoned(&self, account: &AccountKey) -> Result<(), StepError> {
        self.write_abandoned(account, None).await
    }

    /// The last stack that was deleted before it received the account.
    pub async fn abandoned_by(&self, account: &AccountKey) -> Result<Option<String>, StepError> {
        let document = self.0.read(&abandoned_key(account), "read whether the stack was deleted").await?;
        Ok(document.and_then(|document: Document<Abandoned>| document.value.stack_id))
    }

    /// The record of the last attempt for an account.
    pub async fn latest(&self, account: &AccountKey) -> Result<Option<RequestRecord>, StepError> {
        let attempts = self.list(&format!("{PREFIX}{account}/")).await?;
        match attempts.iter().max_by_key(|listed| listed.request_id.attempt) {
            Some(last) => self.get(&last.request_id).await,
            None => Ok(None),
        }
    }

    /// All attempts, 1,000 for each call.
    pub async fn all(&self) -> Result<Vec<Listed>, StepError> {
        self.list(PREFIX).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<Listed>, StepError> {
        let request = self.0.client().list_objects_v2().bucket(self.0.bucket()).prefix(prefix);
        let mut pages = request.into_paginator().send();
        let mut listed = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.context("list the records of requests")?;
            listed.extend(page.contents().iter().filter_map(read_listed));
        }
        Ok(listed)
    }

    fn put_object(&self, record: &RequestRecord) -> Result<PutObjectFluentBuilder, StepError> {
        self.0.put(&key(&record.request_id), record)
    }
}

/// `requests/{accountKey}/abandoned.json`: a stack that was deleted after its creation failed.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Abandoned {
    /// `None` if the stack has requested the account again.
    stack_id: Option<String>,
}

fn abandoned_key(account: &AccountKey) -> String {
    format!("{PREFIX}{account}/abandoned.json")
}

fn key(id: &RequestId) -> String {
    format!("{PREFIX}{}/{}.json", id.account_key, id.attempt)
}

fn read_listed(object: &aws_sdk_s3::types::Object) -> Option<Listed> {
    let name = object.key()?.strip_prefix(PREFIX)?.strip_suffix(".json")?;
    let (account, attempt) = name.split_once('/')?;
    let seconds = object.last_modified()?.secs();
    Some(Listed {
        request_id: format!("{account}-{attempt}").parse().ok()?,
        last_modified: OffsetDateTime::from_unix_timestamp(seconds).ok()?,
    })
}

#[cfg(test)]
mod tests;
