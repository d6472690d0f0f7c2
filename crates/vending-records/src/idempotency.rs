//! Idempotency entries: the request of an idempotency key, and its response.
//!
//! There is one object for each caller and key. Its ETag is its version. To replace or remove an entry, a caller passes
//! the version that it read, so only one of two concurrent callers succeeds.

use aws_sdk_s3::Client;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::put_object::PutObjectOutput;
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use vending_core::StepError;
use vending_runtime::{AwsError, sdk_error};

use crate::objects::is_precondition_failure;
use crate::{Objects, Version};

#[derive(Debug)]
pub struct IdempotencyEntries(Objects);

/// `idempotency/{name}.json`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IdempotencyEntry {
    /// The digest of the first request with the key.
    pub request: String,
    /// The ID of the call that created the entry. Two entries with the same ID are the same entry.
    pub call: String,
    #[serde(with = "time::serde::rfc3339")]
    pub started_at: OffsetDateTime,
    /// `None` while the call is in progress, or if it never ended.
    pub response: Option<StoredResponse>,
}

/// A stored response.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredResponse {
    pub status: u16,
    pub content_type: String,
    pub location: Option<String>,
    pub body: String,
}

impl IdempotencyEntries {
    pub fn new(client: Client, bucket: String) -> Self {
        Self(Objects::new(client, bucket))
    }

    /// Creates an entry. Returns `None` if it exists.
    pub async fn create(&self, name: &str, entry: &IdempotencyEntry) -> Result<Option<Version>, StepError> {
        written(self.put_object(name, entry)?.if_none_match("*").send().await)
    }

    pub async fn read(&self, name: &str) -> Result<Option<(IdempotencyEntry, Version)>, StepError> {
        match self.0.read(&key(name), "read the idempotency entry").await? {
            Some(document) => Ok(Some((document.value, Version::new(document.e_tag)?))),
            None => Ok(None),
        }
    }

    /// Replaces an entry if its version is unchanged. Returns `None` otherwise.
    pub async fn replace(
        &self,
        name: &str,
        entry: &IdempotencyEntry,
        version: &Version,
    ) -> Result<Option<Version>, StepError> {
        written(self.put_object(name, entry)?.if_match(&version.0).send().await)
    }

    /// Removes an entry if its version is unchanged.
    pub async fn remove(&self, name: &str, version: &Version) -> Result<(), StepError> {
        self.0.remove_if_unchanged(&key(name), version, "remove the idempotency entry").await
    }

    fn put_object(&self, name: &str, entry: &IdempotencyEntry) -> Result<PutObjectFluentBuilder, StepError> {
        self.0.put(&key(name), entry)
    }
}

fn key(name: &str) -> String {
    format!("idempotency/{name}.json")
}

fn written<E: AwsError>(
    put: Result<PutObjectOutput, SdkError<E, aws_sdk_s3::config::http::HttpResponse>>,
) -> Result<Option<Version>, StepError> {
    match put {
        Ok(put) => Version::new(put.e_tag).map(Some),
        Err(error) if is_precondition_failure(&error) => Ok(None),
        Err(error) => Err(sdk_error("write the idempotency entry", &error)),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::operation::delete_object::DeleteObjectOutput;
    use aws_sdk_s3::operation::get_object::GetObjectOutput;
    use aws_sdk_s3::primitives::ByteStream;
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
    use vending_core::ErrorCode;

    use super::*;
    use crate::tests::error_response;

    const NAME: &str = "abc";

    fn entries(rule: &Rule) -> IdempotencyEntries {
        IdempotencyEntries::new(mock_client!(aws_sdk_s3, RuleMode::Sequential, &[rule]), "records".to_owned())
    }

    fn entry() -> IdempotencyEntry {
        let response = StoredResponse {
            status: 202,
            content_type: "application/json".to_owned(),
            location: Some("/accounts/x".to_owned()),
            body: "{}".to_owned(),
        };
        IdempotencyEntry {
            request: "digest".to_owned(),
            call: "call".to_owned(),
            started_at: OffsetDateTime::now_utc(),
            response: Some(response),
        }
    }

    fn version() -> Version {
        Version("\"1\"".to_owned())
    }

    #[tokio::test]
    async fn entry_is_created_once() {
        let put = mock!(Client::put_object)
            .match_requests(|put| {
                put.bucket() == Some("records")
                    && put.key() == Some("idempotency/abc.json")
                    && put.if_none_match() == Some("*")
                    && put.if_match().is_none()
            })
            .then_output(|| PutObjectOutput::builder().e_tag("\"1\"").build());
        assert_eq!(entries(&put).create(NAME, &entry()).await.unwrap(), Some(version()));
        for (status, code) in [(412, "PreconditionFailed"), (409, "ConditionalRequestConflict")] {
            let put = mock!(Client::put_object).then_http_response(move || error_response(status, code));
            assert_eq!(entries(&put).create(NAME, &entry()).await.unwrap(), None, "{code}");
        }
    }

    #[tokio::test]
    async fn only_an_unchanged_entry_is_replaced() {
        let put = mock!(Client::put_object)
            .match_requests(|put| put.if_match() == Some("\"1\"") && put.if_none_match().is_none())
            .then_output(|| PutObjectOutput::builder().e_tag("\"2\"").build());
        let replaced = entries(&put).replace(NAME, &entry(), &version()).await.unwrap();
        assert_eq!(replaced, Some(Version("\"2\"".to_owned())));
        for (status, code) in [(412, "PreconditionFailed"), (404, "NoSuchKey")] {
            let put = mock!(Client::put_object).then_http_response(move || error_response(status, code));
            assert_eq!(entries(&put).replace(NAME, &entry(), &version()).await.unwrap(), None, "{code}");
        }
    }

    #[tokio::test]
    async fn only_an_unchanged_entry_is_removed() {
        let delete = mock!(Client::delete_object)
            .match_requests(|delete| delete.key() == Some("idempotency/abc.json") && delete.if_match() == Some("\"1\""))
            .then_output(|| DeleteObjectOutput::builder().build());
        entries(&delete).remove(NAME, &version()).await.unwrap();
        let changed = mock!(Client::delete_object).then_http_response(|| error_response(412, "PreconditionFailed"));
        entries(&changed).remove(NAME, &version()).await.unwrap();
        let denied = mock!(Client::delete_object).then_http_response(|| error_response(403, "AccessDenied"));
        let error = entries(&denied).remove(NAME, &version()).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::AccessDenied);
    }

    #[tokio::test]
    async fn entry_is_read_back_with_its_version() {
        let written = entry();
        let bytes = serde_json::to_vec(&written).unwrap();
        let get =
            mock!(Client::get_object).match_requests(|get| get.key() == Some("idempotency/abc.json")).then_output(
                move || GetObjectOutput::builder().e_tag("\"1\"").body(ByteStream::from(bytes.clone())).build(),
            );
        assert_eq!(entries(&get).read(NAME).await.unwrap(), Some((written, version())));
        let absent = mock!(Client::get_object).then_http_response(|| error_response(404, "NoSuchKey"));
        assert_eq!(entries(&absent).read(NAME).await.unwrap(), None);
    }

    #[tokio::test]
    async fn invalid_entry_is_named() {
        let get = mock!(Client::get_object)
            .then_output(|| GetObjectOutput::builder().e_tag("\"1\"").body(ByteStream::from_static(b"{}")).build());
        let error = entries(&get).read(NAME).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::Unexpected);
        assert!(error.to_string().ends_with("idempotency/abc.json"), "{error}");
    }
}
