//! The effective policies of accounts: what the management policies on the path from the root come to.
//!
//! <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_effective.html>

mod merge;

use serde_json::json;
use time::OffsetDateTime;

use super::Organization;
use super::entities::{Kind, kind};
use super::errors::{Outcome, Rejection, access_denied, error, invalid, required};
use super::policy_types::PolicyType;
use crate::sync::lock;
use crate::wire::{AwsError, AwsRequest};

impl Organization {
    /// Any account can describe its own policy, and the management account those of all.
    pub(super) async fn describe_effective_policy(&self, request: &AwsRequest, caller: &str) -> Outcome {
        let kind = self.enabled_management_type(request)?;
        let account = request.string("TargetId").unwrap_or(caller);
        if account != caller && caller != self.management_account && !self.is_administrator(caller) {
            return Err(access_denied().into());
        }
        self.check_account(account, "TargetNotFoundException").await?;
        let (mut levels, mut updated_at) = (Vec::new(), None);
        for target in self.path_to(account).await? {
            let (contents, changed) = lock(&self.governance).policies.contents(&target, kind);
            levels.push(contents);
            updated_at = updated_at.max(changed);
        }
        let Some(updated_at) = updated_at else {
            return Err(not_found().into());
        };
        Ok(json!({"EffectivePolicy": {
            "PolicyContent": merge::effective(&levels).to_string(),
            "LastUpdatedTimestamp": updated_at,
            "TargetId": account,
            "PolicyType": kind.name,
        }}))
    }

    /// The proxy accepts no policy that would be invalid in an account.
    pub(super) fn list_invalid_accounts(&self, request: &AwsRequest) -> Outcome {
        let kind = self.enabled_management_type(request)?;
        Ok(json!({"Accounts": [], "PolicyType": kind.name}))
    }

    pub(super) async fn list_validation_errors(&self, request: &AwsRequest) -> Outcome {
        let kind = self.enabled_management_type(request)?;
        let account = required(request, "AccountId")?;
        self.check_account(account, "AccountNotFoundException").await?;
        let path = self.path_to(account).await?.join("/");
        Ok(json!({
            "AccountId": account,
            "PolicyType": kind.name,
            "Path": format!("{}/{path}/", self.organization().await?.id),
            "EvaluationTimestamp": OffsetDateTime::now_utc().unix_timestamp(),
            "EffectivePolicyValidationErrors": [],
        }))
    }

    fn enabled_management_type(&self, request: &AwsRequest) -> Result<&'static PolicyType, AwsError> {
        let kind = PolicyType::named(request, "PolicyType")?;
        if kind.is_authorization() {
            return Err(invalid("INVALID_ENUM_POLICY_TYPE", "You specified an invalid policy type string."));
        }
        if self.is_enabled(kind) { Ok(kind) } else { Err(not_found()) }
    }

    /// "Specifying an organization root or organizational unit (OU) as the target is not supported"
    /// (<https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribeEffectivePolicy.html>).
    async fn check_account(&self, id: &str, code: &str) -> Result<(), Rejection> {
        if !matches!(kind(id), Some(Kind::Account)) {
            let message = "You can't perform the specified operation on that target entity.";
            return Err(invalid("TARGET_NOT_SUPPORTED", message).into());
        }
        match self.member(id).await? {
            Some(_) => Ok(()),
            None => Err(error(code, "You specified an account that doesn't exist.").into()),
        }
    }
}

fn not_found() -> AwsError {
    let message = "The policy type is not enabled, or the account has no effective policy of this type.";
    error("EffectivePolicyNotFoundException", message)
}
