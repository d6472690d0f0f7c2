//! From the body of an event to a checked request.

use aws_lambda_events::apigw::ApiGatewayProxyRequest;
use aws_lambda_events::http::StatusCode;
use data_encoding::BASE64;
use serde_json::Value;
use vending_core::{AccountRequest, OrganizationalUnitPath, Problem};

use crate::answer::Refusal;
use crate::{AccountsApi, units};

/// A quarter of what an execution may take as its input, and far more than a request needs.
const MAXIMUM_BYTES: usize = 64 * 1024;

/// The body as JSON.
pub(crate) fn read_json(event: &ApiGatewayProxyRequest) -> Result<Value, Refusal> {
    let text = event.body.as_deref().unwrap_or_default();
    if text.trim().is_empty() {
        return Err(Refusal::malformed("the body is empty; a JSON object is expected"));
    }
    if !event.is_base64_encoded {
        return parse(text.as_bytes());
    }
    if text.len() > BASE64.encode_len(MAXIMUM_BYTES) {
        return Err(too_large());
    }
    let bytes = BASE64.decode(text.as_bytes());
    parse(&bytes.map_err(|_| Refusal::malformed("the body is not the base64 that it is said to be"))?)
}

fn parse(bytes: &[u8]) -> Result<Value, Refusal> {
    if bytes.len() > MAXIMUM_BYTES {
        return Err(too_large());
    }
    // The message of the parser names line and column.
    serde_json::from_slice(bytes).map_err(|error| Refusal::malformed(format!("the body is not JSON: {error}")))
}

fn too_large() -> Refusal {
    let detail = format!("the body must have at most {} KiB", MAXIMUM_BYTES / 1024);
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
}

impl AccountsApi {
    /// Checks a request as a whole: what the caller found wrong with it, its fields, and its organizational unit.
    pub(crate) async fn check(&self, body: &Value, mut problems: Vec<Problem>) -> Result<AccountRequest, Refusal> {
        let parsed = AccountRequest::parse(body, &self.bounds);
        if let Some(path) = self.asked_unit(body) {
            match units::problem(&self.units, &path).await {
                Ok(problem) => problems.extend(problem),
                // What is wrong without AWS is worth knowing even if AWS does not answer.
                Err(error) if parsed.is_ok() && problems.is_empty() => return Err(error.into()),
                Err(error) => {
                    tracing::warn!(code = %error.code(), "could not look for the organizational unit: {error}");
                }
            }
        }
        match parsed {
            Ok(request) if problems.is_empty() => Ok(request),
            Ok(_) => Err(Refusal::invalid(problems)),
            Err(mut found) => {
                found.extend(problems);
                Err(Refusal::invalid(found))
            }
        }
    }

    /// The organizational unit, if it is one that may be asked for, whatever else is wrong.
    fn asked_unit(&self, body: &Value) -> Option<OrganizationalUnitPath> {
        let path = body.get("organizationalUnit")?.as_str()?.parse().ok()?;
        self.bounds.refusal(&path).is_none().then_some(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(body: &str, is_base64_encoded: bool) -> Option<u16> {
        let mut event = ApiGatewayProxyRequest::default();
        event.body = Some(body.to_owned());
        event.is_base64_encoded = is_base64_encoded;
        match read_json(&event) {
            Err(Refusal::Problem { status, .. }) => Some(status.as_u16()),
            _ => None,
        }
    }

    #[test]
    fn bodies_are_limited_whatever_their_encoding() {
        let text = |size: usize| format!("\"{}\"", "x".repeat(size - 2));
        assert_eq!(status(&text(MAXIMUM_BYTES), false), None);
        assert_eq!(status(&text(MAXIMUM_BYTES + 1), false), Some(413));
        let encoded = |size| BASE64.encode(text(size).as_bytes());
        assert_eq!(status(&encoded(MAXIMUM_BYTES), true), None);
        assert_eq!(status(&encoded(MAXIMUM_BYTES + 1), true), Some(413));
        assert_eq!(status(&encoded(300 * 1024), true), Some(413));
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for body in ["", " \n", "{", "{\"a\":1,}", "\u{0}", &"[".repeat(200)] {
            assert_eq!(status(body, false), Some(400), "{body:?}");
        }
        assert_eq!(status("no base64!", true), Some(400));
        assert_eq!(status(&BASE64.encode(b"\"\xff\""), true), Some(400));
    }
}
