//! Derives account aliases from account names.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, InvalidId};

/// The placeholder for the account name.
const NAME: &str = "{accountName}";

/// IAM allows aliases of 3 to 63 characters:
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccountAlias.html>.
const MINIMUM_LENGTH: usize = 3;
const MAXIMUM_LENGTH: usize = 63;

/// Leaves room for the account name, and for the account ID if the first alias is taken.
const MAXIMUM_FIXED: usize = 40;

/// The pattern of the account aliases, like `acme-{accountName}`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct AliasPattern(String);

impl FromStr for AliasPattern {
    type Err = InvalidId;

    fn from_str(pattern: &str) -> Result<Self, InvalidId> {
        let sample = pattern.replace(NAME, "name");
        if sample != pattern && cleaned(&sample) == sample && pattern.replace(NAME, "").len() <= MAXIMUM_FIXED {
            return Ok(Self(pattern.to_owned()));
        }
        Err(InvalidId(format!(
            "must have {NAME} and at most {MAXIMUM_FIXED} lowercase letters, digits, and single hyphens, with no hyphen at either end, like acme-{NAME}"
        )))
    }
}

impl AliasPattern {
    /// The alias, and alternatives for the case that another account uses it.
    pub fn candidates(&self, account_name: &str, account_id: &AccountId) -> Vec<String> {
        let name = cleaned(&self.0.replace(NAME, account_name));
        let id = account_id.as_str();
        let last_digits = id.get(8..).unwrap_or(id);
        let candidates = ["", last_digits, id].map(|suffix| suffixed(&name, suffix));
        candidates.into_iter().filter(|alias| is_valid(alias)).collect()
    }
}

impl TryFrom<String> for AliasPattern {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl From<AliasPattern> for String {
    fn from(pattern: AliasPattern) -> Self {
        pattern.0
    }
}

impl fmt::Display for AliasPattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Lowercase words of letters and digits, joined by single hyphens.
fn cleaned(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    let words = lower.split(|character: char| !character.is_ascii_alphanumeric());
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-")
}

/// The name with the suffix. A long name is cut before the suffix.
fn suffixed(name: &str, suffix: &str) -> String {
    let room = MAXIMUM_LENGTH - suffix.len() - 1;
    cleaned(&format!("{}-{suffix}", name.get(..room).unwrap_or(name)))
}

/// Whether IAM accepts the alias. It rejects 12 digits, which are an account ID.
fn is_valid(alias: &str) -> bool {
    let is_account_id = alias.len() == 12 && alias.bytes().all(|byte| byte.is_ascii_digit());
    (MINIMUM_LENGTH..=MAXIMUM_LENGTH).contains(&alias.len()) && !is_account_id
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates(pattern: &str, name: &str) -> Vec<String> {
        pattern.parse::<AliasPattern>().unwrap().candidates(name, &"111111112222".parse().unwrap())
    }

    #[test]
    fn alias_is_derived_from_the_account_name() {
        let aliases = candidates("acme-{accountName}", "payments-dev");
        assert_eq!(aliases, ["acme-payments-dev", "acme-payments-dev-2222", "acme-payments-dev-111111112222"]);
    }

    #[test]
    fn other_characters_become_hyphens() {
        for (name, alias) in [
            ("Payments Dev", "acme-payments-dev"),
            ("-R&D -- (EU)-", "acme-r-d-eu"),
            ("Bäckerei", "acme-b-ckerei"),
            ("123456789012", "acme-123456789012"),
        ] {
            assert_eq!(candidates("acme-{accountName}", name)[0], alias, "{name}");
        }
        assert_eq!(candidates("{accountName}-of-acme", "Payments")[0], "payments-of-acme");
    }

    #[test]
    fn long_alias_is_cut_before_its_suffix() {
        let pattern = format!("{}-{{accountName}}", "p".repeat(MAXIMUM_FIXED - 1));
        let name = format!("{} {}", "x".repeat(8), "y".repeat(41));
        let aliases = candidates(&pattern, &name);
        assert!(aliases.iter().all(|alias| alias.len() <= MAXIMUM_LENGTH), "{aliases:?}");
        assert!(aliases[0].ends_with("-xxxxxxxx-yyyyyyyyyyyyy"), "{aliases:?}");
        assert!(aliases[1].ends_with("-xxxxxxxx-yyyyyyyyy-2222"), "{aliases:?}");
        assert!(aliases[2].ends_with("-xxxxxxxx-y-111111112222"), "{aliases:?}");
    }

    #[test]
    fn invalid_aliases_are_not_candidates() {
        assert_eq!(candidates("{accountName}", "ab"), ["ab-2222", "ab-111111112222"]);
        assert_eq!(candidates("{accountName}", "123456789012")[0], "123456789012-2222");
        assert_eq!(candidates("{accountName}", "&"), ["2222"]);
    }

    #[test]
    fn invalid_pattern_is_rejected() {
        let too_long = format!("{}-{{accountName}}", "p".repeat(MAXIMUM_FIXED));
        for pattern in
            ["acme", "Acme-{accountName}", "acme--{accountName}", "-{accountName}", "a.{accountName}", &too_long]
        {
            let why = pattern.parse::<AliasPattern>().unwrap_err().to_string();
            assert!(why.contains("like acme-{accountName}"), "{why}");
        }
    }
}
