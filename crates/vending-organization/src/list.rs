//! All accounts of the organization.

use aws_sdk_organizations::types::{self, AccountStatus};
use vending_core::{AccountId, AccountState, OuId, StepError};
use vending_runtime::Context;

use crate::Organization;

/// An account in a listing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ListedAccount {
    pub id: AccountId,
    pub name: String,
    /// The email as AWS returns it, in any case.
    pub email: String,
    /// `None` for a state that this version does not know.
    pub state: Option<AccountState>,
    /// The OU of the account as IDs, like `o-aa/r-a1b2/ou-a1b2-cd34ef56/111122223333/`, if AWS returns it.
    paths: Vec<String>,
}

impl Organization {
    /// All accounts, 20 for each call.
    pub async fn accounts(&self) -> Result<Vec<ListedAccount>, StepError> {
        let mut pages = self.client.list_accounts().into_paginator().send();
        let mut listed = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.context("list the accounts")?;
            listed.extend(page.accounts.unwrap_or_default().into_iter().filter_map(read));
        }
        Ok(listed)
    }

    /// The IDs of the root and the OUs that a listed account is in, from the root down. Calls AWS only if the listing has
    /// no path.
    pub async fn listed_unit_ids(&self, account: &ListedAccount) -> Result<Vec<OuId>, StepError> {
        match account.paths.first() {
            // The path begins with the ID of the organization, and ends with that of the account.
            Some(path) => Ok(path.split('/').filter_map(|part| part.parse().ok()).collect()),
            None => self.unit_ids(&account.id).await,
        }
    }
}

fn read(account: types::Account) -> Option<ListedAccount> {
    Some(ListedAccount {
        id: account.id()?.parse().ok()?,
        name: account.name().unwrap_or_default().to_owned(),
        email: account.email()?.to_owned(),
        state: account_state(&account),
        paths: account.paths.unwrap_or_default(),
    })
}

/// The state of an account that is not active, in lower case.
pub(crate) fn inactive(account: &types::Account) -> Option<String> {
    state(account).filter(|state| *state != types::AccountState::Active.as_str()).map(in_words)
}

/// A state in lower case, with spaces.
pub(crate) fn in_words(state: &str) -> String {
    state.to_lowercase().replace('_', " ")
}

/// The state of an account.
///
/// `State` replaced `Status` in September 2026. Both are supported, because some emulators return only `Status`.
fn state(account: &types::Account) -> Option<&str> {
    account.state().map(types::AccountState::as_str).or_else(|| account.status().map(AccountStatus::as_str))
}

/// The state of an account, or `None` if this version does not know it.
pub(crate) fn account_state(account: &types::Account) -> Option<AccountState> {
    state(account)?.parse().ok()
}
