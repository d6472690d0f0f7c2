//! The rules for tags that AWS services share, and that moto lacks.

use std::collections::BTreeMap;

use serde_json::Value;
use unicode_general_category::{GeneralCategory, get_general_category};

pub(crate) const MAX_KEY_LENGTH: usize = 128;
pub(crate) const MAX_VALUE_LENGTH: usize = 256;

/// How many tags a resource has in most services.
pub(crate) const MAX_TAGS: usize = 50;

pub(crate) type Tags = BTreeMap<String, String>;

/// Reads a list of tags with `Key` and `Value`. The error says which rule a tag breaks.
pub(crate) fn read(tags: &Value) -> Result<Tags, String> {
    let mut read = Tags::new();
    for tag in tags.as_array().into_iter().flatten() {
        let (Some(key), Some(value)) = (tag["Key"].as_str(), tag["Value"].as_str()) else {
            return Err("a tag must have a key and a value".to_owned());
        };
        check(key, value)?;
        if read.insert(key.to_owned(), value.to_owned()).is_some() {
            return Err(format!("the tag key {key} is a duplicate"));
        }
    }
    Ok(read)
}

fn check(key: &str, value: &str) -> Result<(), String> {
    if !(1..=MAX_KEY_LENGTH).contains(&key.chars().count()) {
        return Err(format!("a tag key must have 1 to {MAX_KEY_LENGTH} characters"));
    }
    if value.chars().count() > MAX_VALUE_LENGTH {
        return Err(format!("the value of the tag {key} must have at most {MAX_VALUE_LENGTH} characters"));
    }
    if !key.chars().chain(value.chars()).all(is_tag_character) {
        return Err(format!("the tag {key} has characters that are not allowed"));
    }
    if is_reserved(key) {
        return Err(format!("the tag key {key} has the reserved prefix aws:"));
    }
    Ok(())
}

/// Returns tags as a list with `Key` and `Value`.
pub(crate) fn list(tags: &Tags) -> Vec<Value> {
    tags.iter().map(|(key, value)| serde_json::json!({"Key": key, "Value": value})).collect()
}

pub(crate) fn is_reserved(key: &str) -> bool {
    key.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:"))
}

/// `[\p{L}\p{Z}\p{N}_.:/=+\-@]`: letters and digits of all scripts, but not combining marks.
pub(crate) fn is_tag_character(character: char) -> bool {
    use GeneralCategory as Category;
    let is_of_class = matches!(
        get_general_category(character),
        Category::UppercaseLetter
            | Category::LowercaseLetter
            | Category::TitlecaseLetter
            | Category::ModifierLetter
            | Category::OtherLetter
            | Category::DecimalNumber
            | Category::LetterNumber
            | Category::OtherNumber
            | Category::SpaceSeparator
            | Category::LineSeparator
            | Category::ParagraphSeparator
    );
    is_of_class || "_.:/=+-@".contains(character)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tag(key: &str, value: &str) -> Value {
        json!({"Key": key, "Value": value})
    }

    #[test]
    fn valid_tags_are_read() {
        let (key, value) = ("k".repeat(128), "v".repeat(256));
        let tags = json!([tag(&key, &value), tag("Größe", "")]);
        assert_eq!(read(&tags), Ok(Tags::from([(key, value), ("Größe".to_owned(), String::new())])));
        assert_eq!(read(&Value::Null), Ok(Tags::new()));
    }

    #[test]
    fn invalid_tags_are_rejected() {
        for (tags, reason) in [
            (json!([{"Key": "k"}]), "must have a key and a value"),
            (json!([tag("", "v")]), "1 to 128"),
            (json!([tag(&"k".repeat(129), "v")]), "1 to 128"),
            (json!([tag("k", &"v".repeat(257))]), "at most 256"),
            (json!([tag("k", "#1")]), "not allowed"),
            (json!([tag("AWS:k", "v")]), "reserved"),
            (json!([tag("k", "1"), tag("k", "2")]), "duplicate"),
        ] {
            assert!(read(&tags).is_err_and(|error| error.contains(reason)), "{reason}");
        }
    }
}
