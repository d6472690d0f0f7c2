//! A file with the positions of what it says.

use serde_json::Value;
use vending_core::Problem;
use vending_policies::Cases;

use crate::check;
use crate::diagnostic::Diagnostic;
use crate::documents::Documents;
use crate::manifest::Manifest;
use crate::position::{Position, Positions};
use crate::validate::validate;
use crate::yaml;

/// A parsed file: YAML, or JSON, which is YAML. What it says may still be wrong. Requests are read by it, too.
#[derive(Clone, Debug)]
pub struct Source {
    file: String,
    value: Value,
    positions: Positions,
    /// Problems of the YAML that do not prevent reading on, such as duplicate fields.
    problems: Vec<(Position, Problem)>,
}

impl Source {
    /// Parses YAML. `file` is only the name of the file, for messages.
    pub fn parse(file: &str, text: &str) -> Result<Self, Box<Diagnostic>> {
        let document =
            yaml::parse(text).map_err(|(position, message)| Box::new(Diagnostic::new(file, position, "", &message)))?;
        let yaml::Document { value, positions, problems } = document;
        Ok(Self { file: file.to_owned(), value, positions, problems })
    }

    /// The content as JSON, as the API takes it.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// Problems of the YAML, whatever it is for, such as duplicate fields. `validate` reports them, too.
    pub fn yaml_problems(&self) -> Vec<Diagnostic> {
        let diagnostic = |(position, problem): &(Position, Problem)| Diagnostic::at(&self.file, *position, problem);
        self.problems.iter().map(diagnostic).collect()
    }

    /// The paths of the files that the manifest names, relative to its folder. They may not exist.
    pub fn documents(&self) -> Vec<String> {
        check::documents(&self.value)
    }

    /// The paths of the files that may be there, too: the cases of policies.
    pub fn optional_documents(&self) -> Vec<String> {
        let policies = self.value.get("policies").and_then(Value::as_object).into_iter().flatten();
        policies.map(|(name, _)| Cases::path(name)).collect()
    }

    /// Validates the content. Returns all problems, by their position. Without `documents`, the files that the manifest
    /// names are not looked for.
    pub fn validate(&self, documents: Option<&Documents>) -> Result<Manifest, Vec<Diagnostic>> {
        let (manifest, problems) = validate(&self.value, documents);
        let mut diagnostics = self.yaml_problems();
        diagnostics.extend(problems.iter().map(|problem| self.diagnostic(problem)));
        diagnostics.sort_by(|one, other| {
            (one.line, one.column, &one.message).cmp(&(other.line, other.column, &other.message))
        });
        diagnostics.dedup();
        manifest.filter(|_| diagnostics.is_empty()).ok_or(diagnostics)
    }

    /// Leads from a problem that the API reported to its place in the file.
    pub fn diagnostic(&self, problem: &Problem) -> Diagnostic {
        Diagnostic::from_problem(&self.file, &self.positions, problem)
    }

    #[cfg(test)]
    pub(crate) fn positions(&self) -> &Positions {
        &self.positions
    }
}

impl Manifest {
    /// Parses and validates a manifest file. Returns all problems, by their position.
    pub fn from_yaml(file: &str, text: &str, documents: Option<&Documents>) -> Result<Self, Vec<Diagnostic>> {
        Source::parse(file, text).map_err(|diagnostic| vec![*diagnostic])?.validate(documents)
    }

    /// Validates a manifest that the API received. Returns all problems.
    pub fn from_json(value: &Value, documents: Option<&Documents>) -> Result<Self, Vec<Problem>> {
        let (manifest, problems) = validate(value, documents);
        manifest.filter(|_| problems.is_empty()).ok_or(problems)
    }
}
