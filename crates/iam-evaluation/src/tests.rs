//! Policy evaluation as in the IAM documentation.

mod conditions;
mod variables;

use serde_json::json;

use super::*;

const ROLE: &str = "arn:aws:iam::111111111111:role/account-vending/AccountVending";

fn keys(keys: &[(&str, Value)]) -> Keys {
    keys.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

fn evaluate_statement(statement: &Value, action: &str, resource: Option<&str>, known: &[(&str, Value)]) -> Evaluation {
    let document = json!({"Statement": statement});
    evaluate(&document, ActionRequest { action, resource, keys: &keys(known) }).unwrap()
}

#[test]
fn actions_and_resources_match_with_wildcards() {
    let allow = |action: &str, resource: &str| json!({"Effect": "Allow", "Action": action, "Resource": resource});
    for (statement, expected) in [
        (allow("iam:CreateRole", "*"), Evaluation::Allowed),
        (allow("IAM:create*", ROLE), Evaluation::Allowed),
        (allow("*", "arn:aws:iam::*:role/account-vending/*"), Evaluation::Allowed),
        (allow("iam:CreateRole", "arn:aws:iam::111111111111:role/AccountVending"), Evaluation::ImplicitDeny),
        (allow("iam:CreateUser", "*"), Evaluation::ImplicitDeny),
        (allow("sts:*", "*"), Evaluation::ImplicitDeny),
    ] {
        assert_eq!(evaluate_statement(&statement, "iam:CreateRole", Some(ROLE), &[]), expected, "{statement}");
    }
}

#[test]
fn action_without_resource_needs_all_resources() {
    let list = |resource: &str| {
        let statement = json!([{"Effect": "Allow", "Action": ["organizations:ListRoots"], "Resource": [resource]}]);
        evaluate_statement(&statement, "organizations:ListRoots", None, &[])
    };
    assert_eq!(list("*"), Evaluation::Allowed);
    assert_eq!(list("arn:aws:organizations::123456789012:account/*"), Evaluation::ImplicitDeny);
}

#[test]
fn not_action_and_not_resource_match_the_rest() {
    let region = json!({"Effect": "Deny", "NotAction": ["iam:*", "sts:*"], "Resource": "*"});
    assert_eq!(evaluate_statement(&region, "iam:CreateRole", Some(ROLE), &[]), Evaluation::ImplicitDeny);
    assert_eq!(evaluate_statement(&region, "config:PutConfigurationRecorder", None, &[]), Evaluation::ExplicitDeny);
    let others = json!({"Effect": "Deny", "Action": "iam:*", "NotResource": ROLE});
    assert_eq!(evaluate_statement(&others, "iam:CreateRole", Some(ROLE), &[]), Evaluation::ImplicitDeny);
    assert_eq!(
        evaluate_statement(&others, "iam:CreateRole", Some("arn:aws:iam::111111111111:role/x"), &[]),
        Evaluation::ExplicitDeny
    );
}

#[test]
fn explicit_deny_overrides_any_allow() {
    let allow = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    let deny = json!({"Effect": "Deny", "Action": "iam:CreateRole", "Resource": "*"});
    assert_eq!(evaluate_statement(&json!([allow, deny]), "iam:CreateRole", Some(ROLE), &[]), Evaluation::ExplicitDeny);
    let documents = [json!({"Statement": allow}), json!({"Statement": [deny]})];
    let request = ActionRequest { action: "iam:CreateRole", resource: Some(ROLE), keys: &Keys::new() };
    assert_eq!(evaluate_all(&documents, request), Ok(Evaluation::ExplicitDeny));
    assert_eq!(evaluate_all(&documents[..1], request), Ok(Evaluation::Allowed));
    assert_eq!(evaluate_all(&[], request), Ok(Evaluation::ImplicitDeny));
}

#[test]
fn condition_operators_compare_values() {
    let known = [
        ("aws:PrincipalArn", json!("arn:aws:iam::123456789012:role/account-vending/stack/Move")),
        ("aws:RequestedRegion", json!("us-east-1")),
        ("aws:SecureTransport", json!(true)),
        ("aws:TagKeys", json!(["a", "b"])),
    ];
    for (condition, expected) in [
        (json!({"StringEquals": {"aws:RequestedRegion": "us-east-1"}}), true),
        (json!({"StringEquals": {"AWS:requestedregion": ["eu-west-1", "us-east-1"]}}), true),
        (json!({"StringEquals": {"aws:RequestedRegion": "US-EAST-1"}}), false),
        (json!({"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "us-east-1"]}}), false),
        (json!({"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1"]}}), true),
        (json!({"StringLike": {"aws:RequestedRegion": "us-*"}}), true),
        (json!({"StringNotLike": {"aws:RequestedRegion": "us-*"}}), false),
        (json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/account-vending/stack/*"}}), true),
        (json!({"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::*:role/account-vending/stack/Move"}}), true),
        (
            json!({"ArnNotLike": {"aws:PrincipalArn": ["arn:aws:iam::*:role/Admin", "arn:aws:iam::*:role/account-vending/*"]}}),
            false,
        ),
        (json!({"ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::*:role/Admin"}}), true),
        (json!({"Bool": {"aws:SecureTransport": "true"}}), true),
        (json!({"Bool": {"aws:MultiFactorAuthPresent": "false"}}), false),
        (json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}), true),
        (json!({"Null": {"aws:AssumedRoot": "true"}}), true),
        (json!({"Null": {"aws:PrincipalArn": "true"}}), false),
        (json!({"StringEquals": {"aws:Missing": "x"}}), false),
        (json!({"StringNotEquals": {"aws:Missing": "x"}}), true),
        (json!({"StringEqualsIfExists": {"aws:Missing": "x"}}), true),
        (json!({"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b", "c"]}}), true),
        (json!({"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}}), false),
        (json!({"ForAnyValue:StringEquals": {"aws:TagKeys": ["a"]}}), true),
        (json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}), false),
        // All operators and all keys must match.
        (json!({"Bool": {"aws:SecureTransport": "true"}, "StringEquals": {"aws:RequestedRegion": "eu-west-1"}}), false),
    ] {
        let statement = json!({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition});
        let denies = evaluate_statement(&statement, "iam:CreateRole", Some(ROLE), &known) == Evaluation::ExplicitDeny;
        assert_eq!(denies, expected, "{condition}");
    }
}

#[test]
fn policy_variables_are_resolved() {
    let own = json!({"Effect": "Allow", "Action": "*", "Resource": "arn:aws:iam::${aws:PrincipalAccount}:role/*"});
    let known = [("aws:PrincipalAccount", json!("111111111111"))];
    assert_eq!(evaluate_statement(&own, "iam:GetRole", Some(ROLE), &known), Evaluation::Allowed);
    let elsewhere = Some("arn:aws:iam::222222222222:role/x");
    assert_eq!(evaluate_statement(&own, "iam:GetRole", elsewhere, &known), Evaluation::ImplicitDeny);
}

#[test]
fn trust_policy_needs_no_resource() {
    let trust = json!({"Effect": "Allow", "Principal": {"AWS": "1", "Service": "x"}, "Action": "sts:AssumeRole"});
    assert_eq!(evaluate_statement(&trust, "sts:AssumeRole", Some(ROLE), &[]), Evaluation::Allowed);
}

#[test]
fn statement_that_decided_is_named() {
    let document = json!({"Statement": [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Sid": "DenyDeletion", "Effect": "Deny", "Action": "iam:DeleteRole", "Resource": "*"},
    ]});
    let policy = Policy::parse(&document).unwrap();
    let decide = |action| policy.decide(ActionRequest { action, resource: Some(ROLE), keys: &Keys::new() }).unwrap();
    assert_eq!(
        decide("iam:DeleteRole"),
        Decision { evaluation: Evaluation::ExplicitDeny, statement: Some("DenyDeletion") }
    );
    assert_eq!(decide("iam:GetRole"), Decision { evaluation: Evaluation::Allowed, statement: Some("1") });
    let nothing = Policy::parse(&json!({"Statement": []})).unwrap();
    let request = ActionRequest { action: "iam:GetRole", resource: None, keys: &Keys::new() };
    let implicit = Decision { evaluation: Evaluation::ImplicitDeny, statement: None };
    assert_eq!(nothing.decide(request), Ok(implicit));
}

#[test]
fn invalid_policy_is_an_error() {
    let request = ActionRequest { action: "iam:GetRole", resource: None, keys: &Keys::new() };
    assert!(evaluate(&json!({"Statement": {"Effect": "Maybe"}}), request).is_err());
    let short = json!({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:iam"}});
    let request = ActionRequest { resource: Some(ROLE), ..request };
    assert!(evaluate(&short, request).is_err());
    let unknown = json!({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*",
        "Condition": {"StringMatches": {"aws:PrincipalArn": "x"}}}});
    let error = Policy::parse(&unknown).unwrap_err().to_string();
    assert!(error.contains("StringMatches"), "{error}");
}
