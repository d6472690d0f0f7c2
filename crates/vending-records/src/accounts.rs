//! Account records: `accounts/{accountId}.json`, one for each account.

use aws_sdk_s3::Client;
use time::OffsetDateTime;
use vending_core::{
    AccountId, AccountRecord, AccountState, Baseline, ErrorCode, Evidence, OuId, Outcome, RequestRecord, StepError,
};
use vending_runtime::{Context, sdk_error};

use crate::objects::{Objects, already_exists};

/// How often a change is attempted if other callers write the same record.
const MAXIMUM_ATTEMPTS: usize = 5;
const PREFIX: &str = "accounts/";

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

    /// The IDs of the accounts with a record after this one, in order, and whether there are more.
    pub async fn ids_after(
        &self,
        after: Option<&AccountId>,
        limit: usize,
    ) -> Result<(Vec<AccountId>, bool), StepError> {
        let list = self.0.client().list_objects_v2().bucket(self.0.bucket()).prefix(PREFIX);
        let mut pages = list.set_start_after(after.map(AccountRecord::key)).into_paginator().send();
        let mut ids = Vec::new();
        while ids.len() <= limit
            && let Some(page) = pages.try_next().await.context("list the account records")?
        {
            ids.extend(page.contents().iter().filter_map(id));
        }
        let has_more = ids.len() > limit;
        ids.truncate(limit);
        Ok((ids, has_more))
    }

    /// The IDs of all accounts with a record, 1,000 for each call.
    pub async fn ids(&self) -> Result<Vec<AccountId>, StepError> {
        let mut ids = Vec::new();
        let mut pages =
            self.0.client().list_objects_v2().bucket(self.0.bucket()).prefix(PREFIX).into_paginator().send();
        while let Some(page) = pages.try_next().await.context("list the account records")? {
            ids.extend(page.contents().iter().filter_map(id));
        }
        Ok(ids)
    }

    /// Records that an account belongs to a request. Fails if the account belongs to a request with another account
    /// key.
    pub async fn record_request(
        &self,
        record: &RequestRecord,
        account: &AccountId,
        organizational_unit_id: &OuId,
    ) -> Result<AccountRecord, StepError> {
        let unit = || organizational_unit_id.to_string();
        self.change(account, |current| match current {
            None => Ok(AccountRecord::new(record, account.clone(), unit())),
            Some(current) if current.request_id.account_key != record.request_id.account_key => {
                Err(recorded_for_another_request(&current))
            }
            Some(current) if current.request_id.attempt > record.request_id.attempt => Ok(current),
            Some(current) => Ok(current.with_next_request(record, unit())),
        })
        .await
    }

    /// Stores the evidence of a vend that succeeded, unless a later attempt has evidence. Returns the location of the
    /// evidence.
    pub async fn put_baseline(&self, record: &RequestRecord, outcome: &Outcome) -> Result<Option<Evidence>, StepError> {
        let account = outcome.account.as_ref().and_then(|account| account.id.parse::<AccountId>().ok());
        let Some(account) = account else { return Ok(None) };
        let changed = self.change(&account, |current| {
            let current = current.unwrap_or_else(|| AccountRecord::new(record, account.clone(), String::new()));
            if current.request_id.account_key != record.request_id.account_key {
                return Err(recorded_for_another_request(&current));
            }
            let earlier = current.baseline.as_ref();
            if earlier.is_some_and(|earlier| earlier.request_id.attempt > record.request_id.attempt) {
                return Ok(current);
            }
            let baseline = Baseline::from_outcome(record, outcome, earlier);
            Ok(AccountRecord { baseline: baseline.or_else(|| current.baseline.clone()), ..current })
        });
        Ok(changed.await?.evidence())
    }

    /// Records the state of the account in AWS. Returns whether it has changed.
    pub async fn record_state(&self, account: &AccountId, state: AccountState) -> Result<bool, StepError> {
        let now = OffsetDateTime::now_utc();
        let changed = self.change(account, |current| match current {
            Some(current) => Ok(current.with_state(state, now)),
            None => Err(StepError::new(ErrorCode::Unexpected, format!("account {account} has no record"))),
        });
        Ok(changed.await?.state_since == now)
    }

    /// Records that a resource of the stack represents the account. Fails if the account belongs to another requester.
    pub async fn add_stack_resource(
        &self,
        account: &AccountId,
        stack_id: &str,
        logical_id: &str,
    ) -> Result<(), StepError> {
        let changed = self.change(account, |current| match current {
            Some(mut current) if current.requested_by == stack_id => {
                current.stack_resources.insert(logical_id.to_owned());
                Ok(AccountRecord { had_stack_resource: true, released_at: None, ..current })
            }
            Some(current) => Err(not_owned_by_stack(&current)),
            None => Err(StepError::new(ErrorCode::Unexpected, format!("account {account} has no record"))),
        });
        changed.await.map(drop)
    }

    /// Records that a resource no longer represents the account, and returns whether it was removed. The last resource
    /// is removed only if `is_last` is set, because the account must be released first.
    pub async fn remove_stack_resource(
        &self,
        account: &AccountId,
        logical_id: &str,
        is_last: bool,
    ) -> Result<bool, StepError> {
        let changed = self.change(account, |current| match current {
            Some(current) if current.stack_resources.len() == 1 && !is_last => Ok(current),
            Some(mut current) => {
                current.stack_resources.remove(logical_id);
                if current.stack_resources.is_empty() {
                    current.released_at = current.released_at.or_else(|| Some(OffsetDateTime::now_utc()));
                }
                Ok(current)
            }
            None => Err(StepError::new(ErrorCode::Unexpected, format!("account {account} has no record"))),
        });
        Ok(!changed.await?.stack_resources.contains(logical_id))
    }

    /// Applies a change to a record and writes it if it differs. After a concurrent write, it reads the record and
    /// applies the change again.
    async fn change(
        &self,
        account: &AccountId,
        change: impl Fn(Option<AccountRecord>) -> Result<AccountRecord, StepError>,
    ) -> Result<AccountRecord, StepError> {
        for _ in 0..MAXIMUM_ATTEMPTS {
            let found = self.find(account).await?;
            let (current, e_tag) = found.map_or((None, None), |(record, e_tag)| (Some(record), e_tag));
            let changed = change(current.clone())?;
            if current.as_ref() == Some(&changed) {
                return Ok(changed);
            }
            let put = self.0.put(&AccountRecord::key(account), &changed)?;
            let put = if current.is_some() { put.set_if_match(e_tag) } else { put.if_none_match("*") };
            match put.send().await {
                Ok(_) => return Ok(changed),
                Err(error) if already_exists(&error) => {}
                Err(error) => return Err(sdk_error("write the account record", &error)),
            }
        }
        Err(StepError::new(ErrorCode::ServiceUnavailable, "other callers keep changing the account record"))
    }

    async fn find(&self, account: &AccountId) -> Result<Option<(AccountRecord, Option<String>)>, StepError> {
        let document = self.0.read(&AccountRecord::key(account), "read the account record").await?;
        Ok(document.map(|document| (document.value, document.e_tag)))
    }
}

fn id(object: &aws_sdk_s3::types::Object) -> Option<AccountId> {
    object.key()?.strip_prefix(PREFIX)?.strip_suffix(".json")?.parse().ok()
}

fn recorded_for_another_request(record: &AccountRecord) -> StepError {
    let message = format!("account {} is recorded for request {}", record.account_id, record.request_id);
    StepError::new(ErrorCode::EmailAlreadyExists, message)
}

/// The error if a stack changes an account that does not belong to it.
pub fn not_owned_by_stack(record: &AccountRecord) -> StepError {
    let AccountRecord { account_id, requested_by, .. } = record;
    let owner = match vending_core::stack_id(requested_by) {
        None => format!("it belongs to {}, which is not a stack", vending_core::principal(requested_by)),
        Some(stack) if record.released_at.is_some() => format!("{stack} released it"),
        Some(stack) => format!("it belongs to {stack}"),
    };
    StepError::new(ErrorCode::InvalidRequest, format!("account {account_id} does not belong to this resource: {owner}"))
        .with_remedy(format!(
            "change the account through the requester that it belongs to; operators can change it with PUT /accounts/{account_id}"
        ))
}
