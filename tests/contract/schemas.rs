//! `schemas/` says what the code does: the files are made from its types, and take what the parser takes.

use std::fs;

use jsonschema::Validator;
use serde_json::{Map, Value, json};
use vending_core::{AccountRequest, Bounds};

use crate::project::{event, read, root};

/// The files, each with what it should say. `cargo xtask schemas` has them written instead of compared.
#[test]
fn schemas_say_what_the_types_say() {
    let request = format!("{:#}\n", sorted(&accounts_api::openapi::account_request()));
    for (path, text) in [("schemas/account-request.schema.json", request), ("schemas/openapi.yaml", openapi_yaml())] {
        if std::env::var_os("ACCOUNT_VENDING_WRITE_SCHEMAS").is_some() {
            fs::create_dir_all(root().join("schemas")).unwrap();
            fs::write(root().join(path), text).unwrap();
        } else {
            let written = fs::read_to_string(root().join(path)).unwrap_or_default();
            assert!(written == text, "{path} is not what the types say; run `cargo xtask schemas`");
        }
    }
}

/// What a reader looks for first comes first; everything below is sorted.
fn openapi_yaml() -> String {
    let document = accounts_api::openapi::document();
    let order = ["openapi", "info", "servers", "security", "paths", "components"];
    assert_eq!(document.as_object().unwrap().len(), order.len());
    let parts = order.map(|name| serde_norway::to_string(&json!({ name: sorted(&document[name]) })).unwrap());
    let origin = "# Made from the Rust types by `cargo xtask schemas`; a contract test holds it to them.\n";
    let text = parts.concat();
    let lines: Vec<String> = text.lines().map(time_as_text).collect();
    format!("{origin}{}\n", lines.join("\n"))
}

/// With quotes around a time: without them some readers of YAML take it for something else than a text.
fn time_as_text(line: &str) -> String {
    match line.split_once(": 20") {
        Some((name, rest)) if rest.ends_with('Z') => format!("{name}: '20{rest}'"),
        _ => line.to_owned(),
    }
}

/// The same with all keys in order, whatever order the maps of this build keep.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut members: Vec<_> = map.iter().collect();
            members.sort_by_key(|(name, _)| *name);
            members.into_iter().map(|(name, value)| (name.clone(), sorted(value))).collect::<Map<_, _>>().into()
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

fn account_request() -> Validator {
    let schema: Value = serde_json::from_str(&read("schemas/account-request.schema.json")).unwrap();
    jsonschema::draft202012::meta::validate(&schema).unwrap();
    jsonschema::draft202012::new(&schema).unwrap()
}

#[test]
fn the_request_of_the_demo_fits_its_schema() {
    account_request().validate(&event("account-request")).unwrap();
}

/// The body that all cases begin with. It gives its email, since whether a name makes one depends on the stack.
fn body() -> Value {
    json!({ "accountName": "payments-dev", "accountEmail": "aws@example.com", "organizationalUnit": "Workloads" })
}

fn with(name: &str, value: Value) -> Value {
    let mut body = body();
    body[name] = value;
    body
}

fn is_parsed(body: &Value) -> bool {
    let bounds = Bounds {
        email_pattern: "aws+{accountName}@example.com".to_owned(),
        allowed_organizational_units: vec!["*".to_owned()],
        protected_organizational_units: Vec::new(),
    };
    AccountRequest::parse(body, &bounds).is_ok()
}

#[test]
fn the_schema_takes_what_the_parser_takes_and_refuses_what_it_refuses() {
    let schema = account_request();
    for (bodies, right) in [(right_bodies(), true), (wrong_bodies(), false)] {
        for body in bodies {
            assert_eq!(is_parsed(&body), right, "parser: {body}");
            assert_eq!(schema.is_valid(&body), right, "schema: {body}");
        }
    }
}

fn right_bodies() -> Vec<Value> {
    let mut bodies = vec![body(), json!({ "accountName": "a", "organizationalUnit": "b" }), with("tags", tags(40))];
    for name in ["accountEmail", "owner", "reason", "tags"] {
        bodies.push(with(name, Value::Null));
    }
    let longest = "x".repeat(50);
    bodies.extend(["a", "Payments Dev", "R&D!~", &longest].map(|name| with("accountName", name.into())));
    for email in right_emails() {
        bodies.push(with("accountEmail", email.clone().into()));
        bodies.push(with("owner", email.into()));
    }
    bodies.extend(right_units().into_iter().map(|unit| with("organizationalUnit", unit.into())));
    bodies.extend(["", "a\nb", &"\u{1F600}".repeat(500)].map(|reason| with("reason", reason.into())));
    bodies.extend(
        [("CostCenter", "1234 / a@b"), ("Größe", "größer"), ("aws", ""), ("x-aws:y", "²½"), (&"k".repeat(128), "")]
            .map(|(key, value)| with("tags", json!({ key: value }))),
    );
    bodies.push(with("tags", json!({ "k": "v".repeat(256) })));
    bodies
}

fn wrong_bodies() -> Vec<Value> {
    let mut bodies = vec![json!([]), json!("x"), Value::Null, json!({}), with("colour", "red".into())];
    bodies.push(with("colour", Value::Null));
    for name in ["accountName", "organizationalUnit"] {
        bodies.push(with(name, Value::Null));
        let mut without = body();
        without.as_object_mut().unwrap().remove(name);
        bodies.push(without);
    }
    for name in ["accountName", "accountEmail", "organizationalUnit", "owner", "reason", "tags"] {
        bodies.extend([json!(7), json!(true), json!([]), json!(["x"])].map(|value| with(name, value)));
    }
    let too_long = "x".repeat(51);
    let names = ["", " a", "a ", " ", "a<b", "a>b", "é", "a\tb", "a\n", &too_long];
    bodies.extend(names.map(|name| with("accountName", name.into())));
    for email in wrong_emails() {
        bodies.push(with("accountEmail", email.clone().into()));
        bodies.push(with("owner", email.into()));
    }
    bodies.extend(wrong_units().into_iter().map(|unit| with("organizationalUnit", unit.into())));
    bodies.push(with("reason", "\u{1F600}".repeat(501).into()));
    bodies.push(with("tags", tags(41)));
    for (key, value) in [
        ("", ""),
        ("aws:x", ""),
        ("AWS:x", ""),
        ("Account-Vending:key", ""),
        ("a<b", ""),
        ("a\n", ""),
        ("k", "a&b"),
        ("k", "\t"),
        (&"k".repeat(129), ""),
        ("k", &"v".repeat(257)),
    ] {
        bodies.push(with("tags", json!({ key: value })));
    }
    bodies.extend([json!({ "k": 7 }), json!({ "k": null }), json!({ "k": {} })].map(|tags| with("tags", tags)));
    bodies
}

fn tags(count: usize) -> Value {
    (0..count).map(|number| (format!("k{number}"), Value::from("v"))).collect::<Map<_, _>>().into()
}

fn right_emails() -> Vec<String> {
    let longest = format!("{}@example.com", "a".repeat(52));
    let emails = ["AWS+Pay@Example.com", "a@b.co", "!#$*+/=?^_`{}~-@x.y", "a.b.@a-.-b.c", "-@1.2-3.4x", &longest];
    emails.map(str::to_owned).into()
}

fn wrong_emails() -> Vec<String> {
    let too_long = format!("{}@example.com", "a".repeat(53));
    let forbidden = "\"'()<>[]:;,\\|%& \u{e9}\n".chars().map(|wrong| format!("a{wrong}b@example.com"));
    let others = [
        "",
        "a@b.c",
        "no-at.example.com",
        "two@ats@example.com",
        "@example.com",
        ".dot@example.com",
        "name@localhost",
        "name@-example.com",
        "name@.example.com",
        "name@example.com.",
        "name@example.com-",
        "name@exa..mple.com",
        "name@exam_ple.com",
        "name@example.com\n",
        &too_long,
    ];
    forbidden.chain(others.map(str::to_owned)).collect()
}

fn right_units() -> Vec<String> {
    let longest = "ü".repeat(128);
    let units = ["W", "Workloads/Business Unit (EU)/Development", "1/2/3/4/5", ".a", "a.", "...", "a/..b/c", &longest];
    units.map(str::to_owned).into()
}

fn wrong_units() -> Vec<String> {
    let too_long = "x".repeat(129);
    let units = [
        "",
        "/",
        "/A",
        "A/",
        "A//B",
        "A/../B",
        ".",
        "..",
        "./A",
        "A/.",
        " A",
        "A ",
        "A/ B",
        "A /B",
        "A\u{a0}",
        "\u{2003}A",
        "\u{3000}",
        "A\nB",
        "A\n",
        "A\u{85}",
        "\u{7f}",
        "1/2/3/4/5/6",
        &too_long,
    ];
    units.map(str::to_owned).into()
}

/// Each example of the document with the schema that it should fit.
fn examples(document: &Value) -> Vec<(String, Value, Value)> {
    let mut found = Vec::new();
    let mut waiting = vec![(String::new(), document)];
    while let Some((place, value)) = waiting.pop() {
        if let (Some(schema), Some(examples)) = (value.get("schema"), value.get("examples")) {
            for (name, example) in examples.as_object().unwrap() {
                found.push((format!("{place}/examples/{name}"), schema.clone(), example["value"].clone()));
            }
        }
        if let (Some(schema), Some(example)) = (value.get("schema"), value.get("example")) {
            found.push((format!("{place}/example"), schema.clone(), example.clone()));
        }
        let inner: Vec<_> = match value {
            Value::Object(map) => map.iter().map(|(name, inner)| (format!("{place}/{name}"), inner)).collect(),
            Value::Array(items) => items.iter().map(|inner| (place.clone(), inner)).collect(),
            _ => Vec::new(),
        };
        waiting.extend(inner);
    }
    found
}

#[test]
fn every_example_fits_its_schema() {
    let document = accounts_api::openapi::document();
    let examples = examples(&document);
    assert!(examples.len() > 30, "{}", examples.len());
    for (place, mut schema, example) in examples {
        schema["components"] = document["components"].clone();
        let schema = jsonschema::draft202012::new(&schema).unwrap();
        let problems: Vec<String> = schema.iter_errors(&example).map(|error| error.to_string()).collect();
        assert!(problems.is_empty(), "{place}: {problems:?}");
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = accounts_api::openapi::document();
    let text = document.to_string();
    let references = text.split("\"$ref\":\"#").skip(1).map(|rest| rest.split('"').next().unwrap());
    for reference in references {
        assert!(document.pointer(reference).is_some(), "{reference}");
    }
}

#[test]
fn the_description_has_the_routes_of_the_template() {
    let document = accounts_api::openapi::document();
    let described = document["paths"].as_object().unwrap().iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap().keys();
        methods.map(move |method| (path.clone(), method.to_uppercase()))
    });
    assert_eq!(described.collect::<std::collections::BTreeSet<_>>(), crate::template::Template::read().routes());
}
