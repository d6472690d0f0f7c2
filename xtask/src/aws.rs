//! A small client for the AWS calls that set the local cloud up and for the stack's own API.

use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use ureq::http::{Request, Response};

use crate::sigv4::{KEY, REGION, sign_request};

const LONGEST_ANSWER: u64 = 256 * 1024 * 1024;

#[derive(Clone)]
pub(crate) struct Client {
    endpoint: String,
    agent: ureq::Agent,
    region: String,
    key: String,
    /// Instead of the management account.
    account: Option<String>,
}

/// A service that speaks AWS JSON 1.1: its name in the signature and the prefix of `X-Amz-Target`.
pub(crate) struct JsonService {
    pub(crate) name: &'static str,
    pub(crate) target: &'static str,
}

pub(crate) const ORGANIZATIONS: JsonService =
    JsonService { name: "organizations", target: "AWSOrganizationsV20161128" };
pub(crate) const CLOUDTRAIL: JsonService =
    JsonService { name: "cloudtrail", target: "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101" };

impl Client {
    pub(crate) fn new(endpoint: &str) -> Self {
        Self {
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            agent: agent(Duration::from_mins(1)),
            region: REGION.to_owned(),
            key: KEY.to_owned(),
            account: None,
        }
    }

    /// In another account: moto takes the caller's word for it.
    pub(crate) fn as_account(&self, id: &str) -> Self {
        Self { account: Some(id.to_owned()), ..self.clone() }
    }

    /// With another access key: the proxy takes an account's id for its root.
    pub(crate) fn with_key(&self, key: &str) -> Self {
        Self { key: key.to_owned(), ..self.clone() }
    }

    pub(crate) fn in_region(&self, region: &str) -> Self {
        Self { region: region.to_owned(), ..self.clone() }
    }

    /// Calls a JSON action. An error that AWS answers has its code first, so that a caller can look for it.
    pub(crate) fn json(&self, service: &JsonService, action: &str, input: &Value) -> Result<Value> {
        let request = Request::post(&self.endpoint)
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", format!("{}.{action}", service.target))
            .body(input.to_string().into_bytes())?;
        let (status, answer) = self.send_text(request, service.name).with_context(|| action.to_owned())?;
        let body: Value = if answer.is_empty() { Value::Null } else { serde_json::from_str(&answer)? };
        if status != 200 {
            let code = body["__type"].as_str().unwrap_or("an error without a code");
            bail!("{action}: {code}: {}", body["message"].as_str().or(body["Message"].as_str()).unwrap_or(&answer));
        }
        Ok(body)
    }

    /// Calls an action of the query protocol; the answer is XML.
    /// The first of all listed items that is so, on whichever page it stands.
    pub(crate) fn find(
        &self,
        (service, action): (&JsonService, &str),
        input: Value,
        list: &str,
        is_it: impl Fn(&Value) -> bool,
    ) -> Result<Option<Value>> {
        let mut input = input;
        loop {
            let page = self.json(service, action, &input)?;
            if let Some(found) = page[list].as_array().into_iter().flatten().find(|item| is_it(item)) {
                return Ok(Some(found.clone()));
            }
            match page["NextToken"].as_str() {
                Some(token) => input["NextToken"] = token.into(),
                None => return Ok(None),
            }
        }
    }

    pub(crate) fn query(&self, service: &str, form: &str) -> Result<String> {
        let request = Request::post(&self.endpoint)
            .header("content-type", "application/x-www-form-urlencoded; charset=utf-8")
            .body(form.as_bytes().to_vec())?;
        match self.send_text(request, service)? {
            (200, answer) => Ok(answer),
            (status, answer) => Err(anyhow!("{form}: status {status}: {answer}")),
        }
    }

    /// Calls IAM.
    pub(crate) fn iam(&self, action: &str, parameters: &[(&str, &str)]) -> Result<String> {
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let parameters = parameters.iter().map(|(name, value)| format!("&{name}={}", encoded(value)));
        self.query("iam", &format!("Action={action}&Version=2010-05-08{}", parameters.collect::<String>()))
    }

    /// Calls a service that speaks REST and JSON.
    pub(crate) fn rest(&self, service: &str, method: &str, path: &str, input: Option<&Value>) -> Result<Value> {
        let body = input.map(|input| input.to_string().into_bytes()).unwrap_or_default();
        let request = Request::builder().method(method).uri(format!("{}{path}", self.endpoint));
        let request = request.header("content-type", "application/json").body(body)?;
        match self.send_text(request, service)? {
            (200, answer) if answer.is_empty() => Ok(Value::Null),
            (200, answer) => Ok(serde_json::from_str(&answer)?),
            (status, answer) => Err(anyhow!("{method} {path} of {service}: status {status}: {answer}")),
        }
    }

    /// Creates a bucket, or leaves the one that is there.
    pub(crate) fn create_bucket(&self, bucket: &str) -> Result<()> {
        self.s3_put(&format!("/{bucket}"), Vec::new())
    }

    pub(crate) fn put_bucket_policy(&self, bucket: &str, policy: &Value) -> Result<()> {
        self.s3_put(&format!("/{bucket}?policy"), policy.to_string().into_bytes())
    }

    fn s3_put(&self, path: &str, body: Vec<u8>) -> Result<()> {
        let request = Request::put(format!("{}{path}", self.endpoint)).body(body)?;
        match self.send_text(request, "s3").with_context(|| format!("PUT {path}"))? {
            (200 | 204, _) => Ok(()),
            (409, answer) if answer.contains("BucketAlreadyOwnedByYou") => Ok(()),
            (status, answer) => Err(anyhow!("PUT {path}: status {status}: {answer}")),
        }
    }

    /// Calls the stack's own API, signed as its users do.
    pub(crate) fn api(&self, method: &str, path: &str, body: Vec<u8>) -> Result<ApiAnswer> {
        let uri = format!("{}{path}", self.endpoint);
        let request =
            Request::builder().method(method).uri(&uri).header("content-type", "application/json").body(body)?;
        let mut answer = self.send(request, "execute-api").with_context(|| format!("{method} {uri}"))?;
        let status = answer.status().as_u16();
        let text = text_of(&mut answer)?;
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Ok(ApiAnswer { status, body })
    }

    /// Runs a function and waits for its end.
    pub(crate) fn invoke(&self, function: &str, payload: &Value) -> Result<()> {
        let uri = format!("{}/2015-03-31/functions/{function}/invocations", self.endpoint);
        let mut answer = self.send(Request::post(uri).body(payload.to_string().into_bytes())?, "lambda")?;
        if answer.status() != 200 || answer.headers().contains_key("x-amz-function-error") {
            bail!("{function} failed: {}", text_of(&mut answer)?);
        }
        Ok(())
    }

    fn send_text(&self, request: Request<Vec<u8>>, service: &str) -> Result<(u16, String)> {
        let mut answer = self.send(request, service)?;
        Ok((answer.status().as_u16(), text_of(&mut answer)?))
    }

    fn send(&self, mut request: Request<Vec<u8>>, service: &str) -> Result<Response<ureq::Body>> {
        if let Some(account) = &self.account {
            request.headers_mut().insert("x-moto-account-id", account.parse()?);
        }
        sign_request(&mut request, service, &self.region, &self.key)?;
        let (parts, body) = request.into_parts();
        let answer = if body.is_empty() {
            self.agent.run(Request::from_parts(parts, ()))
        } else {
            self.agent.run(Request::from_parts(parts, body))
        };
        answer.with_context(|| format!("no answer from {}; is the local cloud up?", self.endpoint))
    }
}

/// A page of logs is longer than what is read by default.
/// A text that every answer of this kind has.
pub(crate) fn text(value: &Value, field: &str) -> Result<String> {
    value[field].as_str().map(str::to_owned).with_context(|| format!("the answer has no {field}: {value}"))
}

fn text_of(answer: &mut Response<ureq::Body>) -> Result<String> {
    let body = answer.body_mut().with_config().limit(LONGEST_ANSWER);
    Ok(body.read_to_string()?)
}

pub(crate) struct ApiAnswer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

/// True when something answers 200 there.
pub(crate) fn is_ready(url: &str) -> bool {
    agent(Duration::from_secs(2)).get(url).call().is_ok_and(|answer| answer.status().as_u16() == 200)
}

/// Everything here is on this machine or named by the user: a proxy of the shell is not asked.
fn agent(timeout: Duration) -> ureq::Agent {
    let config = ureq::Agent::config_builder();
    config.proxy(None).http_status_as_error(false).timeout_global(Some(timeout)).build().into()
}
