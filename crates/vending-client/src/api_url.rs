//! The URL of the API.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use http::Uri;

/// The Region of every stack of account-vending: only there, AWS creates accounts.
pub const HOME_REGION: &str = "us-east-1";
const GATEWAY: &str = ".execute-api.";

/// The URL of the API with its stage, such as `https://abc.execute-api.us-east-1.amazonaws.com/v1`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ApiUrl {
    url: String,
    uri: Uri,
    region: String,
}

#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{url}` is not a valid URL of an API: {expected}")]
pub struct InvalidApiUrl {
    pub url: String,
    pub expected: &'static str,
}

impl FromStr for ApiUrl {
    type Err = InvalidApiUrl;

    fn from_str(text: &str) -> Result<Self, InvalidApiUrl> {
        let url = text.trim().trim_end_matches('/');
        let invalid = |expected| InvalidApiUrl { url: text.to_owned(), expected };
        let example = "expected one such as https://abc.execute-api.us-east-1.amazonaws.com/v1";
        let uri: Uri = url.parse().map_err(|_| invalid(example))?;
        let host = uri.host().ok_or_else(|| invalid(example))?;
        match uri.scheme_str() {
            Some("https") => (),
            Some("http") if is_loopback(host) => (),
            Some("http") => return Err(invalid("expected https; http is for loopback only")),
            _ => return Err(invalid(example)),
        }
        if uri.query().is_some() {
            return Err(invalid("expected no query"));
        }
        let region = region_of(host).unwrap_or(HOME_REGION).to_owned();
        Ok(Self { url: url.to_owned(), uri, region })
    }
}

impl ApiUrl {
    /// Signs for this Region instead of that in the URL, for an API behind a domain of its own.
    #[must_use]
    pub fn with_region(self, region: impl Into<String>) -> Self {
        Self { region: region.into(), ..self }
    }

    pub fn as_str(&self) -> &str {
        &self.url
    }

    /// The Region that calls are signed for.
    pub fn region(&self) -> &str {
        &self.region
    }

    pub(crate) fn is_loopback(&self) -> bool {
        self.uri.host().is_some_and(is_loopback)
    }

    /// The URL of a path below the API.
    pub(crate) fn join(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// What a policy has to allow for a call: `execute-api:Invoke` on this resource.
    pub(crate) fn resource(&self, method: &str, path: &str) -> String {
        let id = self.uri.host().and_then(|host| host.split_once(GATEWAY)).map_or("*", |(id, _)| id);
        let stage = self.uri.path().trim_matches('/').split('/').next().filter(|stage| !stage.is_empty());
        let stage = stage.filter(|_| id != "*").unwrap_or("*");
        let path = path.split('?').next().unwrap_or_default();
        format!("arn:aws:execute-api:{}:*:{id}/{stage}/{method}{path}", self.region)
    }
}

impl fmt::Display for ApiUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.url)
    }
}

/// The Region in the host of API Gateway, also in that of a VPC endpoint.
fn region_of(host: &str) -> Option<&str> {
    let (_, rest) = host.split_once(GATEWAY)?;
    rest.split('.').next().filter(|region| region.contains('-'))
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> ApiUrl {
        text.parse().unwrap()
    }

    #[test]
    fn region_is_that_of_the_url() {
        let api = url("https://abc.execute-api.eu-west-1.amazonaws.com/v1/");
        assert_eq!((api.as_str(), api.region()), ("https://abc.execute-api.eu-west-1.amazonaws.com/v1", "eu-west-1"));
        assert_eq!(url("https://accounts.example.com").region(), HOME_REGION);
        assert_eq!(url("https://accounts.example.com").with_region("eu-west-1").region(), "eu-west-1");
    }

    #[test]
    fn resource_has_method_and_path() {
        let api = url("https://abc.execute-api.us-east-1.amazonaws.com/v1");
        let expected = "arn:aws:execute-api:us-east-1:*:abc/v1/GET/requests";
        assert_eq!(api.resource("GET", "/requests?limit=1"), expected);
        let custom = url("https://accounts.example.com/base").resource("POST", "/accounts");
        assert_eq!(custom, "arn:aws:execute-api:us-east-1:*:*/*/POST/accounts");
    }

    #[test]
    fn http_is_for_loopback_only() {
        for valid in ["http://127.0.0.1:4566/v1", "http://localhost", "http://[::1]:1/x"] {
            assert!(url(valid).is_loopback(), "{valid}");
        }
        for invalid in ["http://example.com", "example.com", "ftp://example.com", "https://a.com/v1?x=1", ""] {
            assert!(invalid.parse::<ApiUrl>().is_err(), "{invalid}");
        }
    }
}
