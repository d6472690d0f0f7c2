//! The documents of policies, as people read them.

use serde_json::Value;
use vending_policies::{Content, Document, Values};

use super::existing::ExistingPolicy;

/// The document of a policy under its name in the manifest, which leads to the content that AWS has. Fails with why
/// there is none.
pub(super) fn document(name: &str, policy: &ExistingPolicy) -> Result<String, String> {
    let existing = Content::existing(name, policy.policy_type, &policy.content)
        .map_err(|detail| format!("its document {detail}"))?;
    let text = pretty(existing.value());
    let first = |problems: Vec<vending_policies::FileProblem>| {
        let problem = problems.first();
        problem.map_or_else(String::new, |problem| format!("its document {} {}", problem.pointer, problem.detail))
    };
    let document = Document::parse(name, policy.policy_type, &text).map_err(first)?;
    let filled = document.fill(&Values::default()).map_err(first)?;
    // A document of AWS has no placeholders, but it may have what looks like one.
    if filled.text() == existing.text() { Ok(text) } else { Err("its document has placeholders".to_owned()) }
}

/// JSON with the fields of policies in the order that people expect, and all others by name.
pub(super) fn pretty(value: &Value) -> String {
    let mut text = String::new();
    write(value, 0, &mut text);
    text.push('\n');
    text
}

/// The fields of IAM policies, in their order.
const FIELDS: [&str; 12] = [
    "Version",
    "Id",
    "Statement",
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

fn write(value: &Value, indent: usize, text: &mut String) {
    match value {
        Value::Array(items) if !items.is_empty() => {
            let items = items.iter().map(|item| (None, item)).collect();
            write_all('[', items, ']', indent, text);
        }
        Value::Object(fields) if !fields.is_empty() => {
            let mut fields: Vec<_> = fields.iter().map(|(name, value)| (Some(name), value)).collect();
            fields.sort_by_key(|(name, _)| (name.and_then(|name| rank(name)).unwrap_or(FIELDS.len()), *name));
            write_all('{', fields, '}', indent, text);
        }
        other => text.push_str(&other.to_string()),
    }
}

fn write_all(open: char, items: Vec<(Option<&String>, &Value)>, close: char, indent: usize, text: &mut String) {
    text.push(open);
    for (index, (name, value)) in items.into_iter().enumerate() {
        text.push_str(if index == 0 { "\n" } else { ",\n" });
        text.push_str(&" ".repeat(indent + 2));
        if let Some(name) = name {
            text.push_str(&Value::from(name.as_str()).to_string());
            text.push_str(": ");
        }
        write(value, indent + 2, text);
    }
    text.push('\n');
    text.push_str(&" ".repeat(indent));
    text.push(close);
}

fn rank(name: &str) -> Option<usize> {
    FIELDS.iter().position(|field| *field == name)
}
