//! The engineers' role in the account.

use aws_sdk_iam::Client;
use time::OffsetDateTime;
use vending_core::{ErrorCode, StepError};
use vending_iam::{RoleSpec, UnknownEntity, converge_role};
use vending_runtime::{Changes, retry_while_propagating};

#[derive(Debug)]
pub(crate) struct EngineersRole<'a> {
    pub(crate) iam: &'a Client,
    pub(crate) spec: &'a RoleSpec,
    pub(crate) propagation_end: OffsetDateTime,
}

impl EngineersRole<'_> {
    /// Converges the role and returns its ARN.
    pub(crate) async fn converge(&self, changes: &Changes) -> Result<String, StepError> {
        let converged = converge_role(self.iam, self.spec, changes).await;
        converged.map_err(|error| map_error(error, self.propagation_end))
    }
}

/// Maps an error of the role. A principal that IAM does not know may be too new, but a managed policy of AWS is not.
fn map_error(error: StepError, propagation_end: OffsetDateTime) -> StepError {
    match UnknownEntity::from_error(&error) {
        None => retry_while_propagating(error, propagation_end),
        Some(UnknownEntity::Policy) => error.with_code(ErrorCode::InvalidConfiguration).with_remedy(
            "correct ENGINEER_POLICY_ARNS: only AWS managed policies that can be attached to a role are allowed; then send the same request again",
        ),
        Some(UnknownEntity::Reference) if OffsetDateTime::now_utc() < propagation_end => error.with_code(ErrorCode::NotReady),
        Some(UnknownEntity::Reference) => error.with_code(ErrorCode::InvalidConfiguration).with_remedy(
            "remove principals that do not exist from ENGINEER_PRINCIPALS, or create them; then send the same request again",
        ),
    }
}

#[cfg(test)]
pub(crate) mod tests;
