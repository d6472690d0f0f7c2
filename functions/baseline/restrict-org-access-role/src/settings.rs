//! Reads and validates the settings for the trust policy when the function starts.

use serde_json::Value;
use vending_core::AccountId;
use vending_runtime::{Environment, StartError};

use vending_iam::Principal;

use crate::trust::{break_glass_principal, trust_policy};

const FUNCTION_ROLES: &str = "FUNCTION_ROLES";
const BREAK_GLASS_PRINCIPALS: &str = "BREAK_GLASS_PRINCIPALS";

/// The desired trust policy of the role, or `None` without break-glass principals.
pub(crate) fn desired_trust(environment: &Environment) -> Result<Option<Value>, StartError> {
    let management_account: AccountId = environment.parsed("MANAGEMENT_ACCOUNT_ID")?;
    let function_roles = function_roles(environment, &management_account)?;
    let principals = break_glass_principals(environment)?;
    if principals.is_empty() {
        return Ok(None);
    }
    Ok(Some(trust_policy(&principals, &management_account, &function_roles)))
}

/// The ARN pattern of the function roles. Roles of another account would lock account-vending out, and a pattern for
/// all roles of the management account would restrict nothing.
fn function_roles(environment: &Environment, management_account: &AccountId) -> Result<String, StartError> {
    let pattern = environment.required(FUNCTION_ROLES)?;
    let path = pattern.strip_prefix(&format!("arn:aws:iam::{management_account}:role/"));
    if path.is_some_and(|path| path.starts_with(|first: char| first.is_ascii_alphanumeric())) {
        return Ok(pattern);
    }
    let why = "expected an ARN pattern for roles at a path in the management account".to_owned();
    Err(StartError::Invalid { name: FUNCTION_ROLES, why })
}

/// Parses the principals. Errors give the position of an invalid entry and not its value, which may be personal data.
fn break_glass_principals(environment: &Environment) -> Result<Vec<Principal>, StartError> {
    let list = environment.list(BREAK_GLASS_PRINCIPALS);
    let entries = list.iter().zip(1..).map(|(entry, position)| {
        break_glass_principal(entry).map_err(|expected| StartError::Invalid {
            name: BREAK_GLASS_PRINCIPALS,
            why: format!("entry {position} is not {expected}"),
        })
    });
    entries.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complete(name: &str) -> Option<String> {
        let value = match name {
            "MANAGEMENT_ACCOUNT_ID" => "123456789012",
            "FUNCTION_ROLES" => "arn:aws:iam::123456789012:role/account-vending/stack/*",
            "BREAK_GLASS_PRINCIPALS" => "arn:aws:iam::123456789012:role/BreakGlass",
            _ => return None,
        };
        Some(value.to_owned())
    }

    fn read(variables: fn(&str) -> Option<String>) -> Result<Option<Value>, String> {
        desired_trust(&Environment::from_fn(variables)).map_err(|error| error.to_string())
    }

    #[test]
    fn no_break_glass_principals_means_no_policy() {
        assert!(read(complete).unwrap().is_some());
        let without = read(|name| complete(name).filter(|_| name != "BREAK_GLASS_PRINCIPALS"));
        assert_eq!(without, Ok(None));
    }

    #[test]
    fn missing_variable_is_reported() {
        let without = read(|name| complete(name).filter(|_| name != "FUNCTION_ROLES"));
        assert_eq!(without.unwrap_err(), "environment variable FUNCTION_ROLES is not set");
        let without = read(|name| complete(name).filter(|_| name != "MANAGEMENT_ACCOUNT_ID"));
        assert_eq!(without.unwrap_err(), "environment variable MANAGEMENT_ACCOUNT_ID is not set");
    }

    #[test]
    fn invalid_principal_is_reported_by_position() {
        let error = read(|name| match name {
            "BREAK_GLASS_PRINCIPALS" => Some("arn:aws:iam::123456789012:user/jane,someone@example.com".to_owned()),
            _ => complete(name),
        });
        let error = error.unwrap_err();
        assert!(error.contains("BREAK_GLASS_PRINCIPALS is wrong: entry 2"), "{error}");
        assert!(!error.contains("someone@"), "{error}");
    }

    #[test]
    fn invalid_function_roles_pattern_is_rejected() {
        let other_account = read(|name| match name {
            "FUNCTION_ROLES" => Some("arn:aws:iam::999999999999:role/account-vending/stack/*".to_owned()),
            _ => complete(name),
        });
        assert!(other_account.unwrap_err().contains("FUNCTION_ROLES is wrong"));
        let all_roles = read(|name| match name {
            "FUNCTION_ROLES" => Some("arn:aws:iam::123456789012:role/*".to_owned()),
            _ => complete(name),
        });
        assert!(all_roles.unwrap_err().contains("FUNCTION_ROLES is wrong"));
    }
}
