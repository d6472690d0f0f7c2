//! HTTP responses: JSON, and problem documents (RFC 9457) for errors.

use aws_lambda_events::apigw::ApiGatewayProxyResponse;
use aws_lambda_events::http::{HeaderMap, HeaderValue, StatusCode, header};
use schemars::JsonSchema;
use serde::Serialize;
use vending_core::{ErrorCode, Problem, StepError};

/// A response of the API.
pub type Response = ApiGatewayProxyResponse;

/// Seconds until a retry. AWS throttling ends within seconds, and a call of this API takes seconds.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("5");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const PROBLEM: HeaderValue = HeaderValue::from_static("application/problem+json");

/// An error of a call.
#[derive(Debug)]
pub enum ApiError {
    /// The caller can correct it.
    Problem { status: StatusCode, detail: String, problems: Vec<Problem> },
    /// The caller cannot correct it.
    Internal(StepError),
}

impl From<StepError> for ApiError {
    fn from(error: StepError) -> Self {
        Self::Internal(error)
    }
}

impl ApiError {
    /// An error without validation problems. `detail` says what failed, and what to do about it.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self::Problem { status, detail: detail.into(), problems: Vec::new() }
    }

    /// `404`.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// `409`.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, detail)
    }

    /// `400`, for a call that cannot be parsed.
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// `400`, with all validation errors of a request.
    pub fn invalid(problems: Vec<Problem>) -> Self {
        let detail = match problems.len() {
            1 => "the request has 1 validation error".to_owned(),
            count => format!("the request has {count} validation errors"),
        };
        Self::Problem { status: StatusCode::BAD_REQUEST, detail, problems }
    }

    /// The problem document (RFC 9457). An error that the caller cannot correct is logged.
    pub fn into_response(self) -> Response {
        match self {
            Self::Problem { status, detail, problems } => problem(status, &detail, &problems),
            Self::Internal(error) => internal(&error),
        }
    }
}

/// `202`: what the body describes is in progress, and `location`, a path below the API's base path, shows its progress.
pub fn accepted(location: &str, body: &impl Serialize) -> Result<Response, StepError> {
    let mut response = json(StatusCode::ACCEPTED, body)?;
    if let Ok(location) = location.parse() {
        response.headers.insert(header::LOCATION, location);
    }
    Ok(response)
}

/// A response with a JSON body.
pub fn json(status: StatusCode, body: &impl Serialize) -> Result<Response, StepError> {
    let body = serde_json::to_string(body).map_err(|error| {
        StepError::new(ErrorCode::Unexpected, "could not serialize the response").with_source(error)
    })?;
    Ok(response(status, JSON, body))
}

/// A problem document (RFC 9457).
#[derive(Debug, Serialize, JsonSchema)]
pub struct ProblemDocument<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    /// The reason phrase of the status.
    title: &'static str,
    #[schemars(range(min = 400, max = 599), extend("format" = "int32"))]
    status: u16,
    /// What failed, and what to do about it.
    detail: &'a str,
    /// The validation errors of the request.
    #[serde(skip_serializing_if = "<[Problem]>::is_empty")]
    problems: &'a [Problem],
}

fn problem(status: StatusCode, detail: &str, problems: &[Problem]) -> Response {
    let title = status.canonical_reason().unwrap_or_default();
    let document = ProblemDocument { kind: "about:blank", title, status: status.as_u16(), detail, problems };
    // Serializing strings and numbers does not fail.
    let body = serde_json::to_string(&document).unwrap_or_default();
    response(status, PROBLEM, body)
}

/// Adds the header `Retry-After`.
pub fn with_retry_after(mut response: Response) -> Response {
    response.headers.insert(header::RETRY_AFTER, RETRY_AFTER);
    response
}

/// Logs the error of AWS. The caller learns only whether to retry.
fn internal(error: &StepError) -> Response {
    let code = error.code();
    let message = error.full_message();
    if code.is_retryable() {
        tracing::warn!(%code, "{message}");
        let detail = "AWS throttles or is unavailable; send the same request again";
        return with_retry_after(problem(StatusCode::SERVICE_UNAVAILABLE, detail, &[]));
    }
    tracing::error!(%code, "{message}");
    let detail = "internal error; see the log of the function";
    problem(StatusCode::INTERNAL_SERVER_ERROR, detail, &[])
}

/// A response that is not cached.
pub fn response(status: StatusCode, content_type: HeaderValue, body: String) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, content_type);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let mut response = Response::default();
    response.status_code = status.as_u16().into();
    response.headers = headers;
    response.body = Some(body.into());
    response
}
