//! Sets the account alias, a part of the sign-in URL of IAM users.

use std::error::Error;

use aws_sdk_iam::Client;
use time::OffsetDateTime;
use vending_core::{ErrorCode, StepError};
use vending_runtime::{Changes, Context, WhilePropagating, error_code};

use crate::part::Part;

pub(crate) struct Alias<'a> {
    pub(crate) client: &'a Client,
    /// The aliases to try, in this order. If there are none, the step sets no alias.
    pub(crate) candidates: Vec<String>,
    pub(crate) propagation_end: OffsetDateTime,
}

/// Another account uses the alias: aliases are unique across all AWS accounts.
#[derive(Debug, thiserror::Error)]
#[error("another account uses the alias")]
struct AliasTaken;

impl Alias<'_> {
    /// Keeps an existing alias: people use it, and another account could take it after a change.
    pub(crate) async fn converge(&self, changes: &Changes) -> Result<Part, StepError> {
        let Some(wanted) = self.candidates.first() else {
            return Ok(Part::default());
        };
        match self.current().await? {
            Some(alias) => Ok(existing(&alias, wanted)),
            None => self.set(changes).await,
        }
    }

    /// Sets the first alias that is available. The step does not fail if none is, because the alias is optional.
    async fn set(&self, changes: &Changes) -> Result<Part, StepError> {
        for alias in &self.candidates {
            match changes.make(format!("set the alias {alias}"), self.create(alias)).await {
                Err(error) if error.source().is_some_and(<dyn Error>::is::<AliasTaken>) => {}
                made => return made.map(|()| Part::new(format!("the alias is {alias}"))),
            }
        }
        let note = format!("the account has no alias: other accounts use {}", self.candidates.join(", "));
        Ok(Part::default().with_note(Some(note)))
    }

    /// The alias of the account. AWS allows one.
    async fn current(&self) -> Result<Option<String>, StepError> {
        let mut aliases = self.client.list_account_aliases().into_paginator().items().send();
        aliases.try_next().await.context("read the account alias").retry_while_propagating(self.propagation_end)
    }

    async fn create(&self, alias: &str) -> Result<(), StepError> {
        let created = self.client.create_account_alias().account_alias(alias).send().await;
        let is_taken = created.as_ref().is_err_and(|error| error_code(error) == Some("EntityAlreadyExists"));
        // This account has the alias if the SDK retried a call whose response was lost.
        if is_taken && self.current().await?.as_deref() == Some(alias) {
            return Ok(());
        }
        match created.context(format!("set the alias {alias}")).retry_while_propagating(self.propagation_end) {
            Err(error) if is_taken => Err(error.with_code(ErrorCode::InvalidConfiguration).with_source(AliasTaken)),
            created => created.map(drop),
        }
    }
}

fn existing(alias: &str, wanted: &str) -> Part {
    let note = (alias != wanted).then(|| format!("the account alias is {alias}, not {wanted}"));
    Part::new(format!("the alias is {alias}")).with_note(note)
}

#[cfg(test)]
pub(crate) mod tests;
