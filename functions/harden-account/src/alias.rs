//! The account's alias, which is in the address where its IAM users sign in.

use std::error::Error;

use aws_sdk_iam::Client;
use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};
use time::OffsetDateTime;
use vending_core::{ErrorCode, StepError};
use vending_runtime::{Changes, error_code, from_sdk, settling};

use crate::part::Part;

pub(crate) struct Alias<'a> {
    pub(crate) client: &'a Client,
    /// In the order in which they are tried; without any, the account needs no alias.
    pub(crate) candidates: Vec<String>,
    pub(crate) ready_by: OffsetDateTime,
}

/// An alias is unique in all of AWS, and this one is somebody else's.
#[derive(Debug, thiserror::Error)]
#[error("the alias is taken")]
struct Taken;

impl Alias<'_> {
    /// An account keeps the alias that it has: people know it, and once given up anybody may take it.
    pub(crate) async fn converge(&self, changes: &Changes) -> Result<Part, StepError> {
        let Some(wanted) = self.candidates.first() else {
            return Ok(Part::default());
        };
        match self.current().await? {
            Some(alias) => Ok(found(&alias, wanted)),
            None => self.set(changes).await,
        }
    }

    /// Sets the first that is free. An account can do without, so it is no failure if none is.
    async fn set(&self, changes: &Changes) -> Result<Part, StepError> {
        for alias in &self.candidates {
            match changes.make(format!("set the alias {alias}"), self.create(alias)).await {
                Err(error) if error.source().is_some_and(<dyn Error>::is::<Taken>) => {}
                made => return made.map(|()| Part::found(format!("the alias is {alias}"))),
            }
        }
        let note = format!("the account has no alias, since others have {}", self.candidates.join(", "));
        Ok(Part::default().with_note(Some(note)))
    }

    /// AWS allows one alias.
    async fn current(&self) -> Result<Option<String>, StepError> {
        let listed = self.client.list_account_aliases().send().await;
        let listed = listed.map_err(|error| self.failed("read the account's alias", &error))?;
        Ok(listed.account_aliases.into_iter().next())
    }

    async fn create(&self, alias: &str) -> Result<(), StepError> {
        let doing = format!("set the alias {alias}");
        match self.client.create_account_alias().account_alias(alias).send().await {
            Ok(_) => Ok(()),
            Err(error) if error_code(&error) == Some("EntityAlreadyExists") => {
                // It is ours where the SDK has called twice, since the first answer was lost.
                if self.current().await?.as_deref() == Some(alias) {
                    return Ok(());
                }
                Err(self.failed(&doing, &error).with_code(ErrorCode::InvalidConfiguration).with_source(Taken))
            }
            Err(error) => Err(self.failed(&doing, &error)),
        }
    }

    fn failed<E>(&self, doing: &str, error: &SdkError<E>) -> StepError
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        settling(from_sdk(doing, error), self.ready_by)
    }
}

fn found(alias: &str, wanted: &str) -> Part {
    let note = (alias != wanted).then(|| format!("the account's alias is {alias}, not {wanted}"));
    Part::found(format!("the alias is {alias}")).with_note(note)
}

#[cfg(test)]
pub(crate) mod tests;
