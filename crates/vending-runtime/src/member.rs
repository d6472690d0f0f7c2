//! Sessions in member accounts, each limited by the session policy of a step.

use aws_config::SdkConfig;
use aws_sdk_sts::config::{Credentials, Region, SharedCredentialsProvider};
use serde_json::Value;
use time::OffsetDateTime;
use vending_core::{AccountId, Arn, BaselineInput, ErrorCode, RequestId, StepError, fill_policy};

use crate::classify::{Context, WhilePropagating};

/// The session policy of a step, from its `session-policy.json`. It limits the permissions of the role.
#[derive(Clone, Debug)]
pub struct SessionPolicy {
    policy: &'static str,
    additional: Vec<&'static str>,
    values: Vec<(&'static str, String)>,
}

impl SessionPolicy {
    pub const fn new(policy: &'static str) -> Self {
        Self { policy, additional: Vec::new(), values: Vec::new() }
    }

    /// Adds the statements of another policy.
    #[must_use]
    pub fn and(mut self, policy: &'static str) -> Self {
        self.additional.push(policy);
        self
    }

    /// Sets the value of a placeholder. `AccountId` is always the account of the session.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.values.push((name, value.into()));
        self
    }

    fn document(&self, role_arn: &str) -> Result<String, StepError> {
        let account = Arn::parse(role_arn).map_or("", |arn| arn.account);
        let set_values = self.values.iter().map(|(name, value)| (*name, value.as_str()));
        let values: Vec<_> = set_values.chain([("AccountId", account)]).collect();
        let fill = |policy| {
            fill_policy(policy, &values).map_err(|error| {
                StepError::new(ErrorCode::Unexpected, format!("the session policy is not valid JSON: {error}"))
            })
        };
        let mut document = fill(self.policy)?;
        for policy in &self.additional {
            let added = fill(policy)?["Statement"].take();
            if let (Value::Array(statements), Value::Array(added)) = (&mut document["Statement"], added) {
                statements.extend(added);
            }
        }
        Ok(document.to_string())
    }
}

/// The end of the propagation window of an account that is not new: a denial there is permanent.
pub const PROPAGATION_COMPLETE: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

/// Credentials of a role in a member account.
#[derive(Debug)]
pub struct MemberSession {
    config: SdkConfig,
}

impl MemberSession {
    /// Assumes a role in a member account. `name` is the session name in CloudTrail.
    ///
    /// A new role cannot be assumed at once. Until `propagation_end`, a denial is `NotReady`.
    pub async fn assume(
        config: &SdkConfig,
        role_arn: &str,
        name: &str,
        policy: &SessionPolicy,
        propagation_end: OffsetDateTime,
    ) -> Result<Self, StepError> {
        let assumed = aws_sdk_sts::Client::new(config)
            .assume_role()
            .role_arn(role_arn)
            .role_session_name(name)
            .policy(policy.document(role_arn)?)
            .send()
            .await;
        let assumed = assumed.context(format!("assume {role_arn}")).retry_while_propagating(propagation_end)?;
        let credentials = assumed.credentials().map(|credentials| {
            let (key, secret) = (credentials.access_key_id(), credentials.secret_access_key());
            Credentials::new(key, secret, Some(credentials.session_token().to_owned()), None, "AssumeRole")
        });
        let mut builder = config.to_builder();
        builder.set_credentials_provider(credentials.map(SharedCredentialsProvider::new));
        Ok(Self { config: builder.build() })
    }

    /// The vending role of the account, limited to the actions of the step.
    pub async fn for_step(
        config: &SdkConfig,
        request: &RequestId,
        input: &BaselineInput,
        policy: &SessionPolicy,
    ) -> Result<Self, StepError> {
        Self::assume(config, &input.role_arn, &request.to_string(), policy, input.propagation_end()).await
    }

    /// The vending role of another account that is not new.
    pub async fn in_account(
        config: &SdkConfig,
        request: &RequestId,
        input: &BaselineInput,
        account: &AccountId,
        policy: &SessionPolicy,
    ) -> Result<Self, StepError> {
        Self::assume(config, &role_in(account, input), &request.to_string(), policy, PROPAGATION_COMPLETE).await
    }

    pub fn config(&self) -> &SdkConfig {
        &self.config
    }

    /// The same session for another Region.
    pub fn in_region(&self, region: &str) -> SdkConfig {
        let mut builder = self.config.to_builder();
        builder.set_region(Region::new(region.to_owned()));
        builder.build()
    }
}

/// The ARN of the vending role in another account. It has the same name in every account.
fn role_in(account: &AccountId, input: &BaselineInput) -> String {
    let role = Arn::parse(&input.role_arn).map(|arn| Arn { account: account.as_str(), ..arn }.to_string());
    role.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use time::Duration;
    use vending_core::fixtures;

    use super::*;

    #[test]
    fn session_policy_is_for_the_account_of_the_role() {
        let policy = SessionPolicy::new(r#"{ "Statement": [{ "Resource": "${AccountId}/${Name}" }] }"#);
        let policy = policy.and(r#"{ "Statement": [{ "Resource": "*" }] }"#).with("Name", "a");
        let document = policy.document("arn:aws:iam::222222222222:role/AccountVending").unwrap();
        assert_eq!(document, r#"{"Statement":[{"Resource":"222222222222/a"},{"Resource":"*"}]}"#);
    }

    #[test]
    fn vending_role_has_same_name_in_all_accounts() {
        let input = fixtures::baseline_input(Duration::ZERO);
        let role = role_in(&"222222222222".parse().unwrap(), &input);
        assert_eq!(role, "arn:aws:iam::222222222222:role/account-vending/AccountVending");
    }
}
