//! A resource is deleted: its stack lets go of the account. An account is never closed.

use vending_answers::Answer;
use vending_core::{ErrorCode, RELEASED, STACK_TAG, StepError};
use vending_organization::{Account, Units};

use crate::AccountResource;
use crate::event::Event;
use crate::properties::{Properties, released_unit};
use crate::update::stack_of;

impl AccountResource {
    /// Succeeds where there is nothing to let go of: CloudFormation also deletes what it failed to create.
    pub(crate) async fn delete(&self, event: &Event) -> Result<Answer, StepError> {
        let requester = event.requester()?;
        let account = self.account_of(event).await?;
        if let Some(account) = account.filter(|account| stack_of(account) == Some(requester.arn())) {
            self.release(event, &account).await?;
        } else {
            tracing::info!(stack_id = event.stack_id, "the stack has no account to release");
        }
        Ok(Answer::Success([].into()))
    }

    async fn account_of(&self, event: &Event) -> Result<Option<Account>, StepError> {
        let Some(key) = event.account_key() else {
            return Ok(None);
        };
        match self.requests.records().latest(&key).await? {
            Some(record) => self.account(&record).await,
            None => Ok(None),
        }
    }

    /// Moved first and released last: until then, the same event once more does what is left.
    async fn release(&self, event: &Event, account: &Account) -> Result<(), StepError> {
        if let Some(path) = Properties::read(&event.resource_properties).released_unit {
            let unit_id = self.unit(&path).await?;
            self.organization.place(&account.id, &unit_id).await?;
        }
        let released = [(STACK_TAG.to_owned(), RELEASED.to_owned())].into();
        self.organization.tag(account.id.as_str(), &released).await?;
        tracing::info!(stack_id = event.stack_id, account_id = %account.id, "the stack has released the account");
        Ok(())
    }

    async fn unit(&self, path: &str) -> Result<String, StepError> {
        let refused = |detail: &str| {
            StepError::new(ErrorCode::InvalidRequest, released_unit(detail)).with_remedy(
                "correct it in an update of the stack, or create the organizational unit; then delete the stack again",
            )
        };
        let allowed = self.allowed(path).map_err(|detail| refused(&detail))?;
        match self.organization.resolve(&allowed).await? {
            Units::Found(id) => Ok(id),
            Units::Missing(detail) => Err(refused(&detail)),
        }
    }
}
