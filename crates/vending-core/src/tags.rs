//! The tags of an account: those of account-vending, and those of the request.

use std::collections::BTreeMap;

use crate::id::AccountKey;
use crate::request::AccountRequest;
use crate::requester::stack_id;

/// Identifies the account of a request. The value is the account key.
pub const KEY_TAG: &str = "account-vending:key";
/// The deployment of account-vending that vended the account: the name of its stack.
pub const DEPLOYMENT_TAG: &str = "account-vending:deployment";
/// The owner from the request.
const OWNER_TAG: &str = "account-vending:owner";
/// The state of the account: `vending`, `vended`, or `failed:<step>`.
pub const STATE_TAG: &str = "account-vending:state";

/// The ID of the CloudFormation stack that requested the account, or [`RELEASED`]. For decisions, the account record
/// is used instead.
pub const STACK_TAG: &str = "account-vending:stack";
/// The value of [`STACK_TAG`] after the stack released the account.
pub const RELEASED: &str = "released";

/// What a run of the organization manifest created: the deployment, and the name in the manifest. What has no such tag
/// belongs to others.
pub const GROUND_TAG: &str = "account-vending:ground";

/// The value of [`GROUND_TAG`] for what a deployment creates under a name of the manifest.
#[must_use]
pub fn ground_tag(deployment: &str, name: &str) -> String {
    format!("{deployment}/{name}")
}

/// The name in the manifest of what has this value of [`GROUND_TAG`], or `None` if another deployment created it.
#[must_use]
pub fn ground_name<'a>(deployment: &str, value: &'a str) -> Option<&'a str> {
    value.strip_prefix(deployment)?.strip_prefix('/')
}

/// The deployment and the account key that an account was created for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Provenance {
    pub key: AccountKey,
    pub deployment: String,
}

impl Provenance {
    /// Whether an account has the tags of this deployment and key.
    pub fn matches(&self, tags: &BTreeMap<String, String>) -> bool {
        let has = |tag: &str, value: &str| tags.get(tag).is_some_and(|found| found == value);
        has(KEY_TAG, self.key.as_str()) && has(DEPLOYMENT_TAG, &self.deployment)
    }

    pub fn tags(&self) -> BTreeMap<String, String> {
        [(KEY_TAG.to_owned(), self.key.to_string()), (DEPLOYMENT_TAG.to_owned(), self.deployment.clone())].into()
    }
}

/// The tags for CreateAccount. They identify the account even if the response of CreateAccount is lost.
pub fn creation_tags(
    provenance: &Provenance,
    request: &AccountRequest,
    requested_by: &str,
) -> BTreeMap<String, String> {
    let mut tags = requested_tags(request);
    tags.extend(stack_tag(requested_by));
    tags.extend(provenance.tags());
    tags.insert(STATE_TAG.to_owned(), "vending".to_owned());
    tags
}

/// The stack tag, if the requester is a stack.
pub fn stack_tag(requested_by: &str) -> Option<(String, String)> {
    stack_id(requested_by).map(|stack| (STACK_TAG.to_owned(), stack.to_owned()))
}

/// The tags from the request, which a changed request changes.
pub fn requested_tags(request: &AccountRequest) -> BTreeMap<String, String> {
    let mut tags = request.tags.clone();
    if let Some(owner) = &request.owner {
        tags.insert(OWNER_TAG.to_owned(), owner.to_string());
    }
    tags
}

/// The wanted tags that an account does not have yet. Other tags of the account are kept.
pub fn tag_changes(wanted: &BTreeMap<String, String>, current: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    wanted
        .iter()
        .filter(|(key, value)| current.get(*key) != Some(value))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        pairs.iter().map(owned).collect()
    }

    #[test]
    fn name_of_a_ground_tag_is_that_of_its_deployment() {
        let tag = ground_tag("account-vending", "Workloads/Development");
        assert_eq!(ground_name("account-vending", &tag), Some("Workloads/Development"));
        for other in ["account-vending-2/Workloads", "account-vending", "other/account-vending/Workloads", ""] {
            assert_eq!(ground_name("account-vending", other), None, "{other}");
        }
    }

    #[test]
    fn only_differences_are_changed() {
        let wanted = map(&[("a", "1"), ("b", "2"), ("c", "3")]);
        let current = map(&[("a", "1"), ("b", "other"), ("theirs", "x")]);
        assert_eq!(tag_changes(&wanted, &current), map(&[("b", "2"), ("c", "3")]));
        assert!(tag_changes(&wanted, &wanted).is_empty());
    }
}
