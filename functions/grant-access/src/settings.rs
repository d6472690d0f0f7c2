//! The engineers' role as the stack's parameters describe it, checked when the function starts.

use std::collections::{BTreeMap, BTreeSet};

use vending_iam::{Principal, RoleSpec};
use vending_runtime::{Environment, StartError};

use crate::trust::trust_policy;

/// Everything at this path is ours to change.
const ROLE_PATH: &str = "/account-vending/access/";

pub(crate) fn engineer_role(environment: &Environment) -> Result<Option<RoleSpec>, StartError> {
    let principals = each(environment, "ENGINEER_PRINCIPALS", str::parse::<Principal>)?;
    if principals.is_empty() {
        return Ok(None);
    }
    Ok(Some(RoleSpec {
        name: role_name(environment)?,
        path: ROLE_PATH.to_owned(),
        description: "engineers work with this role; account-vending made it, do not change it by hand".to_owned(),
        trust_policy: trust_policy(&principals),
        inline_policy: None,
        managed_policy_arns: each(environment, "ENGINEER_POLICY_ARNS", managed_policy)?
            .into_iter()
            .collect::<BTreeSet<_>>(),
        permissions_boundary: None,
        tags: BTreeMap::new(),
    }))
}

/// Reads each entry of a list. A wrong one is named by its place: it could be anybody's name.
fn each<T>(
    environment: &Environment,
    name: &'static str,
    read: impl Fn(&str) -> Result<T, &'static str>,
) -> Result<Vec<T>, StartError> {
    let list = environment.list(name);
    let entries = list.iter().zip(1..).map(|(entry, place)| {
        read(entry).map_err(|expected| StartError::Invalid { name, why: format!("entry {place} is not {expected}") })
    });
    entries.collect()
}

fn role_name(environment: &Environment) -> Result<String, StartError> {
    const NAME: &str = "ENGINEER_ROLE_NAME";
    let name = environment.required(NAME)?;
    let fits = name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte));
    if fits {
        return Ok(name);
    }
    let why = "at most 64 letters, digits and _ + = , . @ - are expected".to_owned();
    Err(StartError::Invalid { name: NAME, why })
}

/// A policy that a customer made exists in one account only, so it could not be attached in a new one.
fn managed_policy(text: &str) -> Result<String, &'static str> {
    let name = text.strip_prefix("arn:aws:iam::aws:policy/");
    name.filter(|name| !name.is_empty())
        .map(|_| text.to_owned())
        .ok_or("the ARN of an AWS managed policy, like arn:aws:iam::aws:policy/ReadOnlyAccess")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

    fn complete(name: &str) -> Option<String> {
        let value = match name {
            "ENGINEER_ROLE_NAME" => "Engineer",
            "ENGINEER_PRINCIPALS" => "arn:aws:iam::123456789012:role/Engineers",
            "ENGINEER_POLICY_ARNS" => ADMINISTRATOR,
            _ => return None,
        };
        Some(value.to_owned())
    }

    fn read(variables: fn(&str) -> Option<String>) -> Result<Option<RoleSpec>, String> {
        engineer_role(&Environment::of(variables)).map_err(|error| error.to_string())
    }

    #[test]
    fn the_role_is_described_in_full() {
        let role = read(complete).unwrap().unwrap();
        assert_eq!((role.name.as_str(), role.path.as_str()), ("Engineer", "/account-vending/access/"));
        assert_eq!(role.managed_policy_arns, [ADMINISTRATOR.to_owned()].into());
        assert_eq!(role.inline_policy, None);
    }

    #[test]
    fn without_engineers_nothing_else_is_needed() {
        assert!(read(|_| None).unwrap().is_none());
    }

    #[test]
    fn a_missing_role_name_is_named() {
        let nameless = read(|name| complete(name).filter(|_| name != "ENGINEER_ROLE_NAME"));
        assert_eq!(nameless.unwrap_err(), "environment variable ENGINEER_ROLE_NAME is not set");
    }

    #[test]
    fn what_is_wrong_is_named_by_its_place() {
        type Variables = fn(&str) -> Option<String>;
        let cases: [(Variables, &str); 3] = [
            (
                |name| match name {
                    "ENGINEER_PRINCIPALS" => Some("arn:aws:iam::123456789012:root,someone@example.com".to_owned()),
                    _ => complete(name),
                },
                "ENGINEER_PRINCIPALS is wrong: entry 2",
            ),
            (
                |name| match name {
                    "ENGINEER_POLICY_ARNS" => Some("arn:aws:iam::123456789012:policy/Ours".to_owned()),
                    _ => complete(name),
                },
                "ENGINEER_POLICY_ARNS is wrong: entry 1",
            ),
            (
                |name| match name {
                    "ENGINEER_ROLE_NAME" => Some("access/Engineer".to_owned()),
                    _ => complete(name),
                },
                "ENGINEER_ROLE_NAME is wrong: at most 64",
            ),
        ];
        for (variables, expected) in cases {
            let error = read(variables).unwrap_err();
            assert!(error.contains(expected), "{error}");
            assert!(!error.contains("someone@"), "{error}");
        }
    }

    #[test]
    fn only_aws_managed_policies_exist_in_every_account() {
        for fine in [ADMINISTRATOR, "arn:aws:iam::aws:policy/job-function/Billing"] {
            assert_eq!(managed_policy(fine).as_deref(), Ok(fine));
        }
        for wrong in ["AdministratorAccess", "arn:aws:iam::aws:policy/", "arn:aws:iam::111111111111:policy/Ours"] {
            assert!(managed_policy(wrong).is_err(), "{wrong}");
        }
    }
}
