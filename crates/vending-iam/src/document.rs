//! Comparison of policy documents.

use serde_json::Value;

/// Compares a document from IAM with the wanted document.
///
/// IAM returns documents percent-encoded. It may change the order of a list, and return a list with one entry as that
/// entry. All lists in a policy are sets, so they are compared as sets.
pub fn same_document(actual: Option<&str>, wanted: &Value) -> bool {
    let decoded = actual.map(|text| percent_encoding::percent_decode_str(text).decode_utf8_lossy());
    let parsed = decoded.and_then(|text| serde_json::from_str::<Value>(&text).ok());
    parsed.is_some_and(|parsed| normalized(&parsed) == normalized(wanted))
}

fn normalized(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields.iter().map(|(name, field)| (name.clone(), normalized(field))).collect(),
        Value::Array(entries) => set(entries),
        other => other.clone(),
    }
}

fn set(entries: &[Value]) -> Value {
    let mut entries: Vec<Value> = entries.iter().map(normalized).collect();
    entries.sort_by_cached_key(Value::to_string);
    entries.dedup();
    match entries.len() {
        1 => entries.remove(0),
        _ => Value::Array(entries),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn documents_are_compared_as_json() {
        let wanted = json!({ "Version": "2012-10-17", "Statement": [] });
        assert!(same_document(Some("%7B%22Statement%22%3A%5B%5D%2C%20%22Version%22%3A%222012-10-17%22%7D"), &wanted));
        assert!(same_document(Some(&wanted.to_string()), &wanted));
        assert!(!same_document(Some("{}"), &wanted));
        assert!(!same_document(Some("invalid JSON"), &wanted));
        assert!(!same_document(None, &wanted));
    }

    #[test]
    fn lists_are_compared_as_sets() {
        let wanted = json!({ "Statement": [{ "Principal": { "AWS": ["b", "a"] } }] });
        let same = |actual: &Value| same_document(Some(&actual.to_string()), &wanted);
        assert!(same(&json!({ "Statement": { "Principal": { "AWS": ["a", "b"] } } })));
        assert!(!same(&json!({ "Statement": { "Principal": { "AWS": "a" } } })));
        assert!(!same(&json!({ "Statement": { "Principal": { "AWS": ["a", "b", "c"] } } })));
    }
}
