//! Parses and builds ARNs.

pub(super) fn account_id(arn: &str) -> &str {
    arn.split(':').nth(4).unwrap_or_default()
}

pub(super) fn role_name(role_arn: &str) -> &str {
    role_arn.rsplit('/').next().unwrap_or_default()
}

/// For an account, root, OU, or policy of the organization.
pub(super) fn for_organization(management_account: &str, organization: &str, id: &str) -> String {
    let kind = match id.split('-').next() {
        Some("r") => "root",
        Some("ou") => "ou",
        Some("p") => "policy",
        _ => "account",
    };
    let kind_path = if kind == "policy" { "/service_control_policy" } else { "" };
    format!("arn:aws:organizations::{management_account}:{kind}/{organization}{kind_path}/{id}")
}

/// The path starts and ends with a slash.
pub(super) fn for_role(account: &str, path: &str, name: &str) -> String {
    format!("arn:aws:iam::{account}:role{path}{name}")
}

/// For the URL of an issuer.
pub(super) fn for_openid_connect(account: &str, url: &str) -> String {
    format!("arn:aws:iam::{account}:oidc-provider/{}", url.trim_start_matches("https://"))
}

/// Returns an ARN unchanged.
pub(super) fn for_trail(region: &str, account: &str, name_or_arn: &str) -> String {
    if name_or_arn.starts_with("arn:") {
        return name_or_arn.to_owned();
    }
    format!("arn:aws:cloudtrail:{region}:{account}:trail/{name_or_arn}")
}

pub(super) fn for_bus(region: &str, account: &str, name_or_arn: &str) -> String {
    if name_or_arn.starts_with("arn:") {
        return name_or_arn.to_owned();
    }
    format!("arn:aws:events:{region}:{account}:event-bus/{name_or_arn}")
}

/// For a queue URL such as `http://127.0.0.1/123456789012/name`.
pub(super) fn for_queue(region: &str, account: &str, url: &str) -> String {
    format!("arn:aws:sqs:{region}:{account}:{}", url.rsplit('/').next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn organization_arns_name_the_management_account() {
        let arn = |id| for_organization("123456789012", "o-a", id);
        assert_eq!(arn("111111111111"), "arn:aws:organizations::123456789012:account/o-a/111111111111");
        assert_eq!(arn("r-b"), "arn:aws:organizations::123456789012:root/o-a/r-b");
        assert_eq!(arn("ou-b-c"), "arn:aws:organizations::123456789012:ou/o-a/ou-b-c");
        assert_eq!(arn("p-d"), "arn:aws:organizations::123456789012:policy/o-a/service_control_policy/p-d");
    }

    #[test]
    fn names_become_arns_and_arns_are_unchanged() {
        let trail = "arn:aws:cloudtrail:eu-west-1:111111111111:trail/t";
        assert_eq!(for_trail("eu-west-1", "111111111111", "t"), trail);
        assert_eq!(for_trail("us-east-1", "222222222222", trail), trail);
        assert_eq!(for_role("1", "/account-vending/", "A"), "arn:aws:iam::1:role/account-vending/A");
        assert_eq!(for_queue("r", "1", "http://localhost/1/q"), "arn:aws:sqs:r:1:q");
    }
}
