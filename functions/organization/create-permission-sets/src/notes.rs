//! What people should know about permission sets, or do by hand.

pub(crate) fn unsupported(reason: &str) -> String {
    let remedy = if reason.contains("account instance") {
        "it is an account instance: delete it, and enable an organization instance"
    } else {
        "turn on multi-account permissions on the Management tab of its settings, or replace an account instance by an organization instance"
    };
    format!("IAM Identity Center has no permission sets ({}): {remedy}", reason.trim_end_matches('.'))
}

pub(crate) fn still_assigned(name: &str, account: &str) -> String {
    format!(
        "the permission set {name} left the manifest, and is not deleted, because accounts have it, such as {account}: remove its assignments, and make a new plan"
    )
}

pub(crate) fn customer_managed(name: &str, policies: &[String]) -> String {
    format!(
        "the permission set {name} has customer managed policies, which the manifest cannot have and leaves alone: {}",
        policies.join(", ")
    )
}

pub(crate) fn left_behind(name: &str, accounts: &[String]) -> String {
    format!(
        "the permission set {name} is not up to date in accounts that are not active or in the management account: {}",
        accounts.join(", ")
    )
}
