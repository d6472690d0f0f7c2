//! Single values, and what fits into one line.

use serde_json::Value;

use super::place::Place;

/// A value in one line.
pub(super) fn flow(value: &Value, place: &Place) -> String {
    match value {
        Value::String(text) => scalar(text, false),
        other => in_flow(other, place),
    }
}

fn in_flow(value: &Value, place: &Place) -> String {
    match value {
        Value::String(text) => scalar(text, true),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| in_flow(item, &place.in_item())).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(fields) if fields.is_empty() => "{}".to_owned(),
        Value::Object(fields) => {
            let field = |(name, value): (&str, &Value)| {
                format!("{}: {}", scalar(name, true), in_flow(value, &place.below(name)))
            };
            let fields: Vec<String> = place.ordered(fields).into_iter().map(field).collect();
            format!("{{ {} }}", fields.join(", "))
        }
        other => other.to_string(),
    }
}

/// A string, in quotes if it could be read as something else. In flow style, fewer characters need no quotes.
pub(super) fn scalar(text: &str, is_in_flow: bool) -> String {
    if is_plain(text, is_in_flow) { text.to_owned() } else { quoted(text) }
}

/// What YAML 1.1 or 1.2 reads as another type.
const RESERVED: [&str; 12] = ["false", "inf", "infinity", "n", "nan", "no", "null", "off", "on", "true", "y", "yes"];

fn is_plain(text: &str, is_in_flow: bool) -> bool {
    let is_word = |character: char| character.is_alphanumeric() || "_./@+=-()&".contains(character);
    let is_allowed =
        |character: char| is_word(character) || character == ' ' || !is_in_flow && ":{}".contains(character);
    text.starts_with(char::is_alphabetic)
        && text.chars().all(is_allowed)
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !RESERVED.contains(&text.to_lowercase().as_str())
}

fn quoted(text: &str) -> String {
    let escaped = text.chars().map(|character| match character {
        '"' => "\\\"".to_owned(),
        '\\' => "\\\\".to_owned(),
        character if !is_printable(character) => escape(character),
        character => character.to_string(),
    });
    format!("\"{}\"", escaped.collect::<String>())
}

fn escape(character: char) -> String {
    let code = u32::from(character);
    if code > 0xFFFF { format!("\\U{code:08X}") } else { format!("\\u{code:04X}") }
}

/// Whether editors and all versions of YAML show the character as it is: it is not a control character, a line break, a
/// byte order mark, or a noncharacter.
fn is_printable(character: char) -> bool {
    let is_noncharacter = matches!(u32::from(character) & 0xFFFF, 0xFFFE | 0xFFFF);
    !character.is_control() && !matches!(character, '\u{2028}' | '\u{2029}' | '\u{FEFF}') && !is_noncharacter
}

/// Text for a comment.
pub(super) fn one_line(text: &str) -> String {
    let shown = |character: char| if is_printable(character) { character.to_string() } else { escape(character) };
    text.chars().map(shown).collect()
}

/// Splits a comment at spaces. The lines after the first are indented if the first is an entry of a list.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let indent = if text.starts_with("- ") { "  " } else { "" };
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) => lines.push(format!("{indent}{word}")),
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ambiguous_string_is_quoted() {
        for text in
            ["Workloads", "NonProd 2 (EU)", "aws+{accountName}@example.com", "arn:aws:iam::aws:policy/A", "Größe"]
        {
            assert_eq!(scalar(text, false), text);
        }
        for (text, expected) in [
            ("yes", "\"yes\""),
            ("NULL", "\"NULL\""),
            ("1e3", "\"1e3\""),
            ("*", "\"*\""),
            ("a: b", "\"a: b\""),
            ("a #b", "\"a #b\""),
            ("- a", "\"- a\""),
            ("", "\"\""),
            ("a\"\\\n\u{2028}\u{1FFFF}", "\"a\\\"\\\\\\u000A\\u2028\\U0001FFFF\""),
        ] {
            assert_eq!(scalar(text, false), expected);
        }
        assert_eq!(scalar("arn:aws", true), "\"arn:aws\"");
        assert_eq!(scalar("a,b", false), "\"a,b\"");
    }

    #[test]
    fn long_comment_is_split_at_spaces() {
        assert_eq!(wrapped("- one two three", 9), ["- one two", "  three"]);
        assert_eq!(wrapped("one verylongword", 5), ["one", "verylongword"]);
    }
}
