//! The number of accounts in the organization and the owner of an email, for callers of the API.
//!
//! AWS limits calls of ListAccounts for the whole management account, so a listing is cached for a minute:
//! <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>

use std::sync::Arc;

use time::{Duration, OffsetDateTime};
use vending_core::{AccountId, EmailAddress, StepError};
use vending_runtime::Context;

use crate::Organization;

/// The maximum number of ListAccounts calls, so that a count fits into one API call.
const MAXIMUM_PAGES: usize = 25;
/// The maximum page size of AWS.
const PAGE_SIZE: i32 = 20;
pub(crate) const TTL: Duration = Duration::MINUTE;

/// The first 500 accounts of the organization.
#[derive(Debug)]
pub struct Listing {
    accounts: Vec<ListedEmail>,
    is_complete: bool,
}

#[derive(Debug)]
struct ListedEmail {
    id: Option<AccountId>,
    email: Option<String>,
}

impl Organization {
    /// The first 500 accounts, in a listing that is at most a minute old.
    pub async fn listing(&self) -> Result<Arc<Listing>, StepError> {
        let now = OffsetDateTime::now_utc();
        if let Some(listing) = self.listing.get(&(), now) {
            return Ok(listing);
        }
        let listing = Arc::new(self.first_accounts().await?);
        self.listing.insert((), Arc::clone(&listing), now);
        Ok(listing)
    }

    async fn first_accounts(&self) -> Result<Listing, StepError> {
        let mut pages = self.client.list_accounts().max_results(PAGE_SIZE).into_paginator().send();
        let mut accounts = Vec::new();
        for _ in 0..MAXIMUM_PAGES {
            let Some(page) = pages.next().await else { return Ok(Listing { accounts, is_complete: true }) };
            let page = page.context("list the accounts")?;
            accounts.extend(
                page.accounts
                    .unwrap_or_default()
                    .into_iter()
                    .map(|account| ListedEmail { id: account.id.and_then(|id| id.parse().ok()), email: account.email }),
            );
        }
        let is_complete = pages.next().await.is_none();
        Ok(Listing { accounts, is_complete })
    }
}

impl Listing {
    /// The number of accounts, or `None` if there are more than 500.
    pub fn count(&self) -> Option<usize> {
        self.is_complete.then_some(self.accounts.len())
    }

    /// The account with this email, if it is listed.
    pub fn owner_of(&self, email: &EmailAddress) -> Option<&AccountId> {
        let has_email = |account: &&ListedEmail| {
            account.email.as_ref().is_some_and(|listed| listed.eq_ignore_ascii_case(email.as_str()))
        };
        self.accounts.iter().find(has_email).and_then(|account| account.id.as_ref())
    }
}
