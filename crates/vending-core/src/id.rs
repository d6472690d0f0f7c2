//! Identities as types: whoever holds one knows that it is well formed.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE32_NOPAD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::schema;

/// A text that is not what it should be; says what would be right.
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
    /// The twelve digits of an AWS account.
    AccountId, "pattern" = schema::ACCOUNT_ID
}

impl FromStr for AccountId {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidId(format!("`{text}` is no account id: 12 digits are expected")))
        }
    }
}

text_id! {
    /// The email of an account's root user, lower-cased: the key that AWS itself keeps unique.
    ///
    /// The rules are those of the [`CreateAccount`](https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateAccount.html) API.
    EmailAddress,
    "description" = "An email as CreateAccount takes it; upper case becomes lower case.",
    "minLength" = 6, "maxLength" = 64, "pattern" = schema::EMAIL
}

const FORBIDDEN_IN_LOCAL_PART: &str = "\"'()<>[]:;,\\|%&";

impl FromStr for EmailAddress {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let wrong = |what: &str| Err(InvalidId(what.to_owned()));
        if !(6..=64).contains(&text.len()) {
            return wrong("must have 6 to 64 characters");
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return wrong("may only have visible ASCII characters, and no spaces");
        }
        let Some((local, domain)) = text.split_once('@') else {
            return wrong("must have the form name@domain");
        };
        if local.is_empty() || domain.contains('@') {
            return wrong("must have exactly one @, with a name before it");
        }
        if local.starts_with('.') {
            return wrong("must not start with a dot");
        }
        if local.contains(|c| FORBIDDEN_IN_LOCAL_PART.contains(c)) {
            return wrong("must not have any of \" ' ( ) < > [ ] : ; , \\ | % & before the @");
        }
        let labels_fit = domain.contains('.')
            && domain.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
            && !domain.starts_with(['-', '.'])
            && !domain.ends_with(['-', '.'])
            && !domain.contains("..");
        if !labels_fit {
            return wrong("must have a domain of letters, digits, dots and hyphens after the @, like example.com");
        }
        Ok(Self(text.to_ascii_lowercase()))
    }
}

text_id! {
    /// The key of an account: the first 20 base32 characters of the SHA-256 of its email.
    AccountKey, "pattern" = schema::ACCOUNT_KEY
}

impl AccountKey {
    pub fn of(email: &EmailAddress) -> Self {
        let digest = Sha256::digest(email.as_str().as_bytes());
        Self(BASE32_NOPAD.encode(&digest)[..20].to_ascii_lowercase())
    }
}

impl FromStr for AccountKey {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let fits = text.len() == 20 && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7'));
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidId(format!("`{text}` is no account key: 20 characters of a-z and 2-7 are expected")))
        }
    }
}

/// One attempt to vend one account; also the name of its execution.
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
}

impl fmt::Display for RequestId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{}", self.account_key, self.attempt)
    }
}

impl FromStr for RequestId {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let wrong =
            || InvalidId(format!("`{text}` is no request id: an account key, a hyphen and a number are expected"));
        let (key, attempt) = text.split_once('-').ok_or_else(wrong)?;
        let number: u32 = attempt.parse().map_err(|_| wrong())?;
        if number == 0 || number.to_string() != attempt {
            return Err(wrong());
        }
        Ok(Self::new(key.parse().map_err(|_| wrong())?, number))
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
    /// Where an account lives: the names of the OUs from the root down, joined by `/`.
    OrganizationalUnitPath,
    "pattern" = schema::ORGANIZATIONAL_UNITS, "not" = schema::no_organizational_unit()
}

/// AWS nests OUs at most five levels deep.
const MAXIMUM_DEPTH: usize = 5;

impl OrganizationalUnitPath {
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }

    /// Whether this is `ancestor` or an OU below it; OU names do not differ by case alone.
    pub fn is_within(&self, ancestor: &str) -> bool {
        let mut own = self.segments();
        ancestor.split('/').all(|segment| own.next().is_some_and(|name| name.eq_ignore_ascii_case(segment)))
    }
}

impl FromStr for OrganizationalUnitPath {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let segments: Vec<&str> = text.split('/').collect();
        let named = |segment: &&str| {
            !segment.is_empty()
                && segment.trim() == *segment
                && !matches!(*segment, "." | "..")
                && segment.chars().count() <= 128
                && !segment.chars().any(char::is_control)
        };
        if !segments.iter().all(named) {
            return Err(InvalidId(
                "must be OU names of 1 to 128 characters joined by `/`, like Workloads/Development; no empty name, `.` or `..`".to_owned(),
            ));
        }
        if segments.len() > MAXIMUM_DEPTH {
            return Err(InvalidId(format!("must have at most {MAXIMUM_DEPTH} OU names: AWS nests OUs no deeper")));
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
    fn emails_follow_the_rules_of_create_account() {
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
    fn the_account_key_ignores_the_case_of_the_email() {
        let key = |text: &str| AccountKey::of(&text.parse().unwrap()).to_string();
        assert_eq!(key("Aws@Example.com"), key("aws@example.com"));
        assert_ne!(key("aws@example.com"), key("aws2@example.com"));
        assert_eq!(key("aws@example.com").len(), 20);
        assert!(key("aws@example.com").parse::<AccountKey>().is_ok());
    }

    #[test]
    fn request_ids_have_one_spelling() {
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
    fn organizational_unit_paths_name_each_level() {
        let path = |text: &str| text.parse::<OrganizationalUnitPath>();
        assert!(path("Workloads/Business Unit (EU)/Development").is_ok());
        for wrong in ["", "/", "/A", "A/", "A//B", "A/../B", ".", "A/ B", "A\n", "1/2/3/4/5/6"] {
            assert!(path(wrong).is_err(), "{wrong:?}");
        }
        let protected = path("security/Prod").unwrap();
        assert!(protected.is_within("Security"));
        assert!(!protected.is_within("Security/Test"));
        assert!(!path("SecurityTools").unwrap().is_within("Security"));
    }
}
