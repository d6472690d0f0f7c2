//! Signed calls of AWS's query APIs, such as STS, which need no SDK.

use std::fmt;
use std::sync::Arc;

use http::Request;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::credentials::CredentialSource;
use crate::error::{Error, NotPermitted};
use crate::signature::{Scope, sign};
use crate::transport::Transport;

/// Calls one service in one Region.
#[derive(Clone)]
pub struct QueryApi {
    service: &'static str,
    region: String,
    endpoint: String,
    credentials: Arc<dyn CredentialSource>,
}

impl fmt::Debug for QueryApi {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("QueryApi").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

impl QueryApi {
    /// `service` is the signing name, and `endpoint` replaces that of AWS.
    pub fn new(
        service: &'static str,
        region: &str,
        endpoint: Option<&str>,
        credentials: impl CredentialSource + 'static,
    ) -> Self {
        let of_aws = || format!("https://{service}.{region}.{}", domain(region));
        let endpoint = endpoint.map_or_else(of_aws, |endpoint| endpoint.trim_end_matches('/').to_owned());
        Self { service, region: region.to_owned(), endpoint, credentials: Arc::new(credentials) }
    }

    /// Calls an action, and returns the XML of the response. It is sent once: callers can do without.
    pub fn call(&self, action: &str, version: &str, parameters: &[(&str, &str)]) -> Result<String, Error> {
        let credentials = self.credentials.credentials().map_err(Error::NoCredentials)?;
        let call = format!("{}:{action}", self.service);
        let invalid = |reason: String| Error::Unexpected { call: call.clone(), status: None, reason };
        let request = Request::post(format!("{}/", self.endpoint))
            .header("content-type", "application/x-www-form-urlencoded; charset=utf-8")
            .body(form(action, version, parameters).into_bytes());
        let mut request = request.map_err(|error| invalid(error.to_string()))?;
        let scope = Scope { service: self.service, region: &self.region };
        sign(&mut request, &credentials, scope).map_err(|error| invalid(error.to_string()))?;
        let is_plain = self.endpoint.starts_with("http://");
        let transport = Transport::new(concat!("vending-client/", env!("CARGO_PKG_VERSION")), is_plain);
        let response = transport
            .send(request)
            .map_err(|error| Error::Unreachable { url: self.endpoint.clone(), reason: error.to_string() })?;
        match response.status {
            200 => Ok(response.body),
            401 | 403 => Err(Error::NotPermitted(not_permitted(&call, &response.body))),
            status => Err(Error::Unexpected { call, status: Some(status), reason: message(&response.body) }),
        }
    }
}

fn not_permitted(call: &str, body: &str) -> NotPermitted {
    NotPermitted { message: message(body), signed_by: None, resource: call.to_owned(), by_api: true }
}

fn domain(region: &str) -> &'static str {
    if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" }
}

fn form(action: &str, version: &str, parameters: &[(&str, &str)]) -> String {
    let all = [("Action", action), ("Version", version)].into_iter().chain(parameters.iter().copied());
    let pairs: Vec<String> =
        all.map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC))).collect();
    pairs.join("&")
}

/// The text of the element `Message`.
fn message(xml: &str) -> String {
    let message = xml.split_once("<Message>").and_then(|(_, rest)| rest.split_once("</Message>"));
    message.map_or_else(|| "no reason".to_owned(), |(message, _)| message.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{FakeApi, Reply, credentials};

    #[test]
    fn call_is_signed_for_its_service() {
        let api = FakeApi::start(|_, _| Reply::Xml("<Arn>arn:jo</Arn>".to_owned())).unwrap();
        let sts = QueryApi::new("sts", "eu-west-1", Some(api.url()), credentials());
        let xml = sts.call("GetCallerIdentity", "2011-06-15", &[("StackName", "a b")]).unwrap();
        assert_eq!(xml, "<Arn>arn:jo</Arn>");
        let call = &api.calls()[0];
        assert_eq!(call.body, "Action=GetCallerIdentity&Version=2011%2D06%2D15&StackName=a%20b");
        assert!(call.headers["authorization"].contains("/eu-west-1/sts/aws4_request"));
    }

    #[test]
    fn denial_has_the_message_of_aws() {
        let denial = "<ErrorResponse><Error><Message>is not authorized</Message></Error></ErrorResponse>";
        assert_eq!(message(denial), "is not authorized");
        assert_eq!(message("{}"), "no reason");
    }

    #[test]
    fn endpoint_is_that_of_the_region() {
        let endpoint = |region| QueryApi::new("sts", region, None, credentials()).endpoint;
        assert_eq!(endpoint("us-east-1"), "https://sts.us-east-1.amazonaws.com");
        assert_eq!(endpoint("cn-north-1"), "https://sts.cn-north-1.amazonaws.com.cn");
    }
}
