//! Calls that the proxy makes to the emulators, as the root user of the management account.

use std::time::Duration;

use hyper::body::Bytes;
use hyper::{Method, Request, StatusCode, Uri};
use local_cloud::{REGION, Scope, root_credentials, sign};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::forward::{Emulator, Error, Upstreams, address};
use crate::wire::AwsResponse;
use crate::wire::response;

/// How often a call is retried while an emulator does not respond.
const MAX_ATTEMPTS: u32 = 50;
const RETRY_DELAY: Duration = Duration::from_millis(200);
const JSON: &str = "application/x-amz-json-1.1";
const FORM: &str = "application/x-www-form-urlencoded";

impl Upstreams {
    /// Returns an error response as it is, so that the caller can return it.
    pub(crate) async fn organizations(&self, operation: &str, parameters: &Value) -> Result<Value, AwsResponse> {
        let target = format!("AWSOrganizationsV20161128.{operation}");
        self.json(Emulator::Aws, home("organizations"), &target, parameters).await
    }

    /// Returns the items of a list of Organizations, from all its pages.
    pub(crate) async fn organizations_list(
        &self,
        operation: &str,
        mut parameters: Value,
        field: &str,
    ) -> Result<Vec<Value>, AwsResponse> {
        let mut items = Vec::new();
        loop {
            let mut listed = self.organizations(operation, &parameters).await?;
            items.extend(listed[field].as_array_mut().into_iter().flatten().map(Value::take));
            match listed["NextToken"].as_str() {
                Some(token) => parameters["NextToken"] = token.into(),
                None => return Ok(items),
            }
        }
    }

    /// Calls IAM Identity Center in a Region.
    pub(crate) async fn identity_center(
        &self,
        region: &str,
        operation: &str,
        parameters: &Value,
    ) -> Result<Value, AwsResponse> {
        let target = format!("SWBExternalService.{operation}");
        self.json(Emulator::Aws, Scope { service: "sso", region }, &target, parameters).await
    }

    /// Calls AWS Config in an account and Region. Some of its responses have no body.
    pub(crate) async fn config(
        &self,
        account: &str,
        region: &str,
        operation: &str,
        parameters: &Value,
    ) -> Result<Value, AwsResponse> {
        let target = format!("StarlingDoveService.{operation}");
        let request = Request::post("/").header("content-type", JSON).header("x-amz-target", target);
        let request = request.header("x-moto-account-id", account);
        let scope = Scope { service: "config", region };
        let response = self.call(Emulator::Aws, scope, request, parameters.to_string().into()).await?;
        Ok(serde_json::from_slice(&response).unwrap_or_default())
    }

    pub(crate) async fn events(&self, operation: &str, parameters: &Value) -> Result<Value, AwsResponse> {
        self.json(Emulator::Platform, home("events"), &format!("AWSEvents.{operation}"), parameters).await
    }

    /// Calls IAM in an account.
    pub(crate) async fn iam(
        &self,
        emulator: Emulator,
        account: &str,
        operation: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Bytes, AwsResponse> {
        let request = Request::post("/").header("content-type", FORM).header("x-moto-account-id", account);
        self.call(emulator, home("iam"), request, form(operation, "2010-05-08", parameters).into()).await
    }

    /// Calls EC2 in an account and Region.
    pub(crate) async fn ec2(
        &self,
        account: &str,
        region: &str,
        operation: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Bytes, AwsResponse> {
        let request = Request::post("/").header("content-type", FORM).header("x-moto-account-id", account);
        let scope = Scope { service: "ec2", region };
        self.call(Emulator::Aws, scope, request, form(operation, "2016-11-15", parameters).into()).await
    }

    /// Calls a REST service in an account and Region.
    pub(crate) async fn rest(
        &self,
        scope: Scope<'_>,
        account: &str,
        method: Method,
        path: &str,
        parameters: &Value,
    ) -> Result<Value, AwsResponse> {
        let request = Request::builder().method(method).uri(path);
        let request = request.header("content-type", "application/json").header("x-moto-account-id", account);
        let body = if parameters.is_null() { String::new() } else { parameters.to_string() };
        let response = self.call(Emulator::Aws, scope, request, body.into()).await?;
        parse(path, &response).map_err(|message| bad_gateway(&message))
    }

    /// Returns the default of a quota, if the emulator has it.
    pub(crate) async fn quota(&self, service: &str, quota: &str) -> Option<Value> {
        let parameters = json!({"ServiceCode": service, "QuotaCode": quota});
        let target = "ServiceQuotasV20190624.GetServiceQuota";
        let mut response = self.json(Emulator::Aws, home("servicequotas"), target, &parameters).await.ok()?;
        Some(response["Quota"].take()).filter(Value::is_object)
    }

    pub(crate) async fn list_functions(&self, marker: Option<&str>) -> Result<Value, AwsResponse> {
        let marker = marker.map(|marker| format!("&Marker={marker}")).unwrap_or_default();
        let request = Request::get(format!("/2015-03-31/functions/?MaxItems=50{marker}"));
        let response = self.call(Emulator::Platform, home("lambda"), request, Bytes::new()).await?;
        parse("ListFunctions", &response).map_err(|message| bad_gateway(&message))
    }

    /// Does not wait for the function.
    pub(crate) async fn invoke_async(&self, function: &str, payload: &Value) -> Result<(), AwsResponse> {
        let request = Request::post(format!("/2015-03-31/functions/{function}/invocations"))
            .header("x-amz-invocation-type", "Event");
        self.call(Emulator::Platform, home("lambda"), request, payload.to_string().into()).await.map(drop)
    }

    async fn json(
        &self,
        emulator: Emulator,
        scope: Scope<'_>,
        target: &str,
        parameters: &Value,
    ) -> Result<Value, AwsResponse> {
        let request = Request::post("/").header("content-type", JSON).header("x-amz-target", target);
        let response = self.call(emulator, scope, request, parameters.to_string().into()).await?;
        parse(target, &response).map_err(|message| bad_gateway(&message))
    }

    async fn call(
        &self,
        emulator: Emulator,
        scope: Scope<'_>,
        request: hyper::http::request::Builder,
        body: Bytes,
    ) -> Result<Bytes, AwsResponse> {
        let upstream = self.url(emulator);
        let request = signed(upstream, request.body(body), scope)
            .map_err(|error| bad_gateway(&format!("could not sign a call of the proxy: {error}")))?;
        let response = self.send_with_retries(upstream, request).await?;
        if response.status().is_success() { Ok(response.into_body()) } else { Err(response) }
    }

    /// Retries while the emulator does not accept the connection: a missing response must not be taken for a missing
    /// resource.
    #[expect(clippy::disallowed_methods, reason = "an emulator waits for no state machine")]
    async fn send_with_retries(&self, upstream: &Uri, request: Request<Bytes>) -> Result<AwsResponse, AwsResponse> {
        let (parts, body) = request.into_parts();
        let mut attempt = 1;
        loop {
            match self.send(upstream, parts.clone(), body.clone()).await {
                Ok(response) => return Ok(response),
                Err(error) if attempt == MAX_ATTEMPTS => {
                    return Err(bad_gateway(&format!("no response from {upstream}: {error}")));
                }
                Err(_) => attempt += 1,
            }
            sleep(RETRY_DELAY).await;
        }
    }
}

/// For a service that the proxy calls in one Region only.
fn home(service: &str) -> Scope<'_> {
    Scope { service, region: REGION }
}

/// The platform checks signatures if it checks IAM.
fn signed(
    upstream: &Uri,
    request: Result<Request<Bytes>, hyper::http::Error>,
    scope: Scope<'_>,
) -> Result<Request<Bytes>, Error> {
    let mut request = request?;
    *request.uri_mut() = address(upstream, request.uri().path_and_query())?;
    sign(&mut request, &root_credentials(), scope)?;
    Ok(request)
}

fn form(operation: &str, version: &str, parameters: &[(&str, &str)]) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("Action", operation).append_pair("Version", version).extend_pairs(parameters);
    form.finish()
}

fn parse(operation: &str, body: &Bytes) -> Result<Value, String> {
    serde_json::from_slice(body).map_err(|error| format!("the response of {operation} is not valid JSON: {error}"))
}

fn bad_gateway(message: &str) -> AwsResponse {
    response::plain(StatusCode::BAD_GATEWAY, message)
}
