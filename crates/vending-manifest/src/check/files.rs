//! The files that the manifest names.

use serde_json::Value;
use vending_core::Problem;

use super::problem;
use crate::documents::Documents;

pub(super) fn problems(manifest: &Value, documents: &Documents) -> Vec<Problem> {
    let missing = named(manifest).into_iter().filter(|(path, _)| !documents.has(path));
    let detail = |path: &str| format!("needs the file {path} in the folder of the manifest");
    missing.map(|(path, pointer)| problem(pointer, detail(&path))).collect()
}

/// The paths of the files.
pub(crate) fn documents(manifest: &Value) -> Vec<String> {
    named(manifest).into_iter().map(|(path, _)| path).collect()
}

/// The paths of the files, and where they are named.
fn named(manifest: &Value) -> Vec<(String, String)> {
    let policies = objects(manifest.get("policies"));
    let of_policy =
        |(name, _): (&String, _)| (format!("policies/{name}.json"), Problem::at(&["policies", name], "").pointer);
    let sets = manifest.get("identityCenter").and_then(|fields| fields.get("permissionSets"));
    let of_set = |(name, set): (&String, &Value)| {
        let pointer = Problem::at(&["identityCenter", "permissionSets", name, "inlinePolicy"], "").pointer;
        Some((set.get("inlinePolicy")?.as_str()?.to_owned(), pointer))
    };
    policies.map(of_policy).chain(objects(sets).filter_map(of_set)).collect()
}

fn objects(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flatten()
}
