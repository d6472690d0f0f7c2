//! Combines the results of the parts of the step for the report.

use vending_runtime::Converged;

/// The result of one part of the step.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Part {
    pub(crate) summary: Option<String>,
    /// A note for the report.
    pub(crate) note: Option<String>,
}

impl Part {
    pub(crate) fn new(summary: impl Into<String>) -> Self {
        Self { summary: Some(summary.into()), note: None }
    }

    pub(crate) fn with_note(self, note: Option<String>) -> Self {
        Self { note, ..self }
    }
}

pub(crate) fn combine(parts: &[Part]) -> Converged {
    let summary = joined(parts.iter().map(|part| part.summary.as_deref()));
    let converged = Converged::new(summary.unwrap_or_default());
    match joined(parts.iter().map(|part| part.note.as_deref())) {
        Some(notes) => converged.with_note(notes),
        None => converged,
    }
}

pub(crate) fn joined<'a>(items: impl Iterator<Item = Option<&'a str>>) -> Option<String> {
    let items: Vec<&str> = items.flatten().collect();
    (!items.is_empty()).then(|| items.join("; "))
}
