//! GitHub repositories that may deploy to the account.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::policy::RequestPolicy;
use crate::allowed::is_github_owner;
use crate::id::{InvalidId, text_id};
use crate::object_reader::ObjectReader;
use crate::schema;

/// A GitHub repository whose workflows may deploy to the account with OIDC, without access keys.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
#[schemars(extend("allOf" = [both_ids_or_neither(), branch_or_environment()]))]
pub struct GithubDeploy {
    pub repository: GithubRepository,
    /// The numeric GitHub ID of the owner, together with `repositoryId`. A later owner of the same name is not trusted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = MAXIMUM_ID))]
    pub owner_id: Option<u64>,
    /// The numeric GitHub ID of the repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = MAXIMUM_ID))]
    pub repository_id: Option<u64>,
    /// Full names of the branches that may deploy. A job with an environment is trusted by its environment only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Option<Vec<String>>", extend("maxItems" = MAXIMUM_REFS, "uniqueItems" = true, "items" = schema::branch()))]
    pub branches: Vec<String>,
    /// Environments that may deploy, spelled as in GitHub.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Option<Vec<String>>", extend("maxItems" = MAXIMUM_REFS, "uniqueItems" = true, "items" = schema::environment()))]
    pub environments: Vec<String>,
    /// The AWS managed policies of the role, from those that the settings allow.
    #[schemars(extend("minItems" = 1, "maxItems" = MAXIMUM_POLICIES, "uniqueItems" = true, "items" = schema::policy_arn()))]
    pub policy_arns: Vec<String>,
    /// With IDs: also trusts the subject without IDs, which repositories from before 2026-07-15 have.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schemars(with = "Option<bool>")]
    pub classic_subject: bool,
}

text_id! {
    /// A GitHub repository as `owner/name`.
    GithubRepository,
    "pattern" = schema::GITHUB_REPOSITORY, "not" = schema::invalid_github_repository()
}

pub(super) const MAXIMUM_DEPLOYS: usize = 10;
const MAXIMUM_REFS: usize = 10;
const MAXIMUM_POLICIES: usize = 10;
/// The largest number that the state machine represents exactly.
const MAXIMUM_ID: u64 = (1 << 53) - 1;
/// The number of characters for subjects in a trust policy, which has at most 2048 characters.
const MAXIMUM_SUBJECTS: usize = 1500;

fn both_ids_or_neither() -> Value {
    let ids = |kind: &str| json!({ "ownerId": { "type": kind }, "repositoryId": { "type": kind } });
    json!({ "anyOf": [
        { "required": ["ownerId", "repositoryId"], "properties": ids("integer") },
        { "properties": ids("null") },
    ] })
}

fn branch_or_environment() -> Value {
    let has = |name: &str| json!({ "required": [name], "properties": { name: { "type": "array", "minItems": 1 } } });
    json!({ "anyOf": [has("branches"), has("environments")] })
}

impl GithubDeploy {
    /// The `sub` claims of the workflows that may deploy, for an exact comparison.
    pub fn subjects(&self) -> Vec<String> {
        let mut repositories = Vec::new();
        if let (Some(owner_id), Some(repository_id)) = (self.owner_id, self.repository_id) {
            let (owner, name) = (self.repository.owner(), self.repository.name());
            repositories.push(format!("{owner}@{owner_id}/{name}@{repository_id}"));
        }
        if repositories.is_empty() || self.classic_subject {
            repositories.push(self.repository.to_string());
        }
        let branches = self.branches.iter().map(|name| format!("ref:refs/heads/{name}"));
        // Colons separate the parts of the claim, so GitHub escapes a colon in a name.
        let environments = self.environments.iter().map(|name| format!("environment:{}", name.replace(':', "%3A")));
        let refs: Vec<String> = branches.chain(environments).collect();
        let all = repositories
            .iter()
            .flat_map(|repository| refs.iter().map(move |reference| format!("repo:{repository}:{reference}")));
        all.collect()
    }
}

impl GithubRepository {
    pub fn owner(&self) -> &str {
        self.parts().0
    }

    pub fn name(&self) -> &str {
        self.parts().1
    }

    fn parts(&self) -> (&str, &str) {
        self.0.split_once('/').unwrap_or((&self.0, ""))
    }
}

impl FromStr for GithubRepository {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let fits = text.split_once('/').is_some_and(|(owner, name)| is_github_owner(owner) && is_repository_name(name));
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidId(
                "must be a GitHub repository as owner/name, like acme/payments; no URL, no * or ?".to_owned(),
            ))
        }
    }
}

fn is_repository_name(text: &str) -> bool {
    (1..=100).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        && !matches!(text, "." | "..")
        && !text.to_ascii_lowercase().ends_with(".git")
}

pub(super) fn read(fields: &mut ObjectReader<'_>, policy: &RequestPolicy) -> Vec<GithubDeploy> {
    // GitHub compares names without case.
    let conflict = |one: &GithubDeploy, other: &GithubDeploy| {
        let is_same = one.repository.as_str().eq_ignore_ascii_case(other.repository.as_str());
        is_same.then_some("must be another repository: only one entry for each repository is allowed")
    };
    fields.objects("githubDeploy", MAXIMUM_DEPLOYS, conflict, |fields| deploy(fields, policy))
}

fn deploy(fields: &mut ObjectReader<'_>, policy: &RequestPolicy) -> Option<GithubDeploy> {
    let (repository, settings_id) = fields.required("repository", |text| repository(text, policy)).unzip();
    let owner_id = fields.number("ownerId", 1..=MAXIMUM_ID);
    let repository_id = fields.number("repositoryId", 1..=MAXIMUM_ID);
    let branches = fields.list("branches", 0..=MAXIMUM_REFS, branch);
    let environments = fields.list("environments", 0..=MAXIMUM_REFS, environment);
    let policy_arns = fields.list("policyArns", 1..=MAXIMUM_POLICIES, |text| policy_arn(text, policy));
    let classic_subject = fields.boolean("classicSubject");
    for (id, other) in [("ownerId", "repositoryId"), ("repositoryId", "ownerId")] {
        if fields.has(other) && !fields.has(id) {
            fields.problem(id, format!("is required together with {other}"));
        }
    }
    if let Some((given, expected)) = owner_id.zip(settings_id.flatten()).filter(|(given, expected)| given != expected) {
        let detail = format!("must be {expected}, the ID of the owner in the settings, not {given}");
        fields.problem("ownerId", detail);
    }
    if !fields.has("branches") && !fields.has("environments") {
        fields.problem_at(&[], "must have at least one branch or environment");
    }
    let repository = repository?;
    let deploy =
        GithubDeploy { repository, owner_id, repository_id, branches, environments, policy_arns, classic_subject };
    if deploy.subjects().iter().map(String::len).sum::<usize>() > MAXIMUM_SUBJECTS {
        let detail = "must have fewer or shorter branches and environments, because the trust policy of the role has a size limit";
        fields.problem_at(&[], detail);
    }
    Some(deploy)
}

/// The repository with the owner as spelled in the settings, and the ID of the owner there.
fn repository(text: &str, policy: &RequestPolicy) -> Result<(GithubRepository, Option<u64>), String> {
    let repository: GithubRepository = text.parse().map_err(|error| format!("{error}"))?;
    let (owner, id) = policy.github_owner(repository.owner())?;
    Ok((GithubRepository(format!("{owner}/{}", repository.name())), id))
}

/// The rules of [`git check-ref-format`](https://git-scm.com/docs/git-check-ref-format), in ASCII. IAM allows no other
/// characters in a trust policy, and treats `${` as a variable.
fn branch(text: &str) -> Result<String, String> {
    no_wildcard(text)?;
    let component = |name: &str| !name.is_empty() && !name.starts_with('.') && name.strip_suffix(".lock").is_none();
    let fits = (1..=255).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"[\\~^:$".contains(&byte))
        && text.split('/').all(component)
        && !text.contains("..")
        && !text.contains("@{")
        && !text.starts_with('-')
        && !text.starts_with("refs/")
        && !text.ends_with('.')
        && text != "@";
    if fits {
        Ok(text.to_owned())
    } else {
        Err("must be a valid Git branch name in ASCII, like main or release/1.0, without $ and without the prefix refs/heads/".to_owned())
    }
}

/// The rules of GitHub, in ASCII as for a branch. A name with `%3A` would match the name with a colon instead.
fn environment(text: &str) -> Result<String, String> {
    no_wildcard(text)?;
    let fits = (1..=255).contains(&text.len())
        && text.trim() == text
        && text.bytes().all(|byte| matches!(byte, b' '..=b'~') && !b"'\"`,;\\$".contains(&byte))
        && !text.to_ascii_uppercase().contains("%3A");
    if fits {
        Ok(text.to_owned())
    } else {
        Err("must be a valid GitHub environment name: 1 to 255 printable ASCII characters other than ' \" ` , ; \\ $, without %3A, and without a space at either end".to_owned())
    }
}

fn no_wildcard(text: &str) -> Result<(), String> {
    if text.contains(['*', '?']) {
        return Err("must not have * or ?: wildcards are not allowed, list each one that may deploy".to_owned());
    }
    Ok(())
}

/// Only AWS managed policies are allowed, because a customer managed policy does not exist in a new account.
fn policy_arn(text: &str, policy: &RequestPolicy) -> Result<String, String> {
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte))
    };
    let path = text.strip_prefix("arn:aws:iam::aws:policy/");
    if !path.is_some_and(|path| path.len() <= 512 && path.split('/').all(is_name)) {
        return Err("must be the ARN of an AWS managed policy, like arn:aws:iam::aws:policy/PowerUserAccess".to_owned());
    }
    policy.policy_arn(text)?;
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subjects(changes: &Value) -> Vec<String> {
        let mut deploy = json!({
            "repository": "acme/pay", "branches": ["main"], "environments": ["Prod:V1"], "policyArns": ["arn"]
        });
        for (name, value) in changes.as_object().unwrap() {
            deploy[name] = value.clone();
        }
        serde_json::from_value::<GithubDeploy>(deploy).unwrap().subjects()
    }

    #[test]
    fn subject_without_ids_has_the_name_only() {
        let both = ["repo:acme/pay:ref:refs/heads/main", "repo:acme/pay:environment:Prod%3AV1"];
        assert_eq!(subjects(&json!({})), both);
        assert_eq!(subjects(&json!({ "classicSubject": true })), both);
    }

    #[test]
    fn classic_subject_is_trusted_only_on_request() {
        let ids = json!({ "ownerId": 1, "repositoryId": 2, "environments": [] });
        assert_eq!(subjects(&ids), ["repo:acme@1/pay@2:ref:refs/heads/main"]);
        let mut classic = ids;
        classic["classicSubject"] = true.into();
        assert_eq!(subjects(&classic), ["repo:acme@1/pay@2:ref:refs/heads/main", "repo:acme/pay:ref:refs/heads/main"]);
    }
}
