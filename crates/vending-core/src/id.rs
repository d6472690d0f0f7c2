//! IDs as types. A value of such a type is always valid.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE32_NOPAD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::schema;

/// The error of a string that is not a valid ID; says what is expected.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidId(pub String);

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $($keyword:literal = $value:expr),+) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schemars(with = "String", extend($($keyword = $value),+))]
        pub struct $name(String);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    };
}

pub(crate) use text_id;

text_id! {
    /// The 12-digit ID of an AWS account.
    AccountId, "pattern" = schema::ACCOUNT_ID
}

impl FromStr for AccountId {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidId(format!("`{text}` is not a valid account ID: expected 12 digits")))
        }
    }
}

text_id! {
    /// The email of the root user of an account, in lower case. AWS allows one account for each email.
    ///
    /// The rules are those of the [`CreateAccount`](https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateAccount.html) API.
    EmailAddress,
    "description" = "An email that CreateAccount accepts; converted to lower case.",
    "minLength" = 6, "maxLength" = 64, "pattern" = schema::EMAIL
}

const FORBIDDEN_IN_LOCAL_PART: &str = "\"'()<>[]:;,\\|%&";

impl FromStr for EmailAddress {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let invalid = |expected: &str| Err(InvalidId(expected.to_owned()));
        if !(6..=64).contains(&text.len()) {
            return invalid("must have 6 to 64 characters");
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return invalid("must have only visible ASCII characters and no spaces");
        }
        let Some((local, domain)) = text.split_once('@') else {
            return invalid("must have the form name@domain");
        };
        if local.is_empty() || domain.contains('@') {
            return invalid("must have exactly one @, with a name before it");
        }
        if local.starts_with('.') {
            return invalid("must not start with a dot");
        }
        if local.contains(|c| FORBIDDEN_IN_LOCAL_PART.contains(c)) {
            return invalid("must not have any of \" ' ( ) < > [ ] : ; , \\ | % & before the @");
        }
        let is_valid_domain = domain.contains('.')
            && domain.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
            && !domain.starts_with(['-', '.'])
            && !domain.ends_with(['-', '.'])
            && !domain.contains("..");
        if !is_valid_domain {
            return invalid("must have a domain of letters, digits, dots, and hyphens after the @, like example.com");
        }
        Ok(Self(text.to_ascii_lowercase()))
    }
}

text_id! {
    /// The key of an account: the first 20 base32 characters of the SHA-256 hash of its email.
    AccountKey, "pattern" = schema::ACCOUNT_KEY
}

impl AccountKey {
    pub fn from_email(email: &EmailAddress) -> Self {
        let digest = Sha256::digest(email.as_str().as_bytes());
        Self(BASE32_NOPAD.encode(&digest)[..20].to_ascii_lowercase())
    }
}

impl FromStr for AccountKey {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let is_valid = text.len() == 20 && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7'));
        if is_valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidId(format!("`{text}` is not a valid account key: expected 20 characters of a-z and 2-7")))
        }
    }
}

/// The ID of one attempt to vend an account; also the name of the execution.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = schema::REQUEST_ID))]
pub struct RequestId {
    pub account_key: AccountKey,
    pub attempt: u32,
}

impl RequestId {
    pub fn new(account_key: AccountKey, attempt: u32) -> Self {
        Self { account_key, attempt }
    }

    /// The next attempt for the same account.
    #[must_use]
    pub fn next(&self) -> Self {
        Self::new(self.account_key.clone(), self.attempt.saturating_add(1))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{}", self.account_key, self.attempt)
    }
}

impl FromStr for RequestId {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let invalid = || {
            InvalidId(format!("`{text}` is not a valid request ID: expected an account key, a hyphen, and a number"))
        };
        let (key, attempt) = text.split_once('-').ok_or_else(invalid)?;
        let number: u32 = attempt.parse().map_err(|_| invalid())?;
        if number == 0 || number.to_string() != attempt {
            return Err(invalid());
        }
        Ok(Self::new(key.parse().map_err(|_| invalid())?, number))
    }
}

impl TryFrom<String> for RequestId {
    type Error = InvalidId;
    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl From<RequestId> for String {
    fn from(id: RequestId) -> Self {
        id.to_string()
    }
}

text_id! {
    /// The path of an OU: the names of the OUs from the root down, joined by `/`.
    OrganizationalUnitPath,
    "pattern" = schema::ORGANIZATIONAL_UNITS, "not" = schema::invalid_organizational_unit()
}

text_id! {
    /// The ID of an OU, or of the root.
    OuId, "pattern" = schema::OU_ID
}

impl FromStr for OuId {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let rest = text.strip_prefix("ou-").or_else(|| text.strip_prefix("r-"));
        let is_valid = rest.is_some_and(|rest| {
            !rest.is_empty()
                && rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        });
        if is_valid {
            return Ok(Self(text.to_owned()));
        }
        Err(InvalidId(format!("`{text}` is not the ID of an OU or a root: expected ou-… or r-…")))
    }
}

/// AWS allows at most five levels of OUs.
pub const MAXIMUM_OU_DEPTH: usize = 5;

impl OrganizationalUnitPath {
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }

    /// The name of the OU itself.
    pub fn name(&self) -> &str {
        self.0.rsplit_once('/').map_or(self.0.as_str(), |(_, name)| name)
    }

    /// The path of the OU above, or `None` for an OU in the root.
    pub fn parent(&self) -> Option<Self> {
        self.0.rsplit_once('/').map(|(parent, _)| Self(parent.to_owned()))
    }

    /// Whether this is `ancestor` or an OU below it. OU names are compared without case, as AWS does.
    pub fn is_within(&self, ancestor: &str) -> bool {
        let mut own = self.segments();
        ancestor.split('/').all(|segment| own.next().is_some_and(|name| name.eq_ignore_ascii_case(segment)))
    }
}

impl FromStr for OrganizationalUnitPath {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let segments: Vec<&str> = text.split('/').collect();
        let is_name = |segment: &&str| {
            !segment.is_empty()
                && segment.trim() == *segment
                && !matches!(*segment, "." | "..")
                && segment.chars().count() <= 128
                && !segment.chars().any(char::is_control)
        };
        if !segments.iter().all(is_name) {
            return Err(InvalidId(
                "must be OU names of 1 to 128 characters joined by `/`, like Workloads/Development; no empty name, `.`, or `..`".to_owned(),
            ));
        }
        if segments.len() > MAXIMUM_OU_DEPTH {
            return Err(InvalidId(format!(
                "must have at most {MAXIMUM_OU_DEPTH} OU names, which is the maximum depth in AWS"
            )));
        }
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn email(text: &str) -> Result<String, String> {
        text.parse::<EmailAddress>().map(String::from).map_err(|error| error.to_string())
    }

    #[test]
    fn email_follows_create_account_rules() {
        assert_eq!(email("AWS+Pay@Example.com").as_deref(), Ok("aws+pay@example.com"));
        for (wrong, why) in [
            ("a@b.c", "6 to 64"),
            (&format!("{}@example.com", "a".repeat(60)), "6 to 64"),
            ("two words@example.com", "no spaces"),
            ("übung@example.com", "ASCII"),
            ("no-at.example.com", "name@domain"),
            ("two@ats@example.com", "exactly one @"),
            ("@example.com", "exactly one @"),
            (".dot@example.com", "start with a dot"),
            ("quo\"te@example.com", "must not have any of"),
            ("quo'te@example.com", "must not have any of"),
            ("name@localhost", "domain"),
            ("name@-example.com", "domain"),
            ("name@example.com.", "domain"),
            ("name@exam_ple.com", "domain"),
        ] {
            let message = email(wrong).expect_err(wrong);
            assert!(message.contains(why), "{wrong}: {message}");
        }
    }

    #[test]
    fn account_key_ignores_email_case() {
        let key = |text: &str| AccountKey::from_email(&text.parse().unwrap()).to_string();
        assert_eq!(key("Aws@Example.com"), key("aws@example.com"));
        assert_ne!(key("aws@example.com"), key("aws2@example.com"));
        assert_eq!(key("aws@example.com").len(), 20);
        assert!(key("aws@example.com").parse::<AccountKey>().is_ok());
    }

    #[test]
    fn request_id_has_one_spelling() {
        let id = "abcdefghijklmnopqrst-12".parse::<RequestId>().unwrap();
        assert_eq!(id.attempt, 12);
        assert_eq!(id.to_string(), "abcdefghijklmnopqrst-12");
        for wrong in [
            "abcdefghijklmnopqrst",
            "abcdefghijklmnopqrst-0",
            "abcdefghijklmnopqrst-01",
            "abcdefghijklmnopqrst-+1",
            "abc-1",
            "../../settings-1",
        ] {
            assert!(wrong.parse::<RequestId>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn ou_id_is_that_of_an_ou_or_a_root() {
        for (text, is_valid) in [
            ("r-ab12", true),
            ("ou-ab12-0a1b2c3d", true),
            ("ou-", false),
            ("", false),
            ("123456789012", false),
            ("ou-AB12", false),
            ("Workloads", false),
        ] {
            assert_eq!(text.parse::<OuId>().is_ok(), is_valid, "{text}");
        }
    }

    #[test]
    fn ou_path_names_each_level() {
        let path = |text: &str| text.parse::<OrganizationalUnitPath>();
        assert!(path("Workloads/Business Unit (EU)/Development").is_ok());
        for wrong in ["", "/", "/A", "A/", "A//B", "A/../B", ".", "A/ B", "A\n", "1/2/3/4/5/6"] {
            assert!(path(wrong).is_err(), "{wrong:?}");
        }
        let nested = path("A/B/C").unwrap();
        assert_eq!((nested.name(), nested.parent()), ("C", path("A/B").ok()));
        assert_eq!((path("A").unwrap().name(), path("A").unwrap().parent()), ("A", None));
        let protected = path("security/Prod").unwrap();
        assert!(protected.is_within("Security"));
        assert!(!protected.is_within("Security/Test"));
        assert!(!path("SecurityTools").unwrap().is_within("Security"));
    }
}
