//! Each folder functions/<stage>/<name> is one function.

use std::collections::BTreeSet;

use serde_json::Value;
use vending_core::ORGANIZATION_FUNCTIONS;

use crate::project::{Function, folders, functions, nested, read, root, state_machines, states_of, step_name};

#[test]
fn states_match_the_vend_functions() {
    let is_task = |state: &Value| {
        state["Type"] == "Task" && state["Arguments"]["FunctionName"].as_str().unwrap().starts_with("${")
    };
    let states: BTreeSet<String> =
        states_of("vend-account").into_iter().filter(|(_, state)| is_task(state)).map(|(name, _)| name).collect();
    let in_vend = functions().into_iter().filter(|function| function.stage == "vend");
    assert_eq!(states, in_vend.map(|function| step_name(&function.name)).collect());
}

#[test]
fn states_match_the_organization_functions() {
    let states = states_of("build-organization").into_iter().filter(|(_, state)| state["Type"] == "Task");
    let in_stage = functions().into_iter().filter(|function| function.stage == "organization");
    assert_eq!(
        states.map(|(name, _)| name).collect::<BTreeSet<_>>(),
        in_stage.map(|function| step_name(&function.name)).collect()
    );
}

/// Plans and runs show their changes in the order of the list.
#[test]
fn organization_functions_are_listed_in_their_order() {
    let machine: Value = serde_json::from_str(&read("statemachine/build-organization.asl.json")).unwrap();
    assert_eq!(tasks_in_order(&machine), ORGANIZATION_FUNCTIONS.map(step_name));
}

fn tasks_in_order(machine: &Value) -> Vec<String> {
    let mut order = Vec::new();
    let mut next = machine["StartAt"].as_str();
    while let Some(name) = next {
        let state = &machine["States"][name];
        if state["Type"] == "Task" {
            order.push(name.to_owned());
        }
        order.extend(nested(state).flat_map(tasks_in_order));
        next = state["Next"].as_str();
    }
    order
}

#[test]
fn every_function_has_a_sample_event() {
    for function in functions() {
        let sample = function.sample();
        assert!(root().join(format!("events/{sample}.json")).exists(), "events/{sample}.json");
    }
}

/// The manifest of every crate, by its folder.
fn manifests() -> Vec<(String, toml::Table)> {
    let mut crates = vec!["tests".to_owned(), "xtask".to_owned()];
    for parent in ["crates", "local-cloud"] {
        crates.extend(folders(parent).iter().map(|folder| format!("{parent}/{folder}")));
    }
    crates.extend(functions().iter().map(Function::path));
    let manifest = |path: &String| read(&format!("{path}/Cargo.toml")).parse().unwrap();
    crates.iter().map(|path| (path.clone(), manifest(path))).collect()
}

#[test]
fn every_crate_has_lints_license_and_purpose() {
    for (path, manifest) in manifests() {
        assert_eq!(manifest["lints"]["workspace"].as_bool(), Some(true), "{path}: [lints]");
        let package = &manifest["package"];
        let license = &package["license"];
        let licensed = license.as_str() == Some("Apache-2.0") || license.get("workspace").is_some();
        assert!(licensed, "{path}: license");
        if path.contains('/') {
            let description = package.get("description").and_then(toml::Value::as_str).unwrap_or_default();
            assert!(description.ends_with('.'), "{path}: the description has to be one sentence");
        }
    }
}

/// With different features, cargo would compile a crate of the SDK twice, which takes minutes.
#[test]
fn sdk_crates_have_one_set_of_features() {
    let sdk = |table: &toml::Value| -> Vec<(String, toml::Value)> {
        let entries = table.as_table().into_iter().flatten();
        entries
            .filter(|(name, _)| name.starts_with("aws-sdk-"))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    };
    let workspace: toml::Table = read("Cargo.toml").parse().unwrap();
    let of_workspace = sdk(&workspace["workspace"]["dependencies"]);
    assert!(!of_workspace.is_empty());
    for (path, manifest) in manifests() {
        let tables = ["dependencies", "dev-dependencies"].into_iter().filter_map(|name| manifest.get(name));
        for (name, dependency) in tables.flat_map(sdk).chain(of_workspace.clone()) {
            let only_inherits = dependency.as_table().unwrap().keys().eq(["workspace"]);
            let features: Vec<_> =
                dependency.get("features").and_then(toml::Value::as_array).into_iter().flatten().collect();
            let is_expected =
                features.iter().filter_map(|feature| feature.as_str()).take(2).eq(["rt-tokio", "test-util"]);
            assert!(only_inherits || is_expected, "{path}: {name}");
        }
    }
}

#[test]
fn function_folder_is_one_crate_and_one_binary() {
    for function in functions() {
        let path = function.path();
        let manifest: toml::Table = read(&format!("{path}/Cargo.toml")).parse().unwrap();
        assert_eq!(manifest["package"]["name"].as_str(), Some(&*function.name));
        let binary = &manifest["bin"][0];
        assert_eq!(binary["name"].as_str(), Some(&*function.name));
        assert_eq!(binary["test"].as_bool(), Some(false), "{path}: the tests belong to the library");
        let main = read(&format!("{path}/src/main.rs"));
        assert!(main.lines().count() <= 15, "{path}/src/main.rs is too long: move code to the library");
    }
}

/// Functions are deployed, changed, and read independently.
#[test]
fn no_function_depends_on_another_function() {
    let names: BTreeSet<String> = functions().into_iter().map(|function| function.name).collect();
    for function in functions() {
        let manifest: toml::Table = read(&format!("{}/Cargo.toml", function.path())).parse().unwrap();
        for table in ["dependencies", "dev-dependencies"] {
            let dependencies = manifest.get(table).and_then(toml::Value::as_table).into_iter().flatten();
            let functions: Vec<_> = dependencies.map(|(name, _)| name).filter(|name| names.contains(*name)).collect();
            assert!(functions.is_empty(), "{}: {functions:?}", function.path());
        }
    }
}

#[test]
fn every_state_has_a_comment() {
    for (name, state) in state_machines().iter().flat_map(|machine| states_of(machine)) {
        let comment = state.get("Comment").and_then(Value::as_str).unwrap_or_default();
        assert!(comment.ends_with('.'), "state {name} needs a comment of one sentence");
    }
}
