//! Lets GitHub Actions of the repositories in the request deploy into the account without access keys.
//!
//! This is an access step, so it runs after the baseline. Each repository has its own role, for the branches and
//! environments in the request. The role of a repository that is no longer in the request is deleted, so the step lists
//! the roles of every account.

mod leftovers;
mod provider;
mod role;

use std::collections::BTreeSet;

use aws_config::SdkConfig;
use aws_sdk_iam::Client;
use schemars::JsonSchema;
use serde::Serialize;
use time::OffsetDateTime;
use vending_core::{BaselineInput, ErrorCode, GithubDeploy, RequestId, StepError};
use vending_iam::{RoleSpec, UnknownEntity, converge_role};
use vending_runtime::{
    BaselineStep, Changes, Converged, Environment, MemberSession, SessionPolicy, StartError, WhilePropagating,
    retry_while_propagating,
};

/// The roles that the requester gets.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GithubAccess {
    /// The roles that workflows assume, in the order of the request's `githubDeploy`.
    pub github_role_arns: Vec<String>,
}

/// The session policy of the step.
const SESSION_POLICY: SessionPolicy = SessionPolicy::new(include_str!("../session-policy.json"));

#[derive(Debug)]
pub struct ConfigureGithubOidc {
    config: SdkConfig,
    boundary: String,
}

impl ConfigureGithubOidc {
    /// Reads
    /// - `GITHUB_PERMISSIONS_BOUNDARY`: the ARN of the AWS managed policy that is the permissions boundary of the
    ///   roles.
    pub fn new(config: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        const NAME: &str = "GITHUB_PERMISSIONS_BOUNDARY";
        let boundary = environment.required(NAME)?;
        // A customer managed policy exists in one account only, so a new account does not have it.
        if boundary.strip_prefix("arn:aws:iam::aws:policy/").is_none_or(str::is_empty) {
            let why =
                "expected the ARN of an AWS managed policy, like arn:aws:iam::aws:policy/PowerUserAccess".to_owned();
            return Err(StartError::Invalid { name: NAME, why });
        }
        Ok(Self { config: config.clone(), boundary })
    }
}

impl BaselineStep for ConfigureGithubOidc {
    const NAME: &'static str = "ConfigureGithubOidc";
    type Target = Client;
    type Result = GithubAccess;

    async fn open(&self, request: &RequestId, input: &BaselineInput) -> Result<Client, StepError> {
        let policy = SESSION_POLICY.with("GithubPermissionsBoundary", &self.boundary);
        let session = MemberSession::for_step(&self.config, request, input, &policy).await?;
        Ok(Client::new(session.config()))
    }

    async fn converge(
        &self,
        iam: &Client,
        input: &BaselineInput,
        changes: &Changes,
    ) -> Result<Converged<GithubAccess>, StepError> {
        let deploys = &input.request.github_deploy;
        let role = |deploy: &GithubDeploy| role::spec(&input.account_id, deploy, &self.boundary);
        let roles: Vec<RoleSpec> = deploys.iter().map(role).collect();
        let leftovers = async |changes| delete_leftovers(iam, &roles, input, &changes).await;
        changes.part("leftover roles", leftovers).await?;
        if !roles.is_empty() {
            trust(iam, &roles, input, changes).await?;
        }
        Ok(converged(input, &roles))
    }
}

async fn delete_leftovers(
    iam: &Client,
    roles: &[RoleSpec],
    input: &BaselineInput,
    changes: &Changes,
) -> Result<(), StepError> {
    let wanted: BTreeSet<&str> = roles.iter().map(|role| role.name.as_str()).collect();
    leftovers::delete(iam, &wanted, changes).await.retry_while_propagating(input.propagation_end())
}

async fn trust(iam: &Client, roles: &[RoleSpec], input: &BaselineInput, changes: &Changes) -> Result<(), StepError> {
    let provider = async |changes| provider::ensure(iam, &input.account_id, &changes).await;
    let provider_created_at = changes.part("identity provider", provider).await;
    let provider_created_at = provider_created_at.retry_while_propagating(input.propagation_end())?;
    for role in roles {
        let converged = changes.part(&role.name, async |changes| converge_role(iam, role, &changes).await).await;
        converged.map_err(|error| map_role_error(error, input.propagation_end(), provider_created_at))?;
    }
    Ok(())
}

/// Maps an error of a role. Its trust policy refers to the identity provider, which may be newer than the account.
fn map_role_error(error: StepError, propagation_end: OffsetDateTime, provider_created_at: OffsetDateTime) -> StepError {
    match UnknownEntity::from_error(&error) {
        None => retry_while_propagating(error, propagation_end),
        Some(UnknownEntity::Policy) => error.with_code(ErrorCode::InvalidRequest).with_remedy(
            "correct policyArns in githubDeploy: only AWS managed policies that can be attached to a role are allowed; then send the request again",
        ),
        Some(UnknownEntity::Reference) if OffsetDateTime::now_utc() < propagation_end.max(vending_core::propagation_end(provider_created_at)) => {
            error.with_code(ErrorCode::NotReady)
        }
        Some(UnknownEntity::Reference) => error.with_code(ErrorCode::InvalidConfiguration).with_remedy(
            "check what IAM says about the trust policy, and check the GitHub identity provider of the account; then send the same request again",
        ),
    }
}

fn converged(input: &BaselineInput, roles: &[RoleSpec]) -> Converged<GithubAccess> {
    let deploys = &input.request.github_deploy;
    let arns = roles.iter().map(|spec| role::arn(&input.account_id, &spec.name));
    let converged = Converged::new(summary(deploys)).with_result(GithubAccess { github_role_arns: arns.collect() });
    match missing_ids_note(deploys) {
        Some(note) => converged.with_note(note),
        None => converged,
    }
}

fn summary(deploys: &[GithubDeploy]) -> String {
    if deploys.is_empty() {
        return "no GitHub repository can deploy".to_owned();
    }
    format!("{} can deploy", join(deploys.iter()))
}

/// A note about repositories without IDs. GitHub calls the claims with IDs immutable subject claims (see its OpenID
/// Connect reference).
fn missing_ids_note(deploys: &[GithubDeploy]) -> Option<String> {
    let without_ids: Vec<&GithubDeploy> = deploys.iter().filter(|deploy| deploy.repository_id.is_none()).collect();
    (!without_ids.is_empty()).then(|| {
        format!(
            "{} can deploy only if created before 2026-07-15 and not renamed or moved since: for any other repository set ownerId and repositoryId",
            join(without_ids.into_iter())
        )
    })
}

fn join<'a>(deploys: impl Iterator<Item = &'a GithubDeploy>) -> String {
    deploys.map(|deploy| deploy.repository.as_str()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
