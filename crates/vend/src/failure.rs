//! Errors, as people read them.

use schemars::JsonSchema;
use serde::Serialize;
use vending_client::Error;
use vending_core::Problem;
use vending_manifest::{Diagnostic, Source};

use crate::exit::Exit;

/// Why a command ended early.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    /// What is wrong.
    pub(crate) message: String,
    /// Each place where something is wrong.
    pub(crate) problems: Vec<PlacedProblem>,
    /// What to do, in sentences.
    pub(crate) advice: Vec<String>,
}

/// A problem of a request or a manifest, and where it is.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, JsonSchema)]
pub struct PlacedProblem {
    /// The file, or the option that has the value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source: Option<String>,
    /// From 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) line: Option<u64>,
    /// From 1, in characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) column: Option<u64>,
    /// The JSON pointer of the field in the request or the manifest.
    pub(crate) pointer: String,
    /// What is expected, to be read after the name of the field. Of a manifest, a sentence that names the field.
    pub(crate) detail: String,
    /// Whether `detail` names the field.
    #[serde(skip)]
    pub(crate) is_sentence: bool,
}

impl Failure {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), problems: Vec::new(), advice: Vec::new() }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    #[must_use]
    pub(crate) fn with_problems(self, problems: Vec<PlacedProblem>) -> Self {
        Self { problems, ..self }
    }

    #[must_use]
    pub(crate) fn with_advice(mut self, advice: impl Into<String>) -> Self {
        self.advice.push(advice.into());
        self
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(refusal) => {
                let problems = refusal.problems.into_iter().map(PlacedProblem::anywhere).collect();
                Self::new(Exit::Failed, refusal.message).with_problems(problems)
            }
            Error::NotPermitted(denial) => {
                let mut failure = Self::new(Exit::NotPermitted, format!("not permitted: {}", denial.message));
                failure.advice.extend(denial.signed_by.iter().map(|arn| format!("the call was signed by {arn}")));
                failure.advice.extend(denial.advice());
                failure
            }
            Error::NoCredentials(source) => {
                let causes = std::iter::successors(source.source(), |&error| error.source());
                let causes: Vec<String> = causes.map(|cause| format!(": {cause}")).collect();
                Self::new(Exit::NotPermitted, format!("no AWS credentials: {source}{}", causes.concat()))
                    .with_advice("sign in, for example with `aws sso login`, or name a profile with --aws-profile")
            }
            Error::Unreachable { .. } | Error::Unexpected { .. } => Self::new(Exit::Failed, error.to_string()),
        }
    }
}

impl PlacedProblem {
    /// A problem of a call that no file is behind.
    pub(crate) fn anywhere(problem: Problem) -> Self {
        Self {
            source: None,
            line: None,
            column: None,
            pointer: problem.pointer,
            detail: problem.detail,
            is_sentence: false,
        }
    }

    /// A problem of a file, with its place.
    pub(crate) fn in_file(source: &Source, problem: Problem) -> Self {
        let Diagnostic { file, line, column, .. } = source.diagnostic(&problem);
        Self { source: Some(file), line: Some(line), column: Some(column), ..Self::anywhere(problem) }
    }

    /// A problem whose message names the field.
    pub(crate) fn of_diagnostic(diagnostic: Diagnostic) -> Self {
        let Diagnostic { file, line, column, pointer, message } = diagnostic;
        let (source, line, column) = (Some(file), Some(line), Some(column));
        Self { source, line, column, pointer, detail: message, is_sentence: true }
    }

    /// As compilers write it: `payments.yaml:3:1: /owner must be …`.
    pub(crate) fn to_line(&self) -> String {
        let mut place = self.source.clone().unwrap_or_default();
        for number in [self.line, self.column].into_iter().flatten() {
            place = format!("{place}:{number}");
        }
        let separator = if place.is_empty() { "" } else { ": " };
        if self.is_sentence {
            return format!("{place}{separator}{}", self.detail);
        }
        let pointer = if self.pointer.is_empty() { "the request" } else { &self.pointer };
        format!("{place}{separator}{pointer} {}", self.detail)
    }
}
