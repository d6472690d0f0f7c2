//! One call: what is sent, and what a response means.

use std::time::Duration;

use http::{HeaderMap, Method, Request};

use crate::api_url::ApiUrl;
use crate::error::{Error, NotPermitted, Refusal};
use crate::error_body::ErrorBody;
use crate::idempotency_key::IdempotencyKey;
use crate::transport::RawResponse;

#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) method: Method,
    /// The path below the API, with its query.
    pub(crate) path: String,
    pub(crate) body: Vec<u8>,
    pub(crate) key: Option<IdempotencyKey>,
}

/// What a response means for the call.
#[derive(Debug)]
pub(crate) enum Verdict {
    Done(RawResponse),
    /// The same call may succeed later.
    Later {
        reason: String,
        retry_after: Option<Duration>,
    },
    Failed(Error),
}

impl Call {
    pub(crate) fn get(path: String) -> Self {
        Self { method: Method::GET, path, body: Vec::new(), key: None }
    }

    pub(crate) fn with_body(method: Method, path: String, body: &serde_json::Value) -> Self {
        Self { method, path, body: body.to_string().into_bytes(), key: None }
    }

    pub(crate) fn with_key(self, key: &IdempotencyKey) -> Self {
        Self { key: Some(key.clone()), ..self }
    }

    /// For messages, such as `GET /accounts`.
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.method, self.path.split('?').next().unwrap_or_default())
    }

    pub(crate) fn to_request(&self, api: &ApiUrl) -> Result<Request<Vec<u8>>, http::Error> {
        let mut request = Request::builder().method(self.method.clone()).uri(api.join(&self.path));
        if !self.body.is_empty() {
            request = request.header("content-type", "application/json");
        }
        if let Some(key) = &self.key {
            request = request.header("idempotency-key", key.as_str());
        }
        request.body(self.body.clone())
    }

    pub(crate) fn judge(&self, api: &ApiUrl, response: RawResponse) -> Verdict {
        let retry_after = retry_after(&response.headers);
        match response.status {
            200..=299 => Verdict::Done(response),
            429 | 502..=504 => Verdict::Later { reason: reason(&response), retry_after },
            // The first call with the same idempotency key has not ended.
            409 if retry_after.is_some() => Verdict::Later { reason: reason(&response), retry_after },
            401 | 403 => Verdict::Failed(Error::NotPermitted(self.not_permitted(api, &response.body))),
            status @ 400..=499 => match ErrorBody::read(&response.body) {
                body if body.is_problem() => Verdict::Failed(Error::Refused(refusal(status, body))),
                _ => Verdict::Failed(self.unexpected(&response)),
            },
            _ => Verdict::Failed(self.unexpected(&response)),
        }
    }

    fn not_permitted(&self, api: &ApiUrl, body: &str) -> NotPermitted {
        let body = ErrorBody::read(body);
        NotPermitted {
            message: body.message().unwrap_or("the response has no reason").to_owned(),
            signed_by: body.signed_by(),
            resource: api.resource(self.method.as_str(), &self.path),
            by_api: body.is_problem(),
        }
    }

    fn unexpected(&self, response: &RawResponse) -> Error {
        Error::Unexpected { call: self.name(), status: Some(response.status), reason: reason(response) }
    }
}

fn refusal(status: u16, body: ErrorBody) -> Refusal {
    Refusal { status, message: body.message().unwrap_or_default().to_owned(), problems: body.problems }
}

/// Such as `503: AWS throttles`.
fn reason(response: &RawResponse) -> String {
    let body = ErrorBody::read(&response.body);
    let phrase = || http::StatusCode::from_u16(response.status).ok()?.canonical_reason();
    let message = body.message().or_else(phrase).unwrap_or("unknown status");
    format!("{}: {message}", response.status)
}

/// In seconds. The API sends no dates.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get("retry-after")?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}
