//! Calls the API of the deployed stack.

use aws_credential_types::Credentials;
use http::request::Builder;
use http::{HeaderMap, Request};
use serde_json::Value;

use crate::http_client::{HttpClient, HttpError};
use crate::signature::{REGION, Scope, root_credentials, sign};

/// A caller of the API.
#[derive(Clone, Debug)]
pub struct ApiClient {
    http: HttpClient,
    url: String,
    credentials: Option<Credentials>,
}

/// A response of the API.
#[derive(Debug, Default)]
pub struct ApiResponse {
    pub status: u16,
    pub headers: HeaderMap,
    /// The header `Location`, where the request can be followed.
    pub location: Option<String>,
    /// A body that is not JSON is a string.
    pub body: Value,
}

impl ApiClient {
    /// The root user of the management account. `url` is that of the API, with its stage.
    pub fn new(url: &str) -> Self {
        let url = url.trim_end_matches('/').to_owned();
        Self { http: HttpClient::default(), url, credentials: Some(root_credentials()) }
    }

    #[must_use]
    pub fn with_credentials(self, credentials: Credentials) -> Self {
        Self { credentials: Some(credentials), ..self }
    }

    #[must_use]
    pub fn unsigned(self) -> Self {
        Self { credentials: None, ..self }
    }

    /// A request of the API, to which headers can be added.
    pub fn request(&self, method: &str, path: &str) -> Builder {
        let uri = format!("{}{path}", self.url);
        Request::builder().method(method).uri(uri).header("content-type", "application/json")
    }

    /// Signs and sends a request.
    pub fn send(&self, request: Builder, body: impl Into<Vec<u8>>) -> Result<ApiResponse, HttpError> {
        let mut request = request.body(body.into())?;
        if let Some(credentials) = &self.credentials {
            sign(&mut request, credentials, Scope { service: "execute-api", region: REGION })?;
        }
        let (parts, body) = self.http.send(request)?.into_parts();
        let location = parts.headers.get("location").and_then(|value| value.to_str().ok()).map(str::to_owned);
        let body = serde_json::from_str(&body).unwrap_or(Value::String(body));
        Ok(ApiResponse { status: parts.status.as_u16(), headers: parts.headers, location, body })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::respond;

    #[test]
    fn request_is_signed_and_response_is_parsed() {
        let (url, server) = respond("202 Accepted\r\nlocation: /v1/requests/k-1", r#"{"requestId":"k-1"}"#);
        let client = ApiClient::new(&url);
        let request = client.request("POST", "/accounts").header("idempotency-key", "once");
        let response = client.send(request, "{}").unwrap();
        assert_eq!((response.status, response.location.as_deref()), (202, Some("/v1/requests/k-1")));
        assert_eq!(response.body["requestId"], "k-1");
        let sent = server.join().unwrap();
        assert!(sent.starts_with("POST /accounts HTTP/1.1\r\n") && sent.ends_with("\r\n\r\n{}"), "{sent}");
        assert!(sent.contains("idempotency-key: once\r\n"), "{sent}");
        assert!(sent.contains("/us-east-1/execute-api/aws4_request, SignedHeaders="), "{sent}");
    }

    #[test]
    fn unsigned_request_has_no_signature() {
        let (url, server) = respond("403 Forbidden", "no");
        let client = ApiClient::new(&url).unsigned();
        let response = client.send(client.request("GET", "/options"), "").unwrap();
        assert_eq!((response.status, response.body), (403, "no".into()));
        assert!(!server.join().unwrap().to_lowercase().contains("authorization"));
    }
}
