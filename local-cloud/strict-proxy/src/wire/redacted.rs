//! A request as it was sent, without its signature and its secrets.

use std::collections::BTreeMap;

use form_urlencoded::Serializer;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE};
use hyper::http::request::Parts;
use serde_json::Value;

use super::parts::query_pairs;
use super::request::{AwsRequest, Protocol};
use super::secrets::{is_secret, redact, redact_string};

#[derive(Debug)]
pub(crate) struct RedactedRequest {
    pub(crate) method: String,
    /// The path and the query.
    pub(crate) uri: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl RedactedRequest {
    /// Returns `None` for a request without a signature, and for a presigned URL, which is a secret itself.
    pub(crate) fn from_parts(request: &AwsRequest, parts: &Parts, body: &[u8]) -> Option<Self> {
        parts.headers.get(AUTHORIZATION)?;
        let headers = parts.headers.iter().filter(|(name, _)| is_parameter(name.as_str()));
        let headers = headers.filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())));
        Some(Self {
            method: parts.method.to_string(),
            uri: uri(parts),
            headers: headers.collect(),
            body: text(request, body),
        })
    }
}

/// Whether a header belongs to the operation, and not to the signature, the transport, or the body.
fn is_parameter(header: &str) -> bool {
    const OTHERS: [&str; 6] = [
        "x-amz-content-sha256",
        "x-amz-date",
        "x-amz-decoded-content-length",
        "x-amz-security-token",
        "x-amz-trailer",
        "x-amz-user-agent",
    ];
    if OTHERS.contains(&header) || header.starts_with("x-amz-checksum-") || header.contains("customer-key") {
        return false;
    }
    header == CONTENT_TYPE.as_str() || header.starts_with("if-") || header.starts_with("x-amz-")
}

fn uri(parts: &Parts) -> String {
    let (path, query) = (parts.uri.path(), encoded(query_pairs(parts)));
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

fn encoded(pairs: impl Iterator<Item = (String, String)>) -> String {
    let kept = pairs.filter(|(name, _)| !is_secret(name)).map(|(name, value)| (name, redact_string(value)));
    Serializer::new(String::new()).extend_pairs(kept).finish()
}

/// Omits a body in which secrets cannot be found.
fn text(request: &AwsRequest, body: &[u8]) -> String {
    match request.protocol {
        Protocol::Query | Protocol::Ec2Query => {
            encoded(form_urlencoded::parse(body).map(|(name, value)| (name.into_owned(), value.into_owned())))
        }
        Protocol::Json | Protocol::RestJson => {
            serde_json::from_slice::<Value>(body).map(|body| redact(body).to_string()).unwrap_or_default()
        }
        Protocol::S3Control => String::from_utf8_lossy(body).into_owned(),
        // Objects may contain secrets, such as the response URL of a CloudFormation event.
        Protocol::S3 | Protocol::Cbor => String::new(),
    }
}
