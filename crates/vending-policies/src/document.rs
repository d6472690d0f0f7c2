//! The document of a policy, with placeholders.

use serde_json::Value;
use vending_core::Problem;

use crate::content::Content;
use crate::placeholder::{self, Part, Placeholder};
use crate::problem::{FileProblem, check};
use crate::values::Values;
use crate::{PolicyType, json, structure};

/// A document whose structure is that of its type.
#[derive(Clone, Debug)]
pub struct Document {
    name: String,
    policy_type: PolicyType,
    value: Value,
}

impl Document {
    /// Parses `policies/NAME.json`. Returns all problems.
    pub fn parse(name: &str, policy_type: PolicyType, text: &str) -> Result<Self, Vec<FileProblem>> {
        let file = Self::path(name);
        let value = json::parse(text)
            .map_err(|error| vec![FileProblem::new(&file, Problem::at(&[], format!("must be valid JSON: {error}")))])?;
        check(&file, structure::problems(policy_type, &value))?;
        Ok(Self { name: name.to_owned(), policy_type, value })
    }

    /// The path of the document of a policy, relative to the folder of the manifest.
    pub fn path(name: &str) -> String {
        format!("policies/{name}.json")
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn policy_type(&self) -> PolicyType {
        self.policy_type
    }

    /// Fills the placeholders. Fails if a value is missing, if the document becomes too long, or if it cannot be
    /// evaluated.
    pub fn fill(&self, values: &Values) -> Result<Content, Vec<FileProblem>> {
        let file = Self::path(&self.name);
        let mut problems = Vec::new();
        let filled = fill(&self.value, "", values, &mut problems);
        check(&file, problems)?;
        Content::new(&self.name, self.policy_type, filled).map_err(|problem| vec![FileProblem::new(&file, problem)])
    }
}

fn fill(value: &Value, pointer: &str, values: &Values, problems: &mut Vec<Problem>) -> Value {
    match value {
        Value::String(text) => {
            let filled = placeholder::parts(text, Placeholder::is_for_documents).and_then(|parts| values.fill(&parts));
            filled.map_or_else(|detail| report(pointer, detail, problems), Value::String)
        }
        Value::Array(items) => {
            let mut filled = Vec::new();
            for (index, item) in items.iter().enumerate() {
                let below = format!("{pointer}/{index}");
                match list(item).map(|placeholder| values.get(placeholder)) {
                    None => filled.push(fill(item, &below, values, problems)),
                    Some(Ok(elements)) => filled.extend(elements.into_iter().map(Value::String)),
                    Some(Err(detail)) => filled.push(report(&below, detail, problems)),
                }
            }
            filled.into()
        }
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| {
                let below = format!("{pointer}{}", Problem::at(&[name], "").pointer);
                (name.clone(), fill(value, &below, values, problems))
            };
            Value::Object(fields.iter().map(field).collect())
        }
        other => other.clone(),
    }
}

fn report(pointer: &str, detail: String, problems: &mut Vec<Problem>) -> Value {
    problems.push(Problem { pointer: pointer.to_owned(), detail });
    Value::Null
}

/// The placeholder of a list that an element stands for.
fn list(item: &Value) -> Option<Placeholder> {
    match placeholder::parts(item.as_str()?, Placeholder::is_for_documents).ok()?.as_slice() {
        [Part::Placeholder(placeholder)] if placeholder.is_list() => Some(*placeholder),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
