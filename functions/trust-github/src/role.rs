//! The role that one repository deploys with: who may assume it, and what it may do.

use std::collections::BTreeMap;

use data_encoding::BASE32_NOPAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use vending_core::{AccountId, GithubDeploy, GithubRepository};
use vending_iam::RoleSpec;

use crate::provider::{self, AUDIENCE, HOST};

/// Only this step's roles are here: what the request no longer names is found by it.
pub(crate) const PATH: &str = "/account-vending/access/github/";

const REPOSITORY_TAG: &str = "account-vending:repository";
const MAXIMUM_NAME: usize = 64;
const DIGEST: usize = 12;

pub(crate) fn arn(account: &AccountId, name: &str) -> String {
    format!("arn:aws:iam::{account}:role{PATH}{name}")
}

pub(crate) fn spec(account: &AccountId, deploy: &GithubDeploy, boundary: &str) -> RoleSpec {
    let repository = &deploy.repository;
    RoleSpec {
        name: name(repository),
        path: PATH.to_owned(),
        description: format!(
            "GitHub Actions of {repository} deploys with this role; account-vending made it, do not change it by hand"
        ),
        trust_policy: trust_policy(account, deploy),
        inline_policy: None,
        managed_policy_arns: deploy.policy_arns.iter().cloned().collect(),
        permissions_boundary: Some(boundary.to_owned()),
        tags: BTreeMap::from([(REPOSITORY_TAG.to_owned(), repository.to_string())]),
    }
}

/// No two repositories share a role. The names of GitHub and those of IAM do not differ by case alone; an owner has no
/// dot, so the first one ends it; and no repository has a plus, so no whole name is like one that was cut.
fn name(repository: &GithubRepository) -> String {
    let (owner, name) = (repository.owner().to_ascii_lowercase(), repository.name().to_ascii_lowercase());
    let whole = format!("github-{owner}.{name}");
    if whole.len() <= MAXIMUM_NAME {
        return whole;
    }
    let digest = BASE32_NOPAD.encode(&Sha256::digest(&whole)).to_ascii_lowercase();
    let cut: String = whole.chars().take(MAXIMUM_NAME - DIGEST - 1).collect();
    format!("{cut}+{}", &digest[..DIGEST])
}

/// Compares the subjects as they are: IAM knows no wildcard in `StringEquals`.
///
/// Where the repository's number is known, the token has to have it, too: a subject without numbers belongs to whoever
/// has the name. (STS takes GitHub's claim `repository_id` for a condition since January 2026.)
fn trust_policy(account: &AccountId, deploy: &GithubDeploy) -> Value {
    let mut claims = json!({ format!("{HOST}:aud"): AUDIENCE, format!("{HOST}:sub"): deploy.subjects() });
    if let Some(id) = deploy.repository_id {
        claims[format!("{HOST}:repository_id")] = json!(id.to_string());
    }
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Federated": provider::arn(account) },
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": { "StringEquals": claims }
        }]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account() -> AccountId {
        "111111111111".parse().unwrap()
    }

    fn deploy(fields: &Value) -> GithubDeploy {
        let mut deploy =
            json!({ "repository": "Acme/Payments", "policyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"] });
        let all = deploy.as_object_mut().unwrap();
        all.extend(fields.as_object().unwrap().clone());
        serde_json::from_value(deploy).unwrap()
    }

    fn claims(fields: &Value) -> Value {
        let policy = trust_policy(&account(), &deploy(fields));
        policy["Statement"][0]["Condition"].clone()
    }

    fn named(repository: &str) -> String {
        name(&repository.parse().unwrap())
    }

    #[test]
    fn without_ids_the_name_is_trusted() {
        let expected = json!({ "StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": [
                "repo:Acme/Payments:ref:refs/heads/main",
                "repo:Acme/Payments:environment:blue%3Agreen",
            ],
        } });
        assert_eq!(claims(&json!({ "branches": ["main"], "environments": ["blue:green"] })), expected);
    }

    #[test]
    fn with_ids_the_name_alone_is_not_trusted() {
        let expected = json!({ "StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:repository_id": "2",
            "token.actions.githubusercontent.com:sub": ["repo:Acme@1/Payments@2:ref:refs/heads/main"],
        } });
        assert_eq!(claims(&json!({ "ownerId": 1, "repositoryId": 2, "branches": ["main"] })), expected);
    }

    #[test]
    fn the_classic_subject_is_trusted_with_the_id_only() {
        let claims =
            claims(&json!({ "ownerId": 1, "repositoryId": 2, "environments": ["production"], "classicSubject": true }));
        let claims = &claims["StringEquals"];
        let subjects = ["repo:Acme@1/Payments@2:environment:production", "repo:Acme/Payments:environment:production"];
        assert_eq!(claims["token.actions.githubusercontent.com:sub"], json!(subjects));
        assert_eq!(claims["token.actions.githubusercontent.com:repository_id"], "2");
    }

    #[test]
    fn the_trust_is_in_this_accounts_provider() {
        let policy = trust_policy(&account(), &deploy(&json!({ "branches": ["main"] })));
        let statement = &policy["Statement"][0];
        let provider = "arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com";
        assert_eq!(statement["Principal"], json!({ "Federated": provider }));
        assert_eq!(statement["Action"], "sts:AssumeRoleWithWebIdentity");
    }

    /// vending-core takes subjects of 1500 characters in all, and IAM trust policies of 2048.
    #[test]
    fn the_longest_subjects_fit_into_a_trust_policy() {
        let places = |letter: &str| {
            let name = |number: usize| json!(format!("{}{number}", letter.repeat(9)));
            (0..10).map(name).collect::<Vec<_>>()
        };
        let deploy = deploy(&json!({
            "ownerId": 9_007_199_254_740_991_u64,
            "repositoryId": 9_007_199_254_740_991_u64,
            "branches": places("b"),
            "environments": places("e"),
            "classicSubject": true,
        }));
        let subjects = deploy.subjects();
        let given = subjects.iter().map(String::len).sum::<usize>();
        let size = trust_policy(&account(), &deploy).to_string().len();
        assert_eq!(subjects.len(), 40);
        assert!(size - given + 1_500 <= 2_048, "{size} of which {given} are subjects");
    }

    #[test]
    fn a_role_is_described_in_full() {
        let role =
            spec(&account(), &deploy(&json!({ "branches": ["main"] })), "arn:aws:iam::aws:policy/PowerUserAccess");
        assert_eq!(role.name, "github-acme.payments");
        assert_eq!(role.path, PATH);
        assert_eq!(role.managed_policy_arns, ["arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned()].into());
        assert_eq!(role.permissions_boundary.as_deref(), Some("arn:aws:iam::aws:policy/PowerUserAccess"));
        assert_eq!(role.tags["account-vending:repository"], "Acme/Payments");
        assert_eq!(
            arn(&account(), &role.name),
            "arn:aws:iam::111111111111:role/account-vending/access/github/github-acme.payments"
        );
    }

    #[test]
    fn no_two_repositories_share_a_role() {
        assert_eq!(named("ACME/payments"), named("acme/Payments"), "GitHub takes them for one");
        assert_ne!(named("a-b/c"), named("a/b-c"));
        let long = |last: char| named(&format!("{}/{}{last}", "o".repeat(39), "n".repeat(99)));
        assert_ne!(long('a'), long('b'));
    }

    #[test]
    fn every_name_is_one_that_iam_takes() {
        for repository in ["acme/payments", "a_b-c/d.e_f-g", &format!("{}/{}", "o".repeat(39), "n".repeat(100))] {
            let name = named(repository);
            assert!(name.len() <= 64, "{name}");
            assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte)), "{name}");
        }
    }
}
