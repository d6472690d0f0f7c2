//! Condition operators, as on
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>.

use serde_json::{Value, json};

use super::{ROLE, evaluate_statement};
use crate::Evaluation;

/// Checks whether each condition holds for a request with these keys.
fn check<const N: usize>(known: &[(&str, Value)], cases: [(Value, bool); N]) {
    for (condition, expected) in cases {
        let statement = json!({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition});
        let denies = evaluate_statement(&statement, "iam:CreateRole", Some(ROLE), known) == Evaluation::ExplicitDeny;
        assert_eq!(denies, expected, "{condition} with {known:?}");
    }
}

#[test]
fn absent_key_matches_only_negated_operators() {
    check(
        &[],
        [
            (json!({"StringEquals": {"aws:Absent": "x"}}), false),
            (json!({"StringLike": {"aws:Absent": "*"}}), false),
            (json!({"ArnLike": {"aws:Absent": "arn:aws:iam::*:root"}}), false),
            (json!({"Bool": {"aws:Absent": "false"}}), false),
            (json!({"NumericLessThan": {"aws:Absent": "1"}}), false),
            (json!({"StringNotEquals": {"aws:Absent": "x"}}), true),
            (json!({"StringNotEqualsIgnoreCase": {"aws:Absent": "x"}}), true),
            (json!({"StringNotLike": {"aws:Absent": ["x*", "*"]}}), true),
            (json!({"ArnNotLike": {"aws:Absent": "arn:aws:iam::*:root"}}), true),
            (json!({"ArnNotEquals": {"aws:Absent": "arn:aws:iam::*:root"}}), true),
            (json!({"NumericNotEquals": {"aws:Absent": "1"}}), true),
            (json!({"NotIpAddress": {"aws:Absent": "10.0.0.0/8"}}), true),
        ],
    );
}

#[test]
fn absent_key_matches_if_exists_operators() {
    check(
        &[],
        [
            (json!({"BoolIfExists": {"aws:Absent": "false"}}), true),
            (json!({"StringEqualsIfExists": {"aws:Absent": "x"}}), true),
            (json!({"StringNotLikeIfExists": {"aws:Absent": "x"}}), true),
            (json!({"ArnLikeIfExists": {"aws:Absent": "arn:aws:iam::*:root"}}), true),
            (json!({"ForAnyValue:StringEqualsIfExists": {"aws:Absent": "x"}}), true),
            (json!({"NumericLessThanIfExists": {"aws:Absent": "1"}}), true),
            (json!({"DateLessThanIfExists": {"aws:Absent": "2026-01-01T00:00:00Z"}}), true),
        ],
    );
}

#[test]
fn if_exists_compares_a_key_that_is_there() {
    check(
        &[("aws:MultiFactorAuthPresent", json!(true)), ("oidc:sub", json!("repo:acme/pay:ref:refs/heads/main"))],
        [
            (json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}), false),
            (json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}), true),
            (json!({"StringNotLikeIfExists": {"oidc:sub": ["repo:other/*", "repo:acme/*"]}}), false),
            (json!({"StringNotLikeIfExists": {"oidc:sub": ["repo:other/*"]}}), true),
            (json!({"StringLikeIfExists": {"oidc:sub": "repo:acme/*"}}), true),
        ],
    );
}

#[test]
fn null_is_about_the_key_alone() {
    check(
        &[("aws:AssumedRoot", json!("true")), ("aws:Empty", json!([]))],
        [
            (json!({"Null": {"aws:AssumedRoot": "false"}}), true),
            (json!({"Null": {"AWS:assumedroot": false}}), true),
            (json!({"Null": {"aws:AssumedRoot": "true"}}), false),
            (json!({"Null": {"aws:Other": "true"}}), true),
            (json!({"Null": {"aws:Other": true}}), true),
            (json!({"Null": {"aws:Other": "false"}}), false),
            // A key without values is absent.
            (json!({"Null": {"aws:Empty": "true"}}), true),
        ],
    );
}

#[test]
fn negated_operators_exclude_every_value() {
    check(
        &[("aws:RequestedRegion", json!("eu-west-1"))],
        [
            (json!({"StringNotEquals": {"aws:RequestedRegion": ["us-east-1", "eu-west-1"]}}), false),
            (json!({"StringNotEquals": {"AWS:REQUESTEDREGION": ["us-east-1", "eu-central-1"]}}), true),
            (json!({"StringNotLike": {"aws:RequestedRegion": ["us-*", "eu-*"]}}), false),
            (json!({"StringNotEqualsIgnoreCase": {"aws:RequestedRegion": "EU-WEST-1"}}), false),
            (json!({"StringEqualsIgnoreCase": {"aws:RequestedRegion": "EU-WEST-1"}}), true),
        ],
    );
}

#[test]
fn parts_of_an_arn_are_compared_separately() {
    let exempt = "arn:aws:iam::*:role/account-vending/AccountVending";
    for (arn, matches) in [
        ("arn:aws:iam::111111111111:role/account-vending/AccountVending", true),
        ("arn:aws:iam::111111111111:role/account-vending/access/AccountVending", false),
        ("arn:aws:iam::111111111111:role/account-vending/AccountVending2", false),
        // A path can have a colon, so that as one string, this would match.
        ("arn:aws:iam::111111111111:role/x:role/account-vending/AccountVending", false),
        ("AccountVending", false),
    ] {
        check(
            &[("aws:PrincipalArn", json!(arn))],
            [
                (json!({"ArnLike": {"aws:PrincipalArn": ["arn:aws:iam::*:root", exempt]}}), matches),
                (json!({"ArnEquals": {"aws:PrincipalArn": exempt}}), matches),
                (json!({"ArnNotLike": {"aws:PrincipalArn": ["arn:aws:iam::*:root", exempt]}}), !matches),
                (json!({"ArnNotEquals": {"aws:PrincipalArn": exempt}}), !matches),
                (json!({"ArnLike": {"aws:PrincipalArn": "*"}}), true),
            ],
        );
    }
}

#[test]
fn two_arn_operators_must_both_match() {
    let arn = "arn:aws:iam::111111111111:role/a/b";
    let both = |one: &str, other: &str| json!({"ArnLike": {"aws:PrincipalArn": one}, "ArnEquals": {"aws:PrincipalArn": other}});
    let (any, own, another) = ("arn:aws:iam::*:role/*", arn, "arn:aws:iam::*:role/c");
    check(
        &[("aws:PrincipalArn", json!(arn))],
        [(both(any, own), true), (both(another, own), false), (both(own, another), false)],
    );
}

#[test]
fn qualifiers_compare_sets() {
    check(
        &[("kms:ResourceAliases", json!(["alias/app", "alias/account-vending/logs"]))],
        [
            (json!({"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/account-vending/logs"}}), true),
            (json!({"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/other"}}), false),
            (json!({"ForAnyValue:StringLike": {"kms:ResourceAliases": "alias/account-vending/*"}}), true),
            (json!({"ForAnyValue:StringNotEquals": {"kms:ResourceAliases": "alias/app"}}), true),
            (json!({"ForAnyValue:StringNotLike": {"kms:ResourceAliases": "alias/*"}}), false),
            (json!({"ForAllValues:StringLike": {"kms:ResourceAliases": "alias/*"}}), true),
            (json!({"ForAllValues:StringEquals": {"kms:ResourceAliases": "alias/app"}}), false),
            (json!({"ForAllValues:StringNotEquals": {"kms:ResourceAliases": "alias/app"}}), false),
            (json!({"ForAllValues:StringNotEquals": {"kms:ResourceAliases": "alias/other"}}), true),
        ],
    );
    check(
        &[],
        [
            (json!({"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/app"}}), false),
            (json!({"ForAnyValue:StringNotEquals": {"kms:ResourceAliases": "alias/app"}}), false),
            (json!({"ForAllValues:StringEquals": {"kms:ResourceAliases": "alias/app"}}), true),
        ],
    );
}

/// AWS has no types: a key is `true` whether it was given as a boolean or as a string.
#[test]
fn booleans_can_be_strings() {
    for value in [json!(true), json!("true"), json!("True")] {
        check(
            &[("aws:MultiFactorAuthPresent", value)],
            [
                (json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}), true),
                (json!({"Bool": {"aws:MultiFactorAuthPresent": true}}), true),
                (json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}), false),
            ],
        );
    }
}

/// iam-rs evaluates these.
#[test]
fn numbers_dates_and_addresses_are_compared() {
    check(
        &[
            ("aws:MultiFactorAuthAge", json!(300)),
            ("aws:CurrentTime", json!("2026-06-01T00:00:00Z")),
            ("aws:SourceIp", json!("10.1.2.3")),
        ],
        [
            (json!({"NumericGreaterThan": {"aws:MultiFactorAuthAge": "3600"}}), false),
            (json!({"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}), true),
            (json!({"DateGreaterThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}}), true),
            (json!({"IpAddress": {"aws:SourceIp": ["192.0.2.0/24", "10.0.0.0/8"]}}), true),
            (json!({"NotIpAddress": {"aws:SourceIp": ["192.0.2.0/24", "10.0.0.0/8"]}}), false),
        ],
    );
}
