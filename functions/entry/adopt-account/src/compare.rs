//! Compares the accounts of the organization with the records, to find accounts without an event.

use std::collections::HashSet;

use vending_core::{AccountId, AccountState, ErrorCode, StepError};
use vending_organization::ListedAccount;

use crate::{AdoptAccount, Adopted};

/// The maximum number of adoptions in one run: the rate limit of AWS Organizations is shared. The next run continues.
const MAX_ADOPTIONS: u32 = 20;

impl AdoptAccount {
    pub(crate) async fn compare(&self) -> Result<Adopted, StepError> {
        if self.adopted_units.is_empty() {
            return Ok(Adopted::default());
        }
        let recorded: HashSet<AccountId> = self.requests.accounts().ids().await?.into_iter().collect();
        let accounts = self.units.organization().accounts().await?;
        let unmanaged = accounts.iter().filter(|account| self.is_unmanaged(account, &recorded));
        let units = self.adopted_unit_ids().await?;
        let mut summary = Adopted::default();
        for account in unmanaged {
            if summary.adopted >= MAX_ADOPTIONS {
                tracing::warn!("more accounts can be adopted; the next run continues");
                break;
            }
            summary.count(account, self.adopt_listed(account, &units).await);
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

    async fn adopt_listed(&self, account: &ListedAccount, units: &[String]) -> Result<bool, StepError> {
        if !self.units.organization().is_within(account, units).await? {
            return Ok(false);
        }
        self.adopt_if_eligible(&account.id).await
    }

    /// The IDs of the OUs whose accounts are adopted. A missing OU is an error of the configuration.
    async fn adopted_unit_ids(&self) -> Result<Vec<String>, StepError> {
        let resolved = self.units.resolve_all(&self.adopted_units).await?;
        if resolved.missing.is_empty() {
            return Ok(resolved.ids);
        }
        let missing = resolved.missing.join("; ");
        Err(StepError::new(ErrorCode::InvalidConfiguration, format!("the stack's AdoptOrganizationalUnits: {missing}")))
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
