//! HTTP answers: JSON for what was asked, problem documents (RFC 9457) for what was refused.

use aws_lambda_events::apigw::ApiGatewayProxyResponse;
use aws_lambda_events::http::{HeaderMap, HeaderValue, StatusCode, header};
use schemars::JsonSchema;
use serde::Serialize;
use vending_core::{ErrorCode, Problem, RequestId, Status, StepError};
use vending_runtime::Handler;

use crate::AccountsApi;

pub(crate) type Answer = ApiGatewayProxyResponse;

/// When to try again; AWS throttles in seconds, and a request is answered in seconds.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("5");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const PROBLEM: HeaderValue = HeaderValue::from_static("application/problem+json");

/// Why a request is not answered as asked.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The caller can do something about it.
    Problem { status: StatusCode, detail: String, problems: Vec<Problem> },
    /// The caller cannot.
    Failed(StepError),
}

impl From<StepError> for Refusal {
    fn from(error: StepError) -> Self {
        Self::Failed(error)
    }
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self::Problem { status, detail: detail.into(), problems: Vec::new() }
    }

    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    pub(crate) fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, detail)
    }

    pub(crate) fn malformed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// Everything that is wrong with a request, at once.
    pub(crate) fn invalid(problems: Vec<Problem>) -> Self {
        let detail = match problems.len() {
            1 => "one thing must be corrected; nothing was done".to_owned(),
            count => format!("{count} things must be corrected; nothing was done"),
        };
        Self::Problem { status: StatusCode::BAD_REQUEST, detail, problems }
    }

    pub(crate) fn into_answer(self) -> Answer {
        match self {
            Self::Problem { status, detail, problems } => problem(status, &detail, &problems),
            Self::Failed(error) => failed(&error),
        }
    }
}

/// A request that runs.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Accepted<'a> {
    request_id: &'a RequestId,
    status: Status,
}

/// `202`: the request runs, and `Location` shows how it is doing.
pub(crate) fn accepted(id: &RequestId) -> Result<Answer, StepError> {
    let body = Accepted { request_id: id, status: Status::InProgress };
    let mut answer = json(StatusCode::ACCEPTED, &body)?;
    if let Ok(location) = format!("/accounts/{id}").parse() {
        answer.headers.insert(header::LOCATION, location);
    }
    Ok(answer)
}

pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Result<Answer, StepError> {
    let text = serde_json::to_string(body)
        .map_err(|error| StepError::new(ErrorCode::Unexpected, "could not write the answer").with_source(error))?;
    Ok(answer(status, JSON, text))
}

/// A refusal: a problem document (RFC 9457).
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ProblemDocument<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: &'static str,
    #[schemars(range(min = 400, max = 599), extend("format" = "int32"))]
    status: u16,
    /// What could not be done, and what to do about it.
    detail: &'a str,
    /// Everything that is wrong with the request, where single fields are.
    #[serde(skip_serializing_if = "<[Problem]>::is_empty")]
    problems: &'a [Problem],
}

fn problem(status: StatusCode, detail: &str, problems: &[Problem]) -> Answer {
    let title = status.canonical_reason().unwrap_or_default();
    let document = ProblemDocument { kind: "about:blank", title, status: status.as_u16(), detail, problems };
    // Texts and numbers: writing them as JSON does not fail.
    let body = serde_json::to_string(&document).unwrap_or_default();
    answer(status, PROBLEM, body)
}

/// The same answer, with when to try again.
pub(crate) fn later(mut answer: Answer) -> Answer {
    answer.headers.insert(header::RETRY_AFTER, RETRY_AFTER);
    answer
}

/// What AWS said goes to the log; the caller learns only whether to try again.
fn failed(error: &StepError) -> Answer {
    let code = error.code();
    let message = error.wire_message(AccountsApi::NAME);
    if code.is_retryable() {
        tracing::warn!(%code, "{message}");
        let detail = "AWS is busy or not reachable right now; send the same request again";
        return later(problem(StatusCode::SERVICE_UNAVAILABLE, detail, &[]));
    }
    tracing::error!(%code, "{message}");
    let detail = "the request could not be answered; the log of accounts-api says why";
    problem(StatusCode::INTERNAL_SERVER_ERROR, detail, &[])
}

pub(crate) fn answer(status: StatusCode, content_type: HeaderValue, body: String) -> Answer {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, content_type);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let mut answer = Answer::default();
    answer.status_code = status.as_u16().into();
    answer.headers = headers;
    answer.body = Some(body.into());
    answer
}
