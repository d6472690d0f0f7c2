//! The operations of S3 Control, which are signed as S3 and differ in the path.

use hyper::http::request::Parts;
use serde_json::{Map, Value};

use super::parts::{capitalized, header};
use super::xml::element;

/// Not a signing name: S3 has operations of the same names for buckets.
pub(super) const SERVICE: &str = "s3-control";
const PREFIX: &str = "/v20180820/";
const BLOCK: &str = "configuration/publicAccessBlock";
const SETTINGS: [&str; 4] = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"];

pub(super) fn is_s3_control(service: &str, parts: &Parts) -> bool {
    service == "s3" && parts.uri.path().starts_with(PREFIX)
}

/// Only the public access block of an account is supported.
pub(super) fn parse(parts: &Parts, body: &[u8]) -> (String, Value) {
    let path = parts.uri.path();
    let verb = capitalized(&parts.method.as_str().to_lowercase());
    let operation = match path.strip_prefix(PREFIX) {
        Some(BLOCK) => format!("{verb}PublicAccessBlock"),
        _ => format!("{} {path}", parts.method),
    };
    let settings = SETTINGS.into_iter().filter_map(|name| Some((name, element(body, name)?)));
    let mut parameters: Map<String, Value> =
        settings.map(|(name, value)| (name.to_owned(), Value::Bool(value == "true"))).collect();
    parameters.insert("AccountId".to_owned(), Value::String(header(parts, "x-amz-account-id").to_owned()));
    (operation, Value::Object(parameters))
}
