//! Policy variables, as on
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>.

use serde_json::{Value, json};

use super::evaluate_statement;
use crate::Evaluation;

const OBJECT: &str = "arn:aws:s3:::bucket/payments/file";

fn denies(statement: Value, known: &[(&str, Value)]) -> bool {
    let mut deny = json!({"Effect": "Deny", "Action": "s3:GetObject"});
    if let (Value::Object(deny), Value::Object(fields)) = (&mut deny, statement) {
        deny.extend(fields);
    }
    evaluate_statement(&deny, "s3:GetObject", Some(OBJECT), known) == Evaluation::ExplicitDeny
}

#[test]
fn variables_in_conditions_are_resolved() {
    let own = [("aws:PrincipalOrgID", json!("o-a")), ("aws:ResourceOrgID", json!("o-a"))];
    let other = [("aws:PrincipalOrgID", json!("o-b")), ("aws:ResourceOrgID", json!("o-a"))];
    let perimeter = || {
        let condition = json!({"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}});
        json!({"Resource": "*", "Condition": condition})
    };
    assert!(!denies(perimeter(), &own));
    assert!(denies(perimeter(), &other));
}

#[test]
fn variable_without_a_value_equals_nothing() {
    let compare = |operator: &str| json!({"Resource": "*", "Condition": {operator: {"s3:ExistingObjectTag/team": "${aws:PrincipalTag/team}"}}});
    let known = [("s3:ExistingObjectTag/team", json!(""))];
    assert!(!denies(compare("StringEquals"), &known));
    assert!(!denies(compare("StringLike"), &known));
    assert!(denies(compare("StringNotEquals"), &known));
    assert!(denies(compare("StringNotLike"), &known));
}

#[test]
fn resource_with_a_variable_matches_its_value_only() {
    let resource = |field: &str| json!({field: "arn:aws:s3:::bucket/${aws:PrincipalTag/team}/*"});
    let team = |name: &str| [("aws:PrincipalTag/team", json!(name))];
    assert!(denies(resource("Resource"), &team("payments")));
    assert!(!denies(resource("Resource"), &team("other")));
    // Wildcards of the value are text.
    assert!(!denies(resource("Resource"), &team("*")));
    assert!(!denies(resource("Resource"), &[]), "a variable without a value matches no resource");
    assert!(!denies(resource("NotResource"), &team("payments")));
    assert!(denies(resource("NotResource"), &team("other")));
    assert!(denies(resource("NotResource"), &[]));
}

#[test]
fn default_replaces_a_missing_value() {
    let resource = json!({"Resource": "arn:aws:s3:::bucket/${aws:PrincipalTag/team, 'payments'}/*"});
    assert!(denies(resource.clone(), &[]));
    assert!(!denies(resource, &[("aws:PrincipalTag/team", json!("other"))]));
}

#[test]
fn escapes_are_the_characters_themselves() {
    let prefix = |value: &str| [("s3:prefix", json!(value))];
    let like = |pattern: &str| json!({"Resource": "*", "Condition": {"StringLike": {"s3:prefix": pattern}}});
    assert!(denies(like("a${*}b"), &prefix("a*b")));
    assert!(!denies(like("a${*}b"), &prefix("axb")));
    assert!(denies(like("a${$}{x}?"), &prefix("a${x}c")));
    assert!(denies(like("unclosed${x"), &prefix("unclosed${x")));
}

/// Only `StringLike` and the ARN operators have wildcards.
#[test]
fn wildcards_are_text_for_other_operators() {
    let equals = |operator: &str| json!({"Resource": "*", "Condition": {operator: {"s3:prefix": "A*"}}});
    assert!(!denies(equals("StringEquals"), &[("s3:prefix", json!("Abc"))]));
    assert!(denies(equals("StringEquals"), &[("s3:prefix", json!("A*"))]));
    assert!(!denies(equals("StringEqualsIgnoreCase"), &[("s3:prefix", json!("abc"))]));
    assert!(denies(equals("StringEqualsIgnoreCase"), &[("s3:prefix", json!("a*"))]));
}
