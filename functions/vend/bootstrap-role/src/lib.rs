//! Creates the vending role in the account, which all later steps use.
//!
//! The step assumes the organization access role or, in an adopted account, Control Tower's role. No other function
//! uses these two roles.

mod session;

use std::collections::{BTreeMap, BTreeSet};

use aws_config::SdkConfig;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;
use vending_core::{AccountId, ErrorCode, RequestId, StepError, fill_policy, propagation_end};
use vending_iam::{RoleSpec, UnknownEntity, converge_role};
use vending_runtime::{Changes, Environment, SessionPolicy, StartError, Step, StepOutcome, retry_while_propagating};

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub account_id: AccountId,
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "String")]
    pub account_created_at: OffsetDateTime,
    /// Whether the account is adopted. If so, the step also tries Control Tower's role.
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

/// The permissions of this step's own session.
const SESSION_POLICY: SessionPolicy = SessionPolicy::new(include_str!("../session-policy.json"));
/// The permissions of the vending role: everything that the sessions of the steps may do. Generated from their
/// `session-policy.json` files.
const PERMISSIONS: &str = include_str!("../permissions.json");

#[derive(Debug)]
pub struct BootstrapRole {
    config: SdkConfig,
    organization_access_role: String,
    github_boundary: String,
    /// Whether a later step restricts the organization access role.
    restricts_access_role: bool,
    management_account: AccountId,
    function_roles: String,
}

impl BootstrapRole {
    /// Reads
    /// - `ORGANIZATION_ACCESS_ROLE_NAME` and `MANAGEMENT_ACCOUNT_ID`;
    /// - `FUNCTION_ROLES`: the ARN pattern of the roles of the functions;
    /// - `GITHUB_PERMISSIONS_BOUNDARY` and `BREAK_GLASS_PRINCIPALS`, which limit the permissions of the vending role;
    ///   the latter may be empty.
    pub fn new(config: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        Ok(Self {
            config: config.clone(),
            organization_access_role: environment.required("ORGANIZATION_ACCESS_ROLE_NAME")?,
            github_boundary: environment.required("GITHUB_PERMISSIONS_BOUNDARY")?,
            restricts_access_role: environment.optional("BREAK_GLASS_PRINCIPALS").is_some(),
            management_account: environment.parsed("MANAGEMENT_ACCOUNT_ID")?,
            function_roles: environment.required("FUNCTION_ROLES")?,
        })
    }

    fn permissions(&self, account: &AccountId) -> Result<Value, StepError> {
        let mut values = vec![("AccountId", account.as_str()), ("GithubPermissionsBoundary", &*self.github_boundary)];
        if self.restricts_access_role {
            values.push(("OrganizationAccessRoleName", &self.organization_access_role));
        }
        let filled = fill_policy(PERMISSIONS, &values);
        filled.map_err(|error| StepError::new(ErrorCode::Unexpected, format!("permissions.json is not valid: {error}")))
    }

    fn role(&self, account: &AccountId) -> Result<RoleSpec, StepError> {
        Ok(RoleSpec {
            name: ROLE_NAME.to_owned(),
            path: ROLE_PATH.to_owned(),
            description: "Used by account-vending; do not change it manually".to_owned(),
            trust_policy: trust_policy(&self.management_account, &self.function_roles),
            inline_policy: Some((POLICY_NAME.to_owned(), self.permissions(account)?)),
            managed_policy_arns: BTreeSet::new(),
            permissions_boundary: None,
            tags: BTreeMap::new(),
        })
    }
}

impl Step for BootstrapRole {
    const NAME: &'static str = "BootstrapRole";
    type Input = Input;
    type Result = VendingRole;

    async fn run(&self, id: &RequestId, input: Input) -> Result<StepOutcome<VendingRole>, StepError> {
        let account = &input.account_id;
        let propagation_end = propagation_end(input.account_created_at);
        let session = self.open(id, &input, propagation_end).await?;
        let iam = aws_sdk_iam::Client::new(session.config());
        converge(&iam, &self.role(account)?, propagation_end).await
    }
}

async fn converge(
    iam: &aws_sdk_iam::Client,
    role: &RoleSpec,
    propagation_end: OffsetDateTime,
) -> Result<StepOutcome<VendingRole>, StepError> {
    let changes = Changes::apply();
    let converged = converge_role(iam, role, &changes).await;
    let role_arn = converged.map_err(|error| map_role_error(error, propagation_end))?;
    let result = VendingRole { role_arn };
    Ok(match changes.into_names().as_slice() {
        [] => StepOutcome::unchanged(format!("{} is up to date", result.role_arn), result),
        changes => StepOutcome::changed(changes.join("; "), result),
    })
}

/// Maps an error of IAM. The trust policy names the root of the management account, which exists, so IAM rejects it as
/// unknown only while the account is new.
fn map_role_error(error: StepError, propagation_end: OffsetDateTime) -> StepError {
    if UnknownEntity::from_error(&error).is_some() && OffsetDateTime::now_utc() >= propagation_end {
        return error.with_code(ErrorCode::InvalidConfiguration).with_remedy(
            "check the error of IAM, and that MANAGEMENT_ACCOUNT_ID is the management account of this organization; then send the same request again",
        );
    }
    retry_while_propagating(error, propagation_end)
}

/// Trusts the functions by the path of their roles instead of their ARNs. IAM stores the ARN of a role in a trust
/// policy as the role's unique ID, so a trust by ARN would break when a function role is recreated.
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
