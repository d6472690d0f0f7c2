//! Checks the structure of documents, which AWS would reject without saying why.

mod statement;

use serde_json::Value;
use vending_core::{ObjectReader, Problem, json_type};

use crate::PolicyType;
use crate::placeholder::{self, Part, Placeholder};

/// All problems of a document.
pub(crate) fn problems(policy_type: PolicyType, document: &Value) -> Vec<Problem> {
    let Value::Object(fields) = document else {
        return vec![Problem::at(&[], format!("must be a JSON object, not {}", json_type(document)))];
    };
    let mut problems = Vec::new();
    if fields.is_empty() {
        problems.push(Problem::at(&[], "must have at least one field"));
    }
    if policy_type.is_evaluated() {
        let mut reader = ObjectReader::new(fields);
        statements(&mut reader, policy_type);
        problems.extend(reader.finish());
    }
    placeholders(document, "", false, &mut problems);
    problems
}

/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_syntax.html> and
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html>
fn statements(fields: &mut ObjectReader<'_>, policy_type: PolicyType) {
    fields.any("Id");
    if fields.any("Version").is_none_or(|version| version != VERSION) {
        fields.problem("Version", format!("must be \"{VERSION}\""));
    }
    match fields.any("Statement") {
        Some(Value::Object(_)) => {
            fields.object("Statement", |fields| statement::check(fields, policy_type));
        }
        Some(Value::Array(list)) if list.is_empty() => fields.problem("Statement", "must have at least one statement"),
        Some(Value::Array(_)) => {
            let same_sid = |one: &Option<String>, other: &Option<String>| {
                (one.is_some() && one == other).then_some("has the `Sid` of an earlier statement; it must be unique")
            };
            let check = |fields: &mut ObjectReader<'_>| Some(statement::check(fields, policy_type));
            fields.objects("Statement", MAXIMUM_STATEMENTS, same_sid, check);
        }
        _ => fields.problem("Statement", "must be a list of statements"),
    }
}

const VERSION: &str = "2012-10-17";
/// More do not fit into a document.
const MAXIMUM_STATEMENTS: usize = 500;

/// Reports the problems of all placeholders. `is_element` says whether the value is an element of an array.
fn placeholders(value: &Value, pointer: &str, is_element: bool, problems: &mut Vec<Problem>) {
    let problem = |pointer: &str, detail: String| Problem { pointer: pointer.to_owned(), detail };
    match value {
        Value::String(text) => problems.extend(of_text(text, is_element).map(|detail| problem(pointer, detail))),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                placeholders(item, &format!("{pointer}/{index}"), true, problems);
            }
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                let below = format!("{pointer}{}", Problem::at(&[name], "").pointer);
                if name.contains("{{") {
                    let detail = "must have no placeholder in its name; only values can have one";
                    problems.push(problem(&below, detail.to_owned()));
                }
                placeholders(value, &below, false, problems);
            }
        }
        _ => {}
    }
}

/// What is wrong with the placeholders of a string: one is unknown, or a list is not an element alone.
fn of_text(text: &str, is_element: bool) -> Option<String> {
    let parts = match placeholder::parts(text, Placeholder::is_for_documents) {
        Ok(parts) => parts,
        Err(detail) => return Some(detail),
    };
    let is_list = |part: &&Part<'_>| matches!(part, Part::Placeholder(placeholder) if placeholder.is_list());
    let Some(Part::Placeholder(list)) = parts.iter().find(is_list) else { return None };
    let is_alone = parts.len() == 1 && is_element;
    (!is_alone).then(|| {
        let list = format!("{{{{{list}}}}}");
        format!("must be an element of a list, [\"{list}\"], because {list} stands for several values")
    })
}
