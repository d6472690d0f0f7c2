//! The trust policy of the engineers' role.

use serde_json::{Value, json};
use vending_iam::{Principal, assume_role_statement};

const USERS: &str = "arn:aws:iam::*:user/*";
const ROLES: &str = "arn:aws:iam::*:role/*";

/// The trust policy for the principals.
///
/// IAM users need MFA. Roles do not: `aws:MultiFactorAuthPresent` is not true for role sessions from Identity Center,
/// federation, or another role, so the same condition would lock them out. The trust policy of such a role decides
/// whether it requires MFA.
///
/// The root of an account stands for users and roles. There, the type of the caller decides.
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
    vending_iam::trust_policy([
        assume_role_statement("Roles", &roles, None),
        assume_role_statement("UsersWithMfa", &users, Some(json!({ "Bool": mfa }))),
        assume_role_statement("RolesOfAccounts", &accounts, Some(json!({ "ArnLike": { "aws:PrincipalArn": ROLES } }))),
        assume_role_statement(
            "UsersOfAccountsWithMfa",
            &accounts,
            Some(json!({ "ArnLike": { "aws:PrincipalArn": USERS }, "Bool": mfa })),
        ),
    ])
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
    fn users_need_mfa_and_roles_do_not() {
        let statements = statements(&[USER, ROLE]);
        assert_eq!(statements.len(), 2);
        assert_eq!(statements[0]["Principal"]["AWS"], json!([ROLE]));
        assert_eq!(statements[0].get("Condition"), None);
        assert_eq!(statements[1]["Principal"]["AWS"], json!([USER]));
        assert_eq!(statements[1]["Condition"], json!({ "Bool": { "aws:MultiFactorAuthPresent": "true" } }));
    }

    #[test]
    fn users_of_an_account_need_mfa_roles_do_not() {
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
    fn only_the_principals_are_trusted() {
        for arns in [&[USER][..], &[ROLE], &[ROOT], &[USER, ROLE, ROOT]] {
            for statement in statements(arns) {
                let trusted = statement["Principal"]["AWS"].as_array().unwrap();
                assert!(!trusted.is_empty());
                assert!(trusted.iter().all(|arn| arns.contains(&arn.as_str().unwrap())), "{statement}");
            }
        }
    }
}
