//! Validation problems.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
