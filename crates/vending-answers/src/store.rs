//! Where pending answers are kept: in the records bucket, below `answers/`, for two days at most.

use aws_sdk_s3::Client;
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use vending_core::{AccountKey, ErrorCode, StepError};
use vending_records::{Objects, is_taken};
use vending_runtime::from_sdk;

use crate::{AnswerName, PendingAnswer};

#[derive(Debug)]
pub(crate) struct Store(Objects);

const PREFIX: &str = "answers/";

impl Store {
    pub(crate) fn new(client: Client, bucket: String) -> Self {
        Self(Objects::new(client, bucket))
    }

    /// Keeps an answer that is not kept yet; false where it is.
    pub(crate) async fn create(&self, pending: &PendingAnswer) -> Result<bool, StepError> {
        match self.put_object(pending)?.if_none_match("*").send().await {
            Ok(_) => Ok(true),
            Err(error) if is_taken(&error) => Ok(false),
            Err(error) => Err(from_sdk("keep the pending answer", &error)),
        }
    }

    pub(crate) async fn put(&self, pending: &PendingAnswer) -> Result<(), StepError> {
        let put = self.put_object(pending)?.send().await;
        put.map_err(|error| from_sdk("write the pending answer", &error))?;
        Ok(())
    }

    pub(crate) async fn get(
        &self,
        account: &AccountKey,
        name: &AnswerName,
    ) -> Result<Option<PendingAnswer>, StepError> {
        let Some(object) = self.0.read(&key(account, name), "read the pending answer").await? else {
            return Ok(None);
        };
        // What does not fit may be the secret URL, so the parser's words are not handed on.
        let pending = serde_json::from_slice(&object.bytes).map_err(|_| {
            StepError::new(ErrorCode::Unexpected, format!("could not understand the pending answer {name}"))
        })?;
        Ok(Some(pending))
    }

    /// The names of all answers that are waited for about an account.
    pub(crate) async fn list(&self, account: &AccountKey) -> Result<Vec<AnswerName>, StepError> {
        let prefix = format!("{PREFIX}{account}/");
        let request = self.0.client().list_objects_v2().bucket(self.0.bucket()).prefix(&prefix);
        let mut pages = request.into_paginator().send();
        let mut names = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| from_sdk("list the pending answers", &error))?;
            let name = |key: &str| key.strip_prefix(&prefix)?.strip_suffix(".json")?.to_owned().try_into().ok();
            names.extend(page.contents().iter().filter_map(|object| name(object.key()?)));
        }
        Ok(names)
    }

    pub(crate) async fn remove(&self, account: &AccountKey, name: &AnswerName) -> Result<(), StepError> {
        let delete = self.0.client().delete_object().bucket(self.0.bucket()).key(key(account, name));
        delete.send().await.map_err(|error| from_sdk("remove the answer that was given", &error))?;
        Ok(())
    }

    fn put_object(&self, pending: &PendingAnswer) -> Result<PutObjectFluentBuilder, StepError> {
        let json = serde_json::to_vec(pending).map_err(|error| {
            StepError::new(ErrorCode::Unexpected, "could not write the pending answer as JSON").with_source(error)
        })?;
        Ok(self.0.put(&key(&pending.account_key, &pending.name()), json))
    }
}

fn key(account: &AccountKey, name: &AnswerName) -> String {
    format!("{PREFIX}{account}/{name}.json")
}
