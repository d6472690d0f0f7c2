//! The role of one repository: its trust policy and its permissions.

use std::collections::BTreeMap;

use data_encoding::BASE32_NOPAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use vending_core::{AccountId, GithubDeploy, GithubRepository};
use vending_iam::RoleSpec;

use crate::provider::{self, AUDIENCE, HOST};

/// The path of the roles of this step. Leftover roles are listed by this path.
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
            "GitHub Actions of {repository} deploys with this role; managed by account-vending, do not change it manually"
        ),
        trust_policy: trust_policy(account, deploy),
        inline_policy: None,
        managed_policy_arns: deploy.policy_arns.iter().cloned().collect(),
        permissions_boundary: Some(boundary.to_owned()),
        tags: BTreeMap::from([(REPOSITORY_TAG.to_owned(), repository.to_string())]),
    }
}

/// The role name, which is unique for each repository.
///
/// Names of GitHub and of IAM are case-insensitive. An owner has no dot, so the first dot ends the owner. No repository
/// has a plus, so a full name never equals a shortened one.
fn name(repository: &GithubRepository) -> String {
    let (owner, name) = (repository.owner().to_ascii_lowercase(), repository.name().to_ascii_lowercase());
    let full = format!("github-{owner}.{name}");
    if full.len() <= MAXIMUM_NAME {
        return full;
    }
    let digest = BASE32_NOPAD.encode(&Sha256::digest(&full)).to_ascii_lowercase();
    let prefix: String = full.chars().take(MAXIMUM_NAME - DIGEST - 1).collect();
    format!("{prefix}+{}", &digest[..DIGEST])
}

/// The trust policy for the subjects of the repository. `StringEquals` has no wildcards.
///
/// If the repository ID is known, the token must also have it: a subject without IDs belongs to the current owner of
/// the name. STS supports the claim `repository_id` in conditions since January 2026.
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
    fn name_is_trusted_without_ids() {
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
    fn name_alone_is_not_trusted_with_ids() {
        let expected = json!({ "StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:repository_id": "2",
            "token.actions.githubusercontent.com:sub": ["repo:Acme@1/Payments@2:ref:refs/heads/main"],
        } });
        assert_eq!(claims(&json!({ "ownerId": 1, "repositoryId": 2, "branches": ["main"] })), expected);
    }

    #[test]
    fn classic_subject_requires_the_repository_id() {
        let claims =
            claims(&json!({ "ownerId": 1, "repositoryId": 2, "environments": ["production"], "classicSubject": true }));
        let claims = &claims["StringEquals"];
        let subjects = ["repo:Acme@1/Payments@2:environment:production", "repo:Acme/Payments:environment:production"];
        assert_eq!(claims["token.actions.githubusercontent.com:sub"], json!(subjects));
        assert_eq!(claims["token.actions.githubusercontent.com:repository_id"], "2");
    }

    #[test]
    fn trust_policy_names_the_account_provider() {
        let policy = trust_policy(&account(), &deploy(&json!({ "branches": ["main"] })));
        let statement = &policy["Statement"][0];
        let provider = "arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com";
        assert_eq!(statement["Principal"], json!({ "Federated": provider }));
        assert_eq!(statement["Action"], "sts:AssumeRoleWithWebIdentity");
    }

    /// vending-core allows subjects of 1500 characters in total, and IAM allows trust policies of 2048.
    #[test]
    fn longest_subjects_fit_into_a_trust_policy() {
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
    fn role_spec_is_complete() {
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
    fn repositories_do_not_share_a_role() {
        assert_eq!(named("ACME/payments"), named("acme/Payments"), "GitHub names are case-insensitive");
        assert_ne!(named("a-b/c"), named("a/b-c"));
        let long = |last: char| named(&format!("{}/{}{last}", "o".repeat(39), "n".repeat(99)));
        assert_ne!(long('a'), long('b'));
    }

    #[test]
    fn role_names_are_valid_in_iam() {
        for repository in ["acme/payments", "a_b-c/d.e_f-g", &format!("{}/{}", "o".repeat(39), "n".repeat(100))] {
            let name = named(repository);
            assert!(name.len() <= 64, "{name}");
            assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte)), "{name}");
        }
    }
}
