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

/// The result of reading a document that the caller may know already.
#[derive(Clone, Debug)]
pub(crate) enum Reading {
    Missing,
    /// It has the ETag that the caller knows.
    Unchanged,
    Changed(Document<Vec<u8>>),
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
        Ok(match self.read_if_changed(key, None, action).await? {
            Reading::Changed(document) => Some(document),
            Reading::Missing | Reading::Unchanged => None,
        })
    }

    /// Like [`Self::read_bytes`]. S3 does not send a document that has the known ETag.
    pub(crate) async fn read_if_changed(
        &self,
        key: &str,
        known: Option<&str>,
        action: &str,
    ) -> Result<Reading, StepError> {
        let get = self.client.get_object().bucket(&self.bucket).key(key);
        let object = match get.set_if_none_match(known.map(str::to_owned)).send().await {
            Ok(object) => object,
            Err(error) if error.as_service_error().is_some_and(GetObjectError::is_no_such_key) => {
                return Ok(Reading::Missing);
            }
            Err(error) if known.is_some() && status(&error) == Some(NOT_MODIFIED) => return Ok(Reading::Unchanged),
            Err(error) => return Err(sdk_error(action, &error)),
        };
        let bytes = object.body.collect().await.map_err(|error| {
            StepError::new(ErrorCode::ServiceUnavailable, format!("could not {action}")).with_source(error)
        })?;
        Ok(Reading::Changed(Document { value: bytes.to_vec(), e_tag: object.e_tag }))
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

const NOT_MODIFIED: u16 = 304;

fn status(error: &SdkError<GetObjectError>) -> Option<u16> {
    error.raw_response().map(|response| response.status().as_u16())
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
