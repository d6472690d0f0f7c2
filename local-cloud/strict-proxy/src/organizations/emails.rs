//! Account emails, which are unique in AWS.

use std::collections::HashSet;

use serde_json::{Value, json};
use tokio::sync::MutexGuard;

use super::Organization;
use crate::sync::lock;
use crate::wire::AwsResponse;

impl Organization {
    /// Returns the emails that new accounts cannot have, in lower case. They include those of accounts that have left
    /// or are closed: "You can't use the same email address that was registered to your AWS account at the time of its
    /// closure as the primary email of another AWS account"
    /// (<https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-closing.html>).
    pub(super) async fn taken_emails(&self) -> Result<MutexGuard<'_, HashSet<String>>, AwsResponse> {
        let mut emails = self.emails.lock().await;
        if emails.is_empty() {
            let accounts = self.all_accounts().await?;
            emails.extend(accounts.iter().filter_map(|account| account["Email"].as_str()).map(str::to_lowercase));
        }
        Ok(emails)
    }

    /// Includes accounts that have left or are permanently closed.
    pub(super) async fn all_accounts(&self) -> Result<Vec<Value>, AwsResponse> {
        let accounts = self.upstreams.organizations_list("ListAccounts", json!({}), "Accounts").await?;
        Ok(accounts.into_iter().map(|account| self.accounts.described(account)).collect())
    }

    /// Has the effect of `account:StartPrimaryEmailUpdate` and `account:AcceptPrimaryEmailUpdate`. The error is the
    /// reason for a rejection.
    pub(crate) async fn change_email(&self, account: &str, email: &str) -> Result<(), String> {
        let unlisted = |_| "could not list the accounts of the emulator".to_owned();
        let mut taken = self.taken_emails().await.map_err(unlisted)?;
        let known = self.all_accounts().await.map_err(unlisted)?;
        let known = known.iter().find(|known| known["Id"] == account);
        let known = known.ok_or_else(|| format!("account {account} does not exist"))?;
        let (previous, next) = (known["Email"].as_str().unwrap_or_default().to_lowercase(), email.to_lowercase());
        if previous != next && (taken.contains(&next) || lock(&self.creations).settings.is_external(&next)) {
            return Err(format!("the email {email} belongs to another account"));
        }
        taken.remove(&previous);
        taken.insert(next);
        self.accounts.set_email(account, email);
        Ok(())
    }
}
