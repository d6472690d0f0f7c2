//! Sends a response: one PUT to a presigned URL, with the HTTP client of the AWS SDK.

use std::sync::OnceLock;
use std::time::Duration;

use aws_smithy_http_client::default_connector;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorSettings, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use vending_core::{ErrorCode, StepError};

use crate::ResponseUrl;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const READ_TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(crate) struct Delivery {
    /// The prefix of URLs of the local cloud. `None` on AWS.
    local_prefix: Option<String>,
    /// Created for the first response, because most invocations send none.
    connector: OnceLock<SharedHttpConnector>,
}

impl Delivery {
    pub(crate) fn new(local_prefix: Option<String>) -> Self {
        Self { local_prefix, connector: OnceLock::new() }
    }

    pub(crate) fn check(&self, url: &ResponseUrl) -> Result<(), StepError> {
        url.check(self.local_prefix.as_deref())
    }

    /// Sends a response. A permanent error of S3 is only logged: the URL has expired, and CloudFormation no longer
    /// waits.
    pub(crate) async fn put(&self, url: &ResponseUrl, body: Vec<u8>) -> Result<(), StepError> {
        self.check(url)?;
        let request = request(url, body)?;
        // The error of the client is dropped, because it could contain the URL.
        let response =
            self.connector()?.call(request).await.map_err(|_| unavailable("there is no response from S3"))?;
        // Redirects are not followed.
        match response.status().as_u16() {
            200..300 => Ok(()),
            status @ (408 | 429 | 500..) => Err(unavailable(&format!("S3 returned status {status}"))),
            status => {
                tracing::warn!(status, "S3 rejected a response to CloudFormation; it is not sent again");
                Ok(())
            }
        }
    }

    fn connector(&self) -> Result<&SharedHttpConnector, StepError> {
        if let Some(connector) = self.connector.get() {
            return Ok(connector);
        }
        let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT_TIMEOUT).read_timeout(READ_TIMEOUT);
        let connector = default_connector(&settings.build(), None)
            .ok_or_else(|| StepError::new(ErrorCode::Unexpected, "this function was built without an HTTP client"))?;
        Ok(self.connector.get_or_init(|| connector))
    }
}

/// Has no Content-Type, because the signature of the URL includes none.
fn request(url: &ResponseUrl, body: Vec<u8>) -> Result<HttpRequest, StepError> {
    let length = body.len().to_string();
    let mut request = HttpRequest::new(SdkBody::from(body));
    let result = request.set_method("PUT").and_then(|()| request.set_uri(url.secret()));
    result.map_err(|_| StepError::new(ErrorCode::InvalidRequest, "the ResponseURL is not a valid URL"))?;
    request.headers_mut().insert("content-length", length);
    Ok(request)
}

fn unavailable(why: &str) -> StepError {
    StepError::new(ErrorCode::ServiceUnavailable, format!("could not send the response to CloudFormation: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::ResponseServer;

    async fn deliver(server: &ResponseServer, url: &ResponseUrl) -> Result<(), ErrorCode> {
        let put = Delivery::new(Some(server.prefix())).put(url, b"{\"Status\":\"SUCCESS\"}".to_vec()).await;
        put.map_err(|error| {
            assert!(!format!("{error:?}").contains("secret"), "{error:?}");
            error.code()
        })
    }

    #[tokio::test]
    async fn response_is_one_put_without_content_type() {
        let server = ResponseServer::start(200);
        assert_eq!(deliver(&server, &server.url("token?X-Amz-Signature=secret%2F0a")).await, Ok(()));
        let [received] = server.close().try_into().unwrap();
        assert!(received.head.starts_with("PUT /token?X-Amz-Signature=secret%2F0a HTTP/1.1"), "{}", received.head);
        let head = received.head.to_ascii_lowercase();
        assert!(head.contains("content-length: 20") && !head.contains("content-type"), "{head}");
        assert!(!head.contains("transfer-encoding"), "{head}");
        assert_eq!(received.body["Status"], "SUCCESS");
    }

    #[tokio::test]
    async fn only_transient_statuses_are_errors() {
        for (status, expected) in [
            (403, Ok(())),
            (404, Ok(())),
            (307, Ok(())),
            (429, Err(ErrorCode::ServiceUnavailable)),
            (500, Err(ErrorCode::ServiceUnavailable)),
            (503, Err(ErrorCode::ServiceUnavailable)),
        ] {
            let server = ResponseServer::start(status);
            assert_eq!(deliver(&server, &server.url("secret")).await, expected, "{status}");
            assert_eq!(server.close().len(), 1, "{status}: a redirect was followed");
        }
    }

    #[tokio::test]
    async fn connection_error_is_retryable() {
        let server = ResponseServer::start(200);
        let (prefix, url) = (server.prefix(), server.url("secret"));
        server.close();
        let put = Delivery::new(Some(prefix)).put(&url, Vec::new()).await;
        assert_eq!(put.unwrap_err().code(), ErrorCode::ServiceUnavailable);
    }

    #[tokio::test]
    async fn nothing_is_sent_to_another_host() {
        let server = ResponseServer::start(200);
        let put = Delivery::new(None).put(&server.url("secret"), Vec::new()).await;
        assert_eq!(put.unwrap_err().code(), ErrorCode::InvalidRequest);
        assert!(server.close().is_empty());
    }
}
