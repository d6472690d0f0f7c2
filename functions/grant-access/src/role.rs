//! The engineers' role in the account.

use aws_sdk_iam::Client;
use time::OffsetDateTime;
use vending_core::{ErrorCode, StepError};
use vending_iam::{RoleSpec, Unknown, converge_role};
use vending_runtime::{Changes, settling};

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
pub(crate) struct EngineersRole<'a> {
    pub(crate) iam: &'a Client,
    pub(crate) spec: &'a RoleSpec,
    pub(crate) ready_by: OffsetDateTime,
}

impl EngineersRole<'_> {
    /// Answers the role's ARN.
    pub(crate) async fn converge(self, changes: &Changes) -> Result<String, StepError> {
        let converged = converge_role(self.iam, self.spec, changes).await;
        converged.map_err(|error| settled(error, self.ready_by))
    }
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
pub(crate) mod tests;
