//! Lets the engineers into the account: makes the role that they use. A way in, and so made after the baseline.

mod settings;
mod trust;

use aws_config::SdkConfig;
use schemars::JsonSchema;
use serde::Serialize;
use time::OffsetDateTime;
use vending_core::{BaselineInput, ErrorCode, RequestId, StepError, ready_by};
use vending_iam::{RoleSpec, Unknown, converge_role};
use vending_runtime::{Done, Environment, MemberSession, SessionPolicy, StartError, Step, settling};

/// What the requester is told about the way in.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GrantedAccess {
    /// `None` where the stack names no engineers.
    pub engineer_role_arn: Option<String>,
}

/// What this step does in the account.
pub const SESSION_ACTIONS: &[&str] = &[
    "iam:AttachRolePolicy",
    "iam:CreateRole",
    "iam:DetachRolePolicy",
    "iam:GetRole",
    "iam:ListAttachedRolePolicies",
    "iam:TagRole",
    "iam:UpdateAssumeRolePolicy",
];

#[derive(Debug)]
pub struct GrantAccess {
    config: SdkConfig,
    role: Option<RoleSpec>,
}

impl GrantAccess {
    /// Reads
    /// - `ENGINEER_PRINCIPALS`: the ARNs of the IAM users, IAM roles and account roots that may use the role; without one,
    ///   no role is made and the other two are not needed;
    /// - `ENGINEER_ROLE_NAME`: the role's name in each account;
    /// - `ENGINEER_POLICY_ARNS`: the AWS managed policies that say what it may do.
    pub fn new(config: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        Ok(Self { config: config.clone(), role: settings::engineer_role(environment)? })
    }
}

impl Step for GrantAccess {
    const NAME: &'static str = "GrantAccess";
    type Input = BaselineInput;
    type Result = GrantedAccess;

    async fn run(&self, request: &RequestId, input: BaselineInput) -> Result<Done<GrantedAccess>, StepError> {
        let Some(role) = &self.role else {
            let detail = "no engineers' role is configured";
            return Ok(Done::unchanged(detail, GrantedAccess::default()));
        };
        let ready_by = ready_by(input.account_created_at);
        let session = MemberSession::assume(
            &self.config,
            &input.role_arn,
            &request.to_string(),
            &SessionPolicy::allow(SESSION_ACTIONS),
            ready_by,
        )
        .await?;
        let iam = aws_sdk_iam::Client::new(session.config());
        grant(&iam, role, ready_by).await
    }
}

async fn grant(
    iam: &aws_sdk_iam::Client,
    role: &RoleSpec,
    ready_by: OffsetDateTime,
) -> Result<Done<GrantedAccess>, StepError> {
    let converged = converge_role(iam, role).await;
    let converged = converged.map_err(|error| settled(error, ready_by))?;
    Ok(Done {
        changed: !converged.changes.is_empty(),
        detail: converged.detail(),
        result: GrantedAccess { engineer_role_arn: Some(converged.role_arn) },
    })
}

/// A principal that IAM does not know may be too new, but only so long; a policy of AWS never is.
fn settled(error: StepError, ready_by: OffsetDateTime) -> StepError {
    match Unknown::behind(&error) {
        None => settling(error, ready_by),
        Some(Unknown::Policy) => error.with_code(ErrorCode::InvalidConfiguration).with_remedy(
            "correct ENGINEER_POLICY_ARNS: it may name only managed policies of AWS that a role may have; then send the same request again",
        ),
        Some(Unknown::Reference) if OffsetDateTime::now_utc() < ready_by => error.with_code(ErrorCode::NotReady),
        Some(Unknown::Reference) => error.with_code(ErrorCode::InvalidConfiguration).with_remedy(
            "take what does not exist out of ENGINEER_PRINCIPALS, or create it; then send the same request again",
        ),
    }
}

#[cfg(test)]
mod tests;
