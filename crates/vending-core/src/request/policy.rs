//! The rules of the stack for requests.

use crate::allowed::{Allowed, EmailDomains, GithubOwners, PermissionSets, PolicyArns};
use crate::id::{EmailAddress, InvalidId, OrganizationalUnitPath};
use crate::ou_scope::OuScope;

/// The placeholder for the account name in the email pattern.
const NAME_IN_PATTERN: &str = "{accountName}";

/// The default protected OUs. They may be missing in the organization.
pub const DEFAULT_PROTECTED_UNITS: &str = "Security,Infrastructure";

/// Whether the stack has its own list of protected OUs. These OUs must exist, because a misspelled OU protects nothing.
pub fn has_custom_protected_units(protected: &OuScope) -> bool {
    DEFAULT_PROTECTED_UNITS.parse().ok().as_ref() != Some(protected)
}

/// What requests may contain. An empty list allows nothing.
#[derive(Clone, Debug, Default)]
pub struct RequestPolicy {
    /// The pattern of account emails. `{accountName}` is replaced with the account name in lower case.
    pub email_pattern: String,
    /// Domains in which a new account may have any email, in addition to emails that match the pattern; `*` allows all.
    pub allowed_email_domains: Allowed<EmailDomains>,
    /// OUs that accounts may be vended to.
    pub allowed_organizational_units: OuScope,
    /// OUs that accounts are never vended to.
    pub protected_organizational_units: OuScope,
    /// Names of the permission sets that may be assigned; `*` allows all.
    pub allowed_permission_sets: Allowed<PermissionSets>,
    /// GitHub users and organizations whose repositories may deploy. `*` is not allowed, because anyone can have one.
    pub allowed_github_owners: Allowed<GithubOwners>,
    /// ARNs of the AWS managed policies that repositories may use; `*` allows all.
    pub allowed_policy_arns: Allowed<PolicyArns>,
    /// Whether every account gets the security contact of the stack. Requests cannot change it, because AWS reports
    /// abuse to this contact.
    pub security_contact_is_fixed: bool,
}

impl RequestPolicy {
    /// Why accounts cannot be vended to an OU, if they cannot.
    pub fn ou_violation(&self, path: &OrganizationalUnitPath) -> Option<String> {
        let Self { allowed_organizational_units: allowed, protected_organizational_units: protected, .. } = self;
        if protected.contains(path) {
            return Some(format!("must not be in a protected OU ({protected})"));
        }
        (!allowed.contains(path)).then(|| format!("must be one of these OUs or below: {allowed}"))
    }

    /// Why a new account cannot have an email, if it cannot. Anyone with access to the mailbox can become the root user
    /// of the account. An existing account keeps its email.
    pub fn email_violation(&self, email: &EmailAddress) -> Option<String> {
        let domain = email.as_str().rsplit('@').next().unwrap_or_default();
        let domains = &self.allowed_email_domains;
        let is_allowed =
            domains.allows_all() || domains.entries().iter().any(|entry| entry.eq_ignore_ascii_case(domain));
        if is_allowed || self.matches_pattern(email) {
            return None;
        }
        let others =
            if domains.is_empty() { String::new() } else { format!(", or be in one of the domains {domains}") };
        Some(format!("must match the pattern {}{others}", self.email_pattern))
    }

    /// Whether the email matches the pattern, with any text in place of the account name.
    fn matches_pattern(&self, email: &EmailAddress) -> bool {
        let pattern = self.email_pattern.to_ascii_lowercase();
        let Some((before, after)) = pattern.split_once(&NAME_IN_PATTERN.to_ascii_lowercase()) else {
            return false;
        };
        let name = email.as_str().strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
        name.is_some_and(|name| !name.is_empty() && !name.contains('@'))
    }

    pub(super) fn organizational_unit(&self, text: &str) -> Result<OrganizationalUnitPath, String> {
        let path: OrganizationalUnitPath = text.parse().map_err(|e| format!("{e}"))?;
        match self.ou_violation(&path) {
            Some(detail) => Err(detail),
            None => Ok(path),
        }
    }

    pub(super) fn permission_set(&self, name: &str) -> Result<(), String> {
        let allowed = &self.allowed_permission_sets;
        one_of(allowed, "a permission set", name, |entry| entry == name).map(drop)
    }

    /// The owner as spelled in the stack. GitHub compares names without case, but IAM compares the token with case.
    pub(super) fn github_owner<'a>(&'a self, owner: &'a str) -> Result<&'a str, String> {
        let allowed = &self.allowed_github_owners;
        one_of(allowed, "a repository of an owner", owner, |entry| entry.eq_ignore_ascii_case(owner))
    }

    pub(super) fn policy_arn(&self, arn: &str) -> Result<(), String> {
        one_of(&self.allowed_policy_arns, "a policy", arn, |entry| entry == arn).map(drop)
    }

    pub(super) fn derive_email(&self, account_name: &str) -> Result<EmailAddress, String> {
        derive_email(&self.email_pattern, account_name).map_err(|error| {
            format!(
                "is missing, and the email derived from accountName {error}; set accountEmail or change accountName"
            )
        })
    }
}

/// The email of an account, from an email pattern and the name of the account.
pub fn derive_email(pattern: &str, account_name: &str) -> Result<EmailAddress, InvalidId> {
    let mailbox = account_name.to_ascii_lowercase().replace(' ', "-");
    pattern.replace(NAME_IN_PATTERN, &mailbox).parse()
}

/// Parses an email pattern: an email with `{accountName}` once before the @.
pub fn email_pattern(text: &str) -> Result<String, String> {
    let is_valid = text.matches(NAME_IN_PATTERN).count() == 1
        && text.split_once('@').is_some_and(|(mailbox, _)| mailbox.contains(NAME_IN_PATTERN))
        && derive_email(text, "a").is_ok();
    if is_valid {
        Ok(text.to_owned())
    } else {
        Err(format!("must be an email with {NAME_IN_PATTERN} before the @, like aws+{NAME_IN_PATTERN}@example.com"))
    }
}

/// Returns the matching entry, or the requested value if everything is allowed.
fn one_of<'a, K>(
    allowed: &'a Allowed<K>,
    expected: &str,
    requested: &'a str,
    matches: impl Fn(&str) -> bool,
) -> Result<&'a str, String> {
    if let Some(entry) = allowed.entries().iter().find(|entry| matches(entry)) {
        return Ok(entry);
    }
    if allowed.allows_all() {
        return Ok(requested);
    }
    Err(format!("must be {expected} that this stack allows; allowed: {allowed}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn email_violation(pattern: &str, domains: &[&str], email: &str) -> Option<String> {
        let allowed_email_domains = domains.join(",").parse().unwrap();
        let policy =
            RequestPolicy { email_pattern: pattern.to_owned(), allowed_email_domains, ..RequestPolicy::default() };
        policy.email_violation(&email.parse().unwrap())
    }

    #[test]
    fn email_matches_pattern_or_allowed_domain() {
        let pattern = "AWS+{accountName}@example.com";
        for (domains, email, is_allowed) in [
            (&[] as &[&str], "aws+payments@example.com", true),
            (&[], "aws+any.thing@Example.com", true),
            (&[], "aws+@example.com", false),
            (&[], "jo@example.com", false),
            (&[], "me@mail.test", false),
            (&[], "aws+x@example.com.evil.test", false),
            (&["corp.test"], "jo@Corp.test", true),
            (&["corp.test"], "jo@sub.corp.test", false),
            (&["corp.test"], "jo@notcorp.test", false),
            (&["*"], "me@mail.test", true),
        ] {
            assert_eq!(email_violation(pattern, domains, email).is_none(), is_allowed, "{domains:?} {email}");
        }
    }

    #[test]
    fn email_pattern_needs_the_account_name() {
        assert!(email_pattern("AWS+{accountName}@Example.com").is_ok());
        for wrong in [
            "aws@example.com",
            "aws@{accountName}.com",
            "{accountName}",
            "{accountName}{accountName}@a.de",
            "{accountName}@local",
        ] {
            assert!(email_pattern(wrong).unwrap_err().contains("aws+{accountName}@example.com"), "{wrong}");
        }
        assert_eq!(
            derive_email("aws+{accountName}@example.com", "Pay Dev").unwrap().as_str(),
            "aws+pay-dev@example.com"
        );
    }

    #[test]
    fn email_violation_lists_what_is_allowed() {
        let detail = email_violation("aws+{accountName}@example.com", &["corp.test"], "me@mail.test").unwrap();
        assert_eq!(
            detail,
            "must match the pattern aws+{accountName}@example.com, or be in one of the domains corp.test"
        );
    }
}
