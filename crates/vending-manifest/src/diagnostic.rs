//! Problems as people read them: with the place in the file.

use std::fmt;

use serde::Serialize;
use vending_core::{INVALID_NAME, MISSPELLED, Problem, UNKNOWN_FIELD};

use crate::position::{Position, Positions};

/// A problem of a manifest and where it is. Displayed as `organization.yaml:57:9: message`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Diagnostic {
    pub file: String,
    pub line: u64,
    /// The column in characters.
    pub column: u64,
    /// The JSON pointer of the field or value.
    pub pointer: String,
    /// Names the field, and says what is wrong and what would be right.
    pub message: String,
}

impl Diagnostic {
    pub(crate) fn new(file: &str, position: Position, pointer: &str, message: &str) -> Self {
        let Position { line, column } = position;
        Self { file: file.to_owned(), line, column, pointer: pointer.to_owned(), message: one_line(message) }
    }

    pub(crate) fn from_problem(file: &str, positions: &Positions, problem: &Problem) -> Self {
        let detail = &problem.detail;
        let is_about_name = [UNKNOWN_FIELD, INVALID_NAME, MISSPELLED].iter().any(|start| detail.starts_with(start));
        let position = positions.find(&problem.pointer, is_about_name);
        Self::at(file, position, problem)
    }

    pub(crate) fn at(file: &str, position: Position, problem: &Problem) -> Self {
        let Problem { pointer, detail } = problem;
        Self::new(file, position, pointer, &format!("{} {detail}", subject(pointer)))
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, message, .. } = self;
        write!(formatter, "{file}:{line}:{column}: {message}")
    }
}

/// What a problem is about, in words.
fn subject(pointer: &str) -> String {
    let mut segments = pointer.rsplit('/').map(unescaped);
    let last = segments.next().unwrap_or_default();
    let parent = segments.next();
    match (pointer, last.parse::<usize>(), parent) {
        ("", ..) => "the manifest".to_owned(),
        (_, Ok(index), Some(parent)) => format!("entry {} of `{parent}`", index + 1),
        _ => format!("`{last}`"),
    }
}

fn unescaped(segment: &str) -> String {
    segment.replace("~1", "/").replace("~0", "~")
}

/// Names and values of the file may have line breaks.
fn one_line(message: &str) -> String {
    let escaped = |character: char| {
        if character.is_control() { character.escape_default().to_string() } else { character.to_string() }
    };
    message.chars().map(escaped).collect()
}
