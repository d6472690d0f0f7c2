//! Who makes the request of a case, and the condition keys that AWS sends for it.

mod named;

use std::borrow::Cow;
use std::str::FromStr;

use iam_evaluation::Keys;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};
use strum::VariantArray;
use vending_core::{Arn, nearest};

use crate::placeholder::{self, Placeholder};
use crate::values::{CASE_ACCOUNT, Values};

pub use named::Named;

/// The principal of a case.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Principal {
    Named(Named),
    /// The ARN of a user, a role, or a root user. It may have placeholders.
    Arn(String),
}

impl Principal {
    /// The condition keys of a request of this principal to its own account, in the home Region:
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>.
    pub(crate) fn keys(&self, values: &Values) -> Result<Keys, String> {
        let mut keys = keys_of_requests(values);
        if let Some(arn) = self.arn(values)? {
            let account = Arn::parse(&arn).map_or(CASE_ACCOUNT, |parsed| parsed.account).to_owned();
            keys.insert("aws:PrincipalAccount".to_owned(), json!(account));
            keys.insert("aws:PrincipalOrgID".to_owned(), json!(values.organization_id));
            keys.insert("aws:PrincipalType".to_owned(), json!(principal_type(&arn)));
            keys.insert("aws:PrincipalArn".to_owned(), json!(arn));
        }
        match self {
            Self::Named(Named::RootSession) => keys.insert("aws:AssumedRoot".to_owned(), json!("true")),
            Self::Named(Named::IamUserWithMfa) => keys.insert("aws:MultiFactorAuthPresent".to_owned(), json!("true")),
            _ => None,
        };
        Ok(keys)
    }

    fn arn(&self, values: &Values) -> Result<Option<String>, String> {
        match self {
            Self::Named(named) => {
                Ok(named.resource(values).map(|resource| format!("arn:aws:iam::{CASE_ACCOUNT}:{resource}")))
            }
            Self::Arn(arn) => values.fill(&placeholder::parts(arn, Placeholder::is_for_cases)?).map(Some),
        }
    }

    /// Whether SCPs hold for the principal. A token of an OIDC provider is no principal of the account.
    pub(crate) fn is_bound_by_scps(&self) -> bool {
        *self != Self::Named(Named::WebIdentity)
    }
}

fn keys_of_requests(values: &Values) -> Keys {
    let keys = [
        ("aws:PrincipalIsAWSService", "false"),
        ("aws:RequestedRegion", &values.home_region),
        ("aws:ResourceAccount", CASE_ACCOUNT),
        ("aws:ResourceOrgID", &values.organization_id),
        ("aws:SecureTransport", "true"),
        ("aws:ViaAWSService", "false"),
    ];
    keys.into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect()
}

fn principal_type(arn: &str) -> &'static str {
    match Arn::parse(arn).map(|arn| arn.resource) {
        Some("root") => "Account",
        Some(resource) if resource.starts_with("user/") => "User",
        _ => "AssumedRole",
    }
}

impl std::fmt::Display for Principal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Named(named) => named.fmt(formatter),
            Self::Arn(arn) => formatter.write_str(arn),
        }
    }
}

impl FromStr for Principal {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(named) = text.parse() {
            return Ok(Self::Named(named));
        }
        let is_principal =
            |resource: &str| resource == "root" || ["user/", "role/"].iter().any(|kind| resource.starts_with(kind));
        let arn = Arn::parse(text).filter(|arn| arn.service == "iam" && is_principal(arn.resource));
        if arn.is_some() {
            placeholder::parts(text, Placeholder::is_for_cases)?;
            return Ok(Self::Arn(text.to_owned()));
        }
        let names = names();
        let meant = nearest(text, names.iter().map(String::as_str));
        let meant = meant.map(|meant| format!("; did you mean {meant}?")).unwrap_or_default();
        Err(format!("must be the ARN of a role, a user, or a root user, or one of {}{meant}", names.join(", ")))
    }
}

fn names() -> Vec<String> {
    Named::VARIANTS.iter().map(ToString::to_string).collect()
}

impl JsonSchema for Principal {
    fn schema_name() -> Cow<'static, str> {
        "Principal".into()
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        let name = |named: &Named| json!({ "const": named.to_string(), "description": named.meaning() });
        let names: Vec<Value> = Named::VARIANTS.iter().map(name).collect();
        json_schema!({
            "anyOf": [
                { "type": "string", "oneOf": names },
                { "type": "string", "pattern": "^arn:[^:]+:iam::[^:]+:(root|user/.+|role/.+)$" },
            ],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(principal: &str) -> Keys {
        principal.parse::<Principal>().unwrap().keys(&Values::default()).unwrap()
    }

    #[test]
    fn named_principals_have_the_keys_of_aws() {
        for (name, arn, principal_type) in [
            ("root", "root", "Account"),
            ("AccountVending", "role/account-vending/AccountVending", "AssumedRole"),
            ("OrganizationAccountAccessRole", "role/OrganizationAccountAccessRole", "AssumedRole"),
            ("iamUser", "user/Sam", "User"),
        ] {
            let keys = keys(name);
            assert_eq!(keys["aws:PrincipalArn"], format!("arn:aws:iam::111122223333:{arn}"));
            assert_eq!(
                (&keys["aws:PrincipalType"], &keys["aws:PrincipalAccount"]),
                (&json!(principal_type), &json!("111122223333"))
            );
        }
    }

    #[test]
    fn only_some_principals_have_mfa_or_an_assumed_root() {
        let with = |key: &str| {
            let has = |named: &&Named| keys(&named.to_string()).contains_key(key);
            Named::VARIANTS.iter().filter(has).map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(with("aws:MultiFactorAuthPresent"), ["iamUserWithMfa"]);
        assert_eq!(with("aws:AssumedRoot"), ["rootSession"]);
        assert!(!with("aws:PrincipalArn").contains(&"webIdentity".to_owned()));
    }

    #[test]
    fn organization_access_role_has_its_name() {
        let values = Values { organization_access_role: "Access".to_owned(), ..Values::default() };
        let keys = Principal::Named(Named::OrganizationAccountAccessRole).keys(&values).unwrap();
        assert_eq!(keys["aws:PrincipalArn"], "arn:aws:iam::111122223333:role/Access");
    }

    #[test]
    fn arn_is_a_principal() {
        let keys = keys("arn:aws:iam::444455556666:user/ops/Kim");
        assert_eq!(
            (&keys["aws:PrincipalAccount"], &keys["aws:PrincipalType"]),
            (&json!("444455556666"), &json!("User"))
        );
        let session = "arn:aws:sts::444455556666:assumed-role/Admin/session";
        assert!(session.parse::<Principal>().is_err(), "AWS compares the ARN of the role");
    }

    #[test]
    fn unknown_name_is_an_error_with_a_suggestion() {
        let error = "enginer".parse::<Principal>().unwrap_err();
        assert!(error.starts_with("must be the ARN of a role, a user, or a root user, or one of root, "), "{error}");
        assert!(error.ends_with("webIdentity; did you mean engineer?"), "{error}");
    }
}
