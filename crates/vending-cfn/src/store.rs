//! The pending responses in the records bucket, below `responses/`. They expire after two days.

use aws_sdk_s3::Client;
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use vending_core::{AccountKey, ErrorCode, StepError};
use vending_records::{Objects, Version, already_exists};
use vending_runtime::{Context, sdk_error};

use crate::{PendingResponse, ResponseId};

#[derive(Debug)]
pub(crate) struct Store(Objects);

const PREFIX: &str = "responses/";

impl Store {
    pub(crate) fn new(client: Client, bucket: String) -> Self {
        Self(Objects::new(client, bucket))
    }

    /// Stores a pending response and returns its version, or `None` if it already exists.
    pub(crate) async fn create(&self, pending: &PendingResponse) -> Result<Option<Version>, StepError> {
        match self.put_object(pending)?.if_none_match("*").send().await {
            Ok(put) => Version::new(put.e_tag).map(Some),
            Err(error) if already_exists(&error) => Ok(None),
            Err(error) => Err(sdk_error("store the pending response", &error)),
        }
    }

    pub(crate) async fn put(&self, pending: &PendingResponse) -> Result<(), StepError> {
        self.put_object(pending)?.send().await.context("update the pending response")?;
        Ok(())
    }

    pub(crate) async fn get(
        &self,
        account: &AccountKey,
        id: &ResponseId,
    ) -> Result<Option<PendingResponse>, StepError> {
        let Some(object) = self.0.read_bytes(&key(account, id), "read the pending response").await? else {
            return Ok(None);
        };
        // The error of the parser is dropped, because it could contain the URL, which is a secret.
        let pending = serde_json::from_slice(&object.value)
            .map_err(|_| StepError::new(ErrorCode::Unexpected, format!("could not parse the pending response {id}")))?;
        Ok(Some(pending))
    }

    /// The IDs of all pending responses for an account.
    pub(crate) async fn list(&self, account: &AccountKey) -> Result<Vec<ResponseId>, StepError> {
        let prefix = format!("{PREFIX}{account}/");
        let request = self.0.client().list_objects_v2().bucket(self.0.bucket()).prefix(&prefix);
        let mut pages = request.into_paginator().send();
        let mut ids = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.context("list the pending responses")?;
            let id = |key: &str| key.strip_prefix(&prefix)?.strip_suffix(".json")?.to_owned().try_into().ok();
            ids.extend(page.contents().iter().filter_map(|object| id(object.key()?)));
        }
        Ok(ids)
    }

    pub(crate) async fn remove(&self, account: &AccountKey, id: &ResponseId) -> Result<(), StepError> {
        let delete = self.0.client().delete_object().bucket(self.0.bucket()).key(key(account, id));
        delete.send().await.context("remove the pending response after it was sent")?;
        Ok(())
    }

    pub(crate) async fn remove_if_unchanged(
        &self,
        pending: &PendingResponse,
        version: &Version,
    ) -> Result<(), StepError> {
        let key = key(&pending.account_key, &pending.name());
        self.0.remove_if_unchanged(&key, version, "remove the pending response").await
    }

    fn put_object(&self, pending: &PendingResponse) -> Result<PutObjectFluentBuilder, StepError> {
        self.0.put(&key(&pending.account_key, &pending.name()), pending)
    }
}

fn key(account: &AccountKey, id: &ResponseId) -> String {
    format!("{PREFIX}{account}/{id}.json")
}
