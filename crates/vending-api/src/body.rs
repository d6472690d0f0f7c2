//! Reads the body of a call.

use aws_lambda_events::apigw::ApiGatewayProxyRequest;
use aws_lambda_events::http::StatusCode;
use data_encoding::BASE64;
use serde_json::Value;

use crate::response::ApiError;

/// The body as JSON, with at most this many bytes.
pub fn read_json_up_to(maximum: usize, event: &ApiGatewayProxyRequest) -> Result<Value, ApiError> {
    let text = event.body.as_deref().unwrap_or_default();
    if text.trim().is_empty() {
        return Err(ApiError::malformed("the body is empty: expected a JSON object"));
    }
    if !event.is_base64_encoded {
        return parse(maximum, text.as_bytes());
    }
    if text.len() > BASE64.encode_len(maximum) {
        return Err(too_large(maximum));
    }
    let bytes = BASE64.decode(text.as_bytes());
    parse(maximum, &bytes.map_err(|_| ApiError::malformed("the body is not valid base64"))?)
}

fn parse(maximum: usize, bytes: &[u8]) -> Result<Value, ApiError> {
    if bytes.len() > maximum {
        return Err(too_large(maximum));
    }
    // The parser's message has the line and the column.
    serde_json::from_slice(bytes).map_err(|error| ApiError::malformed(format!("the body is not valid JSON: {error}")))
}

fn too_large(maximum: usize) -> ApiError {
    let detail = format!("the body must be at most {} KiB", maximum / 1024);
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAXIMUM_BYTES: usize = 64 * 1024;

    fn status(body: &str, is_base64_encoded: bool) -> Option<u16> {
        let mut event = ApiGatewayProxyRequest::default();
        event.body = Some(body.to_owned());
        event.is_base64_encoded = is_base64_encoded;
        match read_json_up_to(MAXIMUM_BYTES, &event) {
            Err(ApiError::Problem { status, .. }) => Some(status.as_u16()),
            _ => None,
        }
    }

    #[test]
    fn body_size_is_limited_in_every_encoding() {
        let text = |size: usize| format!("\"{}\"", "x".repeat(size - 2));
        assert_eq!(status(&text(MAXIMUM_BYTES), false), None);
        assert_eq!(status(&text(MAXIMUM_BYTES + 1), false), Some(413));
        let encoded = |size| BASE64.encode(text(size).as_bytes());
        assert_eq!(status(&encoded(MAXIMUM_BYTES), true), None);
        assert_eq!(status(&encoded(MAXIMUM_BYTES + 1), true), Some(413));
        assert_eq!(status(&encoded(300 * 1024), true), Some(413));
    }

    #[test]
    fn invalid_json_is_rejected() {
        for body in ["", " \n", "{", "{\"a\":1,}", "\u{0}", &"[".repeat(200)] {
            assert_eq!(status(body, false), Some(400), "{body:?}");
        }
        assert_eq!(status("not base64!", true), Some(400));
        assert_eq!(status(&BASE64.encode(b"\"\xff\""), true), Some(400));
    }
}
