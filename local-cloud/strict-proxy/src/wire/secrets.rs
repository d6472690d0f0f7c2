//! Removes secrets from records of calls.

use serde_json::Value;

/// Removes secret fields at any depth, also in strings that contain JSON.
pub(crate) fn redact(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.into_iter().filter(|(name, _)| !is_secret(name));
            Value::Object(kept.map(|(name, field)| (name, redact(field))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(redact).collect()),
        Value::String(text) => Value::String(redact_string(text)),
        plain => plain,
    }
}

/// Returns a string without secrets unchanged.
pub(super) fn redact_string(text: String) -> String {
    if text.contains("X-Amz-Signature=") {
        return "a presigned URL".to_owned();
    }
    if !text.trim_start().starts_with(['{', '[']) {
        return text;
    }
    match serde_json::from_str::<Value>(&text) {
        Ok(inner) => {
            let cleaned = redact(inner.clone());
            if cleaned == inner { text } else { cleaned.to_string() }
        }
        Err(_) => text,
    }
}

pub(super) fn is_secret(name: &str) -> bool {
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
    fn secrets_are_removed_at_any_depth() {
        let value = json!({"input": [{"SecretAccessKey": "s", "sessionToken": "t", "Email": "a@example.com"}]});
        assert_eq!(redact(value), json!({"input": [{"Email": "a@example.com"}]}));
    }

    #[test]
    fn secrets_are_removed_from_json_strings() {
        let value = json!({"input": "{\"ResponseURL\": \"https://example.com\", \"id\": 1}", "name": "{ \"id\": 1}"});
        assert_eq!(redact(value), json!({"input": "{\"id\":1}", "name": "{ \"id\": 1}"}));
    }

    #[test]
    fn presigned_urls_are_replaced() {
        let value = json!(["https://example.com/b/k?X-Amz-Signature=0", "https://example.com"]);
        assert_eq!(redact(value), json!(["a presigned URL", "https://example.com"]));
    }
}
