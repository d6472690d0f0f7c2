//! What the content of a policy must be: its size and its structure.
//!
//! <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_syntax.html>,
//! <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html>,
//! <https://docs.aws.amazon.com/organizations/latest/userguide/policy-operators.html>

use serde_json::{Map, Value};

use super::super::errors::{error, violation};
use super::super::policy_types::{PolicyType, RCP, SCP};
use crate::wire::AwsError;

/// The operators that set values in management policies: the first replaces what is inherited.
pub(in super::super) const OPERATORS: [&str; 3] = ["@@assign", "@@append", "@@remove"];
pub(in super::super) const CHILD_CONTROL: &str = "@@operators_allowed_for_child_policies";

pub(super) fn check(kind: &PolicyType, content: &str) -> Result<(), AwsError> {
    if content.chars().count() > kind.max_size {
        let message = "You attempted to create a policy that is larger than the maximum size.";
        return Err(violation("POLICY_CONTENT_LIMIT_EXCEEDED", message));
    }
    let is_valid = match (kind.name, serde_json::from_str(content)) {
        (SCP, Ok(Value::Object(document))) => has_statements(&document, is_scp_statement),
        (RCP, Ok(Value::Object(document))) => has_statements(&document, is_rcp_statement),
        (_, Ok(Value::Object(document))) => sets_values_by_operators(&document),
        _ => false,
    };
    let message = "The provided policy document does not meet the requirements of the specified policy type.";
    if is_valid { Ok(()) } else { Err(error("MalformedPolicyDocumentException", message)) }
}

fn has_statements(document: &Map<String, Value>, is_statement: impl Fn(&Map<String, Value>) -> bool) -> bool {
    let is_statement = |statement: &Value| statement.as_object().is_some_and(&is_statement);
    match document.get("Statement") {
        Some(Value::Array(statements)) => !statements.is_empty() && statements.iter().all(is_statement),
        Some(statement) => is_statement(statement),
        None => false,
    }
}

fn is_scp_statement(statement: &Map<String, Value>) -> bool {
    has_effect(statement, &["Allow", "Deny"])
        && has_one_of(statement, "Action", "NotAction")
        && has_one_of(statement, "Resource", "NotResource")
        && !statement.contains_key("Principal")
        && !statement.contains_key("NotPrincipal")
}

/// "In a customer managed RCP, you can't use `*` as the entire `Action` value."
fn is_rcp_statement(statement: &Map<String, Value>) -> bool {
    let names_services = |action: &Value| match action {
        Value::Array(actions) => !actions.is_empty() && actions.iter().all(|action| *action != "*"),
        action => action.is_string() && *action != "*",
    };
    has_effect(statement, &["Deny"])
        && statement.get("Principal").is_some_and(|principal| *principal == "*")
        && statement.get("Action").is_some_and(names_services)
        && has_one_of(statement, "Resource", "NotResource")
        && !statement.contains_key("NotAction")
        && !statement.contains_key("NotPrincipal")
}

fn has_effect(statement: &Map<String, Value>, allowed: &[&str]) -> bool {
    statement.get("Effect").and_then(Value::as_str).is_some_and(|effect| allowed.contains(&effect))
}

fn has_one_of(statement: &Map<String, Value>, one: &str, other: &str) -> bool {
    statement.contains_key(one) != statement.contains_key(other)
}

/// Each value of a management policy belongs to an operator.
fn sets_values_by_operators(document: &Map<String, Value>) -> bool {
    document.iter().all(|(key, value)| match value {
        _ if key.starts_with("@@") => key == CHILD_CONTROL || OPERATORS.contains(&key.as_str()),
        Value::Object(settings) => sets_values_by_operators(settings),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn code(kind: &str, content: &str) -> Option<String> {
        check(PolicyType::find(kind).unwrap(), content).err().map(|error| error.reason.unwrap_or(error.code))
    }

    fn is_valid(kind: &str, document: &Value) -> bool {
        code(kind, &document.to_string()).is_none()
    }

    #[test]
    fn scps_have_statements() {
        let deny = json!({"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"});
        for statements in [deny.clone(), json!([deny, {"Effect": "Allow", "Action": "*", "Resource": "*"}])] {
            assert!(is_valid(SCP, &json!({"Version": "2012-10-17", "Statement": statements})));
        }
        for statement in [
            json!([]),
            json!("Deny"),
            json!({"Effect": "deny", "Action": "*", "Resource": "*"}),
            json!({"Effect": "Deny", "Action": "*"}),
            json!({"Effect": "Deny", "Action": "*", "NotAction": "*", "Resource": "*"}),
            json!({"Effect": "Deny", "Action": "*", "Resource": "*", "Principal": "*"}),
        ] {
            assert!(!is_valid(SCP, &json!({"Statement": statement})), "{statement}");
        }
        for content in ["", "{", "[]", "{}", "{} {}", "\"Statement\""] {
            assert_eq!(code(SCP, content).as_deref(), Some("MalformedPolicyDocumentException"), "{content}");
        }
    }

    #[test]
    fn rcps_deny_named_services_to_all_principals() {
        let deny = json!({"Effect": "Deny", "Principal": "*", "Action": ["s3:*"], "Resource": "*"});
        assert!(is_valid(RCP, &json!({"Statement": deny})));
        for (field, value) in [
            ("Effect", json!("Allow")),
            ("Principal", json!({"AWS": "*"})),
            ("Action", json!("*")),
            ("Action", json!(["*"])),
        ] {
            let mut statement = deny.clone();
            statement[field] = value;
            assert!(!is_valid(RCP, &json!({"Statement": statement})), "{statement}");
        }
    }

    #[test]
    fn management_policies_set_values_by_operators() {
        let assigned = json!({"s3_attributes": {"public_access_block_configuration": {"@@assign": "all"}}});
        let controlled = json!({"services": {"@@operators_allowed_for_child_policies": ["@@none"]}});
        assert!(is_valid("S3_POLICY", &assigned) && is_valid("AISERVICES_OPT_OUT_POLICY", &controlled));
        for document in [json!([assigned]), json!({"tags": "all"}), json!({"tags": {"@@set": "all"}})] {
            assert!(!is_valid("TAG_POLICY", &document), "{document}");
        }
    }

    #[test]
    fn size_is_counted_in_characters() {
        for (kind, max) in [(SCP, 10_240), (RCP, 5_120), ("AISERVICES_OPT_OUT_POLICY", 2_500), ("S3_POLICY", 10_000)] {
            let too_long = "ä".repeat(max + 1);
            assert_eq!(code(kind, &too_long).as_deref(), Some("POLICY_CONTENT_LIMIT_EXCEEDED"), "{kind}");
            assert_eq!(code(kind, &too_long[2..]).as_deref(), Some("MalformedPolicyDocumentException"), "{kind}");
        }
    }
}
