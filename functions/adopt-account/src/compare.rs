//! Compares the organization's accounts with the records: what no event brought is found here.

use std::collections::HashSet;

use vending_core::{AccountKey, EmailAddress, ErrorCode, StepError};
use vending_organization::{ListedAccount, Units};

use crate::{AdoptAccount, Adopted};

/// How many accounts one run adopts: others use the API of Organizations, too, and the next run goes on.
const AT_ONCE: u32 = 20;

impl AdoptAccount {
    pub(crate) async fn compare(&self) -> Result<Adopted, StepError> {
        if self.adopted_units.is_empty() {
            return Ok(Adopted::default());
        }
        let records = self.requests.records().all().await?;
        let known: HashSet<AccountKey> = records.into_iter().map(|listed| listed.request_id.account_key).collect();
        let accounts = self.organization.accounts().await?;
        let strangers = accounts.iter().filter(|account| self.is_stranger(account, &known));
        let units = self.adopted_unit_ids().await?;
        let mut found = Adopted::default();
        for account in strangers {
            if found.adopted >= AT_ONCE {
                tracing::warn!("there are more accounts to adopt; the next run goes on");
                break;
            }
            found.count(account, self.look_at(account, &units).await);
        }
        tracing::info!(adopted = found.adopted, left_alone = found.left_alone, failed = found.failed, "compared");
        Ok(found)
    }

    fn is_stranger(&self, account: &ListedAccount, known: &HashSet<AccountKey>) -> bool {
        let email = account.email.parse::<EmailAddress>();
        let recorded = email.is_ok_and(|email| known.contains(&AccountKey::of(&email)));
        account.is_active && account.id != self.management_account && !recorded
    }

    async fn look_at(&self, account: &ListedAccount, units: &[String]) -> Result<bool, StepError> {
        if !self.organization.is_within(account, units).await? {
            return Ok(false);
        }
        self.consider(&account.id).await
    }

    /// The ids of the OUs whose accounts are adopted; one that is not there is a parameter to correct.
    async fn adopted_unit_ids(&self) -> Result<Vec<String>, StepError> {
        let mut ids = Vec::new();
        for path in &self.adopted_units {
            let invalid = |why: String| {
                StepError::new(ErrorCode::InvalidConfiguration, format!("ADOPT_ORGANIZATIONAL_UNITS: `{path}` {why}"))
            };
            let parsed = path.parse().map_err(|error| invalid(format!("{error}")))?;
            match self.organization.resolve(&parsed).await? {
                Units::Found(id) => ids.push(id),
                Units::Missing(detail) => return Err(invalid(detail)),
            }
        }
        Ok(ids)
    }
}

impl Adopted {
    /// One account that cannot be looked at does not keep the others from being adopted.
    fn count(&mut self, account: &ListedAccount, looked: Result<bool, StepError>) {
        match looked {
            Ok(true) => self.adopted += 1,
            Ok(false) => self.left_alone += 1,
            Err(error) => {
                self.failed += 1;
                tracing::error!(account.id = %account.id, code = %error.code(), "could not look at the account: {error}");
            }
        }
    }
}
