//! Generates input: arbitrary JSON, and samples in which parts are replaced.

use proptest::prelude::*;
use serde_json::{Map, Value};

/// Arbitrary JSON, slightly nested; its strings are often almost valid.
pub(crate) fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        string().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((name(), inner), 0..6).prop_map(|entries| Value::Object(Map::from_iter(entries))),
        ]
    })
}

pub(crate) fn string() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[ -~]{0,70}",
        "[a-z+.]{1,30}@[a-z.-]{1,40}",
        "[A-Za-z ]{1,20}(/[A-Za-z. ]{0,20}){0,6}",
        "[0-9]{11,13}",
        "arn:aws:[a-z]{0,12}:[a-z0-9-]{0,12}:[0-9]{0,12}:[ -~]{0,40}",
        "[a-z2-7]{19,21}-[0-9]{1,11}",
        "[A-Za-z0-9-]{0,40}/[A-Za-z0-9._-]{0,20}",
        Just("SUCCEEDED".to_owned()),
    ]
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        prop::sample::select(vec![
            "accountName",
            "accountEmail",
            "organizationalUnit",
            "owner",
            "reason",
            "tags",
            "access",
            "githubDeploy",
            "monthlyBudgetUsd",
            "contacts",
            "group",
            "permissionSet",
            "repository",
            "branches",
            "accountId",
            "body",
            "detail",
            "eventName",
        ])
        .prop_map(str::to_owned),
    ]
}

/// A sample in which up to three parts are replaced with arbitrary JSON.
pub(crate) fn mutated(sample: Value) -> impl Strategy<Value = Value> {
    let pointers = pointers(&sample);
    prop::collection::vec((prop::sample::select(pointers), json()), 0..4).prop_map(move |changes| {
        let mut changed = sample.clone();
        for (pointer, value) in changes {
            if let Some(part) = changed.pointer_mut(&pointer) {
                *part = value;
            }
        }
        changed
    })
}

/// The JSON pointers to all parts of a value.
fn pointers(value: &Value) -> Vec<String> {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, child)| (name.clone(), child)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(index, child)| (index.to_string(), child)).collect(),
        _ => Vec::new(),
    };
    let mut all = vec![String::new()];
    for (name, child) in children {
        let name = name.replace('~', "~0").replace('/', "~1");
        all.extend(pointers(child).into_iter().map(|below| format!("/{name}{below}")));
    }
    all
}

/// A request with every field.
pub(crate) fn full_request() -> Value {
    accounts_api::openapi::account_request()["examples"][1].take()
}

/// A sample of `events/`.
pub(crate) fn sample(name: &str) -> Value {
    let path = format!("{}/../events/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}
