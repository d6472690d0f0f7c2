//! Grants access to the account: a role for engineers at `/account-vending/access/`, and the IAM Identity Center
//! assignments of the request and of the settings.
//!
//! This is an access step, so it runs after the baseline.

mod assignments;
mod role;
mod settings;
mod trust;

use aws_config::SdkConfig;
use schemars::JsonSchema;
use serde::Serialize;
use vending_core::{BaselineInput, RequestId, StepError};
use vending_iam::RoleSpec;
use vending_runtime::{
    BaselineStep, Changes, Converged, Environment, MemberSession, SessionPolicy, StartError, identity_center_config,
};

use crate::assignments::Assignments;
use crate::role::EngineersRole;

/// The access that the requester gets.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GrantedAccess {
    /// The role of the engineers, or `None` without `ENGINEER_PRINCIPALS`.
    pub engineer_role_arn: Option<String>,
}

/// The session policy of the step.
const SESSION_POLICY: SessionPolicy = SessionPolicy::new(include_str!("../session-policy.json"));

#[derive(Debug)]
pub struct GrantAccess {
    config: SdkConfig,
    role: Option<RoleSpec>,
}

impl GrantAccess {
    /// Reads
    /// - `ENGINEER_PRINCIPALS`: the ARNs of the IAM users, IAM roles, and account roots that can assume the role;
    ///   without one, the step creates no role and the next two variables are not needed;
    /// - `ENGINEER_ROLE_NAME`: the name of the role in each account;
    /// - `ENGINEER_POLICY_ARNS`: the AWS managed policies of the role.
    pub fn new(config: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        Ok(Self { config: config.clone(), role: settings::engineer_role(environment)? })
    }
}

impl BaselineStep for GrantAccess {
    const NAME: &'static str = "GrantAccess";
    /// The IAM client of the account, if there is an engineers' role. Assignments need no session in the account.
    type Target = Option<aws_sdk_iam::Client>;
    type Result = GrantedAccess;

    fn skip_reason(&self, input: &BaselineInput) -> Option<String> {
        let no_access = self.role.is_none() && input.assignments.is_empty() && input.pending_access.is_empty();
        no_access.then(|| {
            "the stack has no EngineerPrincipals, and neither the request nor the settings have access".to_owned()
        })
    }

    async fn open(&self, request: &RequestId, input: &BaselineInput) -> Result<Option<aws_sdk_iam::Client>, StepError> {
        if self.role.is_none() {
            return Ok(None);
        }
        let session = MemberSession::for_step(&self.config, request, input, &SESSION_POLICY).await?;
        Ok(Some(aws_sdk_iam::Client::new(session.config())))
    }

    async fn converge(
        &self,
        iam: &Option<aws_sdk_iam::Client>,
        input: &BaselineInput,
        changes: &Changes,
    ) -> Result<Converged<GrantedAccess>, StepError> {
        let region = input.settings.identity_center_region.as_deref();
        let identity_center = aws_sdk_ssoadmin::Client::new(&identity_center_config(&self.config, region));
        self.converge_with(&identity_center, iam.as_ref(), input, changes).await
    }
}

impl GrantAccess {
    /// Converges the role and the assignments concurrently, so that an error of one does not stop the other.
    async fn converge_with(
        &self,
        identity_center: &aws_sdk_ssoadmin::Client,
        iam: Option<&aws_sdk_iam::Client>,
        input: &BaselineInput,
        changes: &Changes,
    ) -> Result<Converged<GrantedAccess>, StepError> {
        let propagation_end = input.propagation_end();
        let role = async {
            match self.role.as_ref().zip(iam) {
                Some((spec, iam)) => {
                    let role = EngineersRole { iam, spec, propagation_end };
                    changes.part("engineers' role", async |changes| role.converge(&changes).await).await.map(Some)
                }
                None => Ok(None),
            }
        };
        let assignments = Assignments { client: identity_center, account: &input.account_id, propagation_end };
        let assigned = async |changes| assignments.converge(&input.assignments, &changes).await;
        let (role, assigned) = tokio::join!(role, changes.part("assignments", assigned));
        let engineer_role_arn = both(role, assigned)?;
        let summary = summary(engineer_role_arn.as_deref(), input.assignments.len());
        let converged = Converged::new(summary).with_result(GrantedAccess { engineer_role_arn });
        Ok(match input.pending_access.as_slice() {
            [] => converged,
            pending => converged.with_note(format!("not granted yet: {}", pending.join("; "))).pending(),
        })
    }
}

/// Combines the results. Of two errors, it returns a permanent one, because a retry does not help.
fn both<T>(role: Result<T, StepError>, assigned: Result<(), StepError>) -> Result<T, StepError> {
    match (role, assigned) {
        (Ok(role), Ok(())) => Ok(role),
        (Err(error), Ok(())) | (Ok(_), Err(error)) => Err(error),
        (Err(role), Err(assigned)) => Err(if role.code().is_retryable() { assigned } else { role }),
    }
}

fn summary(role_arn: Option<&str>, assignments: usize) -> String {
    let role = role_arn.map(|arn| format!("{arn} is up to date"));
    let assigned = (assignments > 0).then(|| format!("all assignments exist ({assignments})"));
    let parts: Vec<String> = role.into_iter().chain(assigned).collect();
    if parts.is_empty() { "nothing is granted".to_owned() } else { parts.join("; ") }
}

#[cfg(test)]
mod tests;
