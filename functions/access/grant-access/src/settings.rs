//! Reads and validates the settings of the engineers' role when the function starts.

use std::collections::{BTreeMap, BTreeSet};

use vending_iam::{Principal, RoleSpec};
use vending_runtime::{Environment, StartError};

use crate::trust::trust_policy;

/// The path of the roles that account-vending manages.
const ROLE_PATH: &str = "/account-vending/access/";

pub(crate) fn engineer_role(environment: &Environment) -> Result<Option<RoleSpec>, StartError> {
    let principals = parse_list(environment, "ENGINEER_PRINCIPALS", str::parse::<Principal>)?;
    if principals.is_empty() {
        return Ok(None);
    }
    Ok(Some(RoleSpec {
        name: role_name(environment)?,
        path: ROLE_PATH.to_owned(),
        description: "role of the engineers; managed by account-vending, do not change it manually".to_owned(),
        trust_policy: trust_policy(&principals),
        inline_policy: None,
        managed_policy_arns: parse_list(environment, "ENGINEER_POLICY_ARNS", managed_policy)?
            .into_iter()
            .collect::<BTreeSet<_>>(),
        permissions_boundary: None,
        tags: BTreeMap::new(),
    }))
}

/// Parses a list. Errors give the position of an invalid entry and not its value, which may be personal data.
fn parse_list<T>(
    environment: &Environment,
    name: &'static str,
    parse: impl Fn(&str) -> Result<T, &'static str>,
) -> Result<Vec<T>, StartError> {
    let list = environment.list(name);
    let entries = list.iter().zip(1..).map(|(entry, position)| {
        parse(entry)
            .map_err(|expected| StartError::Invalid { name, why: format!("entry {position} is not {expected}") })
    });
    entries.collect()
}

fn role_name(environment: &Environment) -> Result<String, StartError> {
    const NAME: &str = "ENGINEER_ROLE_NAME";
    let name = environment.required(NAME)?;
    let is_valid =
        name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte));
    if is_valid {
        return Ok(name);
    }
    let why = "expected at most 64 letters, digits, and _ + = , . @ -".to_owned();
    Err(StartError::Invalid { name: NAME, why })
}

/// Parses the ARN of an AWS managed policy. A customer managed policy exists in one account only, so a new account does
/// not have it.
fn managed_policy(arn: &str) -> Result<String, &'static str> {
    let name = arn.strip_prefix("arn:aws:iam::aws:policy/");
    name.filter(|name| !name.is_empty())
        .map(|_| arn.to_owned())
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
        engineer_role(&Environment::from_fn(variables)).map_err(|error| error.to_string())
    }

    #[test]
    fn role_spec_is_complete() {
        let role = read(complete).unwrap().unwrap();
        assert_eq!((role.name.as_str(), role.path.as_str()), ("Engineer", "/account-vending/access/"));
        assert_eq!(role.managed_policy_arns, [ADMINISTRATOR.to_owned()].into());
        assert_eq!(role.inline_policy, None);
    }

    #[test]
    fn no_engineers_need_no_other_settings() {
        assert!(read(|_| None).unwrap().is_none());
    }

    #[test]
    fn missing_role_name_is_reported() {
        let nameless = read(|name| complete(name).filter(|_| name != "ENGINEER_ROLE_NAME"));
        assert_eq!(nameless.unwrap_err(), "environment variable ENGINEER_ROLE_NAME is not set");
    }

    #[test]
    fn invalid_entries_are_reported_by_position() {
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
                "ENGINEER_ROLE_NAME is wrong: expected at most 64",
            ),
        ];
        for (variables, expected) in cases {
            let error = read(variables).unwrap_err();
            assert!(error.contains(expected), "{error}");
            assert!(!error.contains("someone@"), "{error}");
        }
    }

    #[test]
    fn only_aws_managed_policies_are_accepted() {
        for valid in [ADMINISTRATOR, "arn:aws:iam::aws:policy/job-function/Billing"] {
            assert_eq!(managed_policy(valid).as_deref(), Ok(valid));
        }
        for wrong in ["AdministratorAccess", "arn:aws:iam::aws:policy/", "arn:aws:iam::111111111111:policy/Ours"] {
            assert!(managed_policy(wrong).is_err(), "{wrong}");
        }
    }
}
