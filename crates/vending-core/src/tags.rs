//! The tags that an account carries: ours from birth, and the request's.

use std::collections::BTreeMap;

use crate::id::AccountKey;
use crate::request::AccountRequest;
use crate::requester::stack_id;

/// Everything below this prefix is ours; a request cannot set it.
const RESERVED_PREFIX: &str = "account-vending:";
/// Proves that an account is the one of a request: its value is the account key.
pub const KEY_TAG: &str = "account-vending:key";
/// The request's owner.
const OWNER_TAG: &str = "account-vending:owner";
/// `vending`, `vended` or `failed:<step>`.
pub const STATE_TAG: &str = "account-vending:state";

/// The id of the CloudFormation stack that may change and release the account, or [`RELEASED`].
pub const STACK_TAG: &str = "account-vending:stack";
/// The value of [`STACK_TAG`] once the stack has let go of the account.
pub const RELEASED: &str = "released";

/// The tags of CreateAccount: with them an account is recognised even when its creation's answer was lost.
pub fn birth_tags(key: &AccountKey, request: &AccountRequest, requested_by: &str) -> BTreeMap<String, String> {
    let mut tags = requested_tags(request);
    if let Some(stack) = stack_id(requested_by) {
        tags.insert(STACK_TAG.to_owned(), stack.to_owned());
    }
    tags.insert(KEY_TAG.to_owned(), key.to_string());
    tags.insert(STATE_TAG.to_owned(), "vending".to_owned());
    tags
}

/// The tags that follow the request, and that a changed request changes.
pub fn requested_tags(request: &AccountRequest) -> BTreeMap<String, String> {
    let mut tags = request.tags.clone();
    if let Some(owner) = &request.owner {
        tags.insert(OWNER_TAG.to_owned(), owner.to_string());
    }
    tags
}

/// The wanted tags that an account does not carry yet. Tags that others put on it are left alone.
pub fn tag_changes(wanted: &BTreeMap<String, String>, current: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    wanted
        .iter()
        .filter(|(key, value)| current.get(*key) != Some(value))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

/// What is wrong with a requested tag. An invalid tag would fail the whole CreateAccount call.
pub(crate) fn tag_problem(key: &str, value: &str) -> Option<String> {
    let allowed = |text: &str| text.chars().all(|c| c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c));
    let lower = key.to_lowercase();
    if lower.starts_with("aws:") || lower.starts_with(RESERVED_PREFIX) {
        return Some(format!("must not start with aws: or {RESERVED_PREFIX}, which are reserved"));
    }
    if !(1..=128).contains(&key.chars().count()) || !allowed(key) {
        return Some("must have a key of 1 to 128 letters, digits, spaces and _ . : / = + - @".into());
    }
    if value.chars().count() > 256 || !allowed(value) {
        return Some("must have a value of at most 256 letters, digits, spaces and _ . : / = + - @".into());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        pairs.iter().map(owned).collect()
    }

    #[test]
    fn only_what_differs_is_changed() {
        let wanted = map(&[("a", "1"), ("b", "2"), ("c", "3")]);
        let current = map(&[("a", "1"), ("b", "other"), ("theirs", "x")]);
        assert_eq!(tag_changes(&wanted, &current), map(&[("b", "2"), ("c", "3")]));
        assert!(tag_changes(&wanted, &wanted).is_empty());
    }

    #[test]
    fn reserved_and_malformed_tags_are_refused() {
        assert_eq!(tag_problem("CostCenter", "1234 / a@b"), None);
        for (key, value) in [
            ("aws:x", ""),
            ("Account-Vending:Key", "stolen"),
            ("", ""),
            ("a", "<b>"),
            (&"k".repeat(129), ""),
            ("k", &"v".repeat(257)),
        ] {
            assert!(tag_problem(key, value).is_some(), "{key}={value}");
        }
    }
}
