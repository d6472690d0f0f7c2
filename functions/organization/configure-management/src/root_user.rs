//! Notes what the root user of the management account lacks. No API can change it.

use aws_sdk_iam::types::SummaryKeyType;
use vending_core::StepError;
use vending_plans::PlannedChanges;
use vending_runtime::Context;

use crate::ConfigureManagement;

/// Where the root user registers MFA devices and deletes access keys.
const CREDENTIALS: &str = "https://console.aws.amazon.com/iam/home#/security_credentials";

impl ConfigureManagement {
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html>
    pub(crate) async fn note_root_user(&self, changes: &PlannedChanges) -> Result<(), StepError> {
        let summary = self.iam.get_account_summary().send().await;
        let summary = summary.context("read the account summary of the management account")?;
        let values = summary.summary_map.unwrap_or_default();
        if values.get(&SummaryKeyType::AccountMfaEnabled) == Some(&0) {
            changes.note(
                "the root user of the management account has no MFA; sign in as the root user and register a device",
                Some(CREDENTIALS),
            );
        }
        if values.get(&SummaryKeyType::AccountAccessKeysPresent).is_some_and(|count| *count > 0) {
            changes.note(
                "the root user of the management account has access keys; sign in as the root user and delete them",
                Some(CREDENTIALS),
            );
        }
        Ok(())
    }
}
