//! Passes calls on to the emulators, unchanged, since a changed call would break its signature.

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::header::{CONNECTION, EXPECT, HeaderMap, TRANSFER_ENCODING};
use hyper::http::request::Parts;
use hyper::http::uri::{Authority, PathAndQuery};
use hyper::{Request, Response, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use super::own::Emulator;
use crate::wire::{Answer, answer};

/// The services that the serverless platform provides; all others are the control plane's.
const PLATFORM_SERVICES: [&str; 8] = ["events", "lambda", "logs", "monitoring", "s3", "sns", "sqs", "states"];

pub(super) type Error = Box<dyn std::error::Error + Send + Sync>;

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
        self.pass(upstream, parts, body).await
    }

    pub(super) fn of(&self, emulator: Emulator) -> &Uri {
        match emulator {
            Emulator::Aws => &self.aws,
            Emulator::Platform => &self.platform,
        }
    }

    pub(super) async fn pass(&self, upstream: &Uri, parts: Parts, body: Bytes) -> Answer {
        match self.send(upstream, parts, body).await {
            Ok(answer) => answer,
            Err(error) => answer::plain(StatusCode::BAD_GATEWAY, &format!("{upstream} does not answer: {error}")),
        }
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
