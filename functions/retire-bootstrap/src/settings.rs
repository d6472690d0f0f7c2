//! Who keeps a way into the accounts, as the stack's parameters say it; checked when the function starts.

use serde_json::Value;
use vending_core::AccountId;
use vending_runtime::{Environment, StartError};

use vending_iam::Principal;

use crate::trust::{break_glass_principal, trust_policy};

const FUNCTION_ROLES: &str = "FUNCTION_ROLES";
const BREAK_GLASS_PRINCIPALS: &str = "BREAK_GLASS_PRINCIPALS";

/// The trust policy that the role should have; `None` where nobody is named for emergencies.
pub(crate) fn desired_trust(environment: &Environment) -> Result<Option<Value>, StartError> {
    let management_account: AccountId = environment.parsed("MANAGEMENT_ACCOUNT_ID")?;
    let function_roles = function_roles(environment, &management_account)?;
    let principals = break_glass_principals(environment)?;
    if principals.is_empty() {
        return Ok(None);
    }
    Ok(Some(trust_policy(&principals, &management_account, &function_roles)))
}

/// Roles elsewhere would shut account-vending out of its accounts; all roles of the account would shut nobody out.
fn function_roles(environment: &Environment, management_account: &AccountId) -> Result<String, StartError> {
    let pattern = environment.required(FUNCTION_ROLES)?;
    let path = pattern.strip_prefix(&format!("arn:aws:iam::{management_account}:role/"));
    if path.is_some_and(|path| path.starts_with(|first: char| first.is_ascii_alphanumeric())) {
        return Ok(pattern);
    }
    let why = "a pattern for ARNs of roles at a path of the management account is expected".to_owned();
    Err(StartError::Invalid { name: FUNCTION_ROLES, why })
}

/// A wrong entry is named by its place: it could be anybody's name.
fn break_glass_principals(environment: &Environment) -> Result<Vec<Principal>, StartError> {
    let list = environment.list(BREAK_GLASS_PRINCIPALS);
    let entries = list.iter().zip(1..).map(|(entry, place)| {
        break_glass_principal(entry).map_err(|expected| StartError::Invalid {
            name: BREAK_GLASS_PRINCIPALS,
            why: format!("entry {place} is not {expected}"),
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
        desired_trust(&Environment::of(variables)).map_err(|error| error.to_string())
    }

    #[test]
    fn without_principals_for_emergencies_no_trust_is_desired() {
        assert!(read(complete).unwrap().is_some());
        let nobody = read(|name| complete(name).filter(|_| name != "BREAK_GLASS_PRINCIPALS"));
        assert_eq!(nobody, Ok(None));
    }

    #[test]
    fn a_missing_variable_is_named() {
        let without = read(|name| complete(name).filter(|_| name != "FUNCTION_ROLES"));
        assert_eq!(without.unwrap_err(), "environment variable FUNCTION_ROLES is not set");
        let without = read(|name| complete(name).filter(|_| name != "MANAGEMENT_ACCOUNT_ID"));
        assert_eq!(without.unwrap_err(), "environment variable MANAGEMENT_ACCOUNT_ID is not set");
    }

    #[test]
    fn a_wrong_principal_is_named_by_its_place() {
        let error = read(|name| match name {
            "BREAK_GLASS_PRINCIPALS" => Some("arn:aws:iam::123456789012:user/jane,someone@example.com".to_owned()),
            _ => complete(name),
        });
        let error = error.unwrap_err();
        assert!(error.contains("BREAK_GLASS_PRINCIPALS is wrong: entry 2"), "{error}");
        assert!(!error.contains("someone@"), "{error}");
    }

    #[test]
    fn a_pattern_that_shuts_account_vending_out_or_nobody_is_refused() {
        let elsewhere = read(|name| match name {
            "FUNCTION_ROLES" => Some("arn:aws:iam::999999999999:role/account-vending/stack/*".to_owned()),
            _ => complete(name),
        });
        assert!(elsewhere.unwrap_err().contains("FUNCTION_ROLES is wrong"));
        let everybody = read(|name| match name {
            "FUNCTION_ROLES" => Some("arn:aws:iam::123456789012:role/*".to_owned()),
            _ => complete(name),
        });
        assert!(everybody.unwrap_err().contains("FUNCTION_ROLES is wrong"));
    }
}
