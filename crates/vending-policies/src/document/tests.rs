//! Documents and their problems.

use serde_json::{Value, json};

use super::*;

fn problems(policy_type: PolicyType, text: &str) -> Vec<String> {
    Document::parse("x", policy_type, text).unwrap_err().iter().map(ToString::to_string).collect()
}

fn of_statement(policy_type: PolicyType, statement: &Value) -> Vec<String> {
    problems(policy_type, &json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string())
}

fn parse(policy_type: PolicyType, value: &Value) -> Document {
    Document::parse("x", policy_type, &value.to_string()).unwrap()
}

fn deny(resource: &Value) -> Value {
    let statement = json!({ "Effect": "Deny", "Action": "s3:*", "Resource": resource });
    json!({ "Version": "2012-10-17", "Statement": [statement] })
}

#[test]
fn text_that_is_not_json_is_a_problem_with_its_place() {
    assert_eq!(
        problems(PolicyType::Scp, "{\n  \"Version\": }"),
        ["policies/x.json: the file must be valid JSON: expected value at line 2 column 14"]
    );
    let duplicate = r#"{ "Statement": [{ "Condition": { "Null": {}, "Null": {} } }] }"#;
    assert!(problems(PolicyType::Scp, duplicate)[0].contains("the field `Null` is a duplicate at line 1"));
}

#[test]
fn structure_of_an_scp_is_checked() {
    for (statement, expected) in [
        (json!({ "Effect": "Maybe", "Action": "s3:*", "Resource": "*" }), "/Effect` must be Allow or Deny"),
        (json!({ "Effect": "Deny", "Resource": "*" }), "/Action` is required, or NotAction"),
        (
            json!({ "Effect": "Deny", "Action": "s3:*", "NotAction": "s3:*", "Resource": "*" }),
            "/NotAction` must not be there together with Action",
        ),
        (json!({ "Effect": "Deny", "Action": "s3:*" }), "/Resource` is required, or NotResource"),
        (
            json!({ "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*" }),
            "/Principal` must not be there: an SCP is for all principals of the accounts; use a condition on aws:PrincipalArn",
        ),
        (
            json!({ "Effect": "Deny", "Action": ["s3:*", "GetObject"], "Resource": "*" }),
            "/Action/1` must be an action, such as s3:GetObject or s3:Get*",
        ),
        (
            json!({ "Effect": "Deny", "Action": "s3:*", "Resource": "bucket" }),
            "/Resource` must be * or an ARN with six parts, such as arn:aws:s3:::bucket/*",
        ),
        (
            json!({ "Sid": "a b", "Effect": "Deny", "Action": "*", "Resource": "*" }),
            "/Sid` must have letters and digits only",
        ),
        (
            json!({ "Efect": "Deny", "Effect": "Deny", "Action": "*", "Resource": "*" }),
            "/Efect` is an unknown field; did you mean `Effect`?",
        ),
        (
            json!({ "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": { "Null": "true" } }),
            "/Condition/Null` must be an object with condition keys, not a string",
        ),
        (
            json!({ "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": { "Null": { "aws:a": {} } } }),
            "/Condition/Null/aws:a` must be a string or a list of strings",
        ),
    ] {
        assert_eq!(of_statement(PolicyType::Scp, &statement), [format!("policies/x.json: `/Statement/0{expected}")]);
    }
}

#[test]
fn structure_of_an_rcp_is_checked() {
    let statement = json!({ "Effect": "Allow", "NotAction": "*", "Resource": "*" });
    assert_eq!(
        of_statement(PolicyType::Rcp, &statement),
        [
            "policies/x.json: `/Statement/0/Effect` must be Deny: only RCPFullAWSAccess can allow",
            "policies/x.json: `/Statement/0/Principal` must be \"*\"; use a condition for some principals",
            "policies/x.json: `/Statement/0/Action` is required",
            "policies/x.json: `/Statement/0/NotAction` must not be there: RCPs do not support it",
        ]
    );
    let all = json!({ "Effect": "Deny", "Principal": "*", "Action": ["*"], "Resource": "*" });
    assert_eq!(
        of_statement(PolicyType::Rcp, &all),
        [
            "policies/x.json: `/Statement/0/Action` must name a service, such as s3:*, because an RCP cannot be for all services"
        ]
    );
}

#[test]
fn document_needs_version_and_statements() {
    assert_eq!(
        problems(PolicyType::Scp, "{}"),
        [
            "policies/x.json: the file must have at least one field",
            "policies/x.json: `/Version` must be \"2012-10-17\"",
            "policies/x.json: `/Statement` must be a list of statements",
        ]
    );
    let twice = json!({ "Sid": "A", "Effect": "Deny", "Action": "*", "Resource": "*" });
    let same = json!({ "Version": "2012-10-17", "Statement": [twice, twice] }).to_string();
    assert_eq!(
        problems(PolicyType::Scp, &same),
        ["policies/x.json: `/Statement/1` has the `Sid` of an earlier statement; it must be unique"]
    );
}

#[test]
fn management_policy_is_a_json_object() {
    let document = parse(PolicyType::S3, &json!({ "s3_attributes": {} }));
    assert_eq!(document.fill(&Values::default()).unwrap().text(), r#"{"s3_attributes":{}}"#);
    assert_eq!(problems(PolicyType::S3, "[]"), ["policies/x.json: the file must be a JSON object, not an array"]);
}

#[test]
fn placeholders_are_filled() {
    let document =
        parse(PolicyType::Scp, &deny(&json!(["arn:aws:s3:::{{logBucketPrefix}}*", "arn:aws:s3:::{{organizationId}}"])));
    let values = Values { log_bucket_prefix: Some("logs".to_owned()), ..Values::default() };
    let content = document.fill(&values).unwrap();
    assert_eq!(
        content.value()["Statement"][0]["Resource"],
        json!(["arn:aws:s3:::logs*", "arn:aws:s3:::o-exampleorgid"])
    );
}

#[test]
fn list_is_replaced_by_its_elements() {
    let condition = json!({ "StringNotEquals": { "aws:RequestedRegion": ["{{governedRegions}}", "eu-north-1"] } });
    let mut document = deny(&json!("*"));
    document["Statement"][0]["Condition"] = condition;
    let governed_regions = vec!["us-east-1".to_owned(), "eu-west-1".to_owned()];
    let content = parse(PolicyType::Scp, &document).fill(&Values { governed_regions, ..Values::default() }).unwrap();
    let filled = &content.value()["Statement"][0]["Condition"]["StringNotEquals"]["aws:RequestedRegion"];
    assert_eq!(filled, &json!(["us-east-1", "eu-west-1", "eu-north-1"]));
}

#[test]
fn list_must_be_an_element_alone() {
    let expected = "must be an element of a list, [\"{{governedRegions}}\"], because {{governedRegions}} stands for several values";
    for resource in [json!("{{governedRegions}}"), json!(["arn:aws:s3:::{{governedRegions}}"])] {
        let found = problems(PolicyType::Scp, &deny(&resource).to_string());
        assert!(found[0].ends_with(expected), "{found:?}");
    }
}

#[test]
fn unknown_placeholder_is_a_problem_at_its_place() {
    let found = problems(PolicyType::Scp, &deny(&json!(["*", "arn:aws:s3:::{{logBucketPrefx}}*"])).to_string());
    let start = "policies/x.json: `/Statement/0/Resource/1` has the unknown placeholder {{logBucketPrefx}}; did you mean {{logBucketPrefix}}?";
    assert!(found[0].starts_with(start), "{found:?}");
    let mut name = deny(&json!("*"));
    name["Statement"][0]["Condition"] = json!({ "Null": { "{{homeRegion}}": "true" } });
    assert_eq!(
        problems(PolicyType::Scp, &name.to_string()),
        [
            "policies/x.json: `/Statement/0/Condition/Null/{{homeRegion}}` must have no placeholder in its name; only values can have one"
        ]
    );
}

#[test]
fn missing_value_is_a_problem_that_names_the_field() {
    let document = parse(PolicyType::Scp, &deny(&json!("arn:aws:cloudtrail:*:*:trail/{{trailName}}")));
    let found = document.fill(&Values::default()).unwrap_err();
    assert_eq!(
        found[0].to_string(),
        "policies/x.json: `/Statement/0/Resource` needs a value for {{trailName}}: set `trail.name` of the manifest"
    );
}

#[test]
fn size_is_that_of_the_minified_document() {
    let resources =
        |count: usize| json!((0..count).map(|number| format!("arn:aws:s3:::b{number:010}")).collect::<Vec<_>>());
    let fits = parse(PolicyType::Scp, &deny(&resources(376)));
    assert_eq!(fits.fill(&Values::default()).unwrap().size(), 10_237);
    let found = parse(PolicyType::Scp, &deny(&resources(377))).fill(&Values::default()).unwrap_err();
    assert_eq!(
        found[0].to_string(),
        "policies/x.json: the file must have at most 10240 characters without white space, the quota of AWS for scp, not 10264"
    );
}

#[test]
fn operator_that_cannot_be_evaluated_is_a_problem() {
    let mut document = deny(&json!("*"));
    document["Statement"][0]["Condition"] = json!({ "StringMatches": { "aws:PrincipalArn": "x" } });
    let found = parse(PolicyType::Scp, &document).fill(&Values::default()).unwrap_err();
    assert!(
        found[0].to_string().starts_with("policies/x.json: `/Statement` cannot be evaluated: statement 1: "),
        "{found:?}"
    );
}

/// The order of fields depends on the features of the build, and the content must not.
#[test]
fn content_does_not_depend_on_the_order_of_fields() {
    let [one, other] = [r#"{ "b": { "d": 1, "c": 2 }, "a": [] }"#, r#"{ "a": [], "b": { "c": 2, "d": 1 } }"#]
        .map(|text| Document::parse("x", PolicyType::Tag, text).unwrap().fill(&Values::default()).unwrap());
    assert_eq!(one.text(), r#"{"a":[],"b":{"c":2,"d":1}}"#);
    assert_eq!(one.text(), other.text());
}
