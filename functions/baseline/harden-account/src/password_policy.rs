//! Raises the password policy for IAM users to the baseline. Stricter settings are kept.

use aws_sdk_iam::Client;
use aws_sdk_iam::types::PasswordPolicy;
use time::OffsetDateTime;
use vending_core::StepError;
use vending_runtime::{Changes, Context, WhilePropagating, error_code};

use crate::part::Part;

/// CIS AWS Foundations Benchmark 7.0.0, recommendation 2.8.
const MINIMUM_LENGTH: i32 = 14;

/// CIS AWS Foundations Benchmark 7.0.0, recommendation 2.9. This is also the maximum of IAM.
const REUSE_PREVENTION: i32 = 24;

pub(crate) struct AccountPasswordPolicy<'a> {
    pub(crate) client: &'a Client,
    pub(crate) propagation_end: OffsetDateTime,
}

impl AccountPasswordPolicy<'_> {
    pub(crate) async fn converge(&self, changes: &Changes) -> Result<Part, StepError> {
        let found = self.read().await?;
        let wanted = raised(&found);
        if wanted != found {
            changes.make("raised the password policy", self.put(wanted)).await?;
        }
        Ok(Part::new("the password policy meets the baseline"))
    }

    /// Reads the policy. An account without one has the weakest settings.
    async fn read(&self) -> Result<PasswordPolicy, StepError> {
        let none = || PasswordPolicy::builder().build();
        match self.client.get_account_password_policy().send().await {
            Err(error) if error_code(&error) == Some("NoSuchEntity") => Ok(none()),
            read => {
                let read = read.context("read the password policy").retry_while_propagating(self.propagation_end)?;
                Ok(read.password_policy.unwrap_or_else(none))
            }
        }
    }

    /// Sets the whole policy, because IAM resets omitted settings to their defaults.
    async fn put(&self, policy: PasswordPolicy) -> Result<(), StepError> {
        let update = self
            .client
            .update_account_password_policy()
            .set_minimum_password_length(policy.minimum_password_length)
            .set_password_reuse_prevention(policy.password_reuse_prevention)
            .require_lowercase_characters(policy.require_lowercase_characters)
            .require_numbers(policy.require_numbers)
            .require_symbols(policy.require_symbols)
            .require_uppercase_characters(policy.require_uppercase_characters)
            .allow_users_to_change_password(policy.allow_users_to_change_password)
            .set_hard_expiry(policy.hard_expiry)
            // IAM allows 1 to 1095 days. Without a value, passwords do not expire.
            .set_max_password_age(policy.max_password_age.filter(|days| *days > 0));
        let updated = update.send().await.context("raise the password policy");
        updated.retry_while_propagating(self.propagation_end).map(drop)
    }
}

/// Raises the settings below the baseline, and lowers none. The expiry is kept: the benchmark does not require one
/// since version 1.3.
fn raised(found: &PasswordPolicy) -> PasswordPolicy {
    let mut policy = found.clone();
    policy.minimum_password_length = found.minimum_password_length.max(Some(MINIMUM_LENGTH));
    policy.password_reuse_prevention = found.password_reuse_prevention.max(Some(REUSE_PREVENTION));
    policy.require_lowercase_characters = true;
    policy.require_numbers = true;
    policy.require_symbols = true;
    policy.require_uppercase_characters = true;
    policy
}

#[cfg(test)]
pub(crate) mod tests;
