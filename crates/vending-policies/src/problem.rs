//! Problems of files.

use std::fmt;

use serde::Serialize;
use vending_core::{Problem, with_advice};

/// A problem of a file. Displayed as ``policies/a.json: `/Statement/0/Effect` must be Deny``.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct FileProblem {
    /// The path of the file, relative to the folder of the manifest.
    pub file: String,
    /// The JSON pointer of the field or value. An empty pointer means the whole file.
    pub pointer: String,
    /// What is wrong and what would be right, to be read after the name of the field.
    pub detail: String,
}

impl FileProblem {
    pub(crate) fn new(file: &str, problem: Problem) -> Self {
        let Problem { pointer, detail } = with_advice(problem);
        Self { file: file.to_owned(), pointer, detail }
    }

    /// A problem of a file as a whole.
    pub fn of_file(file: &str, detail: &str) -> Self {
        Self { file: file.to_owned(), pointer: String::new(), detail: detail.to_owned() }
    }

    /// The problem without its file, to find its position in the text.
    pub fn problem(&self) -> Problem {
        Problem { pointer: self.pointer.clone(), detail: self.detail.clone() }
    }
}

impl fmt::Display for FileProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, pointer, detail } = self;
        match pointer.as_str() {
            "" => write!(formatter, "{file}: the file {detail}"),
            pointer => write!(formatter, "{file}: `{pointer}` {detail}"),
        }
    }
}

/// Fails if there are problems.
pub(crate) fn check(file: &str, problems: Vec<Problem>) -> Result<(), Vec<FileProblem>> {
    if problems.is_empty() {
        return Ok(());
    }
    Err(problems.into_iter().map(|problem| FileProblem::new(file, problem)).collect())
}
