//! What is known of an idempotency key: which request came with it, and how it was answered.
//!
//! One object for each caller and key. Its ETag is its version: whoever replaces or removes an entry names the
//! version that was seen, so of two that do it at once one succeeds.

use aws_sdk_s3::Client;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::put_object::PutObjectOutput;
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use vending_core::{ErrorCode, StepError};
use vending_runtime::{error_code, from_sdk};

use crate::Objects;

#[derive(Debug)]
pub struct IdempotencyEntries(Objects);

/// `idempotency/{name}.json`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IdempotencyEntry {
    /// The digest of the request that the key came with.
    pub request: String,
    /// The call that began to answer it: two entries with the same call are one.
    pub call: String,
    #[serde(with = "time::serde::rfc3339")]
    pub started_at: OffsetDateTime,
    /// Nothing while the call is being answered, or when it never was.
    pub answer: Option<KeptAnswer>,
}

/// An answer to give again.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeptAnswer {
    pub status: u16,
    pub content_type: String,
    pub location: Option<String>,
    pub body: String,
}

/// The ETag of an entry as it was seen or written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Version(String);

/// The conditions of S3 that do not hold: the entry is there, is gone, or is another by now.
const OVERTAKEN: [&str; 3] = ["PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"];

impl IdempotencyEntries {
    pub fn new(client: Client, bucket: String) -> Self {
        Self(Objects::new(client, bucket))
    }

    /// Creates an entry. Nothing where there is one.
    pub async fn create(&self, name: &str, entry: &IdempotencyEntry) -> Result<Option<Version>, StepError> {
        written(self.put_object(name, entry)?.if_none_match("*").send().await)
    }

    pub async fn read(&self, name: &str) -> Result<Option<(IdempotencyEntry, Version)>, StepError> {
        let Some(object) = self.0.read(&key(name), "read what is known of the idempotency key").await? else {
            return Ok(None);
        };
        let version = version(object.e_tag)?;
        let entry = serde_json::from_slice(&object.bytes).map_err(|error| {
            StepError::new(ErrorCode::Unexpected, format!("could not understand {}", key(name))).with_source(error)
        })?;
        Ok(Some((entry, version)))
    }

    /// Replaces an entry that is still the one that was seen. Nothing where it is not.
    pub async fn replace(
        &self,
        name: &str,
        entry: &IdempotencyEntry,
        seen: &Version,
    ) -> Result<Option<Version>, StepError> {
        written(self.put_object(name, entry)?.if_match(&seen.0).send().await)
    }

    /// Removes an entry that is still the one that was seen, and no other.
    pub async fn remove(&self, name: &str, seen: &Version) -> Result<(), StepError> {
        let delete = self.0.client().delete_object().bucket(self.0.bucket()).key(key(name));
        match delete.if_match(&seen.0).send().await {
            Ok(_) => Ok(()),
            Err(error) if is_overtaken(&error) => Ok(()),
            Err(error) => Err(from_sdk("forget the idempotency key", &error)),
        }
    }

    fn put_object(&self, name: &str, entry: &IdempotencyEntry) -> Result<PutObjectFluentBuilder, StepError> {
        let json = serde_json::to_vec_pretty(entry).map_err(|error| {
            StepError::new(ErrorCode::Unexpected, "could not write the idempotency entry as JSON").with_source(error)
        })?;
        Ok(self.0.put(&key(name), json))
    }
}

fn key(name: &str) -> String {
    format!("idempotency/{name}.json")
}

fn written<E>(
    put: Result<PutObjectOutput, SdkError<E, aws_sdk_s3::config::http::HttpResponse>>,
) -> Result<Option<Version>, StepError>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    match put {
        Ok(put) => version(put.e_tag).map(Some),
        Err(error) if is_overtaken(&error) => Ok(None),
        Err(error) => Err(from_sdk("write down the idempotency key", &error)),
    }
}

fn version(e_tag: Option<String>) -> Result<Version, StepError> {
    e_tag.map(Version).ok_or_else(|| StepError::new(ErrorCode::Unexpected, "S3 answered without an ETag"))
}

fn is_overtaken<E: ProvideErrorMetadata>(error: &SdkError<E, aws_sdk_s3::config::http::HttpResponse>) -> bool {
    error_code(error).is_some_and(|code| OVERTAKEN.contains(&code))
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::operation::delete_object::DeleteObjectOutput;
    use aws_sdk_s3::operation::get_object::GetObjectOutput;
    use aws_sdk_s3::primitives::ByteStream;
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};

    use super::*;
    use crate::tests::answer;

    const NAME: &str = "abc";

    fn entries(rule: &Rule) -> IdempotencyEntries {
        IdempotencyEntries::new(mock_client!(aws_sdk_s3, RuleMode::Sequential, &[rule]), "records".to_owned())
    }

    fn entry() -> IdempotencyEntry {
        let answer = KeptAnswer {
            status: 202,
            content_type: "application/json".to_owned(),
            location: Some("/accounts/x".to_owned()),
            body: "{}".to_owned(),
        };
        IdempotencyEntry {
            request: "digest".to_owned(),
            call: "call".to_owned(),
            started_at: OffsetDateTime::now_utc(),
            answer: Some(answer),
        }
    }

    fn seen() -> Version {
        Version("\"1\"".to_owned())
    }

    #[tokio::test]
    async fn an_entry_is_created_only_where_there_is_none() {
        let put = mock!(Client::put_object)
            .match_requests(|put| {
                put.bucket() == Some("records")
                    && put.key() == Some("idempotency/abc.json")
                    && put.if_none_match() == Some("*")
                    && put.if_match().is_none()
            })
            .then_output(|| PutObjectOutput::builder().e_tag("\"1\"").build());
        assert_eq!(entries(&put).create(NAME, &entry()).await.unwrap(), Some(seen()));
        for (status, code) in [(412, "PreconditionFailed"), (409, "ConditionalRequestConflict")] {
            let put = mock!(Client::put_object).then_http_response(move || answer(status, code));
            assert_eq!(entries(&put).create(NAME, &entry()).await.unwrap(), None, "{code}");
        }
    }

    #[tokio::test]
    async fn only_what_was_seen_is_replaced() {
        let put = mock!(Client::put_object)
            .match_requests(|put| put.if_match() == Some("\"1\"") && put.if_none_match().is_none())
            .then_output(|| PutObjectOutput::builder().e_tag("\"2\"").build());
        let replaced = entries(&put).replace(NAME, &entry(), &seen()).await.unwrap();
        assert_eq!(replaced, Some(Version("\"2\"".to_owned())));
        for (status, code) in [(412, "PreconditionFailed"), (404, "NoSuchKey")] {
            let put = mock!(Client::put_object).then_http_response(move || answer(status, code));
            assert_eq!(entries(&put).replace(NAME, &entry(), &seen()).await.unwrap(), None, "{code}");
        }
    }

    #[tokio::test]
    async fn only_what_was_seen_is_removed() {
        let delete = mock!(Client::delete_object)
            .match_requests(|delete| delete.key() == Some("idempotency/abc.json") && delete.if_match() == Some("\"1\""))
            .then_output(|| DeleteObjectOutput::builder().build());
        entries(&delete).remove(NAME, &seen()).await.unwrap();
        let changed = mock!(Client::delete_object).then_http_response(|| answer(412, "PreconditionFailed"));
        entries(&changed).remove(NAME, &seen()).await.unwrap();
        let denied = mock!(Client::delete_object).then_http_response(|| answer(403, "AccessDenied"));
        let error = entries(&denied).remove(NAME, &seen()).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::AccessDenied);
    }

    #[tokio::test]
    async fn an_entry_is_read_back_with_its_version() {
        let written = entry();
        let bytes = serde_json::to_vec(&written).unwrap();
        let get =
            mock!(Client::get_object).match_requests(|get| get.key() == Some("idempotency/abc.json")).then_output(
                move || GetObjectOutput::builder().e_tag("\"1\"").body(ByteStream::from(bytes.clone())).build(),
            );
        assert_eq!(entries(&get).read(NAME).await.unwrap(), Some((written, seen())));
        let absent = mock!(Client::get_object).then_http_response(|| answer(404, "NoSuchKey"));
        assert_eq!(entries(&absent).read(NAME).await.unwrap(), None);
    }

    #[tokio::test]
    async fn an_entry_that_nobody_understands_is_named() {
        let get = mock!(Client::get_object)
            .then_output(|| GetObjectOutput::builder().e_tag("\"1\"").body(ByteStream::from_static(b"{}")).build());
        let error = entries(&get).read(NAME).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::Unexpected);
        assert!(error.to_string().ends_with("idempotency/abc.json"), "{error}");
    }
}
