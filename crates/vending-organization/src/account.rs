//! Accounts by email or ID, and the verification that they belong to a request.

use std::collections::BTreeMap;

use aws_sdk_organizations::types::{self, AccountJoinedMethod, CreateAccountStatus};
use time::{Duration, OffsetDateTime};
use vending_core::{AccountId, AccountState, DEPLOYMENT_TAG, EmailAddress, ErrorCode, KEY_TAG, Provenance, StepError};
use vending_runtime::{Context, error_code, sdk_error};

use crate::list::{account_state, in_words, inactive};
use crate::{Organization, map_tag_error};

/// An account of the organization.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Account {
    pub id: AccountId,
    pub name: String,
    /// The email as AWS returns it, in any case.
    pub email: String,
    pub tags: BTreeMap<String, String>,
    pub joined_at: Option<OffsetDateTime>,
    /// Whether the account was created in this organization, and not invited.
    pub was_created: bool,
    /// The state of an account that cannot be used, like `suspended` or `closed`. `None` for an active account.
    pub inactive: Option<String>,
}

/// How long AWS may need until a new account is visible everywhere.
const PROPAGATION_WINDOW: Duration = Duration::minutes(15);

/// Whether something was created so recently that AWS may not show all of it yet.
pub fn is_propagating(created_at: OffsetDateTime) -> bool {
    OffsetDateTime::now_utc() - created_at < PROPAGATION_WINDOW
}

fn tags_not_visible(id: &AccountId) -> StepError {
    StepError::new(ErrorCode::NotReady, format!("the tags of account {id} are not visible in AWS yet"))
}

impl Account {
    /// Whether the tags of the account may not be visible yet. Waiting does not help for an invited account.
    fn is_newly_created(&self) -> bool {
        self.was_created && self.joined_at.is_some_and(is_propagating)
    }

    pub fn has_email(&self, email: &EmailAddress) -> bool {
        self.email.eq_ignore_ascii_case(email.as_str())
    }
}

/// The result of a search for the account of a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Ownership {
    /// The account belongs to this request.
    Managed(Account),
    /// The account does not belong to this request, for this reason.
    Foreign(String),
    /// There is no such account.
    NotFound,
}

impl Ownership {
    /// The account, if it belongs to the request.
    pub fn into_managed(self) -> Option<Account> {
        match self {
            Self::Managed(account) => Some(account),
            Self::Foreign(_) | Self::NotFound => None,
        }
    }
}

/// How much older than its request an account may appear, because two clocks of AWS are compared.
const CLOCK_SKEW: Duration = Duration::minutes(5);

impl Organization {
    /// The status of an account creation.
    pub async fn creation_status(&self, creation_id: &str) -> Result<CreateAccountStatus, StepError> {
        let describe = self.client.describe_create_account_status();
        let response = describe.create_account_request_id(creation_id).send().await;
        let response = response.map_err(|error| {
            let failed = sdk_error("describe the creation of the account", &error);
            match error_code(&error) {
                // A new creation may not be visible everywhere yet.
                Some("CreateAccountStatusNotFoundException") => failed.with_code(ErrorCode::NotReady),
                _ => failed,
            }
        })?;
        response
            .create_account_status
            .ok_or_else(|| StepError::new(ErrorCode::ServiceUnavailable, "AWS returned no creation status"))
    }

    /// Finds the account that this request can have created: it has the email and the tags of the request, and is not
    /// older than the request. Any other account with the email is `Foreign`.
    ///
    /// `may_be_new` means that an earlier call may just have created the account: its tags may not be visible yet.
    ///
    /// This lists all accounts of the organization, 20 a page. Use it only if the outcome of a creation is unknown.
    pub async fn find_created_account(
        &self,
        email: &EmailAddress,
        provenance: &Provenance,
        since: OffsetDateTime,
        may_be_new: bool,
    ) -> Result<Ownership, StepError> {
        let Some(id) = self.id_by_email(email).await? else {
            return Ok(Ownership::NotFound);
        };
        let Some(account) = self.describe(&id).await? else {
            return Ok(Ownership::NotFound);
        };
        if !account.tags.contains_key(KEY_TAG) {
            if may_be_new && account.is_newly_created() {
                return Err(tags_not_visible(&id));
            }
            return Ok(Ownership::Foreign(format!(
                "account {id} in the organization has this email and was not created by this stack"
            )));
        }
        if !provenance.matches(&account.tags) {
            let deployment = account.tags.get(DEPLOYMENT_TAG).map_or("an unknown deployment", String::as_str);
            let why = format!(
                "account {id} in the organization has this email and belongs to another request of {deployment}"
            );
            return Ok(Ownership::Foreign(why));
        }
        if account.joined_at.is_none_or(|joined_at| joined_at < since - CLOCK_SKEW) {
            let why = format!(
                "account {id} has this email and the tags of this request, but is older than the request, so another request created it"
            );
            return Ok(Ownership::Foreign(why));
        }
        Ok(Ownership::Managed(account))
    }

    /// The account that the record of a request names. The tags of the account are verified, because AWS removes them
    /// when an account leaves the organization. The email may have changed.
    pub async fn recorded_account(&self, id: &AccountId, provenance: &Provenance) -> Result<Ownership, StepError> {
        Ok(match self.describe(id).await? {
            None => Ownership::NotFound,
            Some(account) if provenance.matches(&account.tags) => Ownership::Managed(account),
            Some(account) if !account.tags.contains_key(KEY_TAG) && account.is_newly_created() => {
                return Err(tags_not_visible(id));
            }
            Some(_) => Ownership::Foreign(format!(
                "account {id} no longer has the tags of this request: it left the organization and returned, or its tags were changed"
            )),
        })
    }

    /// Why an account cannot be used and what to do, if it is suspended, closed, or not in the organization.
    pub async fn unusable_reason(&self, id: &AccountId) -> Result<Option<String>, StepError> {
        Ok(match self.get_account(id).await? {
            None => Some(not_a_member(id)),
            Some(account) => inactive(&account).map(|state| not_active(id, &state)),
        })
    }

    /// The state of an account in AWS. `None` is a state that this version does not know.
    pub async fn account_state(&self, id: &AccountId) -> Result<Option<AccountState>, StepError> {
        let account = self.get_account(id).await?;
        Ok(account.as_ref().map_or(Some(AccountState::Gone), account_state))
    }

    /// Any account of the organization with its tags.
    pub async fn describe(&self, id: &AccountId) -> Result<Option<Account>, StepError> {
        let Some(account) = self.get_account(id).await? else {
            return Ok(None);
        };
        Ok(Some(Account {
            id: id.clone(),
            name: account.name().unwrap_or_default().to_owned(),
            email: account.email().unwrap_or_default().to_owned(),
            tags: self.tags(id).await?,
            joined_at: account.joined_timestamp().and_then(to_utc),
            was_created: account.joined_method() == Some(&AccountJoinedMethod::Created),
            inactive: inactive(&account),
        }))
    }

    /// Whether an account is in the organization and active.
    pub async fn is_active(&self, id: &AccountId) -> Result<bool, StepError> {
        Ok(self.get_account(id).await?.is_some_and(|account| inactive(&account).is_none()))
    }

    async fn get_account(&self, id: &AccountId) -> Result<Option<types::Account>, StepError> {
        match self.client.describe_account().account_id(id.as_str()).send().await {
            Ok(response) => Ok(response.account),
            Err(error) if error_code(&error) == Some("AccountNotFoundException") => Ok(None),
            Err(error) => Err(sdk_error("describe the account", &error)),
        }
    }

    async fn tags(&self, id: &AccountId) -> Result<BTreeMap<String, String>, StepError> {
        let mut pages = self.client.list_tags_for_resource().resource_id(id.as_str()).into_paginator().send();
        let mut tags = BTreeMap::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| map_tag_error("list the tags of the account", &error))?;
            let page = page.tags.unwrap_or_default();
            tags.extend(page.into_iter().map(|tag| (tag.key, tag.value)));
        }
        Ok(tags)
    }

    async fn id_by_email(&self, email: &EmailAddress) -> Result<Option<AccountId>, StepError> {
        let mut pages = self.client.list_accounts().into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.context("list the accounts")?;
            let found = page
                .accounts()
                .iter()
                .find(|account| account.email().is_some_and(|own| own.eq_ignore_ascii_case(email.as_str())));
            if let Some(id) = found.and_then(|account| account.id()) {
                let id = id.parse().map_err(|error| {
                    StepError::new(ErrorCode::Unexpected, "AWS listed an account without a valid ID").with_source(error)
                })?;
                return Ok(Some(id));
            }
        }
        Ok(None)
    }
}

/// The message for an account that is no longer in the organization.
pub fn not_a_member(id: &AccountId) -> String {
    format!(
        "account {id} is no longer in the organization: it left, or was closed more than 90 days ago; request an account with another email, or ask an operator to adopt it after it returns"
    )
}

/// Why an account in this state cannot be used and what to do, if it cannot.
pub fn unusable_state(id: &AccountId, state: AccountState) -> Option<String> {
    match state {
        AccountState::Active => None,
        AccountState::Gone => Some(not_a_member(id)),
        state => Some(not_active(id, &in_words(&state.to_string()))),
    }
}

/// The message for an account in this state.
pub fn not_active(id: &AccountId, state: &str) -> String {
    format!(
        "account {id} is {state}; ask AWS Support to reopen it within 90 days of its closure, or request an account with another email"
    )
}

fn to_utc(timestamp: &aws_sdk_organizations::primitives::DateTime) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(timestamp.secs()).ok()
}
