//! Entries of the lists in the settings that restrict requests. An entry that can never match anything is an error.

/// In a list, allows everything.
pub(crate) const ALL: &str = "*";

/// An email domain, or `*`.
pub(crate) fn email_domain(text: &str) -> Result<String, String> {
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let is_valid = text == ALL || (text.contains('.') && text.split('.').all(label));
    valid(is_valid, text, "must be a domain like example.com, without @ and wildcards; list each subdomain")
}

/// The name of a permission set, or `*`.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_CreatePermissionSet.html>
pub(crate) fn permission_set(text: &str) -> Result<String, String> {
    let is_name = (1..=32).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte));
    let expected = "must be the name of a permission set, not its ARN: 1 to 32 letters, digits, and _ + = , . @ -";
    valid(text == ALL || is_name, text, expected)
}

/// A GitHub user or organization. `*` is not allowed, because anyone can have a GitHub account.
pub(crate) fn github_owner(text: &str) -> Result<String, String> {
    valid(is_github_owner(text), text, "must be a GitHub user or organization, like acme, without wildcards")
}

/// The ARN of an AWS managed policy, or `*`.
pub(crate) fn policy_arn(text: &str) -> Result<String, String> {
    if text == ALL { Ok(text.to_owned()) } else { managed_policy_arn(text) }
}

/// Parses the ARN of an AWS managed policy.
pub fn managed_policy_arn(text: &str) -> Result<String, String> {
    let name = text.strip_prefix("arn:aws:iam::aws:policy/");
    let is_valid = name.is_some_and(|name| !name.is_empty() && !name.contains('*'));
    let expected = "must be the ARN of an AWS managed policy, like arn:aws:iam::aws:policy/PowerUserAccess";
    valid(is_valid, text, expected)
}

pub(crate) fn is_github_owner(text: &str) -> bool {
    (1..=39).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

fn valid(is_valid: bool, text: &str, expected: &str) -> Result<String, String> {
    if is_valid { Ok(text.to_owned()) } else { Err(expected.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entry_that_matches_nothing_is_rejected() {
        for wrong in [
            email_domain("@example.com"),
            email_domain("*.example.com"),
            email_domain("localhost"),
            permission_set("arn:aws:sso:::permissionSet/a/b"),
            permission_set("Power*"),
            github_owner("*"),
            github_owner("acme/payments"),
            policy_arn("PowerUserAccess"),
            policy_arn("arn:aws:iam::111122223333:policy/Own"),
            policy_arn("arn:aws:iam::aws:policy/*"),
        ] {
            let detail = wrong.unwrap_err();
            assert!(detail.starts_with("must be "), "{detail}");
        }
    }

    #[test]
    fn entry_keeps_its_spelling() {
        for (entry, text) in [
            (email_domain("Corp.example.com"), "Corp.example.com"),
            (email_domain("*"), "*"),
            (permission_set("ReadOnly@Prod"), "ReadOnly@Prod"),
            (permission_set("*"), "*"),
            (github_owner("Acme-Labs"), "Acme-Labs"),
            (
                policy_arn("arn:aws:iam::aws:policy/job-function/Billing"),
                "arn:aws:iam::aws:policy/job-function/Billing",
            ),
            (policy_arn("*"), "*"),
        ] {
            assert_eq!(entry.unwrap(), text);
        }
    }
}
