//! The password policy of the account's IAM users: what is below the baseline is raised, what is stricter stays.

use std::error::Error;

use aws_sdk_iam::Client;
use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_iam::types::PasswordPolicy;
use time::OffsetDateTime;
use vending_core::StepError;
use vending_runtime::{Changes, error_code, from_sdk, settling};

use crate::part::Part;

/// CIS AWS Foundations Benchmark 7.0.0, recommendation 2.8.
const MINIMUM_LENGTH: i32 = 14;

/// CIS AWS Foundations Benchmark 7.0.0, recommendation 2.9; also the most that IAM takes.
const REUSE_PREVENTION: i32 = 24;

pub(crate) struct AccountPasswordPolicy<'a> {
    pub(crate) client: &'a Client,
    pub(crate) ready_by: OffsetDateTime,
}

impl AccountPasswordPolicy<'_> {
    pub(crate) async fn converge(&self, changes: &Changes) -> Result<Part, StepError> {
        let found = self.look().await?;
        let wanted = raised(&found);
        if wanted != found {
            changes.make("raised the password policy", self.put(wanted)).await?;
        }
        Ok(Part::found("the password policy is strict enough"))
    }

    /// An account without a policy of its own demands less than any.
    async fn look(&self) -> Result<PasswordPolicy, StepError> {
        let none = || PasswordPolicy::builder().build();
        match self.client.get_account_password_policy().send().await {
            Ok(answer) => Ok(answer.password_policy.unwrap_or_else(none)),
            Err(error) if error_code(&error) == Some("NoSuchEntity") => Ok(none()),
            Err(error) => Err(self.failed("read the password policy", &error)),
        }
    }

    /// Everything is put: IAM sets to its default what is left out.
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
            // IAM takes 1 to 1095 days; none is no expiry.
            .set_max_password_age(policy.max_password_age.filter(|days| *days > 0));
        update.send().await.map_err(|error| self.failed("raise the password policy", &error))?;
        Ok(())
    }

    fn failed<E>(&self, doing: &str, error: &SdkError<E>) -> StepError
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        settling(from_sdk(doing, error), self.ready_by)
    }
}

/// No setting is lowered. Expiry is as it was: the benchmark asks for none since version 1.3.
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
