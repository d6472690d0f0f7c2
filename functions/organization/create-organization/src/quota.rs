//! Whether the quota of accounts has room for the core accounts.

use vending_core::{ErrorCode, StepError};
use vending_manifest::{Manifest, NamedAccount};
use vending_organization::{AccountQuotas, ListedAccount};
use vending_plans::PlannedChanges;

use crate::CreateOrganization;

/// Someone raised a larger quota, and knows it. Counting so many accounts would take more calls than all the rest.
const LARGEST: usize = 100;

impl CreateOrganization {
    /// Notes that AWS would not create all core accounts. New organizations may have a quota below the default of 10:
    /// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>
    pub(crate) async fn check_quota(
        &self,
        manifest: &Manifest,
        has_organization: bool,
        changes: &PlannedChanges,
    ) -> Result<(), StepError> {
        let core = manifest.core_accounts();
        if core.is_empty() {
            return Ok(());
        }
        let Some(maximum) = self.maximum().await?.filter(|maximum| *maximum <= LARGEST) else { return Ok(()) };
        let listed = if has_organization { self.organization.accounts().await? } else { Vec::new() };
        let missing = core.iter().filter(|account| !is_among(account, &listed)).count();
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

fn is_among(account: &NamedAccount<'_>, listed: &[ListedAccount]) -> bool {
    let is_same = |one: &ListedAccount| {
        one.email.eq_ignore_ascii_case(account.email.as_str()) || one.name.eq_ignore_ascii_case(account.name)
    };
    listed.iter().any(is_same)
}

fn too_low(maximum: usize, existing: usize, missing: usize) -> String {
    format!(
        "the quota of accounts is {maximum}, but the organization needs {}: {existing} for accounts that exist, and {missing} for core accounts; the management account of an organization can request an increase",
        existing + missing
    )
}
