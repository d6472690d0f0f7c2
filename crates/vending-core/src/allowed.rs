//! Lists in the parameters of the stack that restrict requests.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use crate::id::InvalidId;

/// The kind of entries that a list may have.
pub trait Allowable {
    /// Whether `*` is allowed, which matches everything.
    const ALLOWS_WILDCARD: bool;

    /// Why an entry is invalid, if it is.
    fn problem(entry: &str) -> Option<&'static str>;
}

/// The entries of a list, spelled as in the parameter. An empty list allows nothing.
#[derive(Debug)]
pub struct Allowed<K> {
    allows_all: bool,
    entries: Vec<String>,
    kind: PhantomData<K>,
}

const ALL: &str = "*";

impl<K> Allowed<K> {
    /// Whether everything is allowed.
    pub const fn allows_all(&self) -> bool {
        self.allows_all
    }

    pub const fn is_empty(&self) -> bool {
        !self.allows_all && self.entries.is_empty()
    }

    pub fn entries(&self) -> &[String] {
        &self.entries
    }
}

impl<K: Allowable> FromStr for Allowed<K> {
    type Err = InvalidId;

    /// Parses entries that are separated by commas.
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Self::from_entries(text.split(',').map(str::trim).filter(|entry| !entry.is_empty()))
    }
}

impl<K: Allowable> Allowed<K> {
    /// The entries of a list. An entry that can never match anything is an error.
    pub fn from_entries<'a>(entries: impl IntoIterator<Item = &'a str>) -> Result<Self, InvalidId> {
        let mut allowed = Self::default();
        for entry in entries {
            if entry == ALL && K::ALLOWS_WILDCARD {
                allowed.allows_all = true;
            } else if let Some(problem) = K::problem(entry) {
                return Err(InvalidId(format!("`{entry}` {problem}")));
            } else {
                allowed.entries.push(entry.to_owned());
            }
        }
        Ok(allowed)
    }
}

impl<K> Default for Allowed<K> {
    fn default() -> Self {
        Self { allows_all: false, entries: Vec::new(), kind: PhantomData }
    }
}

impl<K> Clone for Allowed<K> {
    fn clone(&self) -> Self {
        Self { allows_all: self.allows_all, entries: self.entries.clone(), kind: PhantomData }
    }
}

impl<K> fmt::Display for Allowed<K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return formatter.write_str("none");
        }
        let entries = self.allows_all.then_some(ALL).into_iter().chain(self.entries.iter().map(String::as_str));
        formatter.write_str(&entries.collect::<Vec<_>>().join(", "))
    }
}

/// Parses one entry of a list.
pub(crate) fn entry<K: Allowable>(text: &str) -> Result<String, String> {
    if text == ALL && K::ALLOWS_WILDCARD {
        return Ok(text.to_owned());
    }
    K::problem(text).map_or_else(|| Ok(text.to_owned()), |problem| Err(problem.to_owned()))
}

/// Email domains.
#[derive(Clone, Copy, Debug)]
pub struct EmailDomains;

impl Allowable for EmailDomains {
    const ALLOWS_WILDCARD: bool = true;

    fn problem(entry: &str) -> Option<&'static str> {
        let label = |label: &str| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        let is_valid = entry.contains('.') && entry.split('.').all(label);
        (!is_valid).then_some("must be a domain like example.com, without @ and wildcards; list each subdomain")
    }
}

/// Names of permission sets.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_CreatePermissionSet.html>
#[derive(Clone, Copy, Debug)]
pub struct PermissionSets;

impl Allowable for PermissionSets {
    const ALLOWS_WILDCARD: bool = true;

    fn problem(entry: &str) -> Option<&'static str> {
        let is_valid = (1..=32).contains(&entry.len())
            && entry.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte));
        (!is_valid)
            .then_some("must be the name of a permission set, not its ARN: 1 to 32 letters, digits, and _ + = , . @ -")
    }
}

/// GitHub users and organizations. `*` is not allowed, because anyone can have a GitHub account.
#[derive(Clone, Copy, Debug)]
pub struct GithubOwners;

impl Allowable for GithubOwners {
    const ALLOWS_WILDCARD: bool = false;

    fn problem(entry: &str) -> Option<&'static str> {
        let is_valid = is_github_owner(entry);
        (!is_valid).then_some("must be a GitHub user or organization, like acme, without wildcards")
    }
}

pub(crate) fn is_github_owner(text: &str) -> bool {
    (1..=39).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

/// ARNs of AWS managed policies.
#[derive(Clone, Copy, Debug)]
pub struct PolicyArns;

impl Allowable for PolicyArns {
    const ALLOWS_WILDCARD: bool = true;

    fn problem(entry: &str) -> Option<&'static str> {
        let is_valid =
            entry.strip_prefix("arn:aws:iam::aws:policy/").is_some_and(|name| !name.is_empty() && !name.contains('*'));
        (!is_valid).then_some("must be the ARN of an AWS managed policy, like arn:aws:iam::aws:policy/PowerUserAccess")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem<K: Allowable>(entry: &str) -> Option<String> {
        format!("  ,{entry}").parse::<Allowed<K>>().err().map(|error| error.to_string())
    }

    #[test]
    fn entry_that_matches_nothing_is_rejected() {
        let wrong = [
            ("@example.com", problem::<EmailDomains>("@example.com")),
            ("*.example.com", problem::<EmailDomains>("*.example.com")),
            ("localhost", problem::<EmailDomains>("localhost")),
            ("arn:aws:sso:::permissionSet/a/b", problem::<PermissionSets>("arn:aws:sso:::permissionSet/a/b")),
            ("Power*", problem::<PermissionSets>("Power*")),
            ("*", problem::<GithubOwners>("*")),
            ("acme/payments", problem::<GithubOwners>("acme/payments")),
            ("PowerUserAccess", problem::<PolicyArns>("PowerUserAccess")),
            ("arn:aws:iam::111122223333:policy/Own", problem::<PolicyArns>("arn:aws:iam::111122223333:policy/Own")),
            ("arn:aws:iam::aws:policy/*", problem::<PolicyArns>("arn:aws:iam::aws:policy/*")),
        ];
        for (entry, problem) in wrong {
            let problem = problem.unwrap_or_else(|| panic!("{entry} is accepted"));
            assert!(problem.starts_with(&format!("`{entry}` must be")), "{problem}");
        }
    }

    #[test]
    fn display_keeps_the_spelling() {
        let allowed: Allowed<PermissionSets> = " PowerUserAccess, ReadOnly@Prod".parse().unwrap();
        assert_eq!((allowed.to_string().as_str(), allowed.allows_all()), ("PowerUserAccess, ReadOnly@Prod", false));
        let all: Allowed<EmailDomains> = "*".parse().unwrap();
        assert_eq!((all.to_string().as_str(), all.allows_all(), all.is_empty()), ("*", true, false));
        assert_eq!(Allowed::<GithubOwners>::default().to_string(), "none");
        assert_eq!("acme,Acme-Labs".parse::<Allowed<GithubOwners>>().unwrap().entries(), ["acme", "Acme-Labs"]);
    }
}
