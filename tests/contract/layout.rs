//! A folder in functions/ is a function: what must name it, names it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use validate_request::SWITCHABLE;
use vending_core::AFTER_THE_BASELINE;

use crate::project::{folders, map_items, read, root, state_machines, states_of, step_name};
use crate::template::Template;

/// Functions that are no state: they start or end executions.
const DOORS: &[&str] = &["account-resource", "accounts-api", "adopt-account", "sweep-requests"];
/// Functions of other state machines than vend-account: no step of a vend.
const BESIDE: &[&str] = &["answer-stack"];

#[test]
fn every_function_is_wired_up() {
    let template = Template::read();
    let states: BTreeMap<String, Value> = state_machines().iter().flat_map(|machine| states_of(machine)).collect();
    let in_maps: Vec<String> = states.values().flat_map(map_items).collect();
    let mut missing = Vec::new();
    for folder in folders("functions") {
        let name = step_name(&folder);
        if !template.has_function(&name, &folder) {
            missing.push(format!("template.yaml: {name}Function with CodeUri target/lambda/{folder}"));
        }
        let is_state = states.contains_key(&name) || in_maps.contains(&name);
        if !is_state && !DOORS.contains(&folder.as_str()) {
            missing.push(format!("statemachine/: a state or Map item {name}"));
        }
        if !root().join(format!("events/{folder}.json")).exists() {
            missing.push(format!("events/{folder}.json: a sample payload"));
        }
    }
    assert!(missing.is_empty(), "not wired up yet:\n  {}", missing.join("\n  "));
}

#[test]
fn every_crate_takes_the_lints_and_the_licence_and_says_what_it_is() {
    let mut crates = vec!["tests".to_owned(), "tests/strict".to_owned(), "xtask".to_owned()];
    for group in ["crates", "functions"] {
        crates.extend(folders(group).iter().map(|folder| format!("{group}/{folder}")));
    }
    for path in crates {
        let manifest: toml::Table = read(&format!("{path}/Cargo.toml")).parse().unwrap();
        assert_eq!(manifest["lints"]["workspace"].as_bool(), Some(true), "{path}: [lints]");
        let package = &manifest["package"];
        let licence = &package["license"];
        let licensed = licence.as_str() == Some("Apache-2.0") || licence.get("workspace").is_some();
        assert!(licensed, "{path}: license");
        if path.contains('/') && !path.starts_with("tests") {
            let description = package.get("description").and_then(toml::Value::as_str).unwrap_or_default();
            assert!(description.ends_with('.'), "{path}: a description of one sentence");
        }
    }
}

#[test]
fn histories_know_every_step() {
    let no_steps = [DOORS, BESIDE].concat();
    let steps = folders("functions").into_iter().filter(|folder| !no_steps.contains(&folder.as_str()));
    let steps: BTreeSet<(String, String)> = steps.map(|folder| (folder.clone(), step_name(&folder))).collect();
    let known = vending_executions::STEPS.iter().map(|(folder, step)| ((*folder).to_owned(), (*step).to_owned()));
    assert_eq!(known.collect::<BTreeSet<_>>(), steps);
}

#[test]
fn every_step_of_the_maps_can_be_switched_off() {
    let in_maps: BTreeSet<String> = states_of("vend-account").values().flat_map(map_items).collect();
    let switchable: BTreeSet<String> = SWITCHABLE.iter().map(|(_, step)| (*step).to_owned()).collect();
    assert_eq!(switchable, in_maps);
    assert!(SWITCHABLE.iter().all(|(folder, step)| step_name(folder) == *step));
}

#[test]
fn what_comes_after_the_baseline_is_known() {
    let states = states_of("vend-account");
    let mut after: BTreeSet<String> = map_items(&states["ApplyAccess"]).into_iter().collect();
    after.insert("RunCustomization".to_owned());
    assert_eq!(after, AFTER_THE_BASELINE.iter().map(|step| (*step).to_owned()).collect());
}

#[test]
fn a_function_folder_is_one_crate_and_one_binary_of_its_name() {
    for folder in folders("functions") {
        let manifest: toml::Table = read(&format!("functions/{folder}/Cargo.toml")).parse().unwrap();
        assert_eq!(manifest["package"]["name"].as_str(), Some(folder.as_str()));
        let binary = &manifest["bin"][0];
        assert_eq!(binary["name"].as_str(), Some(folder.as_str()));
        assert_eq!(binary["test"].as_bool(), Some(false), "functions/{folder}: its tests are the library's");
        let main = read(&format!("functions/{folder}/src/main.rs"));
        assert!(main.lines().count() <= 15, "functions/{folder}/src/main.rs only wires");
    }
}

#[test]
fn states_speak() {
    for (name, state) in state_machines().iter().flat_map(|machine| states_of(machine)) {
        let comment = state.get("Comment").and_then(Value::as_str).unwrap_or_default();
        assert!(comment.ends_with('.'), "state {name} needs a comment of one sentence");
    }
}
