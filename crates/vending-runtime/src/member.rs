//! Sessions in member accounts, each narrowed to what one step does.

use aws_config::SdkConfig;
use aws_sdk_sts::config::{Credentials, Region, SharedCredentialsProvider};
use serde_json::{Value, json};
use time::OffsetDateTime;
use vending_core::{AccountId, BaselineInput, RequestId, StepError};

use crate::classify::{from_sdk, settling};

/// The actions that a session may use, whatever its role allows.
#[derive(Clone, Debug)]
pub struct SessionPolicy(Value);

impl SessionPolicy {
    pub fn allow(actions: &[&str]) -> Self {
        Self(json!({
            "Version": "2012-10-17",
            "Statement": [{ "Effect": "Allow", "Action": actions, "Resource": "*" }]
        }))
    }
}

/// When an account that is not new had settled: a denial there is final.
pub const LONG_SETTLED: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

/// Credentials of a role in a member account.
#[derive(Debug)]
pub struct MemberSession {
    config: SdkConfig,
}

impl MemberSession {
    /// Assumes a role in a member account. `name` shows in the account's CloudTrail.
    ///
    /// A role of a fresh account is not assumable at once: until `ready_by` a denial is `NotReady`.
    pub async fn assume(
        config: &SdkConfig,
        role_arn: &str,
        name: &str,
        policy: &SessionPolicy,
        ready_by: OffsetDateTime,
    ) -> Result<Self, StepError> {
        let answer = aws_sdk_sts::Client::new(config)
            .assume_role()
            .role_arn(role_arn)
            .role_session_name(name)
            .policy(policy.0.to_string())
            .send()
            .await
            .map_err(|error| settling(from_sdk(&format!("assume {role_arn}"), &error), ready_by))?;
        let credentials = answer.credentials().map(|given| {
            let (key, secret) = (given.access_key_id(), given.secret_access_key());
            Credentials::new(key, secret, Some(given.session_token().to_owned()), None, "AssumeRole")
        });
        let mut builder = config.to_builder();
        builder.set_credentials_provider(credentials.map(SharedCredentialsProvider::new));
        Ok(Self { config: builder.build() })
    }

    /// The vending role of the account of a step, narrowed to the step's own actions.
    pub async fn of_step(
        config: &SdkConfig,
        request: &RequestId,
        input: &BaselineInput,
        actions: &[&str],
    ) -> Result<Self, StepError> {
        let ready_by = input.ready_by();
        Self::assume(config, &input.role_arn, &request.to_string(), &SessionPolicy::allow(actions), ready_by).await
    }

    /// The vending role of another account than the step's, one that is not new.
    pub async fn elsewhere(
        config: &SdkConfig,
        request: &RequestId,
        input: &BaselineInput,
        account: &AccountId,
        actions: &[&str],
    ) -> Result<Self, StepError> {
        let role = role_in(account, input);
        Self::assume(config, &role, &request.to_string(), &SessionPolicy::allow(actions), LONG_SETTLED).await
    }

    pub fn config(&self) -> &SdkConfig {
        &self.config
    }

    /// The same session for a call to another region.
    pub fn in_region(&self, region: &str) -> SdkConfig {
        let mut builder = self.config.to_builder();
        builder.set_region(Region::new(region.to_owned()));
        builder.build()
    }
}

/// The same role as in every account.
fn role_in(account: &AccountId, input: &BaselineInput) -> String {
    input.role_arn.replacen(input.account_id.as_str(), account.as_str(), 1)
}

#[cfg(test)]
mod tests {
    use time::Duration;
    use vending_core::samples;

    use super::*;

    #[test]
    fn the_role_is_the_same_in_every_account() {
        let input = samples::baseline_input(Duration::ZERO);
        let role = role_in(&"222222222222".parse().unwrap(), &input);
        assert_eq!(role, "arn:aws:iam::222222222222:role/account-vending/AccountVending");
    }
}
