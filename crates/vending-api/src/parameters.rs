//! Query parameters. The pointer of a problem is `?name`, because a query parameter has no JSON pointer.

use aws_lambda_events::query_map::QueryMap;
use data_encoding::BASE64URL_NOPAD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use vending_core::Problem;

use crate::response::ApiError;

/// The problem of an invalid page token.
pub const INVALID_TOKEN: &str = "must be the nextToken of a response to the same query, at most one day old";

const DEFAULT_LIMIT: usize = 20;
const MAXIMUM_LIMIT: usize = 100;

/// Rejects all query parameters.
pub fn reject_all(parameters: &QueryMap) -> Result<(), ApiError> {
    let mut problems = Vec::new();
    reject_unknown(parameters, &[], &mut problems);
    if problems.is_empty() { Ok(()) } else { Err(ApiError::invalid(problems)) }
}

/// Rejects other parameters: a call with a misspelled parameter must not do something else.
pub fn reject_unknown(parameters: &QueryMap, known: &[&str], problems: &mut Vec<Problem>) {
    let mut unknown: Vec<&str> = parameters.iter().map(|(name, _)| name).filter(|name| !known.contains(name)).collect();
    unknown.sort_unstable();
    unknown.dedup();
    problems.extend(unknown.into_iter().map(|name| query_problem(name, unknown_parameter(name, known))));
}

fn unknown_parameter(name: &str, known: &[&str]) -> String {
    match known {
        _ if name == "dryRun" => {
            "is an unknown query parameter; use POST /accounts/plan or POST /organization/plans".to_owned()
        }
        [] => "is an unknown query parameter; this route has none".to_owned(),
        known => format!("is an unknown query parameter; expected one of {}", known.join(", ")),
    }
}

/// A parsed parameter, or `None` and one more problem.
pub fn valid<T>(parsed: Result<T, String>, name: &str, problems: &mut Vec<Problem>) -> Option<T> {
    parsed.map_err(|detail| problems.push(query_problem(name, detail))).ok()
}

/// A problem of a query parameter.
pub fn query_problem(name: &str, detail: impl Into<String>) -> Problem {
    Problem { pointer: format!("?{name}"), detail: detail.into() }
}

/// The maximum number of items of a page.
pub fn limit(parameters: &QueryMap) -> Result<usize, String> {
    let Some(value) = parameters.first("limit") else { return Ok(DEFAULT_LIMIT) };
    let number = value.parse().ok();
    number
        .filter(|number| (1..=MAXIMUM_LIMIT).contains(number))
        .ok_or_else(|| format!("must be a number from 1 to {MAXIMUM_LIMIT}"))
}

/// A page token that a client cannot interpret.
pub fn to_token(position: &impl Serialize) -> Option<String> {
    let json = serde_json::to_vec(position).ok()?;
    Some(BASE64URL_NOPAD.encode(&json))
}

/// The position of a page token.
pub fn from_token<T: DeserializeOwned>(token: &str) -> Result<T, String> {
    let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).ok();
    let position = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    position.ok_or_else(|| INVALID_TOKEN.to_owned())
}
