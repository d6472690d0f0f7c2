//! Passes calls on to the emulators, unchanged, since a changed call would break its signature.

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::header::{CONNECTION, EXPECT, HeaderMap, HeaderValue, TRANSFER_ENCODING};
use hyper::http::request::Parts;
use hyper::http::uri::{Authority, PathAndQuery};
use hyper::{Request, Response, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use crate::answer::{self, Answer};

/// The services that the serverless platform provides; all others are the control plane's.
const PLATFORM_SERVICES: [&str; 8] = ["events", "lambda", "logs", "monitoring", "s3", "sns", "sqs", "states"];

type Error = Box<dyn std::error::Error + Send + Sync>;

pub(crate) struct Upstreams {
    aws: Uri,
    platform: Uri,
    client: Client<HttpConnector, Full<Bytes>>,
}

impl Upstreams {
    pub(crate) fn new(aws: Uri, platform: Uri) -> Self {
        Self { aws, platform, client: client() }
    }

    pub(crate) async fn forward(&self, service: &str, parts: Parts, body: Bytes) -> Answer {
        let upstream = if PLATFORM_SERVICES.contains(&service) { &self.platform } else { &self.aws };
        match self.send(upstream, parts, body).await {
            Ok(answer) => answer,
            Err(error) => answer::plain(StatusCode::BAD_GATEWAY, &format!("{upstream} does not answer: {error}")),
        }
    }

    /// A question of the proxy's own to Organizations. An answer that is an error is left to the caller to pass on.
    pub(crate) async fn ask(&self, operation: &str, parameters: &Value) -> Result<Value, Answer> {
        let mut request = Request::new(());
        *request.method_mut() = hyper::Method::POST;
        *request.headers_mut() = own_headers(operation);
        let (parts, ()) = request.into_parts();
        let answer = self.forward("organizations", parts, parameters.to_string().into()).await;
        if !answer.status().is_success() {
            return Err(answer);
        }
        serde_json::from_slice(answer.body())
            .map_err(|error| answer::plain(StatusCode::BAD_GATEWAY, &format!("{operation} answered no JSON: {error}")))
    }

    async fn send(&self, upstream: &Uri, mut parts: Parts, body: Bytes) -> Result<Answer, Error> {
        parts.uri = address(upstream, parts.uri.path_and_query())?;
        drop_hop_headers(&mut parts.headers);
        let answer = self.client.request(Request::from_parts(parts, Full::new(body))).await?;
        let (mut parts, body) = answer.into_parts();
        drop_hop_headers(&mut parts.headers);
        Ok(Response::from_parts(parts, body.collect().await?.to_bytes()))
    }
}

/// A client that keeps no connections: an emulator that closes one just as it is used again would look like a fault.
pub(crate) fn client() -> Client<HttpConnector, Full<Bytes>> {
    Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build_http()
}

fn address(upstream: &Uri, path: Option<&PathAndQuery>) -> Result<Uri, hyper::http::Error> {
    let path = path.map_or("/", PathAndQuery::as_str);
    let scheme = upstream.scheme_str().unwrap_or("http");
    let authority = upstream.authority().map_or("", Authority::as_str);
    Uri::builder().scheme(scheme).authority(authority).path_and_query(path).build()
}

/// Headers of the one connection. The body is whole here, so nothing is chunked or awaited any more.
fn drop_hop_headers(headers: &mut HeaderMap) {
    for name in [CONNECTION, EXPECT, TRANSFER_ENCODING] {
        headers.remove(name);
    }
    headers.remove("keep-alive");
}

/// moto needs a credential scope to know the service; it checks no signature.
fn own_headers(operation: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/x-amz-json-1.1"));
    headers.insert(
        "authorization",
        HeaderValue::from_static(
            "AWS4-HMAC-SHA256 Credential=strict-proxy/20260101/us-east-1/organizations/aws4_request, \
             SignedHeaders=host, Signature=0",
        ),
    );
    if let Ok(target) = HeaderValue::from_str(&format!("AWSOrganizationsV20161128.{operation}")) {
        headers.insert("x-amz-target", target);
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_and_query_are_kept() {
        let upstream: Uri = "http://127.0.0.1:5000".parse().unwrap();
        let asked: Uri = "/bucket/a%2Fb?x-id=GetObject".parse().unwrap();
        let address = address(&upstream, asked.path_and_query()).unwrap();
        assert_eq!(address, "http://127.0.0.1:5000/bucket/a%2Fb?x-id=GetObject");
    }
}
