//! Parts of ARNs, and ARNs of parts.

pub(super) fn account_of(arn: &str) -> &str {
    arn.split(':').nth(4).unwrap_or_default()
}

pub(super) fn role_name(role_arn: &str) -> &str {
    role_arn.rsplit('/').next().unwrap_or_default()
}

/// An account, a root, an OU or a policy of the organization, by its id.
pub(super) fn of_organization(management_account: &str, organization: &str, id: &str) -> String {
    let kind = match id.split('-').next() {
        Some("r") => "root",
        Some("ou") => "ou",
        Some("p") => "policy",
        _ => "account",
    };
    let kind_path = if kind == "policy" { "/service_control_policy" } else { "" };
    format!("arn:aws:organizations::{management_account}:{kind}/{organization}{kind_path}/{id}")
}

/// A path begins and ends with a slash.
pub(super) fn of_role(account: &str, path: &str, name: &str) -> String {
    format!("arn:aws:iam::{account}:role{path}{name}")
}

/// By the URL of its issuer.
pub(super) fn of_openid_connect(account: &str, url: &str) -> String {
    format!("arn:aws:iam::{account}:oidc-provider/{}", url.trim_start_matches("https://"))
}

/// By its name, unless an ARN is given already.
pub(super) fn of_trail(region: &str, account: &str, name_or_arn: &str) -> String {
    if name_or_arn.starts_with("arn:") {
        return name_or_arn.to_owned();
    }
    format!("arn:aws:cloudtrail:{region}:{account}:trail/{name_or_arn}")
}

pub(super) fn of_bus(region: &str, account: &str, name_or_arn: &str) -> String {
    if name_or_arn.starts_with("arn:") {
        return name_or_arn.to_owned();
    }
    format!("arn:aws:events:{region}:{account}:event-bus/{name_or_arn}")
}

/// By the URL that SQS knows it by: `http://127.0.0.1/123456789012/name`.
pub(super) fn of_queue(region: &str, account: &str, url: &str) -> String {
    format!("arn:aws:sqs:{region}:{account}:{}", url.rsplit('/').next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_the_organization_have_arns_of_the_management_account() {
        let arn = |id| of_organization("123456789012", "o-a", id);
        assert_eq!(arn("111111111111"), "arn:aws:organizations::123456789012:account/o-a/111111111111");
        assert_eq!(arn("r-b"), "arn:aws:organizations::123456789012:root/o-a/r-b");
        assert_eq!(arn("ou-b-c"), "arn:aws:organizations::123456789012:ou/o-a/ou-b-c");
        assert_eq!(arn("p-d"), "arn:aws:organizations::123456789012:policy/o-a/service_control_policy/p-d");
    }

    #[test]
    fn arns_are_made_of_names_and_kept_as_they_are() {
        let trail = "arn:aws:cloudtrail:eu-west-1:111111111111:trail/t";
        assert_eq!(of_trail("eu-west-1", "111111111111", "t"), trail);
        assert_eq!(of_trail("us-east-1", "222222222222", trail), trail);
        assert_eq!(of_role("1", "/account-vending/", "A"), "arn:aws:iam::1:role/account-vending/A");
        assert_eq!(of_queue("r", "1", "http://localhost/1/q"), "arn:aws:sqs:r:1:q");
    }
}
