//! What to do when the account may be there already: after a lost answer, or for a later attempt.

use std::collections::BTreeMap;

use aws_sdk_organizations::types::CreateAccountState;
use vending_core::{Creation, CreationState, ErrorCode, StepError, requested_tags, tag_changes};
use vending_organization::{Account, Ownership};
use vending_runtime::{Done, from_sdk};

use crate::{CreateAccount, Input, created_at};

impl CreateAccount {
    /// The account of this request, if it stands; `None` when it is safe to create one.
    pub(crate) async fn standing_account(&self, input: &Input) -> Result<Option<Done<Creation>>, StepError> {
        let email = &input.request.account_email;
        match self.organization.find(input.account_id.as_ref(), email).await? {
            Ownership::Ours(account) => Ok(Some(self.use_account(input, account).await?)),
            Ownership::NotOurs => Err(StepError::new(
                ErrorCode::EmailAlreadyExists,
                "the email belongs to an account of the organization that this request did not make",
            )),
            Ownership::Absent => {
                self.wait_for_creations_in_flight(&input.request.account_name).await?;
                Ok(None)
            }
        }
    }

    async fn use_account(&self, input: &Input, account: Account) -> Result<Done<Creation>, StepError> {
        self.use_tagged(account, &requested_tags(&input.request)).await
    }

    pub(crate) async fn use_tagged(
        &self,
        account: Account,
        wanted: &BTreeMap<String, String>,
    ) -> Result<Done<Creation>, StepError> {
        let changes = tag_changes(wanted, &account.tags);
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
            [] => Done::unchanged("the account stands", creation),
            names => Done::changed(format!("the account stands; tagged {}", names.join(", ")), creation),
        })
    }

    /// A creation that is still running may be the one whose answer was lost, and its account has no email to be
    /// found by yet. Its name proves nothing, so nothing is attached to it: it is only waited for.
    async fn wait_for_creations_in_flight(&self, account_name: &str) -> Result<(), StepError> {
        let list = self.organization.client().list_create_account_status();
        let list = list.states(CreateAccountState::InProgress);
        let mut in_flight = list.into_paginator().send();
        let same_name =
            |status: &aws_sdk_organizations::types::CreateAccountStatus| status.account_name() == Some(account_name);
        while let Some(page) = in_flight.next().await {
            let page = page.map_err(|error| from_sdk("list the creations in progress", &error))?;
            if page.create_account_statuses().iter().any(same_name) {
                return Err(StepError::new(
                    ErrorCode::NotReady,
                    "AWS is creating an account of this name; looking again when it has ended",
                ));
            }
        }
        Ok(())
    }
}
