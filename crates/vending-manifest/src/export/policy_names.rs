//! The names of adopted policies in the manifest.

use std::collections::BTreeSet;

use super::existing::ExistingPolicy;
use crate::read::policy_name;

/// The names that a policy cannot get. They differ in more than their case, because they are names of files.
#[derive(Clone, Debug, Default)]
pub(super) struct TakenNames {
    /// The names of all policies in AWS, which names its policies uniquely.
    in_aws: BTreeSet<String>,
    in_manifest: BTreeSet<String>,
}

impl TakenNames {
    pub(super) fn new(policies: &[ExistingPolicy]) -> Self {
        let in_aws = policies.iter().map(|policy| policy.name.to_lowercase()).collect();
        Self { in_aws, in_manifest: BTreeSet::new() }
    }

    /// Takes the name of a policy of this deployment. Returns whether the manifest accepts it and no other has it.
    pub(super) fn take(&mut self, name: &str) -> bool {
        policy_name(name).is_ok() && self.in_manifest.insert(name.to_lowercase())
    }

    /// Takes a name for a policy of others: its own, or one like it that the manifest accepts.
    pub(super) fn choose(&mut self, policy: &ExistingPolicy) -> String {
        let own = policy_name(&policy.name).ok();
        let base = own.or_else(|| acceptable(&policy.name)).unwrap_or_else(|| truncated(&policy.id, ""));
        let numbered = (2..).map(|number| truncated(&base, &format!("-{number}")));
        let mut names = std::iter::once(base.clone()).chain(numbered);
        let name = names.find(|name| self.is_free(name, policy)).unwrap_or(base);
        self.in_manifest.insert(name.to_lowercase());
        name
    }

    fn is_free(&self, name: &str, policy: &ExistingPolicy) -> bool {
        let lower = name.to_lowercase();
        !self.in_manifest.contains(&lower) && (name == policy.name || !self.in_aws.contains(&lower))
    }
}

const MAXIMUM: usize = 128;

/// Replaces what a name of a file cannot have. `None` if nothing is left.
fn acceptable(name: &str) -> Option<String> {
    let words = name.split(|character: char| !character.is_ascii_alphanumeric() && character != '_');
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    policy_name(&truncated(words.join("-").trim_start_matches('_'), "")).ok()
}

/// All characters are ASCII.
fn truncated(name: &str, end: &str) -> String {
    let kept: String = name.chars().take(MAXIMUM - end.len()).collect();
    kept + end
}

#[cfg(test)]
mod tests {
    use vending_policies::PolicyType;

    use super::*;

    fn policy(id: &str, name: &str) -> ExistingPolicy {
        ExistingPolicy {
            id: id.to_owned(),
            policy_type: PolicyType::Scp,
            name: name.to_owned(),
            content: String::new(),
            is_aws_managed: false,
            own_name: None,
            units: BTreeSet::new(),
            accounts: BTreeSet::new(),
        }
    }

    fn chosen(names: &[&str]) -> Vec<String> {
        let policies: Vec<_> =
            names.iter().enumerate().map(|(index, name)| policy(&format!("p-{index}"), name)).collect();
        let mut taken = TakenNames::new(&policies);
        policies.iter().map(|policy| taken.choose(policy)).collect()
    }

    #[test]
    fn accepted_name_is_kept() {
        assert_eq!(chosen(&["Deny_Root-1", "a--b"]), ["Deny_Root-1", "a--b"]);
    }

    #[test]
    fn name_that_is_not_accepted_is_changed() {
        let long = "é".repeat(3) + &"a".repeat(200);
        assert_eq!(
            chosen(&["Deny root (prod)", "../etc", "__x", "日本", &long]),
            ["Deny-root-prod", "etc", "x", "p-3", &"a".repeat(128)]
        );
    }

    #[test]
    fn names_are_unique_without_case() {
        assert_eq!(
            chosen(&["deny all", "Deny-All", "deny/all", "DENY ALL"]),
            ["deny-all-2", "Deny-All", "deny-all-3", "DENY-ALL-4"]
        );
        let long = "a".repeat(128);
        let names = chosen(&[&long, &format!("{long}b")]);
        assert!(names[1].len() == 128 && names[1].ends_with("-2"), "{names:?}");
    }

    #[test]
    fn own_name_is_taken_once() {
        let mut taken = TakenNames::default();
        assert!(taken.take("a") && !taken.take("A") && !taken.take("a b"));
        assert_eq!(taken.choose(&policy("p-1", "a")), "a-2");
    }
}
