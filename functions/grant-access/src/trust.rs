//! Who may assume the engineers' role, and under which condition.

use std::str::FromStr;

use serde_json::{Value, json};
use vending_core::AccountId;

/// An IAM principal by its ARN.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Principal {
    User(String),
    Role(String),
    /// An account's root: every user and role that the account itself lets assume roles.
    Account(String),
}

impl FromStr for Principal {
    type Err = &'static str;

    fn from_str(arn: &str) -> Result<Self, &'static str> {
        let expected = "the ARN of an IAM user, an IAM role or an account root, like arn:aws:iam::123456789012:root";
        let rest = arn.strip_prefix("arn:aws:iam::").ok_or(expected)?;
        let (account, resource) = rest.split_once(':').ok_or(expected)?;
        account.parse::<AccountId>().map_err(|_| expected)?;
        let arn = arn.to_owned();
        match resource.split_once('/') {
            None if resource == "root" => Ok(Self::Account(arn)),
            Some(("user", name)) if is_name(name) => Ok(Self::User(arn)),
            Some(("role", name)) if is_name(name) => Ok(Self::Role(arn)),
            _ => Err(expected),
        }
    }
}

/// A name with its path. IAM takes no wildcard in the ARN of a principal.
fn is_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=.@/-".contains(&byte);
    !text.is_empty() && !text.ends_with('/') && text.bytes().all(allowed)
}

const USERS: &str = "arn:aws:iam::*:user/*";
const ROLES: &str = "arn:aws:iam::*:role/*";

/// IAM users have to come with MFA. Roles need not: `aws:MultiFactorAuthPresent` is not true for the session of a role
/// that was reached through Identity Center, a federation or another role, so one condition for everybody would lock
/// such roles out. Whether there was a second factor is for the trust of those roles to ask.
///
/// Behind the root of an account are users and roles alike; there the kind of the caller decides.
pub(crate) fn trust_policy(principals: &[Principal]) -> Value {
    let (mut users, mut roles, mut accounts) = (Vec::new(), Vec::new(), Vec::new());
    for principal in principals {
        match principal {
            Principal::User(arn) => users.push(arn.as_str()),
            Principal::Role(arn) => roles.push(arn.as_str()),
            Principal::Account(arn) => accounts.push(arn.as_str()),
        }
    }
    let mfa = json!({ "aws:MultiFactorAuthPresent": "true" });
    let statements = [
        statement("Roles", &roles, None),
        statement("UsersWithMfa", &users, Some(json!({ "Bool": mfa }))),
        statement("RolesOfAccounts", &accounts, Some(json!({ "ArnLike": { "aws:PrincipalArn": ROLES } }))),
        statement(
            "UsersOfAccountsWithMfa",
            &accounts,
            Some(json!({ "ArnLike": { "aws:PrincipalArn": USERS }, "Bool": mfa })),
        ),
    ];
    let statements: Vec<Value> = statements.into_iter().flatten().collect();
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// `None` where nobody would be trusted: IAM takes no statement without a principal.
fn statement(sid: &str, arns: &[&str], condition: Option<Value>) -> Option<Value> {
    if arns.is_empty() {
        return None;
    }
    let mut statement = json!({
        "Sid": sid,
        "Effect": "Allow",
        "Principal": { "AWS": arns },
        "Action": "sts:AssumeRole"
    });
    if let Some(condition) = condition {
        statement["Condition"] = condition;
    }
    Some(statement)
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: &str = "arn:aws:iam::123456789012:user/people/jane";
    const ROLE: &str = "arn:aws:iam::123456789012:role/Engineers";
    const ROOT: &str = "arn:aws:iam::123456789012:root";

    fn statements(arns: &[&str]) -> Vec<Value> {
        let principals: Vec<Principal> = arns.iter().map(|arn| arn.parse().unwrap()).collect();
        let policy = trust_policy(&principals);
        policy["Statement"].as_array().unwrap().clone()
    }

    #[test]
    fn principals_are_read_by_their_kind() {
        let parsed = |arn: &str| arn.parse::<Principal>();
        assert_eq!(parsed(USER), Ok(Principal::User(USER.to_owned())));
        assert_eq!(parsed(ROLE), Ok(Principal::Role(ROLE.to_owned())));
        assert_eq!(parsed(ROOT), Ok(Principal::Account(ROOT.to_owned())));
        for wrong in [
            "",
            "*",
            "123456789012",
            "arn:aws:iam::123456789012:*",
            "arn:aws:iam::12345678901:root",
            "arn:aws:iam::123456789012:root/x",
            "arn:aws:iam::123456789012:user/",
            "arn:aws:iam::123456789012:user/*",
            "arn:aws:iam::123456789012:role/people/",
            "arn:aws:iam::123456789012:group/engineers",
            "arn:aws:sts::123456789012:assumed-role/Engineers/jane",
        ] {
            assert!(parsed(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn users_need_mfa_and_roles_do_not() {
        let statements = statements(&[USER, ROLE]);
        assert_eq!(statements.len(), 2);
        assert_eq!(statements[0]["Principal"]["AWS"], json!([ROLE]));
        assert_eq!(statements[0].get("Condition"), None);
        assert_eq!(statements[1]["Principal"]["AWS"], json!([USER]));
        assert_eq!(statements[1]["Condition"], json!({ "Bool": { "aws:MultiFactorAuthPresent": "true" } }));
    }

    #[test]
    fn behind_an_account_users_need_mfa_and_roles_do_not() {
        let statements = statements(&[ROOT]);
        assert_eq!(statements.len(), 2);
        for statement in &statements {
            assert_eq!(statement["Principal"]["AWS"], json!([ROOT]));
        }
        assert_eq!(statements[0]["Condition"], json!({ "ArnLike": { "aws:PrincipalArn": ROLES } }));
        assert_eq!(
            statements[1]["Condition"],
            json!({
                "ArnLike": { "aws:PrincipalArn": USERS },
                "Bool": { "aws:MultiFactorAuthPresent": "true" }
            })
        );
    }

    #[test]
    fn nobody_else_is_trusted() {
        for arns in [&[USER][..], &[ROLE], &[ROOT], &[USER, ROLE, ROOT]] {
            for statement in statements(arns) {
                let trusted = statement["Principal"]["AWS"].as_array().unwrap();
                assert!(!trusted.is_empty());
                assert!(trusted.iter().all(|arn| arns.contains(&arn.as_str().unwrap())), "{statement}");
            }
        }
    }
}
