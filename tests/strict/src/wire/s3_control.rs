//! Names calls of S3 Control, which are signed as S3's and told from them by their path.

use hyper::http::request::Parts;
use serde_json::{Map, Value};

use super::request::{capitalized, header};
use super::xml::element;

/// Its own name, since an operation of the same name may exist in S3, for a bucket.
pub(super) const SERVICE: &str = "s3-control";
const PREFIX: &str = "/v20180820/";
const BLOCK: &str = "configuration/publicAccessBlock";
const SETTINGS: [&str; 4] = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"];

pub(super) fn is_meant(service: &str, parts: &Parts) -> bool {
    service == "s3" && parts.uri.path().starts_with(PREFIX)
}

/// Only the account's public access block is understood.
pub(super) fn read(parts: &Parts, body: &[u8]) -> (String, Value) {
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
