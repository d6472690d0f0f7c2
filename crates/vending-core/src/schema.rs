//! The rules of the validation code as JSON Schema, for clients and their tools.
//!
//! The validation code decides. A contract test checks that both accept the same values.

use serde_json::{Value, json};

pub(crate) const ACCOUNT_ID: &str = "^[0-9]{12}$";
pub(crate) const ACCOUNT_KEY: &str = "^[a-z2-7]{20}$";
pub(crate) const PLAN_ID: &str = "^[0-9]{8}t[0-9]{6}z-[0-9a-f]{8}$";
pub(crate) const SHA256: &str = "^[0-9a-f]{64}$";
pub(crate) const OU_ID: &str = "^(r|ou)-[a-z0-9-]+$";
/// This allows numbers that are too large for an attempt.
pub(crate) const REQUEST_ID: &str = "^[a-z2-7]{20}-[1-9][0-9]{0,9}$";

/// Printable ASCII characters other than `<` and `>`, without a space at either end.
pub(crate) const ACCOUNT_NAME: &str = "^[!-;=?-~]([ -;=?-~]*[!-;=?-~])?$";

/// The end of an email: an @, and a domain of at least two labels.
macro_rules! at_domain {
    () => {
        "@[A-Za-z0-9][A-Za-z0-9-]*([.][A-Za-z0-9-]+)*[.]([A-Za-z0-9-]*[A-Za-z0-9])$"
    };
}

pub(crate) const EMAIL: &str = concat!("^[!#$*+/0-9=?A-Z^_`a-z{}~-][!#$*+./0-9=?A-Z^_`a-z{}~-]*", at_domain!());

/// An email with only characters that a tag accepts.
pub(crate) const OWNER: &str = concat!("^[+/0-9=A-Z_a-z-][+./0-9=A-Z_a-z-]*", at_domain!());

/// One to five OU names, except those that [`invalid_organizational_unit`] matches.
pub(crate) const ORGANIZATIONAL_UNITS: &str =
    "^[^/\\u0000-\\u001F\\u007F-\\u009F]{1,128}(/[^/\\u0000-\\u001F\\u007F-\\u009F]{1,128}){0,4}$";

/// Unicode whitespace other than control characters.
macro_rules! space {
    () => {
        "[ \\u00A0\\u1680\\u2000-\\u200A\\u2028\\u2029\\u202F\\u205F\\u3000]"
    };
}

/// A path with a name `.` or `..`, or with a space at either end of a name.
pub(crate) fn invalid_organizational_unit() -> Value {
    json!({ "pattern": concat!("(^|/)([.]{1,2}(/|$)|", space!(), ")|", space!(), "(/|$)") })
}

/// The characters that AWS allows in tags, as in the AWS documentation.
macro_rules! tag_text {
    () => {
        "^[\\p{L}\\p{N} _.:/=+@-]*$"
    };
}

pub(crate) fn tag_key() -> Value {
    let reserved = "^([Aa][Ww][Ss]|[Aa][Cc][Cc][Oo][Uu][Nn][Tt]-[Vv][Ee][Nn][Dd][Ii][Nn][Gg]):";
    json!({ "minLength": 1, "maxLength": 128, "pattern": tag_text!(), "not": { "pattern": reserved } })
}

/// A character that is neither a control character nor whitespace.
macro_rules! visible {
    () => {
        "[^\\u0000-\\u0020\\u007F-\\u00A0\\u1680\\u2000-\\u200A\\u2028\\u2029\\u202F\\u205F\\u3000]"
    };
}

/// One line, without a space at either end.
pub(crate) const LINE: &str = concat!("^", visible!(), "([^\\u0000-\\u001F\\u007F-\\u009F]*", visible!(), ")?$");
pub(crate) const WORD: &str = concat!("^", visible!(), "+$");

pub(crate) const PERMISSION_SET: &str = "^[A-Za-z0-9_+=,.@-]{1,32}$";
pub(crate) const CONTACT_EMAIL: &str = "^[A-Za-z0-9_+=.#|!&-]+@[A-Za-z0-9_.-]+[.][A-Za-z0-9_]+$";
pub(crate) const PHONE: &str = "^[ ()+-]*[0-9][ 0-9()+-]*$";

/// An owner and a name, except those that [`invalid_github_repository`] matches.
pub(crate) const GITHUB_REPOSITORY: &str = "^[A-Za-z0-9][A-Za-z0-9_-]{0,38}/[A-Za-z0-9._-]{1,100}$";

/// A repository with the name `.` or `..`, or with `.git` at the end.
pub(crate) fn invalid_github_repository() -> Value {
    json!({ "pattern": "(/[.]{1,2}|[.][Gg][Ii][Tt])$" })
}

/// The name of a branch, without wildcards and the other characters and forms that git does not allow.
pub(crate) fn branch() -> Value {
    let invalid = "^-|^@$|^refs/|^/|/$|//|[.]{2}|(^|/)[.]|[.]$|[.]lock(/|$)|@[{]";
    json!({
        "type": "string",
        "maxLength": 255,
        "pattern": "^[!-#%-)+-9;->@-Z\\]_-}]+$",
        "not": { "pattern": invalid },
    })
}

/// Printable ASCII characters without wildcards and the characters that GitHub does not allow in environment names.
macro_rules! environment {
    ($also:literal) => {
        concat!("[", $also, "!#%&()+./0-:<->@-\\[\\]-_a-~-]")
    };
}

pub(crate) fn environment() -> Value {
    json!({
        "type": "string",
        "maxLength": 255,
        "pattern": concat!("^", environment!(""), "(", environment!(" "), "*", environment!(""), ")?$"),
        "not": { "pattern": "%3[Aa]" },
    })
}

pub(crate) fn policy_arn() -> Value {
    let pattern = "^arn:aws:iam::aws:policy/[A-Za-z0-9_+=,.@-]+(/[A-Za-z0-9_+=,.@-]+)*$";
    json!({ "type": "string", "maxLength": 536, "pattern": pattern })
}

pub(crate) fn tag_value() -> Value {
    json!({ "type": "string", "maxLength": 256, "pattern": tag_text!() })
}
