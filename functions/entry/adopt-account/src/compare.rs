//! Compares the accounts of the organization with the records, to find accounts without an event.

use std::collections::HashSet;

use vending_core::{AccountId, AccountState, Settings, StepError};
use vending_organization::ListedAccount;

use crate::{AdoptAccount, Adopted, adopts};

/// The maximum number of adoptions in one run: the rate limit of AWS Organizations is shared. The next run continues.
const MAX_ADOPTIONS: u32 = 20;

impl AdoptAccount {
    pub(crate) async fn compare(&self) -> Result<Adopted, StepError> {
        let settings = self.settings.read().await?;
        if !settings.blocks.values().any(|block| block.adopt == Some(true)) {
            return Ok(Adopted::default());
        }
        let recorded: HashSet<AccountId> = self.requests.accounts().ids().await?.into_iter().collect();
        let accounts = self.organization.accounts().await?;
        let unmanaged = accounts.iter().filter(|account| self.is_unmanaged(account, &recorded));
        let mut summary = Adopted::default();
        for account in unmanaged {
            if summary.adopted >= MAX_ADOPTIONS {
                tracing::warn!("more accounts can be adopted; the next run continues");
                break;
            }
            summary.count(account, self.adopt_listed(account, &settings).await);
        }
        tracing::info!(adopted = summary.adopted, left_alone = summary.left_alone, failed = summary.failed, "compared");
        Ok(summary)
    }

    /// Whether an account has no record. A request without an account record is not enough: it may have failed.
    fn is_unmanaged(&self, account: &ListedAccount, recorded: &HashSet<AccountId>) -> bool {
        account.state == Some(AccountState::Active)
            && account.id != self.management_account
            && !recorded.contains(&account.id)
    }

    async fn adopt_listed(&self, account: &ListedAccount, settings: &Settings) -> Result<bool, StepError> {
        if !adopts(settings, &self.organization.listed_unit_ids(account).await?) {
            return Ok(false);
        }
        self.adopt_if_eligible(&account.id).await
    }
}

impl Adopted {
    /// Counts the result for an account. An error for one account does not stop the others.
    fn count(&mut self, account: &ListedAccount, adopted: Result<bool, StepError>) {
        match adopted {
            Ok(true) => self.adopted += 1,
            Ok(false) => self.left_alone += 1,
            Err(error) => {
                self.failed += 1;
                tracing::error!(account.id = %account.id, code = %error.code(), "could not adopt the account: {error}");
            }
        }
    }
}
