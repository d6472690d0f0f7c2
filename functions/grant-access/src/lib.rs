//! Lets people into the account: the engineers by a role, those that the request names by IAM Identity Center. Ways in,
//! and so made after the baseline.

mod assignments;
mod role;
mod settings;
mod trust;

use aws_config::{Region, SdkConfig};
use schemars::JsonSchema;
use serde::Serialize;
use vending_core::{BaselineInput, RequestId, StepError};
use vending_iam::RoleSpec;
use vending_runtime::{BaselineStep, Changes, Converged, Environment, MemberSession, StartError};

use crate::assignments::Assignments;
use crate::role::EngineersRole;

pub use role::SESSION_ACTIONS;

/// What the requester is told about the way in.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GrantedAccess {
    /// `None` where the stack names no engineers.
    pub engineer_role_arn: Option<String>,
}

#[derive(Debug)]
pub struct GrantAccess {
    config: SdkConfig,
    role: Option<RoleSpec>,
    identity_center: aws_sdk_ssoadmin::Client,
}

impl GrantAccess {
    /// Reads
    /// - `ENGINEER_PRINCIPALS`: the ARNs of the IAM users, IAM roles and account roots that may use the role; without one,
    ///   no role is made and the other two are not needed;
    /// - `ENGINEER_ROLE_NAME`: the role's name in each account;
    /// - `ENGINEER_POLICY_ARNS`: the AWS managed policies that say what it may do;
    /// - `IDENTITY_CENTER_REGION`: the region of IAM Identity Center, where it is not the function's own.
    pub fn new(config: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        let region = environment.optional("IDENTITY_CENTER_REGION").map(Region::new);
        let mut identity_center = config.to_builder();
        identity_center.set_region(region.or_else(|| config.region().cloned()));
        Ok(Self {
            config: config.clone(),
            role: settings::engineer_role(environment)?,
            identity_center: aws_sdk_ssoadmin::Client::new(&identity_center.build()),
        })
    }
}

impl BaselineStep for GrantAccess {
    const NAME: &'static str = "GrantAccess";
    /// The account's IAM, where the stack names engineers; assignments need no session in the account.
    type Account = Option<aws_sdk_iam::Client>;
    type Result = GrantedAccess;

    fn skip(&self, input: &BaselineInput) -> Option<String> {
        let nobody = self.role.is_none() && input.assignments.is_empty();
        nobody.then(|| "the stack names no engineers, and the request asks for no access".to_owned())
    }

    async fn enter(
        &self,
        request: &RequestId,
        input: &BaselineInput,
    ) -> Result<Option<aws_sdk_iam::Client>, StepError> {
        if self.role.is_none() {
            return Ok(None);
        }
        let session = MemberSession::of_step(&self.config, request, input, SESSION_ACTIONS).await?;
        Ok(Some(aws_sdk_iam::Client::new(session.config())))
    }

    /// Side by side: neither way in waits for the other, or fails with it.
    async fn converge(
        &self,
        iam: &Option<aws_sdk_iam::Client>,
        input: &BaselineInput,
        changes: &Changes,
    ) -> Result<Converged<GrantedAccess>, StepError> {
        let ready_by = input.ready_by();
        let role = async {
            match self.role.as_ref().zip(iam.as_ref()) {
                Some((spec, iam)) => EngineersRole { iam, spec, ready_by }.converge(changes).await.map(Some),
                None => Ok(None),
            }
        };
        let assignments = Assignments { client: &self.identity_center, account: &input.account_id, ready_by };
        // Boxed: two futures of SDK calls in one are large.
        let assigned = Box::pin(assignments.converge(&input.assignments, changes));
        let (role, assigned) = tokio::join!(Box::pin(role), assigned);
        let engineer_role_arn = both(role, assigned)?;
        let found = found(engineer_role_arn.as_deref(), input.assignments.len());
        Ok(Converged::new(found).with_result(GrantedAccess { engineer_role_arn }))
    }
}

/// Of two failures the final one decides: retrying would not help, its remedy does.
fn both<T>(role: Result<T, StepError>, assigned: Result<(), StepError>) -> Result<T, StepError> {
    match (role, assigned) {
        (Ok(role), Ok(())) => Ok(role),
        (Err(error), Ok(())) | (Ok(_), Err(error)) => Err(error),
        (Err(role), Err(assigned)) => Err(if role.code().is_retryable() { assigned } else { role }),
    }
}

fn found(role_arn: Option<&str>, assignments: usize) -> String {
    let role = role_arn.map(|arn| format!("{arn} is as it should be"));
    let assigned = (assignments > 0).then(|| format!("all access of the request is assigned ({assignments})"));
    role.into_iter().chain(assigned).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests;
