//! The files in `schemas/`, and the fields in the manual page of the manifest, are generated from the Rust types.

use std::fs;

use serde_json::{Map, Value, json};

use crate::project::root;

/// Compares the files with the types. `cargo xtask generate` uses the same test to write the files.
#[test]
fn schemas_match_the_types() {
    let request = format!("{:#}\n", sorted(&accounts_api::openapi::account_request()));
    let manifest = format!(
        "{:#}
",
        sorted(&vending_manifest::schema())
    );
    let of_api = [("schemas/account-request.schema.json", request), ("schemas/openapi.yaml", openapi_yaml())];
    let of_vend = vend::json::schemas().map(|(path, schema)| (path, format!("{:#}\n", sorted(&schema))));
    let of_manifest = [("schemas/organization.schema.json", manifest), (MANIFEST_PAGE, manifest_page())];
    let cases = format!("{:#}\n", sorted(&vending_policies::schema()));
    let of_policies = [("schemas/policy-cases.schema.json", cases)];
    for (path, text) in of_api.into_iter().chain(of_vend).chain(of_manifest).chain(of_policies) {
        if std::env::var_os("ACCOUNT_VENDING_WRITE_SCHEMAS").is_some() {
            fs::create_dir_all(root().join("schemas")).unwrap();
            fs::write(root().join(path), text).unwrap();
        } else {
            let written = fs::read_to_string(root().join(path)).unwrap_or_default();
            assert!(written == text, "{path} does not match the Rust types; run `cargo xtask generate`");
        }
    }
}

const MANIFEST_PAGE: &str = "docs/src/configure/manifest.md";

/// The manual page of the manifest, with the tables of its fields.
fn manifest_page() -> String {
    let page = fs::read_to_string(root().join(MANIFEST_PAGE)).unwrap();
    let (begin, end) = ("<!-- begin generated: fields -->\n", "<!-- end generated -->");
    let (before, rest) = page.split_once(begin).unwrap();
    let (_, after) = rest.split_once(end).unwrap();
    format!("{before}{begin}{}\n{end}{after}", vending_manifest::manual())
}

/// The OpenAPI document of all functions of the API.
fn openapi() -> Value {
    let mut document = accounts_api::openapi::document();
    organization_api::openapi::add_to(&mut document);
    document
}

/// The OpenAPI document: its parts in the usual order, and everything below them sorted.
fn openapi_yaml() -> String {
    let document = openapi();
    let order = ["openapi", "info", "servers", "security", "paths", "components"];
    assert_eq!(document.as_object().unwrap().len(), order.len());
    let parts = order.map(|name| serde_norway::to_string(&json!({ name: sorted(&document[name]) })).unwrap());
    let origin = "# Generated from the Rust types by `cargo xtask generate`.\n";
    let text = parts.concat();
    let lines: Vec<String> = text.lines().map(quote_time).collect();
    format!("{origin}{}\n", lines.join("\n"))
}

/// Adds quotes around a time: without them, some YAML parsers do not read it as a string.
fn quote_time(line: &str) -> String {
    match line.split_once(": 20") {
        Some((name, rest)) if rest.ends_with('Z') => format!("{name}: '20{rest}'"),
        _ => line.to_owned(),
    }
}

/// The value with all keys sorted: the order of maps depends on the features of the build.
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

/// Each example of the document with its schema.
fn examples(document: &Value) -> Vec<(String, Value, Value)> {
    let mut found = Vec::new();
    let mut remaining = vec![(String::new(), document)];
    while let Some((path, value)) = remaining.pop() {
        if let (Some(schema), Some(examples)) = (value.get("schema"), value.get("examples")) {
            for (name, example) in examples.as_object().unwrap() {
                found.push((format!("{path}/examples/{name}"), schema.clone(), example["value"].clone()));
            }
        }
        if let (Some(schema), Some(example)) = (value.get("schema"), value.get("example")) {
            found.push((format!("{path}/example"), schema.clone(), example.clone()));
        }
        let inner: Vec<_> = match value {
            Value::Object(map) => map.iter().map(|(name, inner)| (format!("{path}/{name}"), inner)).collect(),
            Value::Array(items) => items.iter().map(|inner| (path.clone(), inner)).collect(),
            _ => Vec::new(),
        };
        remaining.extend(inner);
    }
    found
}

#[test]
fn every_example_matches_its_schema() {
    let document = openapi();
    let examples = examples(&document);
    assert!(examples.len() > 30, "{}", examples.len());
    for (path, mut schema, example) in examples {
        schema["components"] = document["components"].clone();
        let schema = jsonschema::draft202012::new(&schema).unwrap();
        let problems: Vec<String> = schema.iter_errors(&example).map(|error| error.to_string()).collect();
        assert!(problems.is_empty(), "{path}: {problems:?}");
    }
}

#[test]
fn every_reference_resolves() {
    let document = openapi();
    let text = document.to_string();
    let references = text.split("\"$ref\":\"#").skip(1).map(|rest| rest.split('"').next().unwrap());
    for reference in references {
        assert!(document.pointer(reference).is_some(), "{reference}");
    }
}

#[test]
fn openapi_has_the_routes_of_the_template() {
    let document = openapi();
    let described = document["paths"].as_object().unwrap().iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap().keys();
        methods.map(move |method| (path.clone(), method.to_uppercase()))
    });
    assert_eq!(described.collect::<std::collections::BTreeSet<_>>(), crate::template::Template::read().routes());
}
