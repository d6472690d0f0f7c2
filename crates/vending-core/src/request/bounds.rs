//! What a stack allows requests to ask for.

use crate::id::{EmailAddress, OrganizationalUnitPath};

/// Of lists that are empty, nothing is allowed.
#[derive(Clone, Debug, Default)]
pub struct Bounds {
    /// `{accountName}` in it stands for the account's name in lower case.
    pub email_pattern: String,
    /// Paths that accounts may be vended below; `*` allows all.
    pub allowed_organizational_units: Vec<String>,
    /// Paths that accounts are never vended below.
    pub protected_organizational_units: Vec<String>,
    /// Names of the permission sets that may be assigned; `*` allows all.
    pub allowed_permission_sets: Vec<String>,
    /// Users and organizations of GitHub whose repositories may deploy; there is no `*`, since anybody may have one.
    pub allowed_github_owners: Vec<String>,
    /// ARNs of the AWS managed policies that a deploying repository may have; `*` allows all.
    pub allowed_policy_arns: Vec<String>,
}

impl Bounds {
    /// Why accounts may not be vended into an OU, if so.
    pub fn refusal(&self, path: &OrganizationalUnitPath) -> Option<String> {
        let within = |list: &[String]| list.iter().any(|entry| entry == "*" || path.is_within(entry));
        if within(&self.protected_organizational_units) {
            let list = self.protected_organizational_units.join(", ");
            return Some(format!("must not be in a protected organizational unit ({list})"));
        }
        if !within(&self.allowed_organizational_units) {
            let list = self.allowed_organizational_units.join(", ");
            return Some(format!("must be one of, or below: {list}"));
        }
        None
    }

    pub(super) fn organizational_unit(&self, text: &str) -> Result<OrganizationalUnitPath, String> {
        let path: OrganizationalUnitPath = text.parse().map_err(|e| format!("{e}"))?;
        match self.refusal(&path) {
            Some(detail) => Err(detail),
            None => Ok(path),
        }
    }

    pub(super) fn permission_set(&self, name: &str) -> Result<(), String> {
        let allowed = &self.allowed_permission_sets;
        one_of(allowed, "a permission set", |entry| entry == "*" || entry == name)
    }

    pub(super) fn github_owner(&self, owner: &str) -> Result<(), String> {
        let allowed = &self.allowed_github_owners;
        one_of(allowed, "a repository of an owner", |entry| entry.eq_ignore_ascii_case(owner))
    }

    pub(super) fn policy_arn(&self, arn: &str) -> Result<(), String> {
        one_of(&self.allowed_policy_arns, "a policy", |entry| entry == "*" || entry == arn)
    }

    pub(super) fn derive_email(&self, account_name: &str) -> Result<EmailAddress, String> {
        let mailbox = account_name.to_ascii_lowercase().replace(' ', "-");
        let derived = self.email_pattern.replace("{accountName}", &mailbox);
        derived.parse().map_err(|error| {
            format!(
                "was left out, and the email derived from accountName {error}; give accountEmail or another accountName"
            )
        })
    }
}

fn one_of(allowed: &[String], what: &str, fits: impl Fn(&str) -> bool) -> Result<(), String> {
    if allowed.iter().any(|entry| fits(entry)) {
        return Ok(());
    }
    let list = if allowed.is_empty() { "none".to_owned() } else { allowed.join(", ") };
    Err(format!("must be {what} that this stack allows; it allows {list}"))
}
