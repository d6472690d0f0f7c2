//! The URL that a response is sent to. It is a secret: anyone who has it can send a response.

use std::fmt;

use http::Uri;
use serde::{Deserialize, Serialize};
use vending_core::{ErrorCode, StepError};

/// A presigned URL for one PUT of one object in a bucket of CloudFormation. It is never in a log or an error.
#[derive(Clone, Eq, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ResponseUrl(String);

impl ResponseUrl {
    pub fn new(url: impl Into<String>) -> Self {
        Self(url.into())
    }

    pub(crate) fn secret(&self) -> &str {
        &self.0
    }

    /// Rejects a URL that is not an S3 URL, so that a response is sent only to S3.
    ///
    /// `local_prefix` is the prefix of URLs of the local cloud. It is `None` on AWS.
    pub(crate) fn check(&self, local_prefix: Option<&str>) -> Result<(), StepError> {
        let local = local_prefix.is_some_and(|prefix| self.0.starts_with(prefix));
        if local || is_s3(&self.0) {
            return Ok(());
        }
        let message = "the ResponseURL is not an HTTPS URL of Amazon S3, so the event is not from CloudFormation";
        Err(StepError::new(ErrorCode::InvalidRequest, message))
    }
}

impl fmt::Debug for ResponseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ResponseUrl(…)")
    }
}

/// Uses the parser of the HTTP client, so that both read the same host.
fn is_s3(url: &str) -> bool {
    let Ok(uri) = url.parse::<Uri>() else {
        return false;
    };
    let (Some("https"), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return false;
    };
    let host = authority.host();
    // User info and other ports are rejected.
    let is_plain = authority.as_str() == host || authority.as_str() == format!("{host}:443");
    is_plain && is_s3_host(&host.to_ascii_lowercase())
}

/// Whether the host is an S3 endpoint for a presigned PUT: virtual-hosted or path style, with or without Region or
/// dual-stack.
///
/// <https://docs.aws.amazon.com/general/latest/gr/s3.html>
fn is_s3_host(host: &str) -> bool {
    let Some(labels) = host.strip_suffix(".amazonaws.com") else {
        return false;
    };
    let labels: Vec<&str> = labels.rsplit('.').collect();
    match labels.as_slice() {
        ["s3", ..] => true,
        [region, "s3", ..] | [region, "dualstack", "s3", ..] => is_region(region),
        [legacy, ..] => legacy.strip_prefix("s3-").is_some_and(is_region),
        [] => false,
    }
}

/// Whether the label has the form of a Region, such as `us-east-1`, `us-gov-west-1`, or `ap-southeast-12`.
fn is_region(label: &str) -> bool {
    let parts: Vec<&str> = label.split('-').collect();
    let [area, names @ .., number] = parts.as_slice() else {
        return false;
    };
    let is_word = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase());
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    area.len() == 2 && is_word(area) && !names.is_empty() && names.iter().all(|name| is_word(name)) && is_number
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUCKET: &str = "cloudformation-custom-resource-response-useast1";

    #[test]
    fn s3_endpoints_are_accepted() {
        for host in [
            format!("{BUCKET}.s3.amazonaws.com"),
            format!("{BUCKET}.s3.us-east-1.amazonaws.com"),
            format!("{BUCKET}.s3.dualstack.us-east-1.amazonaws.com"),
            format!("{BUCKET}.s3-eu-west-1.amazonaws.com"),
            "s3.us-east-1.amazonaws.com".to_owned(),
            "s3.us-gov-west-1.amazonaws.com".to_owned(),
            "S3.amazonaws.com:443".to_owned(),
        ] {
            let url = format!("https://{host}/arn%3Aaws%3Acloudformation?X-Amz-Signature=0a&X-Amz-Expires=7200");
            assert!(ResponseUrl::new(&url).check(None).is_ok(), "{url}");
        }
    }

    #[test]
    fn other_hosts_are_rejected() {
        for url in [
            "http://bucket.s3.amazonaws.com/",
            "https://bucket.s3.amazonaws.com:8443/",
            "https://user@bucket.s3.amazonaws.com/",
            "https://bucket.s3.amazonaws.com@evil.example/",
            "https://bucket.s3.amazonaws.com.evil.example/",
            "https://evil.example/bucket.s3.amazonaws.com",
            "https://evils3.amazonaws.com/",
            "https://ec2.us-east-1.amazonaws.com/",
            "https://bucket.s3-website-us-east-1.amazonaws.com/",
            "https://s3.evil.amazonaws.com/",
            "https://169.254.169.254/",
            "https://",
            "",
        ] {
            assert!(ResponseUrl::new(url).check(None).is_err(), "{url}");
            assert!(ResponseUrl::new(url).check(Some("http://127.0.0.1:1/responses/")).is_err(), "{url}");
        }
    }

    #[test]
    fn local_url_is_rejected_without_its_prefix() {
        let url = ResponseUrl::new("http://127.0.0.1:1/responses/token");
        assert!(url.check(Some("http://127.0.0.1:1/responses/")).is_ok());
        assert!(url.check(Some("http://127.0.0.1:2/responses/")).is_err());
        assert!(url.check(None).is_err());
    }

    #[test]
    fn debug_output_and_errors_hide_the_url() {
        let url = ResponseUrl::new("https://evil.example/?X-Amz-Signature=secret");
        let error = url.check(None).unwrap_err();
        assert!(!format!("{url:?} {error:?} {error}").contains("secret"));
    }
}
