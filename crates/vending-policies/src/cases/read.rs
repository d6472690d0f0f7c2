//! Reads cases from YAML.

use iam_evaluation::Keys;
use serde_json::Value;
use serde_saphyr::{DuplicateKeyPolicy, MergeKeyPolicy, Options};
use vending_core::{ObjectReader, Problem, json_type};

use super::{Case, Cases, Expected};
use crate::placeholder::{self, Placeholder};
use crate::principal::Principal;
use crate::problem::{FileProblem, check};

pub(super) fn cases(policy: &str, text: &str) -> Result<Cases, Vec<FileProblem>> {
    let file = Cases::path(policy);
    let problem = |detail: String| vec![FileProblem::new(&file, Problem::at(&[], detail))];
    let value: Value = serde_saphyr::from_str_with_options(text, options())
        .map_err(|error| problem(format!("must be valid YAML: {}", error.without_snippet())))?;
    let Value::Object(map) = &value else {
        return Err(problem(format!("must be an object with why, breaks, and cases, not {}", json_type(&value))));
    };
    let mut fields = ObjectReader::new(map);
    let cases = Cases {
        policy: policy.to_owned(),
        why: fields.required("why", sentence).unwrap_or_default(),
        breaks: fields.required("breaks", sentence).unwrap_or_default(),
        cases: fields.objects("cases", MAXIMUM_CASES, |_, _| None, case),
    };
    if !fields.has("cases") {
        fields.problem("cases", "must have at least one case");
    }
    check(&file, fields.finish())?;
    Ok(cases)
}

const MAXIMUM_CASES: usize = 1_000;

fn options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_documents: 1,
            max_depth: 8,
            max_nodes: 100_000,
        },
        duplicate_keys: DuplicateKeyPolicy::Error,
        merge_keys: MergeKeyPolicy::AsOrdinary,
        leading_zero_numbers_as_strings: true,
        strict_booleans: true,
        reject_unsupported_tags: true,
        with_snippet: false,
    }
}

/// `None` if a field is missing; its problem is reported.
fn case(fields: &mut ObjectReader<'_>) -> Option<Case> {
    let who = one_or_more(fields, "who", str::parse::<Principal>);
    let does = one_or_more(fields, "does", action);
    let on = fields.optional("on", resource).flatten();
    let with = fields.any("with").map(|value| keys(fields, value)).unwrap_or_default();
    let is = fields.required_choice::<Expected>("is", &["allowed", "denied"]);
    let because = fields.required("because", sentence);
    Some(Case { who, does, on, with, is: is?, because: because? })
}

/// Reads a string that must be there, or a list of strings.
fn one_or_more<T>(
    fields: &mut ObjectReader<'_>,
    name: &'static str,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Vec<T> {
    let entries = match fields.any(name) {
        Some(Value::Array(entries)) if !entries.is_empty() => entries.as_slice(),
        Some(value) if !value.is_array() => std::slice::from_ref(value),
        _ => {
            fields.problem(name, "is required");
            return Vec::new();
        }
    };
    let mut read = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let text = entry.as_str().ok_or_else(|| format!("must be a string, not {}", json_type(entry)));
        match (text.and_then(&parse), fields.any(name)) {
            (Ok(value), _) => read.push(value),
            (Err(detail), Some(Value::Array(_))) => fields.problem_at(&[name, &index.to_string()], detail),
            (Err(detail), _) => fields.problem(name, detail),
        }
    }
    read
}

fn sentence(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() { Err("must not be empty".to_owned()) } else { Ok(text.to_owned()) }
}

fn action(text: &str) -> Result<String, String> {
    if text.contains(['*', '?']) {
        return Err("must be one action, without wildcards; name each action that is tried".to_owned());
    }
    let is_action = text.split_once(':').is_some_and(|(service, name)| !service.is_empty() && !name.is_empty());
    let is_word = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":-".contains(&byte));
    if is_action && is_word {
        Ok(text.to_owned())
    } else {
        Err("must be an action, such as ec2:RunInstances".to_owned())
    }
}

/// `*` is an action without a resource.
fn resource(text: &str) -> Result<Option<String>, String> {
    if text == "*" {
        return Ok(None);
    }
    placeholder::parts(text, Placeholder::is_for_cases)?;
    let is_arn = text.starts_with("arn:") && text.splitn(6, ':').count() == 6;
    if is_arn {
        Ok(Some(text.to_owned()))
    } else {
        Err("must be an ARN, or * for an action without a resource".to_owned())
    }
}

fn keys(fields: &mut ObjectReader<'_>, value: &Value) -> Keys {
    let Value::Object(entries) = value else {
        fields.problem("with", format!("must be an object with condition keys, not {}", json_type(value)));
        return Keys::new();
    };
    let mut keys = Keys::new();
    for (key, value) in entries {
        match key_value(key, value) {
            Ok(()) => {
                keys.insert(key.clone(), value.clone());
            }
            Err(detail) => fields.problem_at(&["with", key], detail),
        }
    }
    keys
}

fn key_value(key: &str, value: &Value) -> Result<(), String> {
    if !key.contains(':') {
        return Err("must be a condition key with its prefix, such as aws:RequestedRegion".to_owned());
    }
    let texts = match value {
        Value::String(_) => std::slice::from_ref(value),
        Value::Array(list) if list.iter().all(Value::is_string) => list.as_slice(),
        Value::Bool(_) | Value::Number(_) => &[],
        _ => return Err("must be a string or a list of strings".to_owned()),
    };
    for text in texts.iter().filter_map(Value::as_str) {
        placeholder::parts(text, Placeholder::is_for_cases)?;
    }
    Ok(())
}
