//! The records bucket: one versioned JSON document for each attempt to vend an account.
//!
//! A claim (`If-None-Match: *`) is what makes an attempt exist once, whoever asks how often.

mod accounts;
mod idempotency;
mod objects;

use aws_sdk_s3::Client;
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use time::OffsetDateTime;
use vending_core::{AccountKey, ErrorCode, RequestId, RequestRecord, StepError};
use vending_runtime::from_sdk;

pub use accounts::AccountRecords;
pub use idempotency::{IdempotencyEntries, IdempotencyEntry, KeptAnswer, Version};
pub use objects::{Object, Objects, is_taken};

#[derive(Debug)]
pub struct Records(Objects);

/// Whether an attempt is ours to start.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Claim {
    Made,
    /// Somebody else claimed this attempt before.
    Taken,
}

/// A record as a listing shows it.
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

    /// Creates the record of an attempt, unless there is one.
    pub async fn claim(&self, record: &RequestRecord) -> Result<Claim, StepError> {
        let put = self.put_object(record)?.if_none_match("*").send().await;
        match put {
            Ok(_) => Ok(Claim::Made),
            Err(error) if is_taken(&error) => Ok(Claim::Taken),
            Err(error) => Err(from_sdk("claim the request", &error)),
        }
    }

    /// Writes the record of an attempt that only the caller has to do with: its execution, or what reports for it.
    pub async fn put(&self, record: &RequestRecord) -> Result<(), StepError> {
        let put = self.put_object(record)?.send().await;
        put.map_err(|error| from_sdk("write the request's record", &error))?;
        Ok(())
    }

    pub async fn get(&self, id: &RequestId) -> Result<Option<RequestRecord>, StepError> {
        let Some(object) = self.0.read(&key(id), "read the request's record").await? else {
            return Ok(None);
        };
        let record = serde_json::from_slice(&object.bytes).map_err(|error| {
            StepError::new(ErrorCode::Unexpected, format!("could not understand the record {}", key(id)))
                .with_source(error)
        })?;
        Ok(Some(record))
    }

    /// The record of the last attempt for an account.
    pub async fn latest(&self, account: &AccountKey) -> Result<Option<RequestRecord>, StepError> {
        let attempts = self.list(&format!("{PREFIX}{account}/")).await?;
        match attempts.iter().max_by_key(|listed| listed.request_id.attempt) {
            Some(last) => self.get(&last.request_id).await,
            None => Ok(None),
        }
    }

    /// All attempts there are records of, a thousand a call.
    pub async fn all(&self) -> Result<Vec<Listed>, StepError> {
        self.list(PREFIX).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<Listed>, StepError> {
        let request = self.0.client().list_objects_v2().bucket(self.0.bucket()).prefix(prefix);
        let mut pages = request.into_paginator().send();
        let mut listed = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| from_sdk("list the requests' records", &error))?;
            listed.extend(page.contents().iter().filter_map(read_listed));
        }
        Ok(listed)
    }

    fn put_object(&self, record: &RequestRecord) -> Result<PutObjectFluentBuilder, StepError> {
        let json = serde_json::to_vec_pretty(record).map_err(|error| {
            StepError::new(ErrorCode::Unexpected, "could not write the record as JSON").with_source(error)
        })?;
        Ok(self.0.put(&key(&record.request_id), json))
    }
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
