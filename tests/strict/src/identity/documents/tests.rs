//! What AWS's documentation says of policies, of the parts that we use.

use super::*;

const ROLE: &str = "arn:aws:iam::111111111111:role/account-vending/AccountVending";

fn keys(keys: &[(&str, Value)]) -> Keys {
    keys.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

fn says(statement: &Value, action: &str, resource: Option<&str>, known: &[(&str, Value)]) -> Opinion {
    let document = json!({"Statement": statement});
    opinion(&document, Question { action, resource, keys: &keys(known) }).unwrap()
}

#[test]
fn actions_and_resources_match_with_wildcards() {
    let allow = |action: &str, resource: &str| json!({"Effect": "Allow", "Action": action, "Resource": resource});
    for (statement, expected) in [
        (allow("iam:CreateRole", "*"), Opinion::Allows),
        (allow("IAM:create*", ROLE), Opinion::Allows),
        (allow("*", "arn:aws:iam::*:role/account-vending/*"), Opinion::Allows),
        (allow("iam:CreateRole", "arn:aws:iam::111111111111:role/AccountVending"), Opinion::SaysNothing),
        (allow("iam:CreateUser", "*"), Opinion::SaysNothing),
        (allow("sts:*", "*"), Opinion::SaysNothing),
    ] {
        assert_eq!(says(&statement, "iam:CreateRole", Some(ROLE), &[]), expected, "{statement}");
    }
}

#[test]
fn an_action_without_a_resource_needs_all_resources() {
    let list = |resource: &str| {
        let statement = json!([{"Effect": "Allow", "Action": ["organizations:ListRoots"], "Resource": [resource]}]);
        says(&statement, "organizations:ListRoots", None, &[])
    };
    assert_eq!(list("*"), Opinion::Allows);
    assert_eq!(list("arn:aws:organizations::123456789012:account/*"), Opinion::SaysNothing);
}

#[test]
fn not_action_and_not_resource_turn_a_statement_round() {
    let region = json!({"Effect": "Deny", "NotAction": ["iam:*", "sts:*"], "Resource": "*"});
    assert_eq!(says(&region, "iam:CreateRole", Some(ROLE), &[]), Opinion::SaysNothing);
    assert_eq!(says(&region, "config:PutConfigurationRecorder", None, &[]), Opinion::Denies);
    let others = json!({"Effect": "Deny", "Action": "iam:*", "NotResource": ROLE});
    assert_eq!(says(&others, "iam:CreateRole", Some(ROLE), &[]), Opinion::SaysNothing);
    assert_eq!(says(&others, "iam:CreateRole", Some("arn:aws:iam::111111111111:role/x"), &[]), Opinion::Denies);
}

#[test]
fn a_denial_wins_wherever_it_stands() {
    let allow = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    let deny = json!({"Effect": "Deny", "Action": "iam:CreateRole", "Resource": "*"});
    assert_eq!(says(&json!([allow, deny]), "iam:CreateRole", Some(ROLE), &[]), Opinion::Denies);
    let documents = [json!({"Statement": allow}), json!({"Statement": [deny]})];
    let question = Question { action: "iam:CreateRole", resource: Some(ROLE), keys: &Keys::new() };
    assert_eq!(opinion_of_all(&documents, question), Ok(Opinion::Denies));
    assert_eq!(opinion_of_all(&documents[..1], question), Ok(Opinion::Allows));
    assert_eq!(opinion_of_all(&[], question), Ok(Opinion::SaysNothing));
}

#[test]
fn conditions_compare_as_their_operators_say() {
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
        // All operators, and all keys of each, have to hold.
        (json!({"Bool": {"aws:SecureTransport": "true"}, "StringEquals": {"aws:RequestedRegion": "eu-west-1"}}), false),
    ] {
        let statement = json!({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition});
        let denies = says(&statement, "iam:CreateRole", Some(ROLE), &known) == Opinion::Denies;
        assert_eq!(denies, expected, "{condition}");
    }
}

#[test]
fn variables_stand_for_keys_of_the_request() {
    let own = json!({"Effect": "Allow", "Action": "*", "Resource": "arn:aws:iam::${aws:PrincipalAccount}:role/*"});
    let known = [("aws:PrincipalAccount", json!("111111111111"))];
    assert_eq!(says(&own, "iam:GetRole", Some(ROLE), &known), Opinion::Allows);
    let elsewhere = Some("arn:aws:iam::222222222222:role/x");
    assert_eq!(says(&own, "iam:GetRole", elsewhere, &known), Opinion::SaysNothing);
}

#[test]
fn a_trust_is_of_the_role_without_naming_it() {
    let trust = json!({"Effect": "Allow", "Principal": {"AWS": "1", "Service": "x"}, "Action": "sts:AssumeRole"});
    assert_eq!(says(&trust, "sts:AssumeRole", Some(ROLE), &[]), Opinion::Allows);
}

#[test]
fn what_is_no_policy_is_an_error() {
    let question = Question { action: "iam:GetRole", resource: None, keys: &Keys::new() };
    assert!(opinion(&json!({"Statement": {"Effect": "Maybe"}}), question).is_err());
    let short = json!({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:iam"}});
    let question = Question { resource: Some(ROLE), ..question };
    assert!(opinion(&short, question).is_err());
}
