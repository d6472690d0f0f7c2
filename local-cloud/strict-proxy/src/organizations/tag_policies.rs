//! Tag policies that are enforced for accounts.
//!
//! <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_example-tag-policies.html>

use local_cloud::strict::TagPolicy;

use super::errors::violation;
use crate::wire::AwsError;

#[derive(Default)]
pub(super) struct TagPolicies {
    last_id: u64,
    policies: Vec<(u64, TagPolicy)>,
}

impl TagPolicies {
    pub(super) fn add(&mut self, policy: TagPolicy) -> u64 {
        self.last_id += 1;
        self.policies.push((self.last_id, policy));
        self.last_id
    }

    /// Returns whether the policy existed.
    pub(super) fn remove(&mut self, id: u64) -> bool {
        let before = self.policies.len();
        self.policies.retain(|(known, _)| *known != id);
        self.policies.len() < before
    }

    pub(super) fn check(&self, key: &str, value: &str) -> Result<(), AwsError> {
        self.policies.iter().try_for_each(|(_, policy)| check(policy, key, value))
    }
}

fn check(policy: &TagPolicy, key: &str, value: &str) -> Result<(), AwsError> {
    if key.to_lowercase() != policy.key.to_lowercase() {
        return Ok(());
    }
    if key != policy.key {
        return Err(violated("capitalization", key));
    }
    let allows = |allowed: &String| matches_value(allowed, value);
    if policy.values.as_ref().is_none_or(|values| values.iter().any(allows)) {
        return Ok(());
    }
    Err(violated("value", key))
}

fn violated(what: &str, key: &str) -> AwsError {
    let message = format!("The tag policy does not allow the specified {what} for the following tag key: '{key}'.");
    violation("TAG_POLICY_VIOLATION", &message)
}

/// Case-sensitive, unlike the patterns of the control API.
fn matches_value(allowed: &str, value: &str) -> bool {
    match allowed.split_once('*') {
        None => allowed == value,
        Some((start, end)) => value.strip_prefix(start).is_some_and(|rest| rest.ends_with(end)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complies(policy: &TagPolicy, key: &str, value: &str) -> bool {
        check(policy, key, value).is_ok()
    }

    #[test]
    fn values_and_key_case_must_comply() {
        let policy = TagPolicy::new("CostCenter", &["100", "300*"]);
        for (key, value) in [("CostCenter", "100"), ("CostCenter", "3001"), ("Other", "any")] {
            assert!(complies(&policy, key, value), "{key}={value}");
        }
        for (key, value) in [("CostCenter", "200"), ("CostCenter", "1001"), ("costcenter", "100")] {
            assert!(!complies(&policy, key, value), "{key}={value}");
        }
    }

    #[test]
    fn policy_without_values_checks_the_key_alone() {
        let any = TagPolicy { key: "Color".to_owned(), values: None };
        assert!(complies(&any, "Color", "red") && !complies(&any, "color", "red"));
        assert!(!complies(&TagPolicy::new("Color", &[]), "Color", "red"));
    }
}
