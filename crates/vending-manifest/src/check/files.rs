//! The files that the manifest names.

use serde_json::Value;
use vending_core::Problem;

use super::problem;
use crate::documents::Documents;

pub(super) fn problems(manifest: &Value, documents: &Documents) -> Vec<Problem> {
    let mut found = Vec::new();
    for (name, _) in objects(manifest.get("policies")) {
        let path = format!("policies/{name}.json");
        if !documents.has(&path) {
            found.push(problem(Problem::at(&["policies", name], "").pointer, missing(&path)));
        }
    }
    let sets = manifest.get("identityCenter").and_then(|fields| fields.get("permissionSets"));
    for (name, set) in objects(sets) {
        let path = set.get("inlinePolicy").and_then(Value::as_str);
        if let Some(path) = path.filter(|path| !documents.has(path)) {
            let pointer = Problem::at(&["identityCenter", "permissionSets", name, "inlinePolicy"], "").pointer;
            found.push(problem(pointer, missing(path)));
        }
    }
    found
}

fn objects(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flatten()
}

fn missing(path: &str) -> String {
    format!("needs the file {path} in the folder of the manifest")
}
