//! HTTP, and over the feature `https` TLS.

use std::time::Duration;

use http::{HeaderMap, Request};

/// API Gateway waits 29 seconds for a response.
const TIMEOUT: Duration = Duration::from_secs(40);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// More than any response of the API has.
const MAXIMUM_RESPONSE_BYTES: u64 = 32 * 1024 * 1024;

/// Sends requests, through the proxy that the environment names.
#[derive(Clone, Debug)]
pub(crate) struct Transport(ureq::Agent);

/// A response, whatever its status.
#[derive(Debug)]
pub(crate) struct RawResponse {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Transport {
    /// `direct` ignores `HTTPS_PROXY` and its like, for loopback: no proxy can reach it.
    pub(crate) fn new(user_agent: &str, direct: bool) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(TIMEOUT))
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .user_agent(user_agent);
        let config = if direct { config.proxy(None) } else { config };
        #[cfg(feature = "https")]
        let config = config.tls_config(tls());
        Self(config.build().into())
    }

    pub(crate) fn send(&self, request: Request<Vec<u8>>) -> Result<RawResponse, ureq::Error> {
        let (parts, body) = request.into_parts();
        // A GET must not have a body, not even an empty one.
        let response = if body.is_empty() {
            self.0.run(Request::from_parts(parts, ()))?
        } else {
            self.0.run(Request::from_parts(parts, body))?
        };
        let (parts, mut body) = response.into_parts();
        let body = body.with_config().limit(MAXIMUM_RESPONSE_BYTES).read_to_string()?;
        Ok(RawResponse { status: parts.status.as_u16(), headers: parts.headers, body })
    }
}

/// rustls with the trust store of the system, where companies add the certificates of their proxies.
#[cfg(feature = "https")]
fn tls() -> ureq::tls::TlsConfig {
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    ureq::tls::TlsConfig::builder()
        .root_certs(ureq::tls::RootCerts::PlatformVerifier)
        .unversioned_rustls_crypto_provider(provider)
        .build()
}

/// Whether the same call may succeed a moment later. The name of a host that does not exist and a certificate that is
/// not trusted stay so.
pub(crate) fn is_transient(error: &ureq::Error) -> bool {
    matches!(
        error,
        ureq::Error::Io(_) | ureq::Error::Timeout(_) | ureq::Error::ConnectionFailed | ureq::Error::Protocol(_)
    )
}
