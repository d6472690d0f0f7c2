//! Sends requests over plain HTTP.

use std::time::Duration;

use http::{Request, Response};

use crate::signature::SigningError;

/// As long as a function can run.
const TIMEOUT: Duration = Duration::from_mins(5);
/// A page of logs is longer than the default limit of the client.
const MAX_RESPONSE_BYTES: u64 = 256 * 1024 * 1024;

/// A blocking client.
#[derive(Clone, Debug)]
pub struct HttpClient(ureq::Agent);

#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    #[error("no response from {uri}; is the local cloud running?")]
    NoResponse {
        uri: http::Uri,
        #[source]
        source: Box<ureq::Error>,
    },
    #[error("the request is not valid")]
    Invalid(#[from] http::Error),
    #[error(transparent)]
    Unsigned(#[from] SigningError),
}

impl Default for HttpClient {
    fn default() -> Self {
        Self::with_timeout(TIMEOUT)
    }
}

impl HttpClient {
    /// Ignores the proxy settings of the shell, because every URL is on this machine or was named by the user. Keeps no
    /// connections: one that the server has closed would look like an error.
    pub fn with_timeout(timeout: Duration) -> Self {
        let config = ureq::Agent::config_builder().proxy(None).http_status_as_error(false).max_idle_connections(0);
        Self(config.timeout_global(Some(timeout)).build().into())
    }

    pub fn get(&self, url: &str) -> Result<Response<String>, HttpError> {
        self.send(Request::get(url).body(Vec::new())?)
    }

    /// Returns the response, whatever its status.
    pub fn send(&self, request: Request<Vec<u8>>) -> Result<Response<String>, HttpError> {
        let uri = request.uri().clone();
        self.exchange(request).map_err(|source| HttpError::NoResponse { uri, source: Box::new(source) })
    }

    fn exchange(&self, request: Request<Vec<u8>>) -> Result<Response<String>, ureq::Error> {
        let (parts, body) = request.into_parts();
        // A GET must not have a body, not even an empty one.
        let response = if body.is_empty() {
            self.0.run(Request::from_parts(parts, ()))?
        } else {
            self.0.run(Request::from_parts(parts, body))?
        };
        let (parts, mut body) = response.into_parts();
        Ok(Response::from_parts(parts, body.with_config().limit(MAX_RESPONSE_BYTES).read_to_string()?))
    }
}
