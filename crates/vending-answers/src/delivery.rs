//! Delivers an answer: one PUT to a presigned URL, over the HTTP client that the AWS SDK brings.

use std::sync::OnceLock;
use std::time::Duration;

use aws_smithy_http_client::default_connector;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorSettings, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use vending_core::{ErrorCode, StepError};

use crate::ResponseUrl;

const CONNECT: Duration = Duration::from_secs(3);
const ANSWER: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(crate) struct Delivery {
    /// What URLs of the local cloud begin with; on AWS there is none.
    local_prefix: Option<String>,
    /// Made for the first answer: most functions that could deliver one never have to.
    connector: OnceLock<SharedHttpConnector>,
}

impl Delivery {
    pub(crate) fn new(local_prefix: Option<String>) -> Self {
        Self { local_prefix, connector: OnceLock::new() }
    }

    pub(crate) fn check(&self, url: &ResponseUrl) -> Result<(), StepError> {
        url.check(self.local_prefix.as_deref())
    }

    /// An answer that S3 refuses for good is given up: the URL has expired, and nobody waits any more.
    pub(crate) async fn put(&self, url: &ResponseUrl, body: Vec<u8>) -> Result<(), StepError> {
        self.check(url)?;
        let request = request(url, body)?;
        // The client's own words could repeat the URL, so they are not handed on.
        let answer = self.connector()?.call(request).await.map_err(|_| unavailable("S3 did not answer"))?;
        // Redirects are not followed.
        match answer.status().as_u16() {
            200..300 => Ok(()),
            status @ (408 | 429 | 500..) => Err(unavailable(&format!("S3 answered {status}"))),
            status => {
                tracing::warn!(status, "S3 refused an answer to CloudFormation; it is given up");
                Ok(())
            }
        }
    }

    fn connector(&self) -> Result<&SharedHttpConnector, StepError> {
        if let Some(connector) = self.connector.get() {
            return Ok(connector);
        }
        let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT).read_timeout(ANSWER).build();
        let connector = default_connector(&settings, None)
            .ok_or_else(|| StepError::new(ErrorCode::Unexpected, "this function was built without an HTTP client"))?;
        Ok(self.connector.get_or_init(|| connector))
    }
}

/// Without a Content-Type: the URL is signed for none.
fn request(url: &ResponseUrl, body: Vec<u8>) -> Result<HttpRequest, StepError> {
    let length = body.len().to_string();
    let mut request = HttpRequest::new(SdkBody::from(body));
    let fits = request.set_method("PUT").and_then(|()| request.set_uri(url.secret()));
    fits.map_err(|_| StepError::new(ErrorCode::InvalidRequest, "the ResponseURL is no URL"))?;
    request.headers_mut().insert("content-length", length);
    Ok(request)
}

fn unavailable(why: &str) -> StepError {
    StepError::new(ErrorCode::ServiceUnavailable, format!("could not answer CloudFormation: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Inbox;

    async fn deliver(inbox: &Inbox, url: &ResponseUrl) -> Result<(), ErrorCode> {
        let put = Delivery::new(Some(inbox.prefix())).put(url, b"{\"Status\":\"SUCCESS\"}".to_vec()).await;
        put.map_err(|error| {
            assert!(!format!("{error:?}").contains("secret"), "{error:?}");
            error.code()
        })
    }

    #[tokio::test]
    async fn an_answer_is_one_put_without_a_content_type() {
        let inbox = Inbox::open(200);
        assert_eq!(deliver(&inbox, &inbox.url("token?X-Amz-Signature=secret%2F0a")).await, Ok(()));
        let [received] = inbox.close().try_into().unwrap();
        assert!(received.head.starts_with("PUT /token?X-Amz-Signature=secret%2F0a HTTP/1.1"), "{}", received.head);
        let head = received.head.to_ascii_lowercase();
        assert!(head.contains("content-length: 20") && !head.contains("content-type"), "{head}");
        assert!(!head.contains("transfer-encoding"), "{head}");
        assert_eq!(received.body["Status"], "SUCCESS");
    }

    #[tokio::test]
    async fn a_refusal_is_given_up_and_a_failure_tried_again() {
        for (status, expected) in [
            (403, Ok(())),
            (404, Ok(())),
            (307, Ok(())),
            (429, Err(ErrorCode::ServiceUnavailable)),
            (500, Err(ErrorCode::ServiceUnavailable)),
            (503, Err(ErrorCode::ServiceUnavailable)),
        ] {
            let inbox = Inbox::open(status);
            assert_eq!(deliver(&inbox, &inbox.url("secret")).await, expected, "{status}");
            assert_eq!(inbox.close().len(), 1, "{status}: no redirect is followed");
        }
    }

    #[tokio::test]
    async fn a_place_that_does_not_answer_is_tried_again() {
        let inbox = Inbox::open(200);
        let (prefix, url) = (inbox.prefix(), inbox.url("secret"));
        inbox.close();
        let put = Delivery::new(Some(prefix)).put(&url, Vec::new()).await;
        assert_eq!(put.unwrap_err().code(), ErrorCode::ServiceUnavailable);
    }

    #[tokio::test]
    async fn nothing_is_sent_to_another_place() {
        let inbox = Inbox::open(200);
        let put = Delivery::new(None).put(&inbox.url("secret"), Vec::new()).await;
        assert_eq!(put.unwrap_err().code(), ErrorCode::InvalidRequest);
        assert!(inbox.close().is_empty());
    }
}
