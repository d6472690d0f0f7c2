//! Validation problems.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::object_reader::UNKNOWN_FIELD;
use crate::suggestion::nearest;

/// A validation problem of a request.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// The JSON pointer (RFC 6901) of the field. An empty pointer means the whole body.
    pub pointer: String,
    /// What is expected, to be read after the name of the field.
    pub detail: String,
}

impl Problem {
    pub fn at(path: &[&str], detail: impl Into<String>) -> Self {
        let escape = |name: &&str| format!("/{}", name.replace('~', "~0").replace('/', "~1"));
        Self { pointer: path.iter().map(escape).collect(), detail: detail.into() }
    }
}

/// Starts what a problem says of a field that looks like a misspelling of another.
pub const MISSPELLED: &str = "is an unknown field; did you mean ";
const NUMBER: &str = "must be a string, not a number";

/// Adds what would be right in a YAML file, where the general message of a problem does not say it.
pub fn with_advice(problem: Problem) -> Problem {
    let name = problem.pointer.rsplit('/').next().unwrap_or_default().replace("~1", "/").replace("~0", "~");
    let known = problem.detail.strip_prefix(UNKNOWN_FIELD);
    let detail = match known.and_then(|known| nearest(&name, known.split(", "))) {
        Some(meant) => format!("{MISSPELLED}`{meant}`?"),
        None if problem.detail == NUMBER => format!("{NUMBER}; put it in quotes"),
        None => problem.detail,
    };
    Problem { detail, ..problem }
}
