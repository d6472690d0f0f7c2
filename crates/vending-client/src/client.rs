//! The client of the API.

mod organization;

use std::fmt;
use std::sync::Arc;

use http::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use vending_core::{AccountId, RequestId};

use crate::api_url::ApiUrl;
use crate::call::{Call, Verdict};
use crate::credentials::CredentialSource;
use crate::document::Document;
use crate::error::Error;
use crate::idempotency_key::IdempotencyKey;
use crate::pages::{AccountFilter, Pages, RequestFilter};
use crate::retry::{Pace, Retry, RetryPolicy, pause};
use crate::signature::{Scope, sign};
use crate::transport::{RawResponse, Transport, is_transient};
use crate::types::{AccountSummary, AccountView, Plan, RequestSummary, RequestView};

const SERVICE: &str = "execute-api";

/// Calls the API as one caller.
#[derive(Clone)]
pub struct Client {
    api: ApiUrl,
    credentials: Arc<dyn CredentialSource>,
    transport: Transport,
    retries: RetryPolicy,
    pace: Arc<Pace>,
    on_retry: Arc<dyn Fn(&Retry) + Send + Sync>,
}

/// What became of a request that was sent.
#[derive(Clone, Debug)]
pub enum Submission {
    /// It runs, or the same one ran already.
    Accepted(RequestId),
    /// The account exists with these settings; nothing was started.
    AlreadyVended(Box<Document<RequestView>>),
}

impl Submission {
    pub fn request_id(&self) -> &RequestId {
        match self {
            Self::Accepted(id) => id,
            Self::AlreadyVended(request) => &request.request_id,
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Client").field("api", &self.api).finish_non_exhaustive()
    }
}

impl Client {
    pub fn new(api: ApiUrl, credentials: impl CredentialSource + 'static) -> Self {
        Self {
            transport: Transport::new(concat!("vending-client/", env!("CARGO_PKG_VERSION")), api.is_loopback()),
            api,
            credentials: Arc::new(credentials),
            retries: RetryPolicy::default(),
            pace: Arc::default(),
            on_retry: Arc::new(|_| ()),
        }
    }

    #[must_use]
    pub fn with_retries(self, retries: RetryPolicy) -> Self {
        Self { retries, ..self }
    }

    /// Is called before the wait for each retry.
    #[must_use]
    pub fn on_retry(self, report: impl Fn(&Retry) + Send + Sync + 'static) -> Self {
        Self { on_retry: Arc::new(report), ..self }
    }

    pub fn api(&self) -> &ApiUrl {
        &self.api
    }

    /// `POST /accounts`.
    pub fn request_account(&self, request: &Value, key: &IdempotencyKey) -> Result<Submission, Error> {
        self.submit(Method::POST, "/accounts".to_owned(), request, key)
    }

    /// `PUT /accounts/{accountId}`.
    pub fn change_account(&self, id: &AccountId, request: &Value, key: &IdempotencyKey) -> Result<Submission, Error> {
        self.submit(Method::PUT, format!("/accounts/{id}"), request, key)
    }

    /// `PUT /accounts/{accountId}/requester`.
    pub fn hand_over(&self, id: &AccountId, requester: &str, key: &IdempotencyKey) -> Result<Submission, Error> {
        let body = json!({ "requester": requester });
        self.submit(Method::PUT, format!("/accounts/{id}/requester"), &body, key)
    }

    /// `POST /accounts/{accountId}/adoption`.
    pub fn adopt(&self, id: &AccountId, adoption: &Value, key: &IdempotencyKey) -> Result<Submission, Error> {
        self.submit(Method::POST, format!("/accounts/{id}/adoption"), adoption, key)
    }

    /// `POST /accounts/plan`: what up to 100 requests would do.
    pub fn plan(&self, requests: &[Value]) -> Result<Document<Plan>, Error> {
        let body = json!({ "requests": requests });
        self.read(&Call::with_body(Method::POST, "/accounts/plan".to_owned(), &body))
    }

    /// `GET /requests/{requestId}`.
    pub fn request(&self, id: &RequestId) -> Result<Document<RequestView>, Error> {
        self.read(&Call::get(format!("/requests/{id}")))
    }

    /// `GET /accounts/{accountId}`.
    pub fn account(&self, id: &AccountId) -> Result<Document<AccountView>, Error> {
        self.read(&Call::get(format!("/accounts/{id}")))
    }

    /// `GET /requests`, page after page.
    pub fn requests(&self, filter: &RequestFilter) -> Pages<'_, RequestSummary> {
        Pages::new(self, "/requests", "requests", filter.parameters())
    }

    /// `GET /accounts`, page after page.
    pub fn accounts(&self, filter: &AccountFilter) -> Pages<'_, AccountSummary> {
        Pages::new(self, "/accounts", "accounts", filter.parameters())
    }

    fn submit(&self, method: Method, path: String, body: &Value, key: &IdempotencyKey) -> Result<Submission, Error> {
        let call = Call::with_body(method, path, body).with_key(key);
        let response = self.send(&call)?;
        if response.status == 200 {
            return Ok(Submission::AlreadyVended(Box::new(parse(&call, &response)?)));
        }
        let accepted: Document<Accepted> = parse(&call, &response)?;
        Ok(Submission::Accepted(accepted.request_id.clone()))
    }

    pub(crate) fn read<T: DeserializeOwned>(&self, call: &Call) -> Result<Document<T>, Error> {
        parse(call, &self.send(call)?)
    }

    /// Sends a call until it has a response that a retry would not change.
    fn send(&self, call: &Call) -> Result<RawResponse, Error> {
        let mut attempt = 1;
        loop {
            let (reason, retry_after) = match self.attempt(call)? {
                Ok(response) => match call.judge(&self.api, response) {
                    Verdict::Done(response) => return Ok(response),
                    Verdict::Failed(error) => return Err(error),
                    Verdict::Later { reason, retry_after } => (reason, retry_after),
                },
                Err(error) if is_transient(&error) => (error.to_string(), None),
                Err(error) => return Err(self.unreachable(error.to_string())),
            };
            let Some(delay) = self.retries.delay(attempt, retry_after, fastrand::f64()) else {
                return Err(self.unreachable(format!("{reason} (tried {attempt} times)")));
            };
            (self.on_retry)(&Retry { reason, delay });
            pause(delay);
            attempt += 1;
        }
    }

    /// Signs again each time: a signature is valid for minutes, and credentials can be renewed.
    fn attempt(&self, call: &Call) -> Result<Result<RawResponse, ureq::Error>, Error> {
        let credentials = self.credentials.credentials().map_err(Error::NoCredentials)?;
        let invalid = |error: &dyn fmt::Display| unexpected(call, format!("the request cannot be sent: {error}"));
        let mut request = call.to_request(&self.api).map_err(|error| invalid(&error))?;
        let scope = Scope { service: SERVICE, region: self.api.region() };
        sign(&mut request, &credentials, scope).map_err(|error| invalid(&error))?;
        self.pace.wait();
        Ok(self.transport.send(request))
    }

    fn unreachable(&self, reason: String) -> Error {
        Error::Unreachable { url: self.api.to_string(), reason }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Accepted {
    request_id: RequestId,
}

fn parse<T: DeserializeOwned>(call: &Call, response: &RawResponse) -> Result<Document<T>, Error> {
    let json = serde_json::from_str(&response.body).and_then(Document::from_json);
    json.map_err(|error| Error::Unexpected {
        call: call.name(),
        status: Some(response.status),
        reason: format!("the body is not what the API sends: {error}"),
    })
}

fn unexpected(call: &Call, reason: String) -> Error {
    Error::Unexpected { call: call.name(), status: None, reason }
}

#[cfg(test)]
mod tests;
