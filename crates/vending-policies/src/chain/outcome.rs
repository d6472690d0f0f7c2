//! What decided a request.

use std::fmt;

use iam_evaluation::Decision;
use serde::Serialize;

use super::Level;
use crate::content::Content;

/// Whether the policies allow a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Outcome {
    Allowed,
    Denied(Denial),
}

/// What denied a request.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Denial {
    /// To what the policy is attached: the root, an OU, or an account.
    pub place: String,
    /// The policy with the deny. None if no SCP of the place allows the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// The Sid of the statement, or its number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<String>,
}

impl Denial {
    pub(super) fn explicit(level: &Level, policy: &Content, decision: Decision<'_>) -> Self {
        let policy = Some(policy.name().to_owned());
        Self { place: level.place.clone(), policy, statement: decision.statement.map(str::to_owned) }
    }

    pub(super) fn missing(level: &Level) -> Self {
        Self { place: level.place.clone(), policy: None, statement: None }
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = &self.place;
        match (&self.policy, &self.statement) {
            (Some(policy), Some(statement)) => {
                write!(formatter, "statement {statement} of the policy {policy} of {place} denies it")
            }
            (Some(policy), None) => write!(formatter, "the policy {policy} of {place} denies it"),
            (None, _) => write!(formatter, "no SCP of {place} allows it"),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allowed => formatter.write_str("no policy denies it"),
            Self::Denied(denial) => denial.fmt(formatter),
        }
    }
}
