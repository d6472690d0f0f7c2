//! Parses a request: service, operation, parameters, and access key.

use hyper::header::{AUTHORIZATION, CONTENT_TYPE};
use hyper::http::request::Parts;
use serde_json::{Map, Value};

use super::parts::{capitalized, header, query_pairs};
use super::secrets::redact;
use super::{rest, s3, s3_control};

/// A parsed request.
#[derive(Clone, Debug)]
pub(crate) struct AwsRequest {
    pub(crate) service: String,
    pub(crate) operation: String,
    pub(crate) region: Option<String>,
    pub(crate) access_key_id: Option<String>,
    pub(crate) protocol: Protocol,
    pub(crate) parameters: Value,
}

/// The format of requests and errors.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Protocol {
    Json,
    RestJson,
    Query,
    Ec2Query,
    Cbor,
    S3,
    S3Control,
}

impl AwsRequest {
    pub(crate) fn parse(parts: &Parts, body: &[u8]) -> Self {
        let mut scope = Scope::parse(parts).unwrap_or_default();
        if s3_control::is_s3_control(&scope.service, parts) {
            s3_control::SERVICE.clone_into(&mut scope.service);
        }
        let protocol = Protocol::detect(parts, &scope.service);
        let (operation, parameters) = match protocol {
            Protocol::Json => (after_last(header(parts, "x-amz-target"), '.'), json(body)),
            Protocol::Cbor => (after_last(parts.uri.path(), '/'), Value::Null),
            Protocol::Query | Protocol::Ec2Query => parse_query(parts, body),
            Protocol::S3 => s3::parse(parts),
            Protocol::S3Control => s3_control::parse(parts, body),
            Protocol::RestJson => parse_rest(parts, body, &scope.service),
        };
        Self {
            service: scope.service,
            operation,
            region: scope.region,
            access_key_id: scope.access_key_id,
            protocol,
            parameters: redact(parameters),
        }
    }

    /// Whether the parameters contain this string, as compact JSON.
    pub(crate) fn mentions(&self, text: &str) -> bool {
        self.parameters.to_string().contains(text)
    }

    /// Returns a parameter that is a string.
    pub(crate) fn string(&self, parameter: &str) -> Option<&str> {
        self.parameters.get(parameter)?.as_str()
    }
}

/// The credential scope of a signature: `AKID/20261122/us-east-1/iam/aws4_request`.
struct Scope {
    service: String,
    region: Option<String>,
    access_key_id: Option<String>,
}

impl Default for Scope {
    fn default() -> Self {
        Self { service: "unsigned".to_owned(), region: None, access_key_id: None }
    }
}

impl Scope {
    fn parse(parts: &Parts) -> Option<Self> {
        let credential = credential_of_header(parts).or_else(|| credential_of_query(parts))?;
        let mut fields = credential.split('/');
        let access_key_id = fields.next()?.to_owned();
        let region = fields.nth(1)?.to_owned();
        let service = fields.next()?.to_owned();
        Some(Self { service, region: Some(region), access_key_id: Some(access_key_id) })
    }
}

fn credential_of_header(parts: &Parts) -> Option<String> {
    let (_, rest) = header(parts, AUTHORIZATION.as_str()).split_once("Credential=")?;
    rest.split(',').next().map(str::to_owned)
}

/// From a presigned URL.
fn credential_of_query(parts: &Parts) -> Option<String> {
    query_pairs(parts).find(|(name, _)| name == "X-Amz-Credential").map(|(_, value)| value)
}

impl Protocol {
    fn detect(parts: &Parts, service: &str) -> Self {
        let form = header(parts, CONTENT_TYPE.as_str()).starts_with("application/x-www-form-urlencoded");
        if parts.headers.contains_key("x-amz-target") {
            Self::Json
        } else if header(parts, "smithy-protocol") == "rpc-v2-cbor" {
            Self::Cbor
        } else if service == "s3" {
            Self::S3
        } else if service == s3_control::SERVICE {
            Self::S3Control
        } else if form || query_pairs(parts).any(|(name, _)| name == "Action") {
            if service == "ec2" { Self::Ec2Query } else { Self::Query }
        } else {
            Self::RestJson
        }
    }
}

fn parse_query(parts: &Parts, body: &[u8]) -> (String, Value) {
    let form = form_urlencoded::parse(body).map(|(name, value)| (name.into_owned(), value.into_owned()));
    let mut parameters: Map<String, Value> =
        query_pairs(parts).chain(form).map(|(name, value)| (name, Value::String(value))).collect();
    parameters.remove("Version");
    let operation = parameters.remove("Action").and_then(|action| action.as_str().map(str::to_owned));
    (operation.unwrap_or_default(), Value::Object(parameters))
}

fn parse_rest(parts: &Parts, body: &[u8], service: &str) -> (String, Value) {
    let path = parts.uri.path();
    let known = rest::parse(service, &parts.method, path);
    let operation = match (service, &known) {
        ("account", _) => capitalized(path.trim_start_matches('/')),
        ("lambda", _) if path.ends_with("/invocations") => "Invoke".to_owned(),
        (_, Some((operation, _))) => (*operation).to_owned(),
        (_, None) => format!("{} {path}", parts.method),
    };
    let mut parameters = match json(body) {
        Value::Object(parameters) => parameters,
        _ => Map::new(),
    };
    parameters.extend(query_pairs(parts).map(|(name, value)| (name, Value::String(value))));
    let in_path = known.map(|(_, in_path)| in_path).unwrap_or_default();
    parameters.extend(in_path.into_iter().map(|(name, value)| (name, Value::String(value))));
    parameters.insert("path".to_owned(), Value::String(path.to_owned()));
    (operation, Value::Object(parameters))
}

fn json(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_default()
}

fn after_last(text: &str, separator: char) -> String {
    text.rsplit(separator).next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use hyper::Request;
    use serde_json::json;

    use super::*;

    fn signed(service: &str) -> hyper::http::request::Builder {
        let credential = format!(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261122/eu-central-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
        );
        Request::builder().method("POST").uri("/").header("Authorization", credential)
    }

    fn read(request: hyper::http::request::Builder, body: &str) -> AwsRequest {
        AwsRequest::parse(&request.body(()).unwrap().into_parts().0, body.as_bytes())
    }

    #[test]
    fn json_calls_are_named_by_their_target() {
        let target = "AWSOrganizationsV20161128.CreateAccount";
        let call = read(signed("organizations").header("X-Amz-Target", target), r#"{"Email":"a@example.com"}"#);
        assert_eq!((call.service.as_str(), call.operation.as_str()), ("organizations", "CreateAccount"));
        assert_eq!(call.region.as_deref(), Some("eu-central-1"));
        assert_eq!(call.access_key_id.as_deref(), Some("AKIDEXAMPLE"));
        assert_eq!(call.parameters, json!({"Email": "a@example.com"}));
    }

    #[test]
    fn query_calls_are_named_by_their_action() {
        let form = "application/x-www-form-urlencoded; charset=utf-8";
        let body = "Action=CreateRole&Version=2010-05-08&RoleName=a+b&Description=%7B%7D";
        let call = read(signed("iam").header("Content-Type", form), body);
        assert_eq!((call.protocol, call.operation.as_str()), (Protocol::Query, "CreateRole"));
        assert_eq!(call.parameters, json!({"RoleName": "a b", "Description": "{}"}));
        let call = read(signed("ec2").header("Content-Type", form), "Action=DescribeRegions");
        assert_eq!((call.protocol, call.operation.as_str()), (Protocol::Ec2Query, "DescribeRegions"));
    }

    #[test]
    fn cbor_and_rest_calls_are_named_by_their_path() {
        let cbor = signed("monitoring")
            .uri("/service/GraniteServiceVersion20100801/operation/PutMetricData")
            .header("smithy-protocol", "rpc-v2-cbor");
        assert_eq!(read(cbor, "").operation, "PutMetricData");

        let contact = read(signed("account").uri("/putAlternateContact"), r#"{"AccountId":"111111111111"}"#);
        assert_eq!(contact.operation, "PutAlternateContact");
        assert_eq!(contact.parameters, json!({"AccountId": "111111111111", "path": "/putAlternateContact"}));
        assert_eq!(read(signed("guardduty").uri("/detector"), "{}").operation, "CreateDetector");
        assert_eq!(read(signed("macie2").uri("/macie"), "{}").operation, "POST /macie");
        let member = read(signed("guardduty").uri("/detector/d/member/get"), r#"{"accountIds":["1"]}"#);
        let parameters = json!({"accountIds": ["1"], "DetectorId": "d", "path": "/detector/d/member/get"});
        assert_eq!((member.operation.as_str(), member.parameters), ("GetMembers", parameters));
    }

    #[test]
    fn s3_control_is_not_s3() {
        let block = signed("s3").method("GET").uri("/v20180820/configuration/publicAccessBlock");
        let call = read(block.header("x-amz-account-id", "111111111111"), "");
        assert_eq!((call.service.as_str(), call.operation.as_str()), ("s3-control", "GetPublicAccessBlock"));
        assert_eq!(call.parameters, json!({"AccountId": "111111111111"}));
        assert_eq!(read(signed("s3").method("GET").uri("/v20180820"), "").service, "s3");
    }

    #[test]
    fn unsigned_and_presigned_calls_are_parsed() {
        let form =
            Request::builder().method("POST").uri("/").header("Content-Type", "application/x-www-form-urlencoded");
        let call = read(form, "Action=AssumeRoleWithWebIdentity&WebIdentityToken=eyJ");
        assert_eq!((call.service.as_str(), call.operation.as_str()), ("unsigned", "AssumeRoleWithWebIdentity"));
        assert_eq!(call.parameters, json!({}));

        let presigned =
            "/bucket/key?X-Amz-Credential=AKIDEXAMPLE%2F20261122%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Signature=0";
        let call = read(Request::builder().uri(presigned), "");
        assert_eq!((call.service.as_str(), call.operation.as_str()), ("s3", "GetObject"));
        assert_eq!(call.parameters, json!({"Bucket": "bucket", "Key": "key"}));
    }
}
