//! Accounts: found by email, and used only when they prove to be this request's.

use std::collections::BTreeMap;

use aws_sdk_organizations::types::CreateAccountStatus;
use time::OffsetDateTime;
use vending_core::{AccountId, AccountKey, EmailAddress, ErrorCode, KEY_TAG, StepError};
use vending_runtime::{error_code, from_sdk};

use crate::{Organization, of_tags};

/// An account of the organization.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Account {
    pub id: AccountId,
    pub name: String,
    /// As AWS has it, in whatever case.
    pub email: String,
    pub tags: BTreeMap<String, String>,
    pub joined_at: Option<OffsetDateTime>,
}

impl Account {
    pub fn has_email(&self, email: &EmailAddress) -> bool {
        self.email.eq_ignore_ascii_case(email.as_str())
    }
}

/// What a look at an account shows.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Ownership {
    /// It has this email and carries our tag for it.
    Ours(Account),
    /// It has another email or another tag. A name proves nothing and is not looked at.
    NotOurs,
    /// There is no such account.
    Absent,
}

impl Ownership {
    pub fn ours(self) -> Option<Account> {
        match self {
            Self::Ours(account) => Some(account),
            Self::NotOurs | Self::Absent => None,
        }
    }
}

impl Organization {
    /// Where a creation stands.
    pub async fn creation(&self, creation_id: &str) -> Result<CreateAccountStatus, StepError> {
        let describe = self.client.describe_create_account_status();
        let answer = describe.create_account_request_id(creation_id).send().await;
        let answer = answer.map_err(|error| {
            let failed = from_sdk("look at the creation of the account", &error);
            match error_code(&error) {
                // Just asked for, and not visible everywhere yet.
                Some("CreateAccountStatusNotFoundException") => failed.with_code(ErrorCode::NotReady),
                _ => failed,
            }
        })?;
        answer
            .create_account_status
            .ok_or_else(|| StepError::new(ErrorCode::ServiceUnavailable, "AWS answered without a creation status"))
    }

    /// Looks for the account of a request, first where an earlier attempt recorded it.
    ///
    /// Without a hint this lists the whole organization, 20 accounts a page: only for when something is in doubt.
    pub async fn find(&self, hint: Option<&AccountId>, email: &EmailAddress) -> Result<Ownership, StepError> {
        if let Some(id) = hint {
            let seen = self.verify(id, email).await?;
            if seen != Ownership::Absent {
                return Ok(seen);
            }
        }
        match self.id_by_email(email).await? {
            Some(id) => self.verify(&id, email).await,
            None => Ok(Ownership::Absent),
        }
    }

    /// Whether an account is the one that this email's request made.
    pub async fn verify(&self, id: &AccountId, email: &EmailAddress) -> Result<Ownership, StepError> {
        let Some(account) = self.describe(id).await? else {
            return Ok(Ownership::Absent);
        };
        let same_key = account.tags.get(KEY_TAG).map(String::as_str) == Some(AccountKey::of(email).as_str());
        if same_key && account.has_email(email) { Ok(Ownership::Ours(account)) } else { Ok(Ownership::NotOurs) }
    }

    /// An account with its tags, whoever made it.
    pub async fn describe(&self, id: &AccountId) -> Result<Option<Account>, StepError> {
        let answer = self.client.describe_account().account_id(id.as_str()).send().await;
        let account = match answer {
            Ok(answer) => answer.account,
            Err(error) if error_code(&error) == Some("AccountNotFoundException") => None,
            Err(error) => return Err(from_sdk("describe the account", &error)),
        };
        let Some(account) = account else {
            return Ok(None);
        };
        Ok(Some(Account {
            id: id.clone(),
            name: account.name().unwrap_or_default().to_owned(),
            email: account.email().unwrap_or_default().to_owned(),
            tags: self.tags(id).await?,
            joined_at: account.joined_timestamp().and_then(utc),
        }))
    }

    async fn tags(&self, id: &AccountId) -> Result<BTreeMap<String, String>, StepError> {
        let mut pages = self.client.list_tags_for_resource().resource_id(id.as_str()).into_paginator().send();
        let mut tags = BTreeMap::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| of_tags("list the tags of the account", &error))?;
            let page = page.tags.unwrap_or_default();
            tags.extend(page.into_iter().map(|tag| (tag.key, tag.value)));
        }
        Ok(tags)
    }

    async fn id_by_email(&self, email: &EmailAddress) -> Result<Option<AccountId>, StepError> {
        let mut pages = self.client.list_accounts().into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| from_sdk("list the accounts", &error))?;
            let found = page
                .accounts()
                .iter()
                .find(|account| account.email().is_some_and(|own| own.eq_ignore_ascii_case(email.as_str())));
            if let Some(id) = found.and_then(|account| account.id()) {
                let id = id.parse().map_err(|error| {
                    StepError::new(ErrorCode::Unexpected, "AWS listed an account without a usable id")
                        .with_source(error)
                })?;
                return Ok(Some(id));
            }
        }
        Ok(None)
    }
}

fn utc(timestamp: &aws_sdk_organizations::primitives::DateTime) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(timestamp.secs()).ok()
}
