//! The query parameters and the page tokens of the list of requests.

use serde::{Deserialize, Serialize};
use vending_api::{ApiError, Parameters, from_token, limit, reject_unknown, to_token, valid};
use vending_core::{RequestId, Status};

/// The query parameters of a list.
#[derive(Debug)]
pub(crate) struct Query {
    pub(crate) limit: usize,
    pub(crate) status: Option<Status>,
    pub(crate) cursor: Cursor,
}

/// Where a list continues: first in the executions, then in the records that are older than the executions.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Cursor {
    /// At the token of Step Functions, or at the newest execution.
    Executions(Option<String>),
    /// After this record, or at the newest record.
    Records(Option<Position>),
}

/// The position of a record in a list, newest first.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
pub(crate) struct Position {
    pub(crate) last_modified: i64,
    pub(crate) request_id: String,
}

impl Position {
    pub(crate) fn new(last_modified: i64, request_id: &RequestId) -> Self {
        Self { last_modified, request_id: request_id.to_string() }
    }
}

impl Query {
    /// The pointer of a problem is `?name`: a query parameter has no JSON pointer.
    pub(crate) fn parse(parameters: &Parameters) -> Result<Self, ApiError> {
        let mut problems = Vec::new();
        reject_unknown(parameters, &["limit", "status", "nextToken"], &mut problems);
        let limit = valid(limit(parameters), "limit", &mut problems);
        let status = parameters.get("status").map(status).transpose();
        let status = valid(status, "status", &mut problems);
        let cursor = parameters.get("nextToken").map(Cursor::parse).transpose();
        let cursor = valid(cursor, "nextToken", &mut problems);
        match (limit, status, cursor) {
            (Some(limit), Some(status), Some(cursor)) if problems.is_empty() => {
                Ok(Self { limit, status, cursor: cursor.unwrap_or_else(|| Cursor::start(status)) })
            }
            _ => Err(ApiError::invalid(problems)),
        }
    }
}

fn status(value: &str) -> Result<Status, String> {
    serde_json::from_value(value.into()).map_err(|_| "must be one of IN_PROGRESS, VENDED, FAILED, EXPIRED".to_owned())
}

impl Cursor {
    /// An expired request has no execution.
    fn start(status: Option<Status>) -> Self {
        match status {
            Some(Status::Expired) => Self::Records(None),
            _ => Self::Executions(None),
        }
    }

    fn parse(token: &str) -> Result<Self, String> {
        from_token(token)
    }

    pub(crate) fn token(&self) -> Option<String> {
        to_token(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_round_trip() {
        let position = Position { last_modified: 7, request_id: "x".to_owned() };
        for cursor in [
            Cursor::Executions(None),
            Cursor::Executions(Some("AAA=".to_owned())),
            Cursor::Records(None),
            Cursor::Records(Some(position)),
        ] {
            let token = cursor.token().unwrap();
            assert!(token.bytes().all(|c| c.is_ascii_alphanumeric() || b"-_".contains(&c)));
            assert_eq!(Cursor::parse(&token), Ok(cursor));
        }
        assert!(Cursor::parse("AAA=").is_err());
    }
}
