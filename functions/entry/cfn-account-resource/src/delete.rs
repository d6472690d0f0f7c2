//! Deletes a resource: its stack releases the account. An account is never closed.

use vending_cfn::Response;
use vending_core::{AccountKey, AccountRecord, AccountState, ErrorCode, OuId, RELEASED, STACK_TAG, StepError};
use vending_requests::{MAXIMUM_ATTEMPTS, contention_error};
use vending_settings::ensure_in_unit;

use crate::CfnAccountResource;
use crate::check::released_ou;
use crate::event::Event;
use crate::properties::{Properties, released_ou_error};

impl CfnAccountResource {
    /// Succeeds if there is nothing to release: CloudFormation also deletes resources that it failed to create, that were
    /// renamed, or that it rolls back.
    pub(crate) async fn delete(&self, event: &Event) -> Result<Response, StepError> {
        event.requester()?;
        let created = event.account_key();
        let key = match created.clone().or_else(|| event.not_created()) {
            Some(key) => Some(key),
            None => self.requested_key(event).await?,
        };
        if let Some(key) = key {
            self.release_resource(event, &key).await?;
            if created.is_none() {
                self.abandon(event, &key).await?;
            }
        }
        Ok(Response::Success([].into()))
    }

    /// Releases the account with the last resource of the stack that refers to it. If two resources are deleted
    /// concurrently, each may find the other: then the last one tries again.
    async fn release_resource(&self, event: &Event, key: &AccountKey) -> Result<(), StepError> {
        let (stack, resource) = (&event.stack_id, &event.logical_resource_id);
        for _ in 0..MAXIMUM_ATTEMPTS {
            let account = match self.requests.records().latest(key).await? {
                Some(record) => self.account(&record).await?,
                None => None,
            };
            let Some(account) = account.filter(|account| account.has_stack_resource(stack, resource)) else {
                tracing::info!(stack_id = stack, resource, "the resource refers to no account");
                return Ok(());
            };
            let is_last = account.stack_resources.len() == 1;
            if is_last {
                self.release(event, &account).await?;
            }
            // This is the last change: until then, a retry of the event continues where this one stopped.
            let id = &account.account_id;
            if self.requests.accounts().remove_stack_resource(id, resource, is_last).await? {
                tracing::info!(stack_id = stack, resource, account_id = %id, "the resource has released the account");
                return Ok(());
            }
        }
        Err(contention_error())
    }

    async fn release(&self, event: &Event, account: &AccountRecord) -> Result<(), StepError> {
        let (id, organization) = (&account.account_id, self.settings.units().organization());
        if organization.account_state(id).await? == Some(AccountState::Gone) {
            return Ok(());
        }
        if let Some(path) = Properties::parse(&event.resource_properties).released_ou {
            let unit_id = self.released_ou_id(&path).await?;
            ensure_in_unit(organization, self.settings.stored(), id, &unit_id, false).await?;
        }
        organization.tag(id.as_str(), &[(STACK_TAG.to_owned(), RELEASED.to_owned())].into()).await
    }

    /// Marks the request of a resource that was not created as abandoned: the account may still be created, and belongs
    /// to the next stack that requests it.
    async fn abandon(&self, event: &Event, key: &AccountKey) -> Result<(), StepError> {
        let last = self.requests.records().latest(key).await?;
        if last.is_some_and(|record| record.requested_by == event.stack_id) {
            self.requests.records().mark_abandoned(key, &event.stack_id).await?;
            tracing::info!(stack_id = event.stack_id, account_key = %key, "the stack has abandoned the account");
        }
        Ok(())
    }

    async fn released_ou_id(&self, path: &str) -> Result<OuId, StepError> {
        let found = released_ou(&self.settings.read().await?, path).await?;
        found.map_err(|detail| {
            StepError::new(ErrorCode::InvalidRequest, released_ou_error(&detail)).with_remedy(
                "update the stack with another ReleasedOrganizationalUnit or create the organizational unit, then delete the stack again",
            )
        })
    }
}
