//! Tries the cases of a policy.

use std::fmt;

use iam_evaluation::ActionRequest;
use serde::Serialize;
use serde_json::Value;
use vending_core::Problem;

use super::{Chain, Outcome};
use crate::cases::{Case, Cases, Expected};
use crate::placeholder::{self, Placeholder};
use crate::principal::Principal;
use crate::problem::FileProblem;
use crate::values::Values;

/// A case with another outcome than expected.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct FailedCase {
    /// The path of the cases.
    pub file: String,
    /// The JSON pointer of the case.
    pub pointer: String,
    pub who: String,
    pub does: String,
    /// The resource. None for an action without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on: Option<String>,
    pub expected: Expected,
    /// Why the outcome is expected, as the case says.
    pub because: String,
    /// What decided.
    pub decided: String,
}

impl fmt::Display for FailedCase {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, pointer, who, does, on, expected, because, decided } = self;
        let on = on.as_ref().map(|on| format!(" on {on}")).unwrap_or_default();
        write!(formatter, "{file}: `{pointer}` {who} {does}{on} must be {expected} ({because}), but {decided}")
    }
}

impl Chain {
    /// Tries all cases. Returns those with another outcome. Fails if a case needs a value that is not set.
    pub fn try_cases(&self, cases: &Cases, values: &Values) -> Result<Vec<FailedCase>, Vec<FileProblem>> {
        let file = Cases::path(cases.policy());
        let (mut failed, mut problems) = (Vec::new(), Vec::new());
        for (index, case) in cases.cases.iter().enumerate() {
            let pointer = format!("/cases/{index}");
            for (who, does) in case.who.iter().flat_map(|who| case.does.iter().map(move |does| (who, does))) {
                match self.try_case(case, who, does, values) {
                    Ok(None) => {}
                    Ok(Some((on, decided))) => failed.push(FailedCase {
                        file: file.clone(),
                        pointer: pointer.clone(),
                        who: who.to_string(),
                        does: does.clone(),
                        on,
                        expected: case.is,
                        because: case.because.clone(),
                        decided,
                    }),
                    Err(detail) => {
                        problems.push(FileProblem::new(&file, Problem { pointer: pointer.clone(), detail }));
                    }
                }
            }
        }
        problems.dedup();
        if problems.is_empty() { Ok(failed) } else { Err(problems) }
    }

    /// Returns the resource and what decided, if the outcome is not the expected one.
    fn try_case(
        &self,
        case: &Case,
        who: &Principal,
        does: &str,
        values: &Values,
    ) -> Result<Option<(Option<String>, String)>, String> {
        let on = case.on.as_deref().map(|on| fill(on, values)).transpose()?;
        let mut keys = who.keys(values)?;
        for (key, value) in &case.with {
            keys.retain(|known, _| !known.eq_ignore_ascii_case(key));
            keys.insert(key.clone(), fill_value(value, values)?);
        }
        let request = ActionRequest { action: does, resource: on.as_deref(), keys: &keys };
        let outcome = self
            .decide(who, request)
            .map_err(|error| format!("cannot be evaluated, because a policy is not valid: {error}"))?;
        let as_expected = (outcome == Outcome::Allowed) == (case.is == Expected::Allowed);
        Ok((!as_expected).then(|| (on.clone(), outcome.to_string())))
    }
}

fn fill_value(value: &Value, values: &Values) -> Result<Value, String> {
    match value {
        Value::String(text) => fill(text, values).map(Value::String),
        Value::Array(items) => items.iter().map(|item| fill_value(item, values)).collect(),
        other => Ok(other.clone()),
    }
}

fn fill(text: &str, values: &Values) -> Result<String, String> {
    values.fill(&placeholder::parts(text, Placeholder::is_for_cases)?)
}
