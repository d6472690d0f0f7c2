//! What no record of a call may hold.

use serde_json::Value;

/// Drops fields that are secrets at any depth, also within JSON that stands in a text.
pub(crate) fn without_secrets(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.into_iter().filter(|(name, _)| !is_secret(name));
            Value::Object(kept.map(|(name, field)| (name, without_secrets(field))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(without_secrets).collect()),
        Value::String(text) => Value::String(text_without_secrets(text)),
        plain => plain,
    }
}

/// A text without secrets stays as it was written.
fn text_without_secrets(text: String) -> String {
    if !text.trim_start().starts_with(['{', '[']) {
        return text;
    }
    match serde_json::from_str::<Value>(&text) {
        Ok(inner) => {
            let cleaned = without_secrets(inner.clone());
            if cleaned == inner { text } else { cleaned.to_string() }
        }
        Err(_) => text,
    }
}

fn is_secret(name: &str) -> bool {
    const SECRETS: [&str; 10] = [
        "authorization",
        "clientsecret",
        "password",
        "responseurl",
        "secretaccesskey",
        "secretstring",
        "sessiontoken",
        "tasktoken",
        "tokencode",
        "webidentitytoken",
    ];
    let name = name.to_lowercase();
    SECRETS.contains(&name.as_str()) || name.starts_with("x-amz-")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_dropped_at_any_depth() {
        let value = json!({"input": [{"SecretAccessKey": "s", "sessionToken": "t", "Email": "a@example.com"}]});
        assert_eq!(without_secrets(value), json!({"input": [{"Email": "a@example.com"}]}));
    }

    #[test]
    fn secrets_within_a_text_are_dropped_and_other_texts_kept() {
        let value = json!({"input": "{\"ResponseURL\": \"https://example.com\", \"id\": 1}", "name": "{ \"id\": 1}"});
        assert_eq!(without_secrets(value), json!({"input": "{\"id\":1}", "name": "{ \"id\": 1}"}));
    }
}
