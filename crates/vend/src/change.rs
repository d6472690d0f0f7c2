//! A field that gets another value, for people.

use serde_json::Value;

/// What is longer has its values below each other.
const WIDTH: usize = 100;

/// The name of the field, padded to a width, and its values: `+` is new, `-` is removed.
pub(crate) fn line(name: &str, width: usize, from: &Value, to: &Value) -> String {
    let (from, to) = (shown(from), shown(to));
    let values = match (&from, &to) {
        (None, None) => String::new(),
        (None, Some(to)) => format!("+ {to}"),
        (Some(from), None) => format!("- {from}"),
        (Some(from), Some(to)) => format!("{from} -> {to}"),
    };
    let line = format!("{name:<width$}  {values}");
    match (from, to) {
        (Some(from), Some(to)) if line.chars().count() > WIDTH => format!("{name}\n      - {from}\n      + {to}"),
        _ => line.trim_end().to_owned(),
    }
}

/// A value as in YAML, in one line. `None` if it is not set.
fn shown(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        value => Some(text(value)),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) if text.is_empty() => "\"\"".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(text).collect::<Vec<_>>().join(", ")),
        Value::Object(fields) if fields.is_empty() => "{}".to_owned(),
        Value::Object(fields) => {
            let mut fields: Vec<String> =
                fields.iter().map(|(name, value)| format!("{name}: {}", text(value))).collect();
            // Whether JSON objects keep the order of their fields depends on a feature that other crates enable.
            fields.sort_unstable();
            format!("{{ {} }}", fields.join(", "))
        }
        scalar => scalar.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_written_as_in_yaml() {
        for (from, to, expected) in [
            (json!(300), json!(500), "budget  300 -> 500"),
            (json!(null), json!("allowed"), "budget  + allowed"),
            (json!([]), json!(null), "budget  - []"),
            (
                json!(["a", "b"]),
                json!({ "acme": 1, "b": { "c": "" } }),
                "budget  [a, b] -> { acme: 1, b: { c: \"\" } }",
            ),
            (json!(null), json!(null), "budget"),
        ] {
            assert_eq!(line("budget", 6, &from, &to), expected);
        }
        assert_eq!(line("a", 6, &json!(1), &json!(2)), "a       1 -> 2");
    }

    #[test]
    fn long_values_are_below_each_other() {
        let (long, short) = ("x".repeat(90), "y");
        assert_eq!(
            line("contacts", 8, &json!(long), &json!(short)),
            format!("contacts\n      - {long}\n      + {short}")
        );
        assert_eq!(line("contacts", 8, &json!(null), &json!(long)), format!("contacts  + {long}"));
    }
}
