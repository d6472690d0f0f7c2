//! Which repositories of GitHub deploy into the account, from where and with what.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Bounds;
use crate::fields::Fields;
use crate::id::{InvalidId, text_id};
use crate::schema;

/// A repository whose workflows may deploy into the account, without any key: GitHub signs who they are.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("allOf" = [both_ids_or_neither(), some_place()]))]
pub struct GithubDeploy {
    pub repository: GithubRepository,
    /// GitHub's number of the owner, together with `repositoryId`: a later owner of the same name is not trusted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = MAXIMUM_ID))]
    pub owner_id: Option<u64>,
    /// GitHub's number of the repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = MAXIMUM_ID))]
    pub repository_id: Option<u64>,
    /// Branches that deploy, each by its full name; jobs in an environment count as that environment only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Option<Vec<String>>", extend("maxItems" = MAXIMUM_PLACES, "uniqueItems" = true, "items" = schema::branch()))]
    pub branches: Vec<String>,
    /// Environments of the repository that deploy, written as GitHub shows them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Option<Vec<String>>", extend("maxItems" = MAXIMUM_PLACES, "uniqueItems" = true, "items" = schema::environment()))]
    pub environments: Vec<String>,
    /// The AWS managed policies that say what it may do, of those that the stack allows.
    #[schemars(extend("minItems" = 1, "maxItems" = MAXIMUM_POLICIES, "uniqueItems" = true, "items" = schema::policy_arn()))]
    pub policy_arns: Vec<String>,
    /// With ids: also trusts the subject without them, as repositories from before 2026-07-15 have it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schemars(with = "Option<bool>")]
    pub classic_subject: bool,
}

text_id! {
    /// A repository of GitHub as `owner/name`.
    GithubRepository,
    "pattern" = schema::GITHUB_REPOSITORY, "not" = schema::no_github_repository()
}

pub(super) const MAXIMUM_DEPLOYS: usize = 10;
const MAXIMUM_PLACES: usize = 10;
const MAXIMUM_POLICIES: usize = 10;
/// The state machine's numbers are exact up to here.
const MAXIMUM_ID: u64 = (1 << 53) - 1;
/// A role's trust policy has 2048 characters; these are left for the subjects in it.
const MAXIMUM_SUBJECTS: usize = 1500;

fn both_ids_or_neither() -> Value {
    let ids = |kind: &str| json!({ "ownerId": { "type": kind }, "repositoryId": { "type": kind } });
    json!({ "anyOf": [
        { "required": ["ownerId", "repositoryId"], "properties": ids("integer") },
        { "properties": ids("null") },
    ] })
}

fn some_place() -> Value {
    let has = |name: &str| json!({ "required": [name], "properties": { name: { "type": "array", "minItems": 1 } } });
    json!({ "anyOf": [has("branches"), has("environments")] })
}

impl GithubDeploy {
    /// The `sub` claims that GitHub gives the workflows that may deploy, to be compared as they are.
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
        // The claim's parts are told apart by colons, so GitHub writes those of a name in another way.
        let environments = self.environments.iter().map(|name| format!("environment:{}", name.replace(':', "%3A")));
        let places: Vec<String> = branches.chain(environments).collect();
        let all = repositories
            .iter()
            .flat_map(|repository| places.iter().map(move |place| format!("repo:{repository}:{place}")));
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
        let fits = text.split_once('/').is_some_and(|(owner, name)| is_owner(owner) && is_repository_name(name));
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidId(
                "must be a repository of GitHub as owner/name, like acme/payments; no URL, no * or ?".to_owned(),
            ))
        }
    }
}

fn is_owner(text: &str) -> bool {
    (1..=39).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

fn is_repository_name(text: &str) -> bool {
    (1..=100).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        && !matches!(text, "." | "..")
        && !text.to_ascii_lowercase().ends_with(".git")
}

pub(super) fn read(fields: &mut Fields<'_>, bounds: &Bounds) -> Vec<GithubDeploy> {
    // GitHub's names do not differ by case alone.
    let clash = |one: &GithubDeploy, other: &GithubDeploy| {
        let is_same = one.repository.as_str().eq_ignore_ascii_case(other.repository.as_str());
        is_same.then_some("must be of another repository: there is one entry for each")
    };
    fields.objects("githubDeploy", MAXIMUM_DEPLOYS, clash, |fields| deploy(fields, bounds))
}

fn deploy(fields: &mut Fields<'_>, bounds: &Bounds) -> Option<GithubDeploy> {
    let repository = fields.required("repository", |text| repository(text, bounds));
    let owner_id = fields.number("ownerId", 1..=MAXIMUM_ID);
    let repository_id = fields.number("repositoryId", 1..=MAXIMUM_ID);
    let branches = fields.list("branches", 0..=MAXIMUM_PLACES, branch);
    let environments = fields.list("environments", 0..=MAXIMUM_PLACES, environment);
    let policy_arns = fields.list("policyArns", 1..=MAXIMUM_POLICIES, |text| policy_arn(text, bounds));
    let classic_subject = fields.flag("classicSubject");
    for (id, other) in [("ownerId", "repositoryId"), ("repositoryId", "ownerId")] {
        if fields.has(other) && !fields.has(id) {
            fields.problem(id, format!("is required together with {other}"));
        }
    }
    if !fields.has("branches") && !fields.has("environments") {
        fields.problem_at(&[], "must have at least one branch or environment");
    }
    let repository = repository?;
    let deploy =
        GithubDeploy { repository, owner_id, repository_id, branches, environments, policy_arns, classic_subject };
    if deploy.subjects().iter().map(String::len).sum::<usize>() > MAXIMUM_SUBJECTS {
        let detail = "must have fewer or shorter branches and environments: one role cannot trust so many";
        fields.problem_at(&[], detail);
    }
    Some(deploy)
}

fn repository(text: &str, bounds: &Bounds) -> Result<GithubRepository, String> {
    let repository: GithubRepository = text.parse().map_err(|error| format!("{error}"))?;
    bounds.github_owner(repository.owner())?;
    Ok(repository)
}

/// The rules of [`git check-ref-format`](https://git-scm.com/docs/git-check-ref-format), in ASCII. IAM has no other
/// characters in a trust policy, and would read `${` as a variable.
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
        Err("must be the name of a branch as git takes it, like main or release/1.0, in ASCII, without $ and without refs/heads/ before it".to_owned())
    }
}

/// GitHub's rules, in ASCII as for a branch. A name with `%3A` would stand for the one with a colon in its place.
fn environment(text: &str) -> Result<String, String> {
    no_wildcard(text)?;
    let fits = (1..=255).contains(&text.len())
        && text.trim() == text
        && text.bytes().all(|byte| matches!(byte, b' '..=b'~') && !b"'\"`,;\\$".contains(&byte))
        && !text.to_ascii_uppercase().contains("%3A");
    if fits {
        Ok(text.to_owned())
    } else {
        Err("must be the name of an environment as GitHub takes it: 1 to 255 printable ASCII characters other than ' \" ` , ; \\ $, no %3A, and no space at either end".to_owned())
    }
}

fn no_wildcard(text: &str) -> Result<(), String> {
    if text.contains(['*', '?']) {
        return Err("must not have * or ?: wildcards are refused, name each one that may deploy".to_owned());
    }
    Ok(())
}

/// A policy that a customer made exists in one account only, so it could not be attached in a new one.
fn policy_arn(text: &str, bounds: &Bounds) -> Result<String, String> {
    let named = |name: &str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte))
    };
    let path = text.strip_prefix("arn:aws:iam::aws:policy/");
    if !path.is_some_and(|path| path.len() <= 512 && path.split('/').all(named)) {
        return Err("must be the ARN of an AWS managed policy, like arn:aws:iam::aws:policy/PowerUserAccess".to_owned());
    }
    bounds.policy_arn(text)?;
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
    fn without_ids_a_repository_is_known_by_its_name() {
        let both = ["repo:acme/pay:ref:refs/heads/main", "repo:acme/pay:environment:Prod%3AV1"];
        assert_eq!(subjects(&json!({})), both);
        assert_eq!(subjects(&json!({ "classicSubject": true })), both);
    }

    #[test]
    fn with_ids_the_name_alone_is_trusted_only_where_it_is_asked_for() {
        let ids = json!({ "ownerId": 1, "repositoryId": 2, "environments": [] });
        assert_eq!(subjects(&ids), ["repo:acme@1/pay@2:ref:refs/heads/main"]);
        let mut classic = ids;
        classic["classicSubject"] = true.into();
        assert_eq!(subjects(&classic), ["repo:acme@1/pay@2:ref:refs/heads/main", "repo:acme/pay:ref:refs/heads/main"]);
    }
}
