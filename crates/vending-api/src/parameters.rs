//! Query parameters. The pointer of a problem is `?name`, because a query parameter has no JSON pointer.

use std::collections::BTreeMap;

use aws_lambda_events::apigw::ApiGatewayProxyRequest;
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

/// The query parameters of a call.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// API Gateway passes the last value of a repeated parameter: the others must not be ignored.
    pub fn from_event(event: &ApiGatewayProxyRequest) -> Result<Self, ApiError> {
        let all = entries(&event.multi_value_query_string_parameters);
        let repeated = all.into_iter().filter(|(_, values)| values.len() > 1);
        let problems: Vec<_> = repeated.map(|(name, _)| query_problem(&name, "must occur once")).collect();
        if !problems.is_empty() {
            return Err(ApiError::invalid(problems));
        }
        let last = entries(&event.query_string_parameters).into_iter();
        Ok(Self(last.filter_map(|(name, mut values)| Some((name, values.pop()?))).collect()))
    }

    /// The value of a parameter.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

/// The names and values of a `QueryMap`. Its iterator panics at a name without a value.
fn entries(map: &QueryMap) -> BTreeMap<String, Vec<String>> {
    serde_json::to_value(map).and_then(serde_json::from_value).unwrap_or_default()
}

/// Rejects all query parameters.
pub fn reject_all(parameters: &Parameters) -> Result<(), ApiError> {
    let mut problems = Vec::new();
    reject_unknown(parameters, &[], &mut problems);
    if problems.is_empty() { Ok(()) } else { Err(ApiError::invalid(problems)) }
}

/// Rejects other parameters: a call with a misspelled parameter must not do something else.
pub fn reject_unknown(parameters: &Parameters, known: &[&str], problems: &mut Vec<Problem>) {
    let unknown = parameters.0.keys().filter(|name| !known.contains(&name.as_str()));
    problems.extend(unknown.map(|name| query_problem(name, unknown_parameter(name, known))));
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
pub fn limit(parameters: &Parameters) -> Result<usize, String> {
    let Some(value) = parameters.get("limit") else { return Ok(DEFAULT_LIMIT) };
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn parse(one: &Value, all: &Value) -> Result<Parameters, ApiError> {
        let event = json!({
            "httpMethod": "GET",
            "headers": {},
            "multiValueHeaders": {},
            "requestContext": { "httpMethod": "GET", "identity": {}, "stage": "v1" },
            "queryStringParameters": one,
            "multiValueQueryStringParameters": all,
        });
        Parameters::from_event(&serde_json::from_value(event).unwrap())
    }

    #[test]
    fn parameters_are_the_ones_of_the_event() {
        let parameters = parse(&json!({ "limit": "5" }), &json!({ "limit": ["5"] })).unwrap();
        assert_eq!(parameters.get("limit"), Some("5"));
        assert_eq!(parameters.get("status"), None);
        assert_eq!(parse(&Value::Null, &Value::Null).unwrap(), Parameters::default());
    }

    #[test]
    fn parameter_without_a_value_is_absent() {
        let empty = json!({ "limit": [] });
        assert_eq!(parse(&empty, &empty).unwrap(), Parameters::default());
    }

    #[test]
    fn repeated_parameter_is_rejected() {
        let error = parse(&json!({ "limit": "6" }), &json!({ "limit": ["5", "6"] })).unwrap_err();
        let response = serde_json::to_value(error.into_response()).unwrap();
        let body: Value = serde_json::from_str(response["body"].as_str().unwrap()).unwrap();
        assert_eq!(body["problems"], json!([{ "pointer": "?limit", "detail": "must occur once" }]));
    }
}
