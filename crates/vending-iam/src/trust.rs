//! Trust policies: principals, and the statements that trust them.

use std::str::FromStr;

use serde_json::{Value, json};
use vending_core::{AccountId, Arn};

/// An IAM principal by its ARN.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Principal {
    User(String),
    Role(String),
    /// The root of an account: every user and role that the account allows to assume roles.
    Account(String),
}

impl FromStr for Principal {
    type Err = &'static str;

    fn from_str(arn: &str) -> Result<Self, &'static str> {
        let expected = "the ARN of an IAM user, an IAM role or an account root, like arn:aws:iam::123456789012:root";
        let parsed = Arn::parse(arn).filter(|arn| (arn.partition, arn.service, arn.region) == ("aws", "iam", ""));
        let Arn { account, resource, .. } = parsed.ok_or(expected)?;
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

/// A name with its path. IAM allows no wildcards in the ARN of a principal.
fn is_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=.@/-".contains(&byte);
    !text.is_empty() && !text.ends_with('/') && text.bytes().all(allowed)
}

/// The statement that allows these principals to assume the role. `None` if there are no principals, because IAM
/// rejects such a statement.
pub fn assume_role_statement(sid: &str, arns: &[&str], condition: Option<Value>) -> Option<Value> {
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

/// A trust policy with the statements that are not `None`.
pub fn trust_policy(statements: impl IntoIterator<Item = Option<Value>>) -> Value {
    let statements: Vec<Value> = statements.into_iter().flatten().collect();
    json!({ "Version": "2012-10-17", "Statement": statements })
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: &str = "arn:aws:iam::123456789012:user/people/jane";
    const ROLE: &str = "arn:aws:iam::123456789012:role/Engineers";
    const ROOT: &str = "arn:aws:iam::123456789012:root";

    #[test]
    fn principals_are_parsed_by_type() {
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
    fn statement_without_principals_is_omitted() {
        let policy =
            trust_policy([assume_role_statement("Empty", &[], None), assume_role_statement("Roles", &[ROLE], None)]);
        assert_eq!(policy["Statement"].as_array().unwrap().len(), 1);
        assert_eq!(policy["Statement"][0]["Principal"]["AWS"], json!([ROLE]));
    }
}
