//! Which tags and owners AWS accepts.

use unicode_general_category::{GeneralCategory, get_general_category};

use crate::id::EmailAddress;

/// The prefix of the tags of account-vending. A request cannot set such tags.
const RESERVED_PREFIX: &str = "account-vending:";

/// Why a requested tag is invalid, if it is. An invalid tag would fail the CreateAccount call.
pub(crate) fn tag_problem(key: &str, value: &str) -> Option<String> {
    let allowed = |text: &str| text.chars().all(is_tag_character);
    let lower = key.to_lowercase();
    if lower.starts_with("aws:") || lower.starts_with(RESERVED_PREFIX) {
        return Some(format!("must not start with aws: or {RESERVED_PREFIX}, which are reserved"));
    }
    if !(1..=128).contains(&key.chars().count()) || !allowed(key) {
        return Some("must have a key of 1 to 128 letters, digits, spaces, and _ . : / = + - @".into());
    }
    if value.chars().count() > 256 || !allowed(value) {
        return Some("must have a value of at most 256 letters, digits, spaces, and _ . : / = + - @".into());
    }
    None
}

/// Parses the email of an owner. The email is stored in a tag, and AWS does not allow some of its characters there.
pub(crate) fn owner(text: &str) -> Result<EmailAddress, String> {
    let email: EmailAddress = text.parse().map_err(|error| format!("{error}"))?;
    if email.as_str().chars().all(is_tag_character) {
        return Ok(email);
    }
    Err("must not have any of ! # $ * ? ^ ` { } ~ before the @, because the email is stored in a tag and AWS does \
         not accept these characters in tags"
        .to_owned())
}

/// Whether AWS Organizations accepts the character in the key or value of a tag. It accepts Unicode letters and digits,
/// but not combining marks.
///
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_Tag.html>
fn is_tag_character(character: char) -> bool {
    let is_letter_or_digit = matches!(
        get_general_category(character),
        GeneralCategory::UppercaseLetter
            | GeneralCategory::LowercaseLetter
            | GeneralCategory::TitlecaseLetter
            | GeneralCategory::ModifierLetter
            | GeneralCategory::OtherLetter
            | GeneralCategory::DecimalNumber
            | GeneralCategory::LetterNumber
            | GeneralCategory::OtherNumber
    );
    is_letter_or_digit || " _.:/=+-@".contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owner_with_invalid_tag_chars_is_rejected() {
        assert_eq!(owner("Jo+a=b/c_d.e-f@example.com").unwrap().as_str(), "jo+a=b/c_d.e-f@example.com");
        for character in "!#$*?^`{}~".chars() {
            let detail = owner(&format!("ops{character}1@example.org")).unwrap_err();
            assert!(detail.starts_with("must not have any of"), "{character}: {detail}");
        }
        assert!(owner("no-email").unwrap_err().contains('@'));
    }

    #[test]
    fn combining_marks_are_rejected_in_tags() {
        assert_eq!(tag_problem("Größe", "größer ²½ 日本"), None);
        for (key, value) in [("จัดการ", ""), ("k", "จัดการ"), ("k", "e\u{301}")] {
            assert!(tag_problem(key, value).is_some(), "{key}={value}");
        }
    }

    #[test]
    fn reserved_and_malformed_tags_are_rejected() {
        assert_eq!(tag_problem("CostCenter", "1234 / a@b"), None);
        for (key, value) in [
            ("aws:x", ""),
            ("Account-Vending:Key", "stolen"),
            ("", ""),
            ("a", "<b>"),
            (&"k".repeat(129), ""),
            ("k", &"v".repeat(257)),
        ] {
            assert!(tag_problem(key, value).is_some(), "{key}={value}");
        }
    }
}
