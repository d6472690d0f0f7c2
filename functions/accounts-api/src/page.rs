//! Where a list is: what its query asks for, and how it goes on.

use aws_lambda_events::query_map::QueryMap;
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use vending_core::{Problem, RequestId, Status};

use crate::answer::Refusal;

const DEFAULT_LIMIT: usize = 20;
const MAXIMUM_LIMIT: usize = 100;

/// What a list shows.
#[derive(Debug)]
pub(crate) struct Query {
    pub(crate) limit: usize,
    pub(crate) status: Option<Status>,
    pub(crate) place: Place,
}

/// Where a list goes on: first through the executions, then through what is older than they are kept.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Place {
    /// From the token of Step Functions, or from the newest.
    Executions(Option<String>),
    /// After this record.
    Records(Option<Mark>),
}

/// A record in the order of the list, newest first.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
pub(crate) struct Mark {
    pub(crate) last_modified: i64,
    pub(crate) request_id: String,
}

impl Mark {
    pub(crate) fn new(last_modified: i64, request_id: &RequestId) -> Self {
        Self { last_modified, request_id: request_id.to_string() }
    }
}

impl Query {
    /// Problems point at `?name`: a query parameter has no JSON pointer.
    pub(crate) fn read(parameters: &QueryMap) -> Result<Self, Refusal> {
        let mut problems = Vec::new();
        let limit = parameters.first("limit").map_or(Ok(DEFAULT_LIMIT), limit);
        let limit = keep(limit, "limit", &mut problems);
        let status = parameters.first("status").map(status).transpose();
        let status = keep(status, "status", &mut problems);
        let place = parameters.first("nextToken").map(Place::read).transpose();
        let place = keep(place, "nextToken", &mut problems);
        match (limit, status, place) {
            (Some(limit), Some(status), Some(place)) => {
                Ok(Self { limit, status, place: place.unwrap_or_else(|| Place::start(status)) })
            }
            _ => Err(Refusal::invalid(problems)),
        }
    }
}

fn keep<T>(read: Result<T, String>, name: &str, problems: &mut Vec<Problem>) -> Option<T> {
    read.map_err(|detail| problems.push(query_problem(name, detail))).ok()
}

pub(crate) fn query_problem(name: &str, detail: impl Into<String>) -> Problem {
    Problem { pointer: format!("?{name}"), detail: detail.into() }
}

pub(crate) const WRONG_TOKEN: &str = "must be the nextToken of an answer to the same query, at most a day old";

fn limit(text: &str) -> Result<usize, String> {
    let number = text.parse().ok();
    number
        .filter(|number| (1..=MAXIMUM_LIMIT).contains(number))
        .ok_or_else(|| format!("must be a number from 1 to {MAXIMUM_LIMIT}"))
}

fn status(text: &str) -> Result<Status, String> {
    serde_json::from_value(text.into()).map_err(|_| "must be one of IN_PROGRESS, VENDED, FAILED, EXPIRED".to_owned())
}

impl Place {
    /// What has expired has no execution.
    fn start(status: Option<Status>) -> Self {
        match status {
            Some(Status::Expired) => Self::Records(None),
            _ => Self::Executions(None),
        }
    }

    fn read(token: &str) -> Result<Self, String> {
        let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).ok();
        let place = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        place.ok_or_else(|| WRONG_TOKEN.to_owned())
    }

    pub(crate) fn token(&self) -> Option<String> {
        let text = serde_json::to_vec(self).ok()?;
        Some(BASE64URL_NOPAD.encode(&text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_read_back() {
        let mark = Mark { last_modified: 7, request_id: "x".to_owned() };
        for place in [
            Place::Executions(None),
            Place::Executions(Some("AAA=".to_owned())),
            Place::Records(None),
            Place::Records(Some(mark)),
        ] {
            let token = place.token().unwrap();
            assert!(token.bytes().all(|c| c.is_ascii_alphanumeric() || b"-_".contains(&c)));
            assert_eq!(Place::read(&token), Ok(place));
        }
        assert!(Place::read("AAA=").is_err());
    }
}
