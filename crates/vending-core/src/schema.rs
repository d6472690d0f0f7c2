//! What the checks of this crate take, as JSON Schema: for those who write requests, and for their tools.
//!
//! The checks decide; a contract test holds the two together, case by case.

use serde_json::{Value, json};

pub(crate) const ACCOUNT_ID: &str = "^[0-9]{12}$";
pub(crate) const ACCOUNT_KEY: &str = "^[a-z2-7]{20}$";
/// Longer numbers than an attempt can have are not told apart here.
pub(crate) const REQUEST_ID: &str = "^[a-z2-7]{20}-[1-9][0-9]{0,9}$";

/// Printable ASCII characters other than `<` and `>`, no space at either end.
pub(crate) const ACCOUNT_NAME: &str = "^[!-;=?-~]([ -;=?-~]*[!-;=?-~])?$";

/// A name, an @, and a domain of at least two labels.
pub(crate) const EMAIL: &str = concat!(
    "^[!#$*+/0-9=?A-Z^_`a-z{}~-][!#$*+./0-9=?A-Z^_`a-z{}~-]*",
    "@[A-Za-z0-9][A-Za-z0-9-]*([.][A-Za-z0-9-]+)*[.]([A-Za-z0-9-]*[A-Za-z0-9])$"
);

/// One to five names; those that [`no_organizational_unit`] names are none.
pub(crate) const ORGANIZATIONAL_UNITS: &str =
    "^[^/\\u0000-\\u001F\\u007F-\\u009F]{1,128}(/[^/\\u0000-\\u001F\\u007F-\\u009F]{1,128}){0,4}$";

/// Unicode's white space, as far as it is no control character.
macro_rules! space {
    () => {
        "[ \\u00A0\\u1680\\u2000-\\u200A\\u2028\\u2029\\u202F\\u205F\\u3000]"
    };
}

/// A name `.` or `..`, or one with a space at either end.
pub(crate) fn no_organizational_unit() -> Value {
    json!({ "pattern": concat!("(^|/)([.]{1,2}(/|$)|", space!(), ")|", space!(), "(/|$)") })
}

/// AWS's letters, digits and signs of a tag, as AWS writes them down. The check also takes the marks that some scripts
/// count among their letters.
macro_rules! tag_text {
    () => {
        "^[\\p{L}\\p{N} _.:/=+@-]*$"
    };
}

pub(crate) fn tag_key() -> Value {
    let reserved = "^([Aa][Ww][Ss]|[Aa][Cc][Cc][Oo][Uu][Nn][Tt]-[Vv][Ee][Nn][Dd][Ii][Nn][Gg]):";
    json!({ "minLength": 1, "maxLength": 128, "pattern": tag_text!(), "not": { "pattern": reserved } })
}

/// Neither a control character nor white space.
macro_rules! visible {
    () => {
        "[^\\u0000-\\u0020\\u007F-\\u00A0\\u1680\\u2000-\\u200A\\u2028\\u2029\\u202F\\u205F\\u3000]"
    };
}

/// No control character, no space at either end.
pub(crate) const LINE: &str = concat!("^", visible!(), "([^\\u0000-\\u001F\\u007F-\\u009F]*", visible!(), ")?$");
pub(crate) const WORD: &str = concat!("^", visible!(), "+$");

pub(crate) const PERMISSION_SET: &str = "^[A-Za-z0-9_+=,.@-]{1,32}$";
pub(crate) const CONTACT_EMAIL: &str = "^[A-Za-z0-9_+=.#|!&-]+@[A-Za-z0-9_.-]+[.][A-Za-z0-9_]+$";
pub(crate) const PHONE: &str = "^[ ()+-]*[0-9][ 0-9()+-]*$";

/// An owner and a name; those that [`no_github_repository`] names are none.
pub(crate) const GITHUB_REPOSITORY: &str = "^[A-Za-z0-9][A-Za-z0-9_-]{0,38}/[A-Za-z0-9._-]{1,100}$";

/// A name `.` or `..`, or one that ends as a URL does.
pub(crate) fn no_github_repository() -> Value {
    json!({ "pattern": "(/[.]{1,2}|[.][Gg][Ii][Tt])$" })
}

/// Where git's signs and wildcards are not, and nothing that git takes no branch for.
pub(crate) fn branch() -> Value {
    let wrong = "^-|^@$|^refs/|^/|/$|//|[.]{2}|(^|/)[.]|[.]$|[.]lock(/|$)|@[{]";
    json!({
        "type": "string",
        "maxLength": 255,
        "pattern": "^[!-#%-)+-9;->@-Z\\]_-}]+$",
        "not": { "pattern": wrong },
    })
}

/// Printable ASCII characters, without wildcards and those that GitHub has no environment with.
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
