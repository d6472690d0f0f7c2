//! Calls the emulated AWS without the AWS SDK, which takes minutes to compile.

use aws_credential_types::Credentials;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{Request, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::http_client::{HttpClient, HttpError};
use crate::signature::{REGION, Scope, account_credentials, root_credentials, sign};

/// A caller of AWS: one account in one Region.
#[derive(Clone, Debug)]
pub struct AwsClient {
    http: HttpClient,
    endpoint: String,
    region: String,
    credentials: Credentials,
    /// Sent with every call.
    headers: HeaderMap,
}

/// A service with the AWS JSON protocol.
#[derive(Clone, Copy, Debug)]
pub struct JsonService<'a> {
    /// The signing name.
    pub name: &'a str,
    /// The prefix of `X-Amz-Target`.
    pub target: &'a str,
}

#[derive(Debug, thiserror::Error)]
pub enum CallError {
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The message contains the code of the error.
    #[error("{call}: status {status}: {message}")]
    Rejected { call: String, status: u16, message: String },
}

impl AwsClient {
    /// The root user of the management account in the home Region.
    pub fn new(endpoint: &str) -> Self {
        Self {
            http: HttpClient::default(),
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            region: REGION.to_owned(),
            credentials: root_credentials(),
            headers: HeaderMap::new(),
        }
    }

    /// Acts in another account, which moto accepts without a check.
    #[must_use]
    pub fn as_account(&self, id: &str) -> Self {
        self.with_header("x-moto-account-id", id)
    }

    /// The root user of another account, for the strict proxy: its access key is the account ID.
    #[must_use]
    pub fn as_root_of(&self, account_id: &str) -> Self {
        // S3 Control requires the header, and other services ignore it.
        Self { credentials: account_credentials(account_id), ..self.with_header("x-amz-account-id", account_id) }
    }

    #[must_use]
    pub fn in_region(&self, region: &str) -> Self {
        Self { region: region.to_owned(), ..self.clone() }
    }

    fn with_header(&self, name: &'static str, value: &str) -> Self {
        let mut client = self.clone();
        if let Ok(value) = HeaderValue::from_str(value) {
            client.headers.insert(HeaderName::from_static(name), value);
        }
        client
    }

    /// Calls an operation of the AWS JSON protocol.
    pub fn json(&self, service: &JsonService<'_>, operation: &str, input: &Value) -> Result<Value, CallError> {
        let request = Request::post(&self.endpoint)
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", format!("{}.{operation}", service.target));
        let response = self.send(service.name, request.body(input.to_string().into()).map_err(HttpError::from)?)?;
        accepted(operation, response).map(value_of)
    }

    /// Finds the first item of a list that matches, on any page.
    pub fn find(
        &self,
        (service, operation): (&JsonService<'_>, &str),
        mut input: Value,
        list: &str,
        matches: impl Fn(&Value) -> bool,
    ) -> Result<Option<Value>, CallError> {
        loop {
            let mut page = self.json(service, operation, &input)?;
            let items = page[list].as_array_mut().into_iter().flatten();
            if let Some(found) = items.map(Value::take).find(&matches) {
                return Ok(Some(found));
            }
            match page["NextToken"].take() {
                Value::Null => return Ok(None),
                token => input["NextToken"] = token,
            }
        }
    }

    /// Calls an operation of the query protocol, and returns the XML of the response.
    pub fn query(
        &self,
        service: &str,
        version: &str,
        operation: &str,
        parameters: &[(&str, &str)],
    ) -> Result<String, CallError> {
        let encoded = |value: &str| utf8_percent_encode(value, NON_ALPHANUMERIC).to_string();
        let parameters = parameters.iter().map(|(name, value)| format!("&{name}={}", encoded(value)));
        let form = format!("Action={operation}&Version={version}{}", parameters.collect::<String>());
        let request = Request::post(&self.endpoint)
            .header("content-type", "application/x-www-form-urlencoded; charset=utf-8")
            .body(form.into())
            .map_err(HttpError::from)?;
        accepted(operation, self.send(service, request)?)
    }

    pub fn iam(&self, operation: &str, parameters: &[(&str, &str)]) -> Result<String, CallError> {
        self.query("iam", "2010-05-08", operation, parameters)
    }

    pub fn ec2(&self, operation: &str, parameters: &[(&str, &str)]) -> Result<String, CallError> {
        self.query("ec2", "2016-11-15", operation, parameters)
    }

    /// Calls a service with REST and JSON. A response that is not JSON is a string.
    pub fn rest(&self, service: &str, method: &str, path: &str, input: Option<&Value>) -> Result<Value, CallError> {
        let call = format!("{method} {path}");
        let request = Request::builder().method(method).uri(format!("{}{path}", self.endpoint));
        let body = input.map(Value::to_string).unwrap_or_default();
        let request = request.header("content-type", "application/json").body(body.into()).map_err(HttpError::from)?;
        accepted(&call, self.send(service, request)?).map(value_of)
    }

    /// Invokes a function and waits until it ends. An error of the function is an error.
    pub fn invoke(&self, function: &str, payload: &Value) -> Result<(), CallError> {
        let uri = format!("{}/2015-03-31/functions/{function}/invocations", self.endpoint);
        let request = Request::post(uri).body(payload.to_string().into()).map_err(HttpError::from)?;
        let response = self.send("lambda", request)?;
        let status = response.status().as_u16();
        let has_failed = response.headers().contains_key("x-amz-function-error");
        let message = accepted(function, response)?;
        if has_failed { Err(CallError::Rejected { call: function.to_owned(), status, message }) } else { Ok(()) }
    }

    /// Creates a bucket unless the account has it.
    pub fn create_bucket(&self, bucket: &str) -> Result<(), CallError> {
        match self.s3_put(&format!("/{bucket}"), Vec::new()) {
            Err(CallError::Rejected { message, .. }) if message.contains("BucketAlreadyOwnedByYou") => Ok(()),
            result => result,
        }
    }

    pub fn put_bucket_policy(&self, bucket: &str, policy: &Value) -> Result<(), CallError> {
        self.s3_put(&format!("/{bucket}?policy"), policy.to_string().into())
    }

    fn s3_put(&self, path: &str, body: Vec<u8>) -> Result<(), CallError> {
        let request = Request::put(format!("{}{path}", self.endpoint)).body(body).map_err(HttpError::from)?;
        accepted(&format!("PUT {path}"), self.send("s3", request)?).map(drop)
    }

    /// Sends a signed request, whose URI begins with the endpoint.
    fn send(&self, service: &str, mut request: Request<Vec<u8>>) -> Result<Response<String>, HttpError> {
        request.headers_mut().extend(self.headers.clone());
        sign(&mut request, &self.credentials, Scope { service, region: &self.region })?;
        self.http.send(request)
    }
}

fn accepted(call: &str, response: Response<String>) -> Result<String, CallError> {
    let status = response.status();
    let body = response.into_body();
    if status.is_success() {
        return Ok(body);
    }
    Err(CallError::Rejected { call: call.to_owned(), status: status.as_u16(), message: error_message(body) })
}

/// The code and the message of a JSON error; any other body as it is.
fn error_message(body: String) -> String {
    let Ok(error) = serde_json::from_str::<Value>(&body) else { return body };
    match (error["__type"].as_str(), error["message"].as_str().or(error["Message"].as_str())) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (Some(code), None) => code.to_owned(),
        (None, _) => body,
    }
}

/// Some operations have no response body, and S3 Control has XML.
fn value_of(body: String) -> Value {
    if body.is_empty() { Value::Null } else { serde_json::from_str(&body).unwrap_or(Value::String(body)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::respond;

    fn response(status: u16, body: &str) -> Response<String> {
        Response::builder().status(status).body(body.to_owned()).unwrap()
    }

    #[test]
    fn account_and_region_are_those_of_the_client() {
        let (url, server) = respond("200 OK", r#"{"Accounts":[]}"#);
        let service = JsonService { name: "organizations", target: "AWSOrganizationsV20161128" };
        let client = AwsClient::new(&url).as_root_of("111122223333").in_region("eu-west-1").as_account("444455556666");
        let response = client.json(&service, "ListAccounts", &Value::Null).unwrap();
        assert_eq!(response["Accounts"], Value::Array(Vec::new()));
        let sent = server.join().unwrap();
        assert!(sent.contains("Credential=111122223333/") && sent.contains("/eu-west-1/organizations/"), "{sent}");
        for header in ["x-amz-target: AWSOrganizationsV20161128.ListAccounts", "x-moto-account-id: 444455556666"] {
            assert!(sent.contains(header), "{sent}");
        }
    }

    #[test]
    fn failed_function_is_an_error() {
        let (url, server) = respond("200 OK\r\nx-amz-function-error: Unhandled", r#"{"errorMessage":"no"}"#);
        let failed = AwsClient::new(&url).invoke("sweep", &Value::Null).unwrap_err().to_string();
        assert_eq!(failed, r#"sweep: status 200: {"errorMessage":"no"}"#);
        assert!(server.join().unwrap().starts_with("POST /2015-03-31/functions/sweep/invocations "));
    }

    #[test]
    fn rejected_call_shows_code_and_message() {
        let error = r#"{"__type":"DuplicateAccountException","Message":"it exists"}"#;
        let rejected = accepted("MoveAccount", response(400, error)).unwrap_err().to_string();
        assert_eq!(rejected, "MoveAccount: status 400: DuplicateAccountException: it exists");
        let xml = accepted("CreateRole", response(409, "<Code>EntityAlreadyExists</Code>")).unwrap_err().to_string();
        assert_eq!(xml, "CreateRole: status 409: <Code>EntityAlreadyExists</Code>");
    }

    #[test]
    fn bodies_are_json_or_strings() {
        assert_eq!(value_of(String::new()), Value::Null);
        assert_eq!(value_of("[1]".to_owned())[0], 1);
        assert_eq!(value_of("<Block/>".to_owned()), "<Block/>");
    }
}
