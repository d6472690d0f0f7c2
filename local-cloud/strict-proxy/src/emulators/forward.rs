//! Forwards calls to the emulators unchanged, because a change would invalidate their signature.

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::header::{CONNECTION, EXPECT, HeaderMap, TRANSFER_ENCODING};
use hyper::http::request::Parts;
use hyper::http::uri::{Authority, PathAndQuery};
use hyper::{Request, Response, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use crate::wire::{AwsResponse, response};

/// The services of the serverless platform. All others belong to the control plane.
const PLATFORM_SERVICES: [&str; 8] = ["events", "lambda", "logs", "monitoring", "s3", "sns", "sqs", "states"];

pub(super) type Error = Box<dyn std::error::Error + Send + Sync>;

/// The emulator that receives a call.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Emulator {
    Aws,
    Platform,
}

pub(crate) struct Upstreams {
    aws: Uri,
    platform: Uri,
    client: Client<HttpConnector, Full<Bytes>>,
}

impl Upstreams {
    pub(crate) fn new(aws: Uri, platform: Uri) -> Self {
        Self { aws, platform, client: client() }
    }

    pub(crate) fn is_platform(service: &str) -> bool {
        PLATFORM_SERVICES.contains(&service)
    }

    pub(crate) async fn forward(&self, service: &str, parts: Parts, body: Bytes) -> AwsResponse {
        let upstream = if Self::is_platform(service) { &self.platform } else { &self.aws };
        self.forward_to(upstream, parts, body).await
    }

    pub(super) fn url(&self, emulator: Emulator) -> &Uri {
        match emulator {
            Emulator::Aws => &self.aws,
            Emulator::Platform => &self.platform,
        }
    }

    pub(super) async fn forward_to(&self, upstream: &Uri, parts: Parts, body: Bytes) -> AwsResponse {
        match self.send(upstream, parts, body).await {
            Ok(response) => response,
            Err(error) => response::plain(StatusCode::BAD_GATEWAY, &format!("no response from {upstream}: {error}")),
        }
    }

    pub(super) async fn send(&self, upstream: &Uri, mut parts: Parts, body: Bytes) -> Result<AwsResponse, Error> {
        parts.uri = address(upstream, parts.uri.path_and_query())?;
        drop_hop_headers(&mut parts.headers);
        let response = self.client.request(Request::from_parts(parts, Full::new(body))).await?;
        let (mut parts, body) = response.into_parts();
        drop_hop_headers(&mut parts.headers);
        Ok(Response::from_parts(parts, body.collect().await?.to_bytes()))
    }
}

/// A client without a connection pool: an emulator that closes an idle connection would look like a fault.
fn client() -> Client<HttpConnector, Full<Bytes>> {
    Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build_http()
}

pub(super) fn address(upstream: &Uri, path: Option<&PathAndQuery>) -> Result<Uri, hyper::http::Error> {
    let path = path.map_or("/", PathAndQuery::as_str);
    let scheme = upstream.scheme_str().unwrap_or("http");
    let authority = upstream.authority().map_or("", Authority::as_str);
    Uri::builder().scheme(scheme).authority(authority).path_and_query(path).build()
}

/// Removes headers that apply to one connection. The body is complete, so it is neither chunked nor expected.
fn drop_hop_headers(headers: &mut HeaderMap) {
    for name in [CONNECTION, EXPECT, TRANSFER_ENCODING] {
        headers.remove(name);
    }
    headers.remove("keep-alive");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_and_query_are_kept() {
        let upstream: Uri = "http://127.0.0.1:5000".parse().unwrap();
        let requested: Uri = "/bucket/a%2Fb?x-id=GetObject".parse().unwrap();
        let address = address(&upstream, requested.path_and_query()).unwrap();
        assert_eq!(address, "http://127.0.0.1:5000/bucket/a%2Fb?x-id=GetObject");
    }
}
