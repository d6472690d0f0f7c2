//! What requests can contain, by the settings of an OU.

use crate::allowed::ALL;
use crate::id::{EmailAddress, InvalidId, OrganizationalUnitPath};
use crate::settings::{Requests, VendingSettings};

/// The placeholder for the account name in the email pattern.
const NAME_IN_PATTERN: &str = "{accountName}";

/// What a request for an account in one OU can contain.
///
/// The default checks only the form of a request, which is the same in every organization.
#[derive(Clone, Debug, Default)]
pub struct RequestPolicy {
    /// Why accounts cannot be requested in the OU, if they cannot.
    unit_violation: Option<String>,
    /// What holds in the OU. `None` if that is not known: then it restricts nothing.
    settings: Option<VendingSettings>,
    is_operator: bool,
}

impl RequestPolicy {
    /// The policy for requests in an OU. Operators can request accounts in every OU.
    ///
    /// `requestable` are the OUs in which everyone can request accounts, for the message.
    pub fn new(settings: VendingSettings, is_operator: bool, requestable: &[&OrganizationalUnitPath]) -> Self {
        let is_denied = settings.requests == Requests::Denied && !is_operator;
        let unit_violation = is_denied.then(|| denied(requestable));
        Self { unit_violation, settings: Some(settings), is_operator }
    }

    /// The policy for requests in an OU that does not exist. `detail` says what is expected.
    pub fn missing_unit(detail: String) -> Self {
        Self { unit_violation: Some(detail), ..Self::default() }
    }

    /// Why a new account cannot have an email, if it cannot. Anyone with access to the mailbox can become the root user
    /// of the account. An existing account keeps its email.
    pub fn email_violation(&self, email: &EmailAddress) -> Option<String> {
        let settings = self.settings.as_ref()?;
        let (pattern, domains) = (settings.email_pattern.as_deref(), &settings.email_domains);
        let domain = email.as_str().rsplit('@').next().unwrap_or_default();
        let is_allowed = domains.iter().any(|entry| entry == ALL || entry.eq_ignore_ascii_case(domain))
            || pattern.is_some_and(|pattern| matches_pattern(pattern, email))
            || (self.is_operator && pattern.is_none() && domains.is_empty());
        let expected = pattern.map(|pattern| format!("match the pattern {pattern}"));
        let others = (!domains.is_empty()).then(|| format!("be in one of the domains {}", domains.join(", ")));
        let expected: Vec<String> = expected.into_iter().chain(others).collect();
        match expected.as_slice() {
            _ if is_allowed => None,
            [] => Some("cannot be chosen: the settings of this OU have no emailPattern and no emailDomains, so only operators can create accounts in it".to_owned()),
            expected => Some(format!("must {}", expected.join(", or "))),
        }
    }

    /// Why accounts cannot be requested in the OU, if they cannot.
    pub fn unit_violation(&self) -> Option<&str> {
        self.unit_violation.as_deref()
    }

    pub(super) fn organizational_unit(&self, text: &str) -> Result<OrganizationalUnitPath, String> {
        let path: OrganizationalUnitPath = text.parse().map_err(|e| format!("{e}"))?;
        self.unit_violation.clone().map_or(Ok(path), Err)
    }

    pub(super) fn permission_set(&self, name: &str) -> Result<(), String> {
        let Some(settings) = &self.settings else { return Ok(()) };
        one_of(&settings.permission_sets, "a permission set", name)
    }

    /// The owner as spelled in the settings, with its numeric ID. GitHub compares names without case, but IAM compares
    /// the token with case.
    pub(super) fn github_owner<'a>(&'a self, owner: &'a str) -> Result<(&'a str, Option<u64>), String> {
        let Some(settings) = &self.settings else { return Ok((owner, None)) };
        let owners = &settings.github_owners;
        if let Some((name, id)) = owners.iter().find(|(name, _)| name.eq_ignore_ascii_case(owner)) {
            return Ok((name, Some(*id)));
        }
        let names: Vec<&str> = owners.keys().map(String::as_str).collect();
        Err(not_allowed("a repository of an owner", &names))
    }

    pub(super) fn policy_arn(&self, arn: &str) -> Result<(), String> {
        let Some(settings) = &self.settings else { return Ok(()) };
        one_of(&settings.deploy_policy_arns, "a policy", arn)
    }

    /// Whether every account gets the security contact of the organization. Requests cannot change it, because AWS
    /// reports abuse to this contact.
    pub(super) fn security_contact_is_fixed(&self) -> bool {
        self.settings.as_ref().is_some_and(VendingSettings::security_contact_is_fixed)
    }

    /// The email of an account whose request has none. `None` if the policy does not know the OU.
    pub(super) fn derive_email(&self, account_name: &str) -> Option<Result<EmailAddress, String>> {
        let settings = self.settings.as_ref()?;
        let Some(pattern) = &settings.email_pattern else {
            return Some(Err("is required: the settings of this OU have no emailPattern".to_owned()));
        };
        Some(derive_email(pattern, account_name).map_err(|error| {
            format!(
                "is missing, and the email derived from accountName {error}; set accountEmail or change accountName"
            )
        }))
    }
}

fn denied(requestable: &[&OrganizationalUnitPath]) -> String {
    let paths: Vec<&str> = requestable.iter().map(|path| path.as_str()).collect();
    match paths.as_slice() {
        [] => "must be an OU in which accounts can be requested; there is none, so only operators can request accounts"
            .to_owned(),
        paths => format!("must be an OU in which accounts can be requested: {}, or below", paths.join(", ")),
    }
}

/// Whether the email matches the pattern, with any text in place of the account name.
fn matches_pattern(pattern: &str, email: &EmailAddress) -> bool {
    let pattern = pattern.to_ascii_lowercase();
    let Some((before, after)) = pattern.split_once(&NAME_IN_PATTERN.to_ascii_lowercase()) else {
        return false;
    };
    let name = email.as_str().strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
    name.is_some_and(|name| !name.is_empty() && !name.contains('@'))
}

fn one_of(allowed: &[String], expected: &str, requested: &str) -> Result<(), String> {
    if allowed.iter().any(|entry| entry == ALL || entry == requested) {
        return Ok(());
    }
    Err(not_allowed(expected, allowed))
}

fn not_allowed<T: AsRef<str>>(expected: &str, allowed: &[T]) -> String {
    let allowed: Vec<&str> = allowed.iter().map(AsRef::as_ref).collect();
    let allowed = if allowed.is_empty() { "none".to_owned() } else { allowed.join(", ") };
    format!("must be {expected} that this OU allows; allowed: {allowed}")
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

#[cfg(test)]
mod tests {
    use super::*;

    fn email_violation(pattern: Option<&str>, domains: &[&str], is_operator: bool, email: &str) -> Option<String> {
        let settings = VendingSettings {
            email_pattern: pattern.map(str::to_owned),
            email_domains: domains.iter().map(|&domain| domain.to_owned()).collect(),
            ..VendingSettings::default()
        };
        RequestPolicy::new(settings, is_operator, &[]).email_violation(&email.parse().unwrap())
    }

    #[test]
    fn email_matches_pattern_or_allowed_domain() {
        let pattern = Some("AWS+{accountName}@example.com");
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
            for is_operator in [false, true] {
                let violation = email_violation(pattern, domains, is_operator, email);
                assert_eq!(violation.is_none(), is_allowed, "{domains:?} {email}");
            }
        }
    }

    #[test]
    fn without_pattern_and_domains_only_operators_choose_the_email() {
        assert_eq!(email_violation(None, &[], true, "me@mail.test"), None);
        let violation = email_violation(None, &[], false, "me@mail.test").unwrap();
        assert!(violation.contains("only operators"), "{violation}");
        let violation = email_violation(None, &["corp.test"], true, "me@mail.test").unwrap();
        assert_eq!(violation, "must be in one of the domains corp.test");
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
        let detail =
            email_violation(Some("aws+{accountName}@example.com"), &["corp.test"], false, "me@mail.test").unwrap();
        assert_eq!(
            detail,
            "must match the pattern aws+{accountName}@example.com, or be in one of the domains corp.test"
        );
    }

    #[test]
    fn denied_ou_names_where_accounts_can_be_requested() {
        let (sandbox, workloads) = ("Sandbox".parse().unwrap(), "Workloads".parse().unwrap());
        let denied = |is_operator, requestable: &[&OrganizationalUnitPath]| {
            RequestPolicy::new(VendingSettings::default(), is_operator, requestable).organizational_unit("Security")
        };
        assert_eq!(
            denied(false, &[&sandbox, &workloads]).unwrap_err(),
            "must be an OU in which accounts can be requested: Sandbox, Workloads, or below"
        );
        assert!(denied(false, &[]).unwrap_err().contains("only operators"));
        assert!(denied(true, &[]).is_ok());
    }
}
