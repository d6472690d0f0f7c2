//! Responses of the proxy, in the protocol of the service.

use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use local_cloud::strict::AwsError;
use serde_json::{Value, json};

use super::request::{AwsRequest, Protocol};
use super::xml::element;

pub(crate) type AwsResponse = Response<Bytes>;

pub(crate) fn ok(body: &Value) -> AwsResponse {
    response(StatusCode::OK, "application/x-amz-json-1.1", body.to_string())
}

/// A successful response of EC2 with these elements.
pub(crate) fn ok_ec2(request: &AwsRequest, elements: &str) -> AwsResponse {
    let operation = &request.operation;
    let namespace = "http://ec2.amazonaws.com/doc/2016-11-15/";
    let body = format!(
        "<{operation}Response xmlns=\"{namespace}\"><requestId>strict-proxy</requestId>{elements}</{operation}Response>"
    );
    xml(StatusCode::OK, &body)
}

/// A successful response with this XML as its body.
pub(crate) fn ok_xml(elements: &str) -> AwsResponse {
    xml(StatusCode::OK, elements)
}

/// An error in the protocol of the request.
pub(crate) fn error(request: &AwsRequest, error: &AwsError) -> AwsResponse {
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST);
    let (code, message) = (escaped(&error.code), escaped(&error.message));
    match request.protocol {
        Protocol::Json | Protocol::RestJson => json_error(status, error),
        Protocol::Query | Protocol::S3Control => xml(
            status,
            &format!(
                "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
                 <RequestId>strict-proxy</RequestId></ErrorResponse>"
            ),
        ),
        Protocol::Ec2Query => xml(
            status,
            &format!(
                "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>\
                 <RequestID>strict-proxy</RequestID></Response>"
            ),
        ),
        // A response to HEAD has no body, so clients see only the status, as in AWS.
        Protocol::S3 if request.operation.starts_with("Head") => xml(status, ""),
        Protocol::S3 => xml(
            status,
            &format!(
                "<Error><Code>{code}</Code><Message>{message}</Message><RequestId>strict-proxy</RequestId></Error>"
            ),
        ),
        Protocol::Cbor => cbor_error(status, error),
    }
}

/// Returns the code of an error response.
pub(crate) fn error_code(response: &AwsResponse) -> Option<String> {
    if response.status().as_u16() < 400 {
        return None;
    }
    let header = response.headers().get(ERROR_TYPE).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let code = header.or_else(|| code_in_json(response.body())).or_else(|| element(response.body(), "Code"))?;
    // The code can have a prefix and a suffix: `com.amazonaws.organizations#AccountNotFoundException:http://…`.
    let code = code.rsplit('#').next()?;
    code.split(':').next().map(str::to_owned)
}

pub(crate) fn plain(status: StatusCode, message: &str) -> AwsResponse {
    response(status, "application/json", json!({"message": message}).to_string())
}

const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

fn json_error(status: StatusCode, error: &AwsError) -> AwsResponse {
    // Services use `message` or `Message`; each client reads one of them.
    let mut body = json!({"__type": error.code, "Message": error.message, "message": error.message});
    if let Some(reason) = &error.reason {
        body["Reason"] = json!(reason);
    }
    with_error_type(response(status, "application/x-amz-json-1.1", body.to_string()), error)
}

fn cbor_error(status: StatusCode, error: &AwsError) -> AwsResponse {
    const MAP_OF_TWO: u8 = 0xa2;
    let mut body = vec![MAP_OF_TWO];
    for text in ["__type", &error.code, "message", &error.message] {
        cbor_text(&mut body, text);
    }
    let mut response = response(status, "application/cbor", body);
    let protocol = HeaderName::from_static("smithy-protocol");
    response.headers_mut().insert(protocol, HeaderValue::from_static("rpc-v2-cbor"));
    with_error_type(response, error)
}

fn cbor_text(body: &mut Vec<u8>, text: &str) {
    const TEXT_WITH_U16_LENGTH: u8 = 0x79;
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
    body.push(TEXT_WITH_U16_LENGTH);
    body.extend(length.to_be_bytes());
    body.extend(text.bytes().take(length.into()));
}

fn with_error_type(mut response: AwsResponse, error: &AwsError) -> AwsResponse {
    if let Ok(code) = HeaderValue::from_str(&error.code) {
        response.headers_mut().insert(ERROR_TYPE, code);
    }
    response
}

fn xml(status: StatusCode, body: &str) -> AwsResponse {
    response(status, "text/xml", body.to_owned())
}

fn response(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> AwsResponse {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

fn code_in_json(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    body.get("__type").or_else(|| body.get("code"))?.as_str().map(str::to_owned)
}

pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(protocol: Protocol, operation: &str) -> (AwsResponse, String) {
        let request = AwsRequest {
            service: String::new(),
            operation: operation.to_owned(),
            region: None,
            access_key_id: None,
            protocol,
            parameters: Value::Null,
        };
        let reason = Some("ACCOUNT_NUMBER_LIMIT_EXCEEDED".to_owned());
        let fault = AwsError { status: 403, code: "AccessDenied".to_owned(), message: "a < b".to_owned(), reason };
        let response = error(&request, &fault);
        let text = String::from_utf8_lossy(response.body()).into_owned();
        (response, text)
    }

    #[test]
    fn json_errors_carry_type_message_and_reason() {
        let (response, text) = body(Protocol::Json, "CreateAccount");
        assert_eq!(response.status(), 403);
        assert_eq!(response.headers()["x-amzn-errortype"], "AccessDenied");
        let body: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&body["__type"], &body["Message"]), (&json!("AccessDenied"), &json!("a < b")));
        assert_eq!(body["Reason"], "ACCOUNT_NUMBER_LIMIT_EXCEEDED");
    }

    #[test]
    fn query_ec2_and_s3_errors_are_xml() {
        let error = "<Error><Type>Sender</Type><Code>AccessDenied</Code><Message>a &lt; b</Message></Error>";
        assert!(body(Protocol::Query, "CreateRole").1.starts_with(&format!("<ErrorResponse>{error}")));
        assert!(
            body(Protocol::Ec2Query, "DescribeRegions").1.starts_with("<Response><Errors><Error><Code>AccessDenied")
        );
        assert!(body(Protocol::S3, "GetObject").1.starts_with("<Error><Code>AccessDenied</Code>"));
        assert_eq!(body(Protocol::S3, "HeadObject").1, "");
    }

    #[test]
    fn cbor_errors_are_a_map_of_strings() {
        let (response, _) = body(Protocol::Cbor, "PutMetricData");
        assert_eq!(response.body()[..10], *b"\xa2\x79\x00\x06__type");
    }

    #[test]
    fn error_codes_are_found_in_every_protocol() {
        for protocol in [Protocol::Json, Protocol::Query, Protocol::Ec2Query, Protocol::S3, Protocol::Cbor] {
            assert_eq!(error_code(&body(protocol, "Any").0).as_deref(), Some("AccessDenied"), "{protocol:?}");
        }
        let long = response(StatusCode::BAD_REQUEST, "", r#"{"__type":"com.amazonaws.x#NotFound:http://y"}"#);
        assert_eq!(error_code(&long).as_deref(), Some("NotFound"));
        assert_eq!(error_code(&ok(&json!({"__type": "fine"}))), None);
    }
}
