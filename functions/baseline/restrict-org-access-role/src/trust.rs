//! The trust policy of the restricted role: account-vending and the break-glass principals.

use serde_json::{Value, json};
use vending_core::AccountId;
use vending_iam::{Principal, assume_role_statement};

/// Parses a break-glass principal. The root of an account is rejected, because it stands for all principals of that
/// account that can assume roles.
pub(crate) fn break_glass_principal(arn: &str) -> Result<Principal, &'static str> {
    match arn.parse() {
        Ok(principal @ (Principal::User(_) | Principal::Role(_))) => Ok(principal),
        _ => Err(
            "the ARN of one IAM user or IAM role, without wildcards, like arn:aws:iam::123456789012:role/BreakGlass",
        ),
    }
}

/// The trust policy for the function roles and the break-glass principals.
///
/// The function roles are trusted by their path, as in the role of bootstrap-role. So bootstrap-role always keeps its
/// access.
///
/// IAM users need MFA, as for the engineers' role. For a role, its own trust policy decides whether MFA is required.
pub(crate) fn trust_policy(principals: &[Principal], management_account: &AccountId, function_roles: &str) -> Value {
    let (mut users, mut roles) = (Vec::new(), Vec::new());
    for principal in principals {
        match principal {
            Principal::User(arn) => users.push(arn.as_str()),
            Principal::Role(arn) => roles.push(arn.as_str()),
            Principal::Account(_) => {}
        }
    }
    let management_account = format!("arn:aws:iam::{management_account}:root");
    let functions = json!({ "ArnLike": { "aws:PrincipalArn": function_roles } });
    let mfa = json!({ "Bool": { "aws:MultiFactorAuthPresent": "true" } });
    vending_iam::trust_policy([
        assume_role_statement("AccountVending", &[&management_account], Some(functions)),
        assume_role_statement("BreakGlassRoles", &roles, None),
        assume_role_statement("BreakGlassUsersWithMfa", &users, Some(mfa)),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: &str = "arn:aws:iam::123456789012:user/people/jane";
    const ROLE: &str = "arn:aws:iam::222222222222:role/BreakGlass";
    const ROOT: &str = "arn:aws:iam::123456789012:root";
    const FUNCTIONS: &str = "arn:aws:iam::123456789012:role/account-vending/stack/*";

    fn trust(arns: &[&str]) -> Value {
        let principals: Vec<Principal> = arns.iter().map(|arn| arn.parse().unwrap()).collect();
        trust_policy(&principals, &"123456789012".parse().unwrap(), FUNCTIONS)
    }

    #[test]
    fn only_exact_users_and_roles_are_accepted() {
        let parsed = break_glass_principal;
        assert_eq!(parsed(USER), Ok(Principal::User(USER.to_owned())));
        assert_eq!(parsed(ROLE), Ok(Principal::Role(ROLE.to_owned())));
        for wrong in [
            "",
            "*",
            "123456789012",
            ROOT,
            FUNCTIONS,
            "arn:aws:iam::12345678901:role/BreakGlass",
            "arn:aws:iam::123456789012:user/",
            "arn:aws:iam::123456789012:role/people/",
            "arn:aws:iam::123456789012:role/Break?lass",
            "arn:aws:iam::123456789012:group/people",
            "arn:aws:sts::123456789012:assumed-role/BreakGlass/jane",
        ] {
            assert!(parsed(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn trust_has_only_functions_and_break_glass() {
        let expected = json!({
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "AccountVending",
                    "Effect": "Allow",
                    "Principal": { "AWS": [ROOT] },
                    "Action": "sts:AssumeRole",
                    "Condition": { "ArnLike": { "aws:PrincipalArn": FUNCTIONS } }
                },
                {
                    "Sid": "BreakGlassRoles",
                    "Effect": "Allow",
                    "Principal": { "AWS": [ROLE] },
                    "Action": "sts:AssumeRole"
                },
                {
                    "Sid": "BreakGlassUsersWithMfa",
                    "Effect": "Allow",
                    "Principal": { "AWS": [USER] },
                    "Action": "sts:AssumeRole",
                    "Condition": { "Bool": { "aws:MultiFactorAuthPresent": "true" } }
                }
            ]
        });
        assert_eq!(trust(&[USER, ROLE]), expected);
    }

    #[test]
    fn account_vending_always_keeps_its_access() {
        for arns in [&[USER][..], &[ROLE], &[USER, ROLE]] {
            let trust = trust(arns);
            let first = &trust["Statement"][0];
            assert_eq!(first["Principal"]["AWS"], json!([ROOT]));
            assert_eq!(first["Condition"], json!({ "ArnLike": { "aws:PrincipalArn": FUNCTIONS } }));
            assert_eq!(trust["Statement"].as_array().unwrap().len(), arns.len() + 1);
        }
    }
}
