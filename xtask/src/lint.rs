//! Renders the state machines as CloudFormation resources, so that cfn-lint checks them: it does not open the files
//! that template.yaml refers to.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

use crate::paths;

/// Writes `target/local/lint/state-machine.yaml` (JSON is YAML) and returns its path.
pub(crate) fn render_state_machines() -> Result<PathBuf> {
    let mut resources = Map::new();
    for entry in fs::read_dir(paths::root().join("statemachine")).context("list statemachine/")? {
        let path = entry.context("list statemachine/")?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some(name) = name.strip_suffix(".asl.json") else {
            continue;
        };
        let text = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
        let definition: Value =
            serde_json::from_str(&text).with_context(|| format!("{} is not valid JSON", paths::shown(&path)))?;
        resources.insert(logical_id(name), state_machine(&definition, &text));
    }
    let template = json!({ "AWSTemplateFormatVersion": "2010-09-09", "Resources": resources });
    let folder = paths::local().join("lint");
    fs::create_dir_all(&folder).with_context(|| format!("create {}", folder.display()))?;
    let rendering = folder.join("state-machine.yaml");
    fs::write(&rendering, format!("{template:#}\n")).with_context(|| format!("write {}", rendering.display()))?;
    Ok(rendering)
}

fn state_machine(definition: &Value, text: &str) -> Value {
    let substitutions: Map<String, Value> =
        placeholders(text).into_iter().map(|name| (name.clone(), Value::String(name))).collect();
    json!({
        "Type": "AWS::StepFunctions::StateMachine",
        "Properties": {
            "RoleArn": "arn:aws:iam::123456789012:role/state-machine",
            "Definition": definition,
            "DefinitionSubstitutions": substitutions,
        },
    })
}

/// The names of all `${…}` in a text.
fn placeholders(text: &str) -> BTreeSet<String> {
    let starts = text.split("${").skip(1);
    starts.filter_map(|rest| rest.split_once('}')).map(|(name, _)| name.to_owned()).collect()
}

/// `vend-account` → `VendAccount`.
fn logical_id(name: &str) -> String {
    let capitalized = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default()
    };
    name.split('-').map(capitalized).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_found_once() {
        let text = r#"{ "FunctionName": "${MoveAccountFunctionArn}", "a": "${B} ${MoveAccountFunctionArn}" }"#;
        assert_eq!(placeholders(text).into_iter().collect::<Vec<_>>(), ["B", "MoveAccountFunctionArn"]);
    }

    #[test]
    fn logical_id_follows_the_file_name() {
        assert_eq!(logical_id("vend-account"), "VendAccount");
    }
}
