//! The proxy's own calls, made as the management account's root.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use hyper::body::Bytes;
use hyper::{Method, Request, StatusCode};
use serde_json::{Value, json};

use super::forward::{Error, Upstreams};
use crate::wire::Answer;
use crate::wire::answer;

/// What both emulators take for the management account.
const KEY: &str = "test";
const REGION: &str = "us-east-1";
const JSON: &str = "application/x-amz-json-1.1";
const FORM: &str = "application/x-www-form-urlencoded";

/// Who answers a call of the proxy's own.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Emulator {
    Aws,
    Platform,
}

impl Upstreams {
    /// An answer that is an error is left to the caller to pass on.
    pub(crate) async fn organizations(&self, operation: &str, parameters: &Value) -> Result<Value, Answer> {
        let target = format!("AWSOrganizationsV20161128.{operation}");
        self.json(Emulator::Aws, "organizations", &target, parameters).await
    }

    pub(crate) async fn events(&self, operation: &str, parameters: &Value) -> Result<Value, Answer> {
        self.json(Emulator::Platform, "events", &format!("AWSEvents.{operation}"), parameters).await
    }

    /// IAM as this account sees it.
    pub(crate) async fn iam(
        &self,
        emulator: Emulator,
        account: &str,
        operation: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Bytes, Answer> {
        let request = Request::post("/").header("content-type", FORM).header("x-moto-account-id", account);
        self.own(emulator, Scope::global("iam"), request, form(operation, "2010-05-08", parameters).into()).await
    }

    /// EC2 as this account sees it, in one region.
    pub(crate) async fn ec2(
        &self,
        account: &str,
        region: &str,
        operation: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Bytes, Answer> {
        let request = Request::post("/").header("content-type", FORM).header("x-moto-account-id", account);
        let scope = Scope { service: "ec2", region };
        self.own(Emulator::Aws, scope, request, form(operation, "2016-11-15", parameters).into()).await
    }

    /// A REST service as this account sees it, in one region.
    pub(crate) async fn rest(
        &self,
        scope: Scope<'_>,
        account: &str,
        method: Method,
        path: &str,
        parameters: &Value,
    ) -> Result<Value, Answer> {
        let request = Request::builder().method(method).uri(path);
        let request = request.header("content-type", "application/json").header("x-moto-account-id", account);
        let body = if parameters.is_null() { String::new() } else { parameters.to_string() };
        let answer = self.own(Emulator::Aws, scope, request, body.into()).await?;
        read(path, &answer).map_err(|message| unreadable(&message))
    }

    /// The default value of a quota that the emulator knows.
    pub(crate) async fn quota(&self, service: &str, quota: &str) -> Option<Value> {
        let asked = json!({"ServiceCode": service, "QuotaCode": quota});
        let target = "ServiceQuotasV20190624.GetServiceQuota";
        let mut answer = self.json(Emulator::Aws, "servicequotas", target, &asked).await.ok()?;
        Some(answer["Quota"].take()).filter(Value::is_object)
    }

    pub(crate) async fn list_functions(&self, marker: Option<&str>) -> Result<Value, Answer> {
        let marker = marker.map(|marker| format!("&Marker={marker}")).unwrap_or_default();
        let request = Request::get(format!("/2015-03-31/functions/?MaxItems=50{marker}"));
        let answer = self.own(Emulator::Platform, Scope::global("lambda"), request, Bytes::new()).await?;
        read("ListFunctions", &answer).map_err(|message| unreadable(&message))
    }

    /// Does not wait for the function.
    pub(crate) async fn invoke_later(&self, function: &str, payload: &Value) -> Result<(), Answer> {
        let request = Request::post(format!("/2015-03-31/functions/{function}/invocations"))
            .header("x-amz-invocation-type", "Event");
        self.own(Emulator::Platform, Scope::global("lambda"), request, payload.to_string().into()).await.map(drop)
    }

    async fn json(&self, emulator: Emulator, service: &str, target: &str, parameters: &Value) -> Result<Value, Answer> {
        let request = Request::post("/").header("content-type", JSON).header("x-amz-target", target);
        let answer = self.own(emulator, Scope::global(service), request, parameters.to_string().into()).await?;
        read(target, &answer).map_err(|message| unreadable(&message))
    }

    async fn own(
        &self,
        emulator: Emulator,
        scope: Scope<'_>,
        request: hyper::http::request::Builder,
        body: Bytes,
    ) -> Result<Bytes, Answer> {
        let upstream = self.of(emulator);
        let answer = match signed(request, scope, body, &upstream.to_string()) {
            Ok(request) => {
                let (parts, body) = request.into_parts();
                self.pass(upstream, parts, body).await
            }
            Err(error) => unreadable(&format!("the proxy's own call: {error}")),
        };
        if answer.status().is_success() { Ok(answer.into_body()) } else { Err(answer) }
    }
}

/// What a call is signed for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope<'a> {
    pub(crate) service: &'a str,
    pub(crate) region: &'a str,
}

impl<'a> Scope<'a> {
    /// Of a service that we ask in one region alone.
    fn global(service: &'a str) -> Self {
        Self { service, region: REGION }
    }
}

fn form(operation: &str, version: &str, parameters: &[(&str, &str)]) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("Action", operation).append_pair("Version", version).extend_pairs(parameters);
    form.finish()
}

fn read(operation: &str, body: &Bytes) -> Result<Value, String> {
    serde_json::from_slice(body).map_err(|error| format!("{operation} answered no JSON: {error}"))
}

fn unreadable(message: &str) -> Answer {
    answer::plain(StatusCode::BAD_GATEWAY, message)
}

/// The platform checks signatures when it checks IAM.
fn signed(
    request: hyper::http::request::Builder,
    scope: Scope<'_>,
    body: Bytes,
    upstream: &str,
) -> Result<Request<Bytes>, Error> {
    let mut request = request.body(body)?;
    let identity = Credentials::new(KEY, KEY, None, None, "strict-proxy").into();
    let params = v4::SigningParams::builder().identity(&identity).region(scope.region).name(scope.service);
    let params = params.time(SystemTime::now()).settings(SigningSettings::default()).build()?.into();
    let headers = request.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap_or_default()));
    let uri = format!("{}{}", upstream.trim_end_matches('/'), request.uri());
    let body = SignableBody::Bytes(request.body());
    let signable = SignableRequest::new(request.method().as_str(), uri, headers, body)?;
    let (instructions, _) = sign(signable, &params)?.into_parts();
    instructions.apply_to_request_http1x(&mut request);
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_calls_are_signed_for_their_service() {
        let request = Request::builder().method(Method::POST).uri("/").header("x-amz-target", "AWSEvents.ListRules");
        let request = signed(request, Scope::global("events"), "{}".into(), "http://127.0.0.1:5000/").unwrap();
        let authorization = request.headers()["authorization"].to_str().unwrap();
        assert!(authorization.starts_with("AWS4-HMAC-SHA256 Credential=test/"), "{authorization}");
        assert!(authorization.contains("/us-east-1/events/aws4_request"), "{authorization}");
        assert!(authorization.contains("host;"), "{authorization}");
        assert_eq!(request.uri(), "/");
    }
}
