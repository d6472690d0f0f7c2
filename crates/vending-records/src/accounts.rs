//! `accounts/{account id}.json`: one document for each account that stands.

use aws_sdk_s3::Client;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::put_object::PutObjectError;
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use vending_core::{AccountId, AccountRecord, ErrorCode, Evidence, Outcome, RequestRecord, StepError};
use vending_runtime::from_sdk;

use crate::Claim;
use crate::objects::{Objects, is_taken};

#[derive(Clone, Debug)]
pub struct AccountRecords(Objects);

impl AccountRecords {
    pub fn new(client: Client, bucket: String) -> Self {
        Self(Objects::new(client, bucket))
    }

    pub async fn get(&self, account: &AccountId) -> Result<Option<AccountRecord>, StepError> {
        let found = self.find(account).await?;
        Ok(found.map(|(record, _)| record))
    }

    /// Replaces the account's record by that of a vend which succeeded, and answers what the record is now. Written only
    /// where there is none, or over what was read, and never over the record of a later attempt.
    pub async fn put(&self, record: &RequestRecord, outcome: &Outcome) -> Result<Option<Evidence>, StepError> {
        let Some(first) = AccountRecord::of(record, outcome, None) else {
            return Ok(None);
        };
        match self.create(&first).await? {
            Claim::Made => Ok(Some(first.evidence())),
            Claim::Taken => self.replace(&first.account_id, record, outcome).await,
        }
    }

    async fn replace(
        &self,
        account: &AccountId,
        record: &RequestRecord,
        outcome: &Outcome,
    ) -> Result<Option<Evidence>, StepError> {
        let Some((earlier, e_tag)) = self.find(account).await? else {
            return Err(StepError::new(ErrorCode::ServiceUnavailable, "the account's record is there and is not"));
        };
        let (theirs, ours) = (&earlier.request_id, &record.request_id);
        if theirs.account_key == ours.account_key && theirs.attempt > ours.attempt {
            return Ok(Some(earlier.evidence()));
        }
        let Some(new) = AccountRecord::of(record, outcome, Some(&earlier)) else {
            return Ok(None);
        };
        let put = self.document(&new)?.set_if_match(e_tag).send().await;
        put.map_err(|error| failed(&error))?;
        Ok(Some(new.evidence()))
    }

    async fn find(&self, account: &AccountId) -> Result<Option<(AccountRecord, Option<String>)>, StepError> {
        let key = AccountRecord::key(account);
        let Some(object) = self.0.read(&key, "read the account's record").await? else {
            return Ok(None);
        };
        let record = serde_json::from_slice(&object.bytes).map_err(|error| {
            StepError::new(ErrorCode::Unexpected, format!("could not understand the record {key}")).with_source(error)
        })?;
        Ok(Some((record, object.e_tag)))
    }

    async fn create(&self, record: &AccountRecord) -> Result<Claim, StepError> {
        match self.document(record)?.if_none_match("*").send().await {
            Ok(_) => Ok(Claim::Made),
            Err(error) if is_taken(&error) => Ok(Claim::Taken),
            Err(error) => Err(failed(&error)),
        }
    }

    fn document(&self, record: &AccountRecord) -> Result<PutObjectFluentBuilder, StepError> {
        let json = serde_json::to_vec_pretty(record).map_err(|error| {
            StepError::new(ErrorCode::Unexpected, "could not write the account's record as JSON").with_source(error)
        })?;
        Ok(self.0.put(&AccountRecord::key(&record.account_id), json))
    }
}

fn failed(error: &SdkError<PutObjectError>) -> StepError {
    let failed = from_sdk("write the account's record", error);
    // Somebody else wrote it since: look again.
    if is_taken(error) { failed.with_code(ErrorCode::ServiceUnavailable) } else { failed }
}
