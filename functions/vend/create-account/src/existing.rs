//! Finds an account that may exist already: after a lost response, or in a later attempt.

use std::collections::BTreeMap;

use aws_sdk_organizations::types::CreateAccountState;
use vending_core::{AccountId, Creation, CreationState, ErrorCode, StepError, requested_tags, stack_tag, tag_changes};
use vending_organization::{Account, Ownership, is_propagating, not_a_member, not_active};
use vending_records::ValidatedRequest;
use vending_runtime::{Context, StepOutcome};

use crate::{CreateAccount, created_at};

impl CreateAccount {
    /// Uses the account that an earlier attempt recorded. Its ID is its identity: no other account is ever created
    /// instead, whatever the state of the account is.
    pub(crate) async fn recorded_account(
        &self,
        id: &AccountId,
        request: &ValidatedRequest,
    ) -> Result<StepOutcome<Creation>, StepError> {
        let rejected = |message: String| StepError::new(ErrorCode::InvalidRequest, message);
        match self.organization.recorded_account(id, &self.provenance(&request.record)).await? {
            Ownership::Managed(account) => self.use_account(account, BTreeMap::new(), request).await,
            Ownership::Foreign(why) => Err(rejected(why)
                .with_remedy("ask an operator to adopt the account again with POST /accounts/{accountId}/adoption")),
            // A new account can take minutes to be visible everywhere in AWS.
            Ownership::NotFound if is_propagating(request.record.requested_at) => {
                Err(StepError::new(ErrorCode::NotReady, format!("account {id} is not visible in AWS yet")))
            }
            Ownership::NotFound => Err(rejected(not_a_member(id))),
        }
    }

    /// The existing account of this request; `None` if it is safe to create one.
    pub(crate) async fn existing_account(
        &self,
        request: &ValidatedRequest,
    ) -> Result<Option<StepOutcome<Creation>>, StepError> {
        let record = &request.record;
        let (email, since) = (&record.request.account_email, record.requester_since);
        match self.organization.find_created_account(email, &self.provenance(record), since, true).await? {
            Ownership::Managed(account) => Ok(Some(self.use_account(account, BTreeMap::new(), request).await?)),
            Ownership::Foreign(why) => Err(StepError::new(ErrorCode::EmailAlreadyExists, why)),
            Ownership::NotFound => {
                self.ensure_no_creation_in_flight(&record.request.account_name).await?;
                Ok(None)
            }
        }
    }

    /// Records to whom the account belongs, and updates its tags.
    pub(crate) async fn use_account(
        &self,
        account: Account,
        own_tags: BTreeMap<String, String>,
        ValidatedRequest { record, validated }: &ValidatedRequest,
    ) -> Result<StepOutcome<Creation>, StepError> {
        if let Some(state) = &account.inactive {
            return Err(StepError::new(ErrorCode::InvalidRequest, not_active(&account.id, state)));
        }
        let account_record =
            self.accounts.record_request(record, &account.id, validated.organizational_unit_id()?).await?;
        let mut wanted = requested_tags(&record.request);
        wanted.extend(own_tags);
        if account_record.released_at.is_none() {
            wanted.extend(stack_tag(&record.requested_by));
        }
        let changes = tag_changes(&wanted, &account.tags);
        if !changes.is_empty() {
            self.organization.tag(account.id.as_str(), &changes).await?;
        }
        let creation = Creation {
            state: CreationState::Succeeded,
            creation_id: None,
            account_created_at: Some(created_at(account.joined_at)),
            account_id: Some(account.id),
        };
        let names: Vec<&str> = changes.keys().map(String::as_str).collect();
        Ok(match names.as_slice() {
            [] => StepOutcome::unchanged("the account exists", creation),
            names => StepOutcome::changed(format!("the account exists; updated tags: {}", names.join(", ")), creation),
        })
    }

    /// Returns `NotReady` while AWS creates an account with this name. It may be the creation whose response was lost,
    /// and its email cannot be looked up yet. The name alone is no proof, so the creation is not used: the step only
    /// waits.
    async fn ensure_no_creation_in_flight(&self, account_name: &str) -> Result<(), StepError> {
        let list = self.organization.client().list_create_account_status();
        let list = list.states(CreateAccountState::InProgress);
        let mut in_flight = list.into_paginator().send();
        let same_name =
            |status: &aws_sdk_organizations::types::CreateAccountStatus| status.account_name() == Some(account_name);
        while let Some(page) = in_flight.next().await {
            let page = page.context("list the creations in progress")?;
            if page.create_account_statuses().iter().any(same_name) {
                return Err(StepError::new(
                    ErrorCode::NotReady,
                    "AWS is creating an account with this name; the step is retried until that creation has ended",
                ));
            }
        }
        Ok(())
    }
}
