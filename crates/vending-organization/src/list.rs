//! All accounts of the organization, for what has to look at each.

use aws_sdk_organizations::types::{AccountState, AccountStatus};
use vending_core::{AccountId, EmailAddress, StepError};
use vending_runtime::from_sdk;

use crate::Organization;
use crate::units::Place;

/// An account as a listing shows it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ListedAccount {
    pub id: AccountId,
    /// As AWS has it, in whatever case.
    pub email: String,
    pub is_active: bool,
    /// Its place as ids, like `o-aa/r-a1b2/ou-a1b2-cd34ef56/111122223333/`, where AWS tells it.
    paths: Vec<String>,
}

impl Organization {
    /// Every account, 20 a call.
    pub async fn accounts(&self) -> Result<Vec<ListedAccount>, StepError> {
        let mut pages = self.client.list_accounts().into_paginator().send();
        let mut listed = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| from_sdk("list the accounts", &error))?;
            listed.extend(page.accounts.unwrap_or_default().into_iter().filter_map(read));
        }
        Ok(listed)
    }

    /// Whether an account is in one of these OUs, or below. Asks AWS only where the listing did not tell.
    pub async fn is_within(&self, account: &ListedAccount, unit_ids: &[String]) -> Result<bool, StepError> {
        if !account.paths.is_empty() {
            let mut parts = account.paths.iter().flat_map(|path| path.split('/'));
            return Ok(parts.any(|part| unit_ids.iter().any(|id| id == part)));
        }
        let mut parent = self.parent_of(account.id.as_str()).await?;
        while let Place::Unit(id) = parent {
            if unit_ids.contains(&id) {
                return Ok(true);
            }
            parent = self.parent_of(&id).await?;
        }
        Ok(false)
    }
}

/// The most that AWS lists in a call.
const PAGE: i32 = 20;

/// How full an organization is, and who has an email there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Census {
    /// The number of accounts, where there are not more than were counted.
    pub accounts: Option<usize>,
    /// The account of the email, among those that were counted.
    pub holder: Option<AccountId>,
}

impl Organization {
    /// Counts the accounts, 20 a call and no more than `pages` calls, and looks for an email among them.
    pub async fn census(&self, email: &EmailAddress, pages: usize) -> Result<Census, StepError> {
        let mut stream = self.client.list_accounts().max_results(PAGE).into_paginator().send();
        let mut census = Census { accounts: Some(0), holder: None };
        for _ in 0..pages {
            let Some(page) = stream.next().await else { return Ok(census) };
            let page = page.map_err(|error| from_sdk("list the accounts", &error))?;
            let holder = page
                .accounts()
                .iter()
                .find(|own| own.email().is_some_and(|own| own.eq_ignore_ascii_case(email.as_str())));
            census.holder = census.holder.or_else(|| holder?.id()?.parse().ok());
            census.accounts = census.accounts.map(|counted| counted + page.accounts().len());
        }
        if stream.next().await.is_some() {
            census.accounts = None;
        }
        Ok(census)
    }
}

fn read(account: aws_sdk_organizations::types::Account) -> Option<ListedAccount> {
    Some(ListedAccount {
        id: account.id()?.parse().ok()?,
        email: account.email()?.to_owned(),
        is_active: is_active(&account),
        paths: account.paths.unwrap_or_default(),
    })
}

/// AWS retired `Status` in September 2026 for `State`; what still answers only the old one is understood, too.
fn is_active(account: &aws_sdk_organizations::types::Account) -> bool {
    match account.state() {
        Some(state) => *state == AccountState::Active,
        None => account.status() == Some(&AccountStatus::Active),
    }
}
