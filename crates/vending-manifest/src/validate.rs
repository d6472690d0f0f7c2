//! Validates a manifest as JSON, whatever it was written in.

use serde_json::{Map, Value};
use vending_core::{Problem, json_type, with_advice};

use crate::check;
use crate::documents::Documents;
use crate::manifest::Manifest;
use crate::read;

/// Returns the manifest, if it could be read at all, and all problems.
pub(crate) fn validate(value: &Value, documents: Option<&Documents>) -> (Option<Manifest>, Vec<Problem>) {
    let fields = match value {
        Value::Object(fields) => fields,
        Value::Null => return (None, vec![Problem::at(&[], "is empty; it must have at least `version` and `root`")]),
        other => return (None, vec![Problem::at(&[], format!("must be an object, not {}", json_type(other)))]),
    };
    if let Some(problem) = version_problem(fields) {
        return (None, vec![problem]);
    }
    let mut problems = Vec::new();
    let value = without_nulls(value, "", &mut problems);
    let fields = value.as_object().cloned().unwrap_or_default();
    let (manifest, of_fields) = read::manifest(&fields);
    problems.extend(of_fields);
    problems.extend(check::problems(&value, documents));
    (Some(manifest), unique(problems).into_iter().map(with_advice).collect())
}

/// Nothing else is read of a version that is not known: its fields may mean something else.
fn version_problem(fields: &Map<String, Value>) -> Option<Problem> {
    let version = fields.get("version")?.as_u64()?;
    let known = u64::from(Manifest::VERSION);
    (version != known).then(|| {
        let detail = format!("must be {known}, the version that this account-vending reads, not {version}");
        Problem::at(&["version"], detail)
    })
}

const UNITS: &str = "organizationalUnits";

/// Reports fields without a value, which would otherwise be taken for missing. An OU may have none.
fn without_nulls(value: &Value, pointer: &str, problems: &mut Vec<Problem>) -> Value {
    match value {
        Value::Null if is_unit(pointer) => Value::Object(Map::new()),
        Value::Null => {
            let detail = "has no value; give it one, or remove it".to_owned();
            problems.push(Problem { pointer: pointer.to_owned(), detail });
            Value::Null
        }
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| {
                let below = format!("{pointer}{}", Problem::at(&[name], "").pointer);
                (name.clone(), without_nulls(value, &below, problems))
            };
            fields.iter().map(field).collect::<Map<_, _>>().into()
        }
        Value::Array(items) => {
            let item = |(index, item)| without_nulls(item, &format!("{pointer}/{index}"), problems);
            items.iter().enumerate().map(item).collect()
        }
        other => other.clone(),
    }
}

fn is_unit(pointer: &str) -> bool {
    pointer.starts_with("/root/") && pointer.rsplit('/').nth(1) == Some(UNITS)
}

/// One problem for each place and message; of a place without a value, only that.
fn unique(problems: Vec<Problem>) -> Vec<Problem> {
    let mut kept: Vec<Problem> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    let mut without_value = std::collections::HashSet::new();
    for problem in problems {
        let is_without_value = problem.detail.starts_with("has no value");
        if without_value.contains(&problem.pointer) || !seen.insert((problem.pointer.clone(), problem.detail.clone())) {
            continue;
        }
        if is_without_value {
            without_value.insert(problem.pointer.clone());
        }
        kept.push(problem);
    }
    kept
}
