//! Deletes a resource: its stack releases the account. An account is never closed.

use vending_cfn::Response;
use vending_core::{
    AccountKey, AccountRecord, AccountState, ErrorCode, RELEASED, STACK_TAG, StepError, has_custom_protected_units,
};
use vending_organization::OuLookup;
use vending_requests::{MAXIMUM_ATTEMPTS, contention_error};

use crate::CfnAccountResource;
use crate::event::Event;
use crate::properties::{Properties, released_ou_error};

impl CfnAccountResource {
    /// Succeeds if there is nothing to release: CloudFormation also deletes resources that it failed to create, that were
    /// renamed, or that it rolls back.
    pub(crate) async fn delete(&self, event: &Event) -> Result<Response, StepError> {
        event.requester()?;
        let properties = || Properties::parse(&event.resource_properties).account_key(&self.policy);
        let created = event.account_key();
        if let Some(key) = created.clone().or_else(|| event.not_created()).or_else(properties) {
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
        let (id, organization) = (&account.account_id, self.units.organization());
        if organization.account_state(id).await? == Some(AccountState::Gone) {
            return Ok(());
        }
        if let Some(path) = Properties::parse(&event.resource_properties).released_ou {
            let unit_id = self.released_ou_id(&path).await?;
            organization.ensure_in_unit(id, &unit_id, &self.protected_ids().await?).await?;
        }
        organization.tag(id.as_str(), &[(STACK_TAG.to_owned(), RELEASED.to_owned())].into()).await
    }

    /// The IDs of the protected OUs. A configured OU that does not exist is an error, and the account is not moved.
    async fn protected_ids(&self) -> Result<Vec<String>, StepError> {
        let protected = &self.policy.protected_organizational_units;
        let resolved = self.units.resolve_all(protected).await?;
        if resolved.missing.is_empty() || !has_custom_protected_units(protected) {
            return Ok(resolved.ids);
        }
        let missing = resolved.missing.join("; ");
        Err(StepError::new(
            ErrorCode::InvalidConfiguration,
            format!("the stack's ProtectedOrganizationalUnits: {missing}"),
        ))
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

    async fn released_ou_id(&self, path: &str) -> Result<String, StepError> {
        let invalid = |detail: &str| {
            StepError::new(ErrorCode::InvalidRequest, released_ou_error(detail)).with_remedy(
                "update the stack with another ReleasedOrganizationalUnit or create the organizational unit, then delete the stack again",
            )
        };
        let allowed = self.allowed_ou(path).map_err(|detail| invalid(&detail))?;
        match self.units.resolve(&allowed).await? {
            OuLookup::Found(id) => Ok(id),
            OuLookup::Missing(detail) => Err(invalid(&detail)),
        }
    }
}
