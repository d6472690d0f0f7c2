//! The fields in which two requests differ.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use vending_core::{AccountRequest, Problem};

/// A field with another value than in the last request.
#[derive(Debug, Eq, PartialEq, Serialize, JsonSchema)]
pub(crate) struct FieldChange {
    /// The JSON pointer of the field.
    pointer: String,
    /// The value in the last request; `null` if it had none.
    from: Value,
    /// The value in this request; `null` if it has none.
    to: Value,
}

/// The changes from one request to another, in the order of their pointers. A list is compared as a whole.
pub(crate) fn changes(from: &AccountRequest, to: &AccountRequest) -> Vec<FieldChange> {
    let value = |request| serde_json::to_value(request).unwrap_or_default();
    let mut found = Vec::new();
    compare(&mut Vec::new(), &value(from), &value(to), &mut found);
    found
}

fn compare(path: &mut Vec<String>, from: &Value, to: &Value, found: &mut Vec<FieldChange>) {
    if from == to {
        return;
    }
    let empty = Map::new();
    let (from_fields, to_fields) = match (from, to) {
        (Value::Object(from), Value::Object(to)) => (from, to),
        (Value::Object(from), Value::Null) => (from, &empty),
        (Value::Null, Value::Object(to)) => (&empty, to),
        _ => {
            let names: Vec<&str> = path.iter().map(String::as_str).collect();
            let pointer = Problem::at(&names, "").pointer;
            found.push(FieldChange { pointer, from: from.clone(), to: to.clone() });
            return;
        }
    };
    let names: BTreeSet<&String> = from_fields.keys().chain(to_fields.keys()).collect();
    for name in names {
        let field = |fields: &Map<String, Value>| fields.get(name).cloned().unwrap_or_default();
        path.push(name.clone());
        compare(path, &field(from_fields), &field(to_fields), found);
        path.pop();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn request(fields: &Value) -> AccountRequest {
        let mut request =
            json!({ "accountName": "a", "accountEmail": "a@example.com", "organizationalUnit": "Sandbox" });
        request.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        serde_json::from_value(request).unwrap()
    }

    #[test]
    fn equal_requests_have_no_changes() {
        assert_eq!(changes(&request(&json!({})), &request(&json!({}))), []);
    }

    #[test]
    fn each_changed_field_has_both_values() {
        let from = request(&json!({ "tags": { "Team/A": "1", "Gone": "x" }, "monthlyBudgetUsd": 5 }));
        let grants = json!([{ "group": "developers", "permissionSet": "ReadOnly" }]);
        let to = request(&json!({ "tags": { "Team/A": "2" }, "access": grants, "organizationalUnit": "Workloads" }));
        let expected = [
            ("/access", Value::Null, grants.clone()),
            ("/monthlyBudgetUsd", json!(5), Value::Null),
            ("/organizationalUnit", json!("Sandbox"), json!("Workloads")),
            ("/tags/Gone", json!("x"), Value::Null),
            ("/tags/Team~1A", json!("1"), json!("2")),
        ];
        let expected = expected.map(|(pointer, from, to)| FieldChange { pointer: pointer.to_owned(), from, to });
        assert_eq!(changes(&from, &to), expected);
    }
}
