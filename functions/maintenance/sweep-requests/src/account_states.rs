//! Records the state of each account in AWS, so that lists and plans do not need a call for each account.

use std::collections::HashMap;

use futures::stream::{self, StreamExt};
use vending_core::{AccountId, AccountState, StepError};

use crate::{CONCURRENCY, SweepRequests};

/// The state of an account in a listing. `None` is a state that this version does not know.
type ListedState = Option<AccountState>;

impl SweepRequests {
    /// Compares the account records with AWS. Returns the number of states that have changed.
    pub(crate) async fn record_account_states(&self) -> Result<usize, StepError> {
        // The records are listed first: an account that is created in the meantime has no record to compare.
        let recorded = self.reporter.accounts().ids().await?;
        let listed = self.organization.accounts().await?;
        let listed: HashMap<AccountId, ListedState> =
            listed.into_iter().map(|account| (account.id, account.state)).collect();
        let reads: Vec<_> =
            recorded.iter().map(|id| Box::pin(self.record_account_state(id, listed.get(id).copied()))).collect();
        let results: Vec<_> = stream::iter(reads).buffer_unordered(CONCURRENCY).collect().await;
        let changed = results.into_iter().collect::<Result<Vec<_>, _>>()?;
        Ok(changed.into_iter().filter(|changed| *changed).count())
    }

    async fn record_account_state(&self, id: &AccountId, listed: Option<ListedState>) -> Result<bool, StepError> {
        let Some(record) = self.reporter.accounts().get(id).await? else { return Ok(false) };
        let state = match listed {
            Some(state) => state,
            None if record.state == AccountState::Gone => return Ok(false),
            // A listing may not show a new account yet.
            None => self.organization.account_state(id).await?,
        };
        match state {
            Some(state) if state != record.state => {
                tracing::info!(account.id = %id, from = %record.state, to = %state, "the state of the account has changed");
                self.reporter.accounts().record_state(id, state).await
            }
            _ => Ok(false),
        }
    }
}
