//! `Idempotency-Key`: a request that is sent again is answered as it was the first time.
//!
//! The rules and the status codes are those of the IETF draft "The Idempotency-Key HTTP Header Field": 400 for a key
//! that is none, 409 while the first request is being answered, 422 for a key that came with another request.

use aws_lambda_events::apigw::ApiGatewayProxyRequest;
use aws_lambda_events::http::header::{CONTENT_TYPE, LOCATION};
use aws_lambda_events::http::{HeaderValue, StatusCode};
use data_encoding::BASE32_NOPAD;
use sha2::{Digest, Sha256};
use time::{Duration, OffsetDateTime};
use vending_core::{ErrorCode, StepError};
use vending_records::{IdempotencyEntry, KeptAnswer, Version};

use crate::AccountsApi;
use crate::answer::{Answer, Refusal, answer, later};

const HEADER: &str = "idempotency-key";
const MAXIMUM_LENGTH: usize = 255;
/// How long a key is known.
const KNOWN: Duration = Duration::hours(24);
/// The function's time-out: whoever began longer ago and has not answered never will.
pub const TIME_OUT: Duration = Duration::seconds(60);
/// How often a key is looked at when others are faster.
const TRIES: usize = 5;

/// Whose turn a request is.
enum Turn {
    Ours(IdempotencyEntry, Version),
    /// It was answered before, or is refused because of its key.
    Answered(Answer),
}

impl AccountsApi {
    /// Answers a request with `answering`, unless it carries a key of this caller that says how it is answered.
    pub(crate) async fn once(
        &self,
        principal: &str,
        event: &ApiGatewayProxyRequest,
        answering: impl Future<Output = Result<Answer, Refusal>>,
    ) -> Result<Answer, Refusal> {
        let Some(key) = key(event)? else {
            return answering.await;
        };
        let name = digest(format!("{principal}\n{key}").as_bytes());
        let (entry, version) = match self.take_turn(&name, event).await? {
            Turn::Ours(entry, version) => (entry, version),
            Turn::Answered(answer) => return Ok(answer),
        };
        let answer = answering.await.unwrap_or_else(Refusal::into_answer);
        // The request has been processed: its answer is given whatever becomes of the key.
        if let Err(error) = self.settle(&name, entry, &version, &answer).await {
            tracing::warn!("the answer could not be kept for its idempotency key: {error}");
        }
        Ok(answer)
    }

    async fn take_turn(&self, name: &str, event: &ApiGatewayProxyRequest) -> Result<Turn, Refusal> {
        let ours = entry(event)?;
        for _ in 0..TRIES {
            if let Some(version) = self.idempotency.create(name, &ours).await? {
                return Ok(Turn::Ours(ours, version));
            }
            let Some((found, version)) = self.idempotency.read(name).await? else {
                continue; // Its answer was not one to keep.
            };
            match judge(&found, &ours) {
                // S3 took our entry, and its answer was lost.
                Verdict::Own => return Ok(Turn::Ours(ours, version)),
                Verdict::Replace => {
                    if let Some(version) = self.idempotency.replace(name, &ours, &version).await? {
                        return Ok(Turn::Ours(ours, version));
                    }
                }
                Verdict::Repeat(kept) => return Ok(Turn::Answered(repeated(kept)?)),
                Verdict::Wait => return Ok(Turn::Answered(in_progress())),
                Verdict::Refuse => return Err(other_request()),
            }
        }
        Ok(Turn::Answered(in_progress()))
    }

    /// Keeps the answer for the next time, or forgets the key so that the next time is a first one.
    async fn settle(
        &self,
        name: &str,
        entry: IdempotencyEntry,
        version: &Version,
        answer: &Answer,
    ) -> Result<(), StepError> {
        match kept(answer) {
            Some(kept) => {
                let answered = IdempotencyEntry { answer: Some(kept), ..entry };
                // Nothing is written over whoever took over meanwhile.
                self.idempotency.replace(name, &answered, version).await.map(|_| ())
            }
            None => self.idempotency.remove(name, version).await,
        }
    }
}

/// The key that a request carries, if it does.
fn key(event: &ApiGatewayProxyRequest) -> Result<Option<String>, Refusal> {
    let mut all = event.multi_value_headers.get_all(HEADER).iter();
    let Some(value) = all.next().or_else(|| event.headers.get(HEADER)) else {
        return Ok(None);
    };
    if all.next().is_some() {
        return Err(Refusal::malformed("Idempotency-Key must be given once"));
    }
    let printable = |text: &&str| text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    let fits = |text: &&str| (1..=MAXIMUM_LENGTH).contains(&text.len());
    let text = value.to_str().ok().filter(printable).filter(fits);
    let wrong = || format!("Idempotency-Key must have 1 to {MAXIMUM_LENGTH} printable ASCII characters");
    text.map(|text| Some(text.to_owned())).ok_or_else(|| Refusal::malformed(wrong()))
}

/// The entry that a request begins with.
fn entry(event: &ApiGatewayProxyRequest) -> Result<IdempotencyEntry, StepError> {
    Ok(IdempotencyEntry {
        request: fingerprint(event)?,
        call: event.request_context.request_id.clone().unwrap_or_default(),
        started_at: OffsetDateTime::now_utc(),
        answer: None,
    })
}

/// What makes two requests the same: method, path, query and body.
fn fingerprint(event: &ApiGatewayProxyRequest) -> Result<String, StepError> {
    let mut query: Vec<_> = event.query_string_parameters.iter().collect();
    query.sort_unstable();
    let parts = (event.http_method.as_str(), &event.path, query, &event.body, event.is_base64_encoded);
    let text = serde_json::to_vec(&parts)
        .map_err(|error| StepError::new(ErrorCode::Unexpected, "could not digest the request").with_source(error))?;
    Ok(digest(&text))
}

fn digest(bytes: &[u8]) -> String {
    let mut text = BASE32_NOPAD.encode(&Sha256::digest(bytes)).to_ascii_lowercase();
    text.truncate(40);
    text
}

/// What an entry that was found means for a request.
#[derive(Debug, Eq, PartialEq)]
enum Verdict<'a> {
    Own,
    Replace,
    Repeat(&'a KeptAnswer),
    Wait,
    Refuse,
}

fn judge<'a>(found: &'a IdempotencyEntry, ours: &IdempotencyEntry) -> Verdict<'a> {
    let age = ours.started_at - found.started_at;
    match &found.answer {
        None if found == ours => Verdict::Own,
        _ if age >= KNOWN => Verdict::Replace,
        _ if found.request != ours.request => Verdict::Refuse,
        Some(kept) => Verdict::Repeat(kept),
        None if age > TIME_OUT => Verdict::Replace,
        None => Verdict::Wait,
    }
}

fn in_progress() -> Answer {
    let detail = "the first request with this Idempotency-Key is still being answered; send the same request again";
    later(Refusal::conflict(detail).into_answer())
}

fn other_request() -> Refusal {
    let detail =
        "this Idempotency-Key came with another request in the last 24 hours; every request needs one of its own";
    Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
}

/// What is kept of an answer. One that asks to try again is not kept.
fn kept(answer: &Answer) -> Option<KeptAnswer> {
    let status = u16::try_from(answer.status_code).ok()?;
    if status == StatusCode::TOO_MANY_REQUESTS || status >= 500 {
        return None;
    }
    let header = |name| answer.headers.get(name)?.to_str().ok().map(str::to_owned);
    Some(KeptAnswer {
        status,
        content_type: header(CONTENT_TYPE)?,
        location: header(LOCATION),
        body: answer.body.as_deref().and_then(|body| std::str::from_utf8(body).ok())?.to_owned(),
    })
}

fn repeated(kept: &KeptAnswer) -> Result<Answer, StepError> {
    let unknown = || StepError::new(ErrorCode::Unexpected, "could not read the answer that was kept");
    let header = |text: &str| HeaderValue::from_str(text).map_err(|error| unknown().with_source(error));
    let status = StatusCode::from_u16(kept.status).map_err(|error| unknown().with_source(error))?;
    let mut repeated = answer(status, header(&kept.content_type)?, kept.body.clone());
    if let Some(location) = &kept.location {
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
    fn a_key_has_1_to_255_printable_characters_and_is_given_once() {
        let given = |value: &str| event(&json!({ "headers": { "Idempotency-Key": value } }));
        let longest = "k".repeat(255);
        for right in ["8e03978e-40d5-43e8-bc93-6894a57f9324", "\"quoted\"", "two words", "~", &longest] {
            assert_eq!(key(&given(right)).unwrap().as_deref(), Some(right));
        }
        for wrong in ["", "\u{e9}", "tab\there", &"k".repeat(256)] {
            assert!(key(&given(wrong)).is_err(), "{wrong}");
        }
        assert_eq!(key(&event(&json!({}))).unwrap(), None);
        let several = |values: &[&str]| event(&json!({ "multiValueHeaders": { "idempotency-KEY": values } }));
        assert_eq!(key(&several(&["one"])).unwrap().as_deref(), Some("one"));
        assert!(key(&several(&["one", "two"])).is_err());
    }

    #[test]
    fn a_request_is_the_same_when_method_path_query_and_body_are() {
        let same = fingerprint(&event(&json!({}))).unwrap();
        let signed_anew = json!({ "headers": { "x-amz-date": "20261122T100000Z" } });
        assert_eq!(fingerprint(&event(&signed_anew)).unwrap(), same);
        for other in [
            json!({ "httpMethod": "PUT" }),
            json!({ "path": "/accounts/x" }),
            json!({ "queryStringParameters": { "dryRun": "true" } }),
            json!({ "body": "{ }" }),
            json!({ "body": null }),
            json!({ "isBase64Encoded": true }),
        ] {
            assert_ne!(fingerprint(&event(&other)).unwrap(), same, "{other}");
        }
        let query = |query: Value| fingerprint(&event(&json!({ "queryStringParameters": query }))).unwrap();
        assert_eq!(query(json!({ "a": "1", "b": "2" })), query(json!({ "b": "2", "a": "1" })));
    }

    #[test]
    fn what_was_found_is_judged_by_its_age_its_request_and_its_answer() {
        let ours = entry(&event(&json!({}))).unwrap();
        let kept = KeptAnswer { status: 202, content_type: String::new(), location: None, body: String::new() };
        let found = |age: Duration, answer: Option<&KeptAnswer>| IdempotencyEntry {
            call: "another".to_owned(),
            started_at: ours.started_at - age,
            answer: answer.cloned(),
            ..ours.clone()
        };
        let other = |entry: IdempotencyEntry| IdempotencyEntry { request: "another".to_owned(), ..entry };
        let second = Duration::seconds(1);
        for (found, verdict) in [
            (ours.clone(), Verdict::Own),
            (found(second, None), Verdict::Wait),
            (found(-second, None), Verdict::Wait),
            (found(TIME_OUT, None), Verdict::Wait),
            (found(TIME_OUT + second, None), Verdict::Replace),
            (found(second, Some(&kept)), Verdict::Repeat(&kept)),
            (found(KNOWN - second, Some(&kept)), Verdict::Repeat(&kept)),
            (found(KNOWN, Some(&kept)), Verdict::Replace),
            (other(found(second, None)), Verdict::Refuse),
            (other(found(TIME_OUT + second, None)), Verdict::Refuse),
            (other(found(second, Some(&kept))), Verdict::Refuse),
            (other(found(KNOWN, Some(&kept))), Verdict::Replace),
        ] {
            assert_eq!(judge(&found, &ours), verdict, "{found:?}");
        }
    }

    #[test]
    fn answers_that_ask_to_try_again_are_not_kept() {
        for (status, is_kept) in
            [(200, true), (202, true), (400, true), (409, true), (413, true), (429, false), (500, false), (503, false)]
        {
            let answer = answer(status.try_into().unwrap(), HeaderValue::from_static("text/plain"), "x".to_owned());
            assert_eq!(kept(&answer).is_some(), is_kept, "{status}");
        }
    }
}
