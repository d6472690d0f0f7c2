//! Lets GitHub Actions of the repositories that the request names deploy into the account, without any key. A way in,
//! and so made after the baseline.
//!
//! Each repository has a role of its own, for just the branches and environments that the request names; the role of
//! a repository that it no longer names is taken away. So there is something to look at in every account.

mod leftovers;
mod provider;
mod role;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_config::SdkConfig;
use aws_sdk_iam::Client;
use schemars::JsonSchema;
use serde::Serialize;
use time::OffsetDateTime;
use vending_core::{BaselineInput, ErrorCode, GithubDeploy, RequestId, StepError};
use vending_iam::{RoleSpec, Unknown, converge_role};
use vending_runtime::{BaselineStep, Changes, Converged, Environment, MemberSession, StartError, settling};

/// What the requester is told about the way in.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GithubAccess {
    /// The roles that workflows assume, in the order of the request's `githubDeploy`.
    pub github_role_arns: Vec<String>,
}

/// What this step does in the account.
pub const SESSION_ACTIONS: &[&str] = &[
    "iam:AddClientIDToOpenIDConnectProvider",
    "iam:AttachRolePolicy",
    "iam:CreateOpenIDConnectProvider",
    "iam:CreateRole",
    "iam:DeleteRole",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
    "iam:GetOpenIDConnectProvider",
    "iam:GetRole",
    "iam:ListAttachedRolePolicies",
    "iam:ListRolePolicies",
    "iam:ListRoles",
    "iam:PutRolePermissionsBoundary",
    "iam:TagRole",
    "iam:UpdateAssumeRolePolicy",
];

#[derive(Debug)]
pub struct TrustGithub {
    config: SdkConfig,
    boundary: String,
}

impl TrustGithub {
    /// Reads `GITHUB_PERMISSIONS_BOUNDARY`: the ARN of the AWS managed policy that bounds the roles, whatever policies a
    /// request gives them.
    pub fn new(config: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        const NAME: &str = "GITHUB_PERMISSIONS_BOUNDARY";
        let boundary = environment.required(NAME)?;
        // A policy that a customer made exists in one account only, so it could not bound a role in a new one.
        if boundary.strip_prefix("arn:aws:iam::aws:policy/").is_none_or(str::is_empty) {
            let why =
                "it is not the ARN of an AWS managed policy, like arn:aws:iam::aws:policy/PowerUserAccess".to_owned();
            return Err(StartError::Invalid { name: NAME, why });
        }
        Ok(Self { config: config.clone(), boundary })
    }
}

/// The account in one run.
#[derive(Debug)]
pub struct Account {
    iam: Client,
    /// Whether a look in this run found no role to take away: then the roles are not listed again when the run is read
    /// back.
    has_no_leftovers: AtomicBool,
}

impl Account {
    fn new(iam: Client) -> Self {
        Self { iam, has_no_leftovers: AtomicBool::new(false) }
    }
}

impl BaselineStep for TrustGithub {
    const NAME: &'static str = "TrustGithub";
    type Account = Account;
    type Result = GithubAccess;

    async fn enter(&self, request: &RequestId, input: &BaselineInput) -> Result<Account, StepError> {
        let session = MemberSession::of_step(&self.config, request, input, SESSION_ACTIONS).await?;
        Ok(Account::new(Client::new(session.config())))
    }

    async fn converge(
        &self,
        account: &Account,
        input: &BaselineInput,
        changes: &Changes,
    ) -> Result<Converged<GithubAccess>, StepError> {
        let deploys = &input.request.github_deploy;
        let role = |deploy: &GithubDeploy| role::spec(&input.account_id, deploy, &self.boundary);
        let roles: Vec<RoleSpec> = deploys.iter().map(role).collect();
        remove_leftovers(account, &roles, input, changes).await?;
        if !roles.is_empty() {
            trust(&account.iam, &roles, input, changes).await?;
        }
        Ok(converged(input, &roles))
    }
}

async fn remove_leftovers(
    account: &Account,
    roles: &[RoleSpec],
    input: &BaselineInput,
    changes: &Changes,
) -> Result<(), StepError> {
    if account.has_no_leftovers.load(Ordering::Relaxed) {
        return Ok(());
    }
    let wanted: BTreeSet<&str> = roles.iter().map(|role| role.name.as_str()).collect();
    let found = leftovers::remove(&account.iam, &wanted, changes).await;
    let found = found.map_err(|error| settling(error, input.ready_by()))?;
    account.has_no_leftovers.store(!found, Ordering::Relaxed);
    Ok(())
}

async fn trust(iam: &Client, roles: &[RoleSpec], input: &BaselineInput, changes: &Changes) -> Result<(), StepError> {
    let since = provider::ensure(iam, &input.account_id, changes).await;
    let since = since.map_err(|error| settling(error, input.ready_by()))?;
    for role in roles {
        let converged = converge_role(iam, role, changes).await;
        converged.map_err(|error| settled(error, input.ready_by(), since))?;
    }
    Ok(())
}

/// What a trust policy of this step refers to is the account's identity provider, which may be newer than the account.
fn settled(error: StepError, ready_by: OffsetDateTime, provider_created_at: OffsetDateTime) -> StepError {
    match Unknown::behind(&error) {
        None => settling(error, ready_by),
        Some(Unknown::Policy) => error.with_code(ErrorCode::InvalidRequest).with_remedy(
            "correct policyArns in githubDeploy: it may name only managed policies of AWS that a role may have; then send the request again",
        ),
        Some(Unknown::Reference) if OffsetDateTime::now_utc() < ready_by.max(vending_core::ready_by(provider_created_at)) => {
            error.with_code(ErrorCode::NotReady)
        }
        Some(Unknown::Reference) => error.with_code(ErrorCode::InvalidConfiguration).with_remedy(
            "look at what IAM says of the trust policy, and at the account's identity provider for GitHub; then send the same request again",
        ),
    }
}

fn converged(input: &BaselineInput, roles: &[RoleSpec]) -> Converged<GithubAccess> {
    let deploys = &input.request.github_deploy;
    let arns = roles.iter().map(|spec| role::arn(&input.account_id, &spec.name));
    let converged = Converged::new(found(deploys)).with_result(GithubAccess { github_role_arns: arns.collect() });
    match by_name_alone(deploys) {
        Some(note) => converged.with_note(note),
        None => converged,
    }
}

fn found(deploys: &[GithubDeploy]) -> String {
    if deploys.is_empty() {
        return "no repository of GitHub may deploy".to_owned();
    }
    format!("{} may deploy", join(deploys.iter()))
}

/// What GitHub calls immutable subject claims: see its OpenID Connect reference.
fn by_name_alone(deploys: &[GithubDeploy]) -> Option<String> {
    let named: Vec<&GithubDeploy> = deploys.iter().filter(|deploy| deploy.repository_id.is_none()).collect();
    (!named.is_empty()).then(|| {
        format!(
            "{} can deploy only if created before 2026-07-15 and not renamed or moved since: for any other repository give ownerId and repositoryId",
            join(named.into_iter())
        )
    })
}

fn join<'a>(deploys: impl Iterator<Item = &'a GithubDeploy>) -> String {
    deploys.map(|deploy| deploy.repository.as_str()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
