//! Cases and their problems.

use serde_json::{Value, json};

use super::*;
use crate::principal::Named;

const CASE: &str = "\
why: a
breaks: b
cases:
  - who: [engineer, role]
    does: s3:GetObject
    on: arn:aws:s3:::bucket/*
    with: { aws:SecureTransport: false, aws:TagKeys: [a, b] }
    is: denied
    because: of a reason
";

fn problems(text: &str) -> Vec<String> {
    Cases::parse("x", text).unwrap_err().iter().map(ToString::to_string).collect()
}

/// The problems of a case with one field replaced.
fn problems_with(name: &str, value: Value) -> Vec<String> {
    let mut case = json!({ "who": "role", "does": "s3:GetObject", "is": "denied", "because": "a" });
    case[name] = value;
    problems(&json!({ "why": "a", "breaks": "b", "cases": [case] }).to_string())
}

#[test]
fn cases_are_read() {
    let cases = Cases::parse("x", CASE).unwrap();
    assert_eq!((cases.policy(), &*cases.why, &*cases.breaks), ("x", "a", "b"));
    let case = &cases.cases[0];
    assert_eq!(case.who, [Principal::Named(Named::Engineer), Principal::Named(Named::Role)]);
    assert_eq!(
        (&*case.does, case.on.as_deref()),
        (["s3:GetObject".to_owned()].as_slice(), Some("arn:aws:s3:::bucket/*"))
    );
    assert_eq!((&case.with["aws:SecureTransport"], &case.with["aws:TagKeys"]), (&json!(false), &json!(["a", "b"])));
    assert_eq!((case.is, &*case.because), (Expected::Denied, "of a reason"));
}

#[test]
fn star_is_an_action_without_a_resource() {
    let cases = Cases::parse("x", &CASE.replace("arn:aws:s3:::bucket/*", "'*'")).unwrap();
    assert_eq!(cases.cases[0].on, None);
}

#[test]
fn everything_missing_is_reported() {
    assert_eq!(
        problems("cases: [{}]"),
        [
            "policies/x.cases.yaml: `/why` is required",
            "policies/x.cases.yaml: `/breaks` is required",
            "policies/x.cases.yaml: `/cases/0/who` is required",
            "policies/x.cases.yaml: `/cases/0/does` is required",
            "policies/x.cases.yaml: `/cases/0/is` is required: allowed or denied",
            "policies/x.cases.yaml: `/cases/0/because` is required",
        ]
    );
    assert_eq!(problems("{ why: a, breaks: b }"), ["policies/x.cases.yaml: `/cases` must have at least one case"]);
}

#[test]
fn each_field_is_checked() {
    for (name, value, expected) in [
        ("is", json!("denid"), "/is` must be allowed or denied; did you mean `denied`?"),
        ("does", json!("s3:Get*"), "/does` must be one action, without wildcards; name each action that is tried"),
        ("does", json!(["s3:GetObject", "GetObject"]), "/does/1` must be an action, such as ec2:RunInstances"),
        ("on", json!("bucket"), "/on` must be an ARN, or * for an action without a resource"),
        ("on", json!(7), "/on` must be a string, not a number; put it in quotes"),
        (
            "with",
            json!({ "region": "a" }),
            "/with/region` must be a condition key with its prefix, such as aws:RequestedRegion",
        ),
        ("with", json!({ "aws:a": {} }), "/with/aws:a` must be a string or a list of strings"),
        ("with", json!("a"), "/with` must be an object with condition keys, not a string"),
        ("because", json!(" "), "/because` must not be empty"),
        ("becuase", json!("a"), "/becuase` is an unknown field; did you mean `because`?"),
    ] {
        assert_eq!(problems_with(name, value), [format!("policies/x.cases.yaml: `/cases/0{expected}")]);
    }
}

#[test]
fn unknown_principal_has_a_suggestion() {
    let found = problems_with("who", json!(["enginer"]));
    assert!(found[0].starts_with("policies/x.cases.yaml: `/cases/0/who/0` must be the ARN of a role"), "{found:?}");
    assert!(found[0].ends_with("; did you mean engineer?"), "{found:?}");
}

#[test]
fn unknown_placeholder_is_a_problem_where_it_is() {
    for (name, value, pointer) in [
        ("on", json!("arn:aws:s3:::{{x}}"), "/on"),
        ("with", json!({ "aws:a": ["{{x}}"] }), "/with/aws:a"),
        ("who", json!("arn:aws:iam::{{x}}:role/a"), "/who"),
    ] {
        let found = problems_with(name, value);
        let start = format!("policies/x.cases.yaml: `/cases/0{pointer}` has the unknown placeholder {{{{x}}}}");
        assert!(found[0].starts_with(&start), "{found:?}");
    }
}

#[test]
fn invalid_yaml_is_a_problem_with_its_place() {
    for text in ["why: a\nwhy: b\n", "why: [\n"] {
        let found = problems(text);
        assert!(found[0].starts_with("policies/x.cases.yaml: the file must be valid YAML: "), "{found:?}");
        assert!(found[0].contains("line "), "{found:?}");
    }
    assert_eq!(
        problems("[]"),
        ["policies/x.cases.yaml: the file must be an object with why, breaks, and cases, not an array"]
    );
}

#[test]
fn schema_accepts_what_is_read() {
    let schema = jsonschema::draft202012::new(&crate::schema()).unwrap();
    let value: Value = serde_saphyr::from_str(CASE).unwrap();
    let found: Vec<String> = schema.iter_errors(&value).map(|error| error.to_string()).collect();
    assert!(found.is_empty(), "{found:?}");
    for (name, wrong) in [
        ("who", json!("enginer")),
        ("does", json!("s3:Get*")),
        ("is", json!("deny")),
        ("with", json!({ "region": "a" })),
        ("because", json!("")),
        ("becuase", json!("a")),
    ] {
        let mut value = value.clone();
        value["cases"][0][name] = wrong;
        assert!(!schema.is_valid(&value), "{name}");
    }
    let minimal = json!({ "why": "a", "breaks": "b", "cases": [
        { "who": "root", "does": ["s3:GetObject"], "is": "allowed", "because": "c" }
    ] });
    assert!(schema.is_valid(&minimal));
}
