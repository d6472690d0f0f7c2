//! Makes the role that every later step works with, in the new account.
//!
//! The way in is the role that AWS Organizations makes in the accounts that it creates, or in an adopted account
//! Control Tower's; this is the only function that uses them.

mod permissions;
mod way_in;

use std::collections::{BTreeMap, BTreeSet};

use aws_config::SdkConfig;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;
use vending_core::{AccountId, ErrorCode, RequestId, StepError, ready_by};
use vending_iam::{RoleSpec, Unknown, converge_role};
use vending_runtime::{Changes, Done, Environment, StartError, Step, settling};

pub use permissions::Permissions;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub account_id: AccountId,
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "String")]
    pub account_created_at: OffsetDateTime,
    /// Whether the account came by another road: then Control Tower's role is a way in, too.
    pub adopt: bool,
}

#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VendingRole {
    pub role_arn: String,
}

const ROLE_PATH: &str = "/account-vending/";
const ROLE_NAME: &str = "AccountVending";
const POLICY_NAME: &str = "baseline";

/// What this step itself does in the account.
const SESSION_ACTIONS: &[&str] = &[
    "iam:CreateRole",
    "iam:GetRole",
    "iam:GetRolePolicy",
    "iam:ListAttachedRolePolicies",
    "iam:DetachRolePolicy",
    "iam:PutRolePolicy",
    "iam:TagRole",
    "iam:UpdateAssumeRolePolicy",
];

#[derive(Debug)]
pub struct BootstrapRole {
    config: SdkConfig,
    organization_access_role: String,
    github_boundary: String,
    /// Whether the organization access role is narrowed later.
    closes_way_in: bool,
    management_account: AccountId,
    function_roles: String,
}

impl BootstrapRole {
    /// Reads `ORGANIZATION_ACCESS_ROLE_NAME`, `MANAGEMENT_ACCOUNT_ID`, `FUNCTION_ROLES` (an ARN pattern), and what bounds
    /// the permissions of the role that it makes: `GITHUB_PERMISSIONS_BOUNDARY` and `BREAK_GLASS_PRINCIPALS`, which may
    /// be empty.
    pub fn new(config: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        Ok(Self {
            config: config.clone(),
            organization_access_role: environment.required("ORGANIZATION_ACCESS_ROLE_NAME")?,
            github_boundary: environment.required("GITHUB_PERMISSIONS_BOUNDARY")?,
            closes_way_in: environment.optional("BREAK_GLASS_PRINCIPALS").is_some(),
            management_account: environment.parsed("MANAGEMENT_ACCOUNT_ID")?,
            function_roles: environment.required("FUNCTION_ROLES")?,
        })
    }

    fn permissions<'a>(&'a self, account: &'a AccountId) -> Permissions<'a> {
        Permissions {
            account,
            github_boundary: &self.github_boundary,
            closed_role: self.closes_way_in.then_some(&*self.organization_access_role),
        }
    }

    fn role(&self, account: &AccountId) -> RoleSpec {
        RoleSpec {
            name: ROLE_NAME.to_owned(),
            path: ROLE_PATH.to_owned(),
            description: "account-vending works with this role; do not change it by hand".to_owned(),
            trust_policy: trust_policy(&self.management_account, &self.function_roles),
            inline_policy: Some((POLICY_NAME.to_owned(), self.permissions(account).document())),
            managed_policy_arns: BTreeSet::new(),
            permissions_boundary: None,
            tags: BTreeMap::new(),
        }
    }
}

impl Step for BootstrapRole {
    const NAME: &'static str = "BootstrapRole";
    type Input = Input;
    type Result = VendingRole;

    async fn run(&self, id: &RequestId, input: Input) -> Result<Done<VendingRole>, StepError> {
        let account = &input.account_id;
        let ready_by = ready_by(input.account_created_at);
        let session = self.enter(id, &input, ready_by).await?;
        let iam = aws_sdk_iam::Client::new(session.config());
        converge(&iam, &self.role(account), ready_by).await
    }
}

async fn converge(
    iam: &aws_sdk_iam::Client,
    role: &RoleSpec,
    ready_by: OffsetDateTime,
) -> Result<Done<VendingRole>, StepError> {
    let changes = Changes::to_make();
    let converged = converge_role(iam, role, &changes).await;
    let role_arn = converged.map_err(|error| settled(error, ready_by))?;
    let result = VendingRole { role_arn };
    Ok(match changes.into_list().as_slice() {
        [] => Done::unchanged(format!("{} is as it should be", result.role_arn), result),
        changes => Done::changed(changes.join("; "), result),
    })
}

/// The trust names the management account's root, which exists: IAM can doubt it only while the account is new.
fn settled(error: StepError, ready_by: OffsetDateTime) -> StepError {
    if Unknown::behind(&error).is_some() && OffsetDateTime::now_utc() >= ready_by {
        return error.with_code(ErrorCode::InvalidConfiguration).with_remedy(
            "look at what IAM says, and whether MANAGEMENT_ACCOUNT_ID is this organization's management account; then send the same request again",
        );
    }
    settling(error, ready_by)
}

/// Trusts the functions by the path of their roles, not by their ARNs: IAM stores a role's ARN in a trust policy
/// as the role's unique id, so such a trust would die with the first function role that is made anew.
fn trust_policy(management_account: &AccountId, function_roles: &str) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "AWS": format!("arn:aws:iam::{management_account}:root") },
            "Action": "sts:AssumeRole",
            "Condition": { "ArnLike": { "aws:PrincipalArn": function_roles } }
        }]
    })
}

#[cfg(test)]
mod tests;
