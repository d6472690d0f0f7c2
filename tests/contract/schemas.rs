//! `schemas/` says what the code does: the files are made from its types.

use std::fs;

use serde_json::{Map, Value, json};

use crate::project::root;

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
