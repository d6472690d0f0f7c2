//! IAM policies with placeholders, as in the `session-policy.json` files.

use serde_json::Value;

/// Replaces the placeholders of a policy, such as `${AccountId}`.
///
/// A statement with a placeholder that has no value is removed.
pub fn fill_policy(policy: &str, values: &[(&str, &str)]) -> Result<Value, serde_json::Error> {
    let mut policy: Value = serde_json::from_str(policy)?;
    if let Some(statements) = policy["Statement"].as_array_mut() {
        statements.retain_mut(|statement| fill(statement, values));
    }
    Ok(policy)
}

/// Returns whether every placeholder has a value.
fn fill(value: &mut Value, values: &[(&str, &str)]) -> bool {
    match value {
        Value::String(text) => {
            for (name, value) in values {
                *text = text.replace(&format!("${{{name}}}"), value);
            }
            !text.contains("${")
        }
        Value::Array(list) => list.iter_mut().all(|value| fill(value, values)),
        Value::Object(fields) => fields.values_mut().all(|value| fill(value, values)),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str = r#"{ "Statement": [
        { "Sid": "Roles", "Action": ["iam:GetRole"], "Resource": "arn:aws:iam::${AccountId}:role/*" },
        { "Sid": "Bound", "Resource": ["*"], "Condition": { "StringEquals": { "iam:PermissionsBoundary": "${Boundary}" } } }
    ] }"#;

    #[test]
    fn placeholders_are_replaced_at_any_depth() {
        let filled = fill_policy(POLICY, &[("AccountId", "111122223333"), ("Boundary", "arn:boundary")]).unwrap();
        assert_eq!(filled["Statement"][0]["Resource"], "arn:aws:iam::111122223333:role/*");
        assert_eq!(filled["Statement"][1]["Condition"]["StringEquals"]["iam:PermissionsBoundary"], "arn:boundary");
    }

    #[test]
    fn statement_without_a_value_is_removed() {
        let filled = fill_policy(POLICY, &[("AccountId", "111122223333")]).unwrap();
        assert_eq!(filled["Statement"].as_array().unwrap().len(), 1);
        assert_eq!(filled["Statement"][0]["Sid"], "Roles");
    }

    #[test]
    fn invalid_json_is_an_error() {
        assert!(fill_policy("{", &[]).is_err());
    }
}
