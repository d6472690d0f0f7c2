//! JSON documents in the records bucket.

use aws_sdk_s3::Client;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::operation::put_object::PutObjectError;
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::primitives::ByteStream;
use serde::Serialize;
use serde::de::DeserializeOwned;
use vending_core::{ErrorCode, StepError};
use vending_runtime::{error_code, sdk_error};

/// The objects of the records bucket.
#[derive(Clone, Debug)]
pub struct Objects {
    client: Client,
    bucket: String,
}

/// A document, and its ETag when it was read.
#[derive(Clone, Debug)]
pub struct Document<T> {
    pub value: T,
    pub e_tag: Option<String>,
}

/// The version of a document: its ETag when it was read or written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Version(pub(crate) String);

impl Version {
    pub fn new(e_tag: Option<String>) -> Result<Self, StepError> {
        e_tag.map(Self).ok_or_else(|| StepError::new(ErrorCode::Unexpected, "S3 returned no ETag"))
    }
}

impl Objects {
    pub fn new(client: Client, bucket: String) -> Self {
        Self { client, bucket }
    }

    pub fn client(&self) -> &Client {
        &self.client
    }

    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// Reads a document, or returns `None` if it does not exist. `action` completes "could not …" in errors.
    pub async fn read<T: DeserializeOwned>(&self, key: &str, action: &str) -> Result<Option<Document<T>>, StepError> {
        let Some(Document { value, e_tag }) = self.read_bytes(key, action).await? else { return Ok(None) };
        let value = serde_json::from_slice(&value).map_err(|error| {
            StepError::new(ErrorCode::Unexpected, format!("could not parse the record {key}")).with_source(error)
        })?;
        Ok(Some(Document { value, e_tag }))
    }

    /// Like [`Self::read`], for a document whose content must not be in errors.
    pub async fn read_bytes(&self, key: &str, action: &str) -> Result<Option<Document<Vec<u8>>>, StepError> {
        let object = match self.client.get_object().bucket(&self.bucket).key(key).send().await {
            Ok(object) => object,
            Err(error) if error.as_service_error().is_some_and(GetObjectError::is_no_such_key) => return Ok(None),
            Err(error) => return Err(sdk_error(action, &error)),
        };
        let bytes = object.body.collect().await.map_err(|error| {
            StepError::new(ErrorCode::ServiceUnavailable, format!("could not {action}")).with_source(error)
        })?;
        Ok(Some(Document { value: bytes.to_vec(), e_tag: object.e_tag }))
    }

    /// Builds a put of a document. The caller adds conditions and sends it.
    pub fn put(&self, key: &str, value: &impl Serialize) -> Result<PutObjectFluentBuilder, StepError> {
        let json = serde_json::to_vec_pretty(value).map_err(|error| {
            StepError::new(ErrorCode::Unexpected, format!("could not serialize the record {key}")).with_source(error)
        })?;
        let put = self.client.put_object().bucket(&self.bucket).key(key);
        Ok(put.content_type("application/json").body(ByteStream::from(json)))
    }

    /// Deletes a document if it still has this version.
    ///
    /// In addition to `s3:DeleteObject`, this needs `s3:GetObject`:
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html>
    pub async fn remove_if_unchanged(&self, key: &str, version: &Version, action: &str) -> Result<(), StepError> {
        let delete = self.client.delete_object().bucket(&self.bucket).key(key).if_match(&version.0);
        match delete.send().await {
            Ok(_) => Ok(()),
            Err(error) if is_precondition_failure(&error) => Ok(()),
            Err(error) => Err(sdk_error(action, &error)),
        }
    }
}

/// The codes of failed conditions: the document exists, does not exist, or has another version.
const PRECONDITION_FAILURES: [&str; 3] = ["PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"];

/// Whether a conditional write failed because of its condition.
pub fn is_precondition_failure<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    error_code(error).is_some_and(|code| PRECONDITION_FAILURES.contains(&code))
}

/// Whether a put with `If-None-Match: *` failed because the document exists or is being written by another caller.
pub fn already_exists(error: &SdkError<PutObjectError>) -> bool {
    matches!(error_code(error), Some("PreconditionFailed" | "ConditionalRequestConflict"))
}
