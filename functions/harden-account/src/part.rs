//! What the parts of this step find, put together for the report.

use vending_runtime::Converged;

/// One part of the account as it stands, in words.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Part {
    pub(crate) found: Option<String>,
    /// What the reader of the report should know of it.
    pub(crate) note: Option<String>,
}

impl Part {
    pub(crate) fn found(words: impl Into<String>) -> Self {
        Self { found: Some(words.into()), note: None }
    }

    pub(crate) fn with_note(self, note: Option<String>) -> Self {
        Self { note, ..self }
    }
}

pub(crate) fn combine(parts: &[Part]) -> Converged {
    let found = joined(parts.iter().map(|part| part.found.as_deref()));
    let converged = Converged::new(found.unwrap_or_default());
    match joined(parts.iter().map(|part| part.note.as_deref())) {
        Some(notes) => converged.with_note(notes),
        None => converged,
    }
}

pub(crate) fn joined<'a>(texts: impl Iterator<Item = Option<&'a str>>) -> Option<String> {
    let texts: Vec<&str> = texts.flatten().collect();
    (!texts.is_empty()).then(|| texts.join("; "))
}
