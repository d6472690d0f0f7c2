//! Reads the files of the project.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// The sample of all baseline and access steps.
pub(crate) const BASELINE_SAMPLE: &str = "baseline-step";

/// The sample of all functions of build-organization.
pub(crate) const ORGANIZATION_SAMPLE: &str = "organization-step";

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

pub(crate) fn folders(path: &str) -> Vec<String> {
    let entries = fs::read_dir(root().join(path)).unwrap().map(Result::unwrap);
    let folders = entries.filter(|entry| entry.path().join("Cargo.toml").exists());
    let mut names: Vec<String> = folders.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The folder of a function, `functions/<stage>/<name>`.
#[derive(Clone, Debug)]
pub(crate) struct Function {
    pub(crate) stage: String,
    pub(crate) name: String,
}

impl Function {
    pub(crate) fn path(&self) -> String {
        format!("functions/{}/{}", self.stage, self.name)
    }

    /// The name of its sample event. Functions with the same input share one.
    pub(crate) fn sample(&self) -> &str {
        match self.stage.as_str() {
            "baseline" | "access" => BASELINE_SAMPLE,
            "organization" => ORGANIZATION_SAMPLE,
            _ => &self.name,
        }
    }
}

pub(crate) fn functions() -> Vec<Function> {
    let stages = fs::read_dir(root().join("functions")).unwrap();
    let stages = stages.map(|stage| stage.unwrap().file_name().into_string().unwrap());
    let in_stage = |stage: String| {
        let names = folders(&format!("functions/{stage}"));
        names.into_iter().map(move |name| Function { stage: stage.clone(), name })
    };
    stages.flat_map(in_stage).collect()
}

/// `create-account` is the step `CreateAccount`.
pub(crate) fn step_name(folder: &str) -> String {
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    folder.split('-').map(capital).collect()
}

pub(crate) fn event(folder: &str) -> Value {
    serde_json::from_str(&read(&format!("events/{folder}.json"))).unwrap()
}

/// The names of all state machines, from their files.
pub(crate) fn state_machines() -> Vec<String> {
    let files = fs::read_dir(root().join("statemachine")).unwrap().map(|file| file.unwrap().file_name());
    files.map(|name| name.into_string().unwrap().strip_suffix(".asl.json").unwrap().to_owned()).collect()
}

/// All states of vend-account by name, including those inside Maps.
pub(crate) fn states() -> BTreeMap<String, Value> {
    states_of("vend-account")
}

pub(crate) fn states_of(machine: &str) -> BTreeMap<String, Value> {
    let machine: Value = serde_json::from_str(&read(&format!("statemachine/{machine}.asl.json"))).unwrap();
    let mut all = BTreeMap::new();
    collect(&machine, &mut all);
    all
}

fn collect(machine: &Value, all: &mut BTreeMap<String, Value>) {
    for (name, state) in machine["States"].as_object().unwrap() {
        all.insert(name.clone(), state.clone());
        for nested in nested(state) {
            collect(nested, all);
        }
    }
}

/// The state machines within a Map or a Parallel.
pub(crate) fn nested(state: &Value) -> impl Iterator<Item = &Value> {
    state.get("ItemProcessor").into_iter().chain(state["Branches"].as_array().into_iter().flatten())
}

/// The items of a Map, by the names of their substitutions.
pub(crate) fn map_items(state: &Value) -> Vec<String> {
    let items = state["Items"].as_array().into_iter().flatten();
    let name = |item: &Value| {
        let text = item.as_str().unwrap();
        text.trim_start_matches("${").trim_end_matches("FunctionArn}").to_owned()
    };
    items.map(name).collect()
}
