//! Whether the quota of accounts has room for the core accounts.

use vending_core::{EmailAddress, ErrorCode, StepError};
use vending_manifest::Manifest;
use vending_organization::{AccountQuotas, ListedAccount};
use vending_plans::PlannedChanges;

use crate::CreateOrganization;

/// Someone raised a larger quota, and knows it. Counting so many accounts would take more calls than all the rest.
const LARGEST: usize = 100;

/// A core account of the manifest.
struct CoreAccount<'a> {
    name: &'a str,
    email: Option<&'a EmailAddress>,
}

impl CreateOrganization {
    /// Notes that AWS would not create all core accounts. New organizations may have a quota below the default of 10:
    /// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>
    pub(crate) async fn check_quota(
        &self,
        manifest: &Manifest,
        has_organization: bool,
        changes: &PlannedChanges,
    ) -> Result<(), StepError> {
        let core = core_accounts(manifest);
        if core.is_empty() {
            return Ok(());
        }
        let Some(maximum) = self.maximum().await?.filter(|maximum| *maximum <= LARGEST) else { return Ok(()) };
        let listed = if has_organization { self.organization.accounts().await? } else { Vec::new() };
        let missing = core.iter().filter(|account| !account.is_among(&listed)).count();
        // At least the management account.
        let existing = listed.len().max(1);
        if missing > 0 && existing + missing > maximum {
            changes.note(too_low(maximum, existing, missing), Some(AccountQuotas::CONSOLE));
        }
        Ok(())
    }

    /// A hint: no plan fails because the quota cannot be read.
    async fn maximum(&self) -> Result<Option<usize>, StepError> {
        match self.quotas.maximum().await {
            Err(error) if !matches!(error.code(), ErrorCode::Throttled | ErrorCode::ServiceUnavailable) => {
                tracing::warn!("{error}");
                Ok(None)
            }
            maximum => maximum,
        }
    }
}

fn core_accounts(manifest: &Manifest) -> Vec<CoreAccount<'_>> {
    let accounts = manifest.units().into_iter().flat_map(|unit| &unit.unit.accounts);
    accounts.map(|(name, account)| CoreAccount { name, email: account.email.as_ref() }).collect()
}

impl CoreAccount<'_> {
    fn is_among(&self, listed: &[ListedAccount]) -> bool {
        let has_email =
            |one: &ListedAccount| self.email.is_some_and(|email| one.email.eq_ignore_ascii_case(email.as_str()));
        listed.iter().any(|one| has_email(one) || one.name.eq_ignore_ascii_case(self.name))
    }
}

fn too_low(maximum: usize, existing: usize, missing: usize) -> String {
    format!(
        "the quota of accounts is {maximum}, but the organization needs {}: {existing} for accounts that exist, and {missing} for core accounts; the management account of an organization can request an increase",
        existing + missing
    )
}
