//! `Idempotency-Key`: a call that is repeated with the same key gets the same response.
//!
//! The rules and the status codes are those of the IETF draft "The Idempotency-Key HTTP Header Field": 400 for an
//! invalid key, 409 while the first call is in progress, 422 for a key that was used for another call.

use aws_lambda_events::apigw::ApiGatewayProxyRequest;
use aws_lambda_events::http::header::{CONTENT_TYPE, LOCATION};
use aws_lambda_events::http::{HeaderValue, StatusCode};
use data_encoding::BASE32_NOPAD;
use sha2::{Digest, Sha256};
use time::{Duration, OffsetDateTime};
use vending_api::{ApiError, Response, response, with_retry_after};
use vending_core::{ErrorCode, StepError};
use vending_records::{IdempotencyEntry, StoredResponse, Version};

use crate::AccountsApi;

const HEADER: &str = "idempotency-key";
const MAXIMUM_LENGTH: usize = 255;
/// How long a response is stored.
const RETENTION: Duration = Duration::hours(24);
/// The function's timeout. A call that started earlier and has no response will never have one.
pub const TIMEOUT: Duration = Duration::seconds(60);
/// How often a key is read when concurrent calls change it.
const MAX_TRIES: usize = 5;

/// Whether a call acquired its key.
enum Acquisition {
    Acquired(IdempotencyEntry, Version),
    /// The key has a response, or is in use.
    Response(Response),
}

impl AccountsApi {
    /// Runs `call`, unless this caller has used the same key before: then returns the stored response.
    pub(crate) async fn idempotent(
        &self,
        principal: &str,
        event: &ApiGatewayProxyRequest,
        call: impl Future<Output = Result<Response, ApiError>>,
    ) -> Result<Response, ApiError> {
        let Some(key) = key(event)? else {
            return call.await;
        };
        let name = digest(format!("{principal}\n{key}").as_bytes());
        let (entry, version) = match self.acquire(&name, event).await? {
            Acquisition::Acquired(entry, version) => (entry, version),
            Acquisition::Response(response) => return Ok(response),
        };
        let response = call.await.unwrap_or_else(ApiError::into_response);
        // The call is processed, so its response is returned even if it cannot be stored.
        if let Err(error) = self.store(&name, entry, &version, &response).await {
            tracing::warn!("could not store the response for its idempotency key: {error}");
        }
        Ok(response)
    }

    async fn acquire(&self, name: &str, event: &ApiGatewayProxyRequest) -> Result<Acquisition, ApiError> {
        let own = new_entry(event)?;
        for _ in 0..MAX_TRIES {
            if let Some(version) = self.idempotency.create(name, &own).await? {
                return Ok(Acquisition::Acquired(own, version));
            }
            let Some((found, version)) = self.idempotency.read(name).await? else {
                continue; // Its response was not stored.
            };
            match evaluate(&found, &own) {
                // S3 stored the entry, but its response was lost.
                Lookup::Own => return Ok(Acquisition::Acquired(own, version)),
                Lookup::Replace => {
                    if let Some(version) = self.idempotency.replace(name, &own, &version).await? {
                        return Ok(Acquisition::Acquired(own, version));
                    }
                }
                Lookup::Repeat(stored) => return Ok(Acquisition::Response(repeated(stored)?)),
                Lookup::Wait => return Ok(Acquisition::Response(in_progress())),
                Lookup::Reject => return Err(other_request()),
            }
        }
        Ok(Acquisition::Response(in_progress()))
    }

    /// Stores the response for repeated calls, or removes the key so that the next call is a new one.
    async fn store(
        &self,
        name: &str,
        entry: IdempotencyEntry,
        version: &Version,
        response: &Response,
    ) -> Result<(), StepError> {
        match stored(response) {
            Some(stored) => {
                let entry = IdempotencyEntry { response: Some(stored), ..entry };
                // Does not overwrite the entry of a concurrent call that replaced this one.
                self.idempotency.replace(name, &entry, version).await.map(|_| ())
            }
            None => self.idempotency.remove(name, version).await,
        }
    }
}

/// The key of a call, if it has one.
fn key(event: &ApiGatewayProxyRequest) -> Result<Option<String>, ApiError> {
    let mut all = event.multi_value_headers.get_all(HEADER).iter();
    let Some(value) = all.next().or_else(|| event.headers.get(HEADER)) else {
        return Ok(None);
    };
    if all.next().is_some() {
        return Err(ApiError::malformed("Idempotency-Key must be sent only once"));
    }
    let printable = |key: &&str| key.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    let has_valid_length = |key: &&str| (1..=MAXIMUM_LENGTH).contains(&key.len());
    let key = value.to_str().ok().filter(printable).filter(has_valid_length);
    let invalid = || format!("Idempotency-Key must have 1 to {MAXIMUM_LENGTH} printable ASCII characters");
    key.map(|key| Some(key.to_owned())).ok_or_else(|| ApiError::malformed(invalid()))
}

/// The entry of a call that starts.
fn new_entry(event: &ApiGatewayProxyRequest) -> Result<IdempotencyEntry, StepError> {
    Ok(IdempotencyEntry {
        request: fingerprint(event)?,
        call: event.request_context.request_id.clone().unwrap_or_default(),
        started_at: OffsetDateTime::now_utc(),
        response: None,
    })
}

/// A hash of method, path, and body. It identifies repeated calls: a call that changes something has no parameters.
fn fingerprint(event: &ApiGatewayProxyRequest) -> Result<String, StepError> {
    let parts = (event.http_method.as_str(), &event.path, &event.body, event.is_base64_encoded);
    let bytes = serde_json::to_vec(&parts)
        .map_err(|error| StepError::new(ErrorCode::Unexpected, "could not hash the request").with_source(error))?;
    Ok(digest(&bytes))
}

fn digest(bytes: &[u8]) -> String {
    let mut digest = BASE32_NOPAD.encode(&Sha256::digest(bytes)).to_ascii_lowercase();
    digest.truncate(40);
    digest
}

/// What an existing entry means for a call.
#[derive(Debug, Eq, PartialEq)]
enum Lookup<'a> {
    Own,
    Replace,
    Repeat(&'a StoredResponse),
    Wait,
    Reject,
}

fn evaluate<'a>(found: &'a IdempotencyEntry, own: &IdempotencyEntry) -> Lookup<'a> {
    let age = own.started_at - found.started_at;
    match &found.response {
        None if found == own => Lookup::Own,
        _ if age >= RETENTION => Lookup::Replace,
        _ if found.request != own.request => Lookup::Reject,
        Some(stored) => Lookup::Repeat(stored),
        None if age > TIMEOUT => Lookup::Replace,
        None => Lookup::Wait,
    }
}

fn in_progress() -> Response {
    let detail = "the first request with this Idempotency-Key is still in progress; send the same request again";
    with_retry_after(ApiError::conflict(detail).into_response())
}

fn other_request() -> ApiError {
    let detail =
        "this Idempotency-Key was used for another request in the last 24 hours; use a new key for each request";
    ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
}

/// The part of a response that is stored. A response that asks for a retry is not stored.
fn stored(response: &Response) -> Option<StoredResponse> {
    let status = u16::try_from(response.status_code).ok()?;
    if status == StatusCode::TOO_MANY_REQUESTS || status >= 500 {
        return None;
    }
    let header = |name| response.headers.get(name)?.to_str().ok().map(str::to_owned);
    Some(StoredResponse {
        status,
        content_type: header(CONTENT_TYPE)?,
        location: header(LOCATION),
        body: response.body.as_deref().and_then(|body| std::str::from_utf8(body).ok())?.to_owned(),
    })
}

fn repeated(stored: &StoredResponse) -> Result<Response, StepError> {
    let invalid = || StepError::new(ErrorCode::Unexpected, "could not parse the stored response");
    let header = |value: &str| HeaderValue::from_str(value).map_err(|error| invalid().with_source(error));
    let status = StatusCode::from_u16(stored.status).map_err(|error| invalid().with_source(error))?;
    let mut repeated = response(status, header(&stored.content_type)?, stored.body.clone());
    if let Some(location) = &stored.location {
        repeated.headers.insert(LOCATION, header(location)?);
    }
    Ok(repeated)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn event(changes: &Value) -> ApiGatewayProxyRequest {
        let mut event = json!({
            "resource": "/accounts", "path": "/accounts", "httpMethod": "POST", "headers": {},
            "requestContext": { "httpMethod": "POST", "identity": {} }, "body": "{}",
        });
        for (name, value) in changes.as_object().unwrap() {
            event[name] = value.clone();
        }
        serde_json::from_value(event).unwrap()
    }

    #[test]
    fn key_is_validated() {
        let with_key = |value: &str| event(&json!({ "headers": { "Idempotency-Key": value } }));
        let longest = "k".repeat(255);
        for valid in ["8e03978e-40d5-43e8-bc93-6894a57f9324", "\"quoted\"", "two words", "~", &longest] {
            assert_eq!(key(&with_key(valid)).unwrap().as_deref(), Some(valid));
        }
        for invalid in ["", "\u{e9}", "tab\there", &"k".repeat(256)] {
            assert!(key(&with_key(invalid)).is_err(), "{invalid}");
        }
        assert_eq!(key(&event(&json!({}))).unwrap(), None);
        let several = |values: &[&str]| event(&json!({ "multiValueHeaders": { "idempotency-KEY": values } }));
        assert_eq!(key(&several(&["one"])).unwrap().as_deref(), Some("one"));
        assert!(key(&several(&["one", "two"])).is_err());
    }

    #[test]
    fn fingerprint_has_method_path_and_body() {
        let same = fingerprint(&event(&json!({}))).unwrap();
        let other_signature = json!({ "headers": { "x-amz-date": "20261122T100000Z" } });
        assert_eq!(fingerprint(&event(&other_signature)).unwrap(), same);
        for other in [
            json!({ "httpMethod": "PUT" }),
            json!({ "path": "/accounts/x" }),
            json!({ "body": "{ }" }),
            json!({ "body": null }),
            json!({ "isBase64Encoded": true }),
        ] {
            assert_ne!(fingerprint(&event(&other)).unwrap(), same, "{other}");
        }
    }

    #[test]
    fn entry_is_evaluated_by_age_and_request() {
        let own = new_entry(&event(&json!({}))).unwrap();
        let stored = StoredResponse { status: 202, content_type: String::new(), location: None, body: String::new() };
        let found = |age: Duration, response: Option<&StoredResponse>| IdempotencyEntry {
            call: "another".to_owned(),
            started_at: own.started_at - age,
            response: response.cloned(),
            ..own.clone()
        };
        let other = |entry: IdempotencyEntry| IdempotencyEntry { request: "another".to_owned(), ..entry };
        let second = Duration::seconds(1);
        for (found, expected) in [
            (own.clone(), Lookup::Own),
            (found(second, None), Lookup::Wait),
            (found(-second, None), Lookup::Wait),
            (found(TIMEOUT, None), Lookup::Wait),
            (found(TIMEOUT + second, None), Lookup::Replace),
            (found(second, Some(&stored)), Lookup::Repeat(&stored)),
            (found(RETENTION - second, Some(&stored)), Lookup::Repeat(&stored)),
            (found(RETENTION, Some(&stored)), Lookup::Replace),
            (other(found(second, None)), Lookup::Reject),
            (other(found(TIMEOUT + second, None)), Lookup::Reject),
            (other(found(second, Some(&stored))), Lookup::Reject),
            (other(found(RETENTION, Some(&stored))), Lookup::Replace),
        ] {
            assert_eq!(evaluate(&found, &own), expected, "{found:?}");
        }
    }

    #[test]
    fn retryable_responses_are_not_stored() {
        for (status, is_stored) in
            [(200, true), (202, true), (400, true), (409, true), (413, true), (429, false), (500, false), (503, false)]
        {
            let response = response(status.try_into().unwrap(), HeaderValue::from_static("text/plain"), "x".to_owned());
            assert_eq!(stored(&response).is_some(), is_stored, "{status}");
        }
    }
}
