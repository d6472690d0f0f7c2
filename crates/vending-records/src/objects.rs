//! JSON documents in the records bucket, as S3 reads and writes them.

use aws_sdk_s3::Client;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::operation::put_object::PutObjectError;
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::primitives::ByteStream;
use vending_core::{ErrorCode, StepError};
use vending_runtime::{error_code, from_sdk};

#[derive(Clone, Debug)]
pub struct Objects {
    client: Client,
    bucket: String,
}

/// A document as it was read.
#[derive(Clone, Debug)]
pub struct Object {
    pub bytes: Vec<u8>,
    pub e_tag: Option<String>,
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

    /// Nothing where there is no such object. `doing` is what the error says could not be done.
    pub async fn read(&self, key: &str, doing: &str) -> Result<Option<Object>, StepError> {
        let object = match self.client.get_object().bucket(&self.bucket).key(key).send().await {
            Ok(object) => object,
            Err(error) if error.as_service_error().is_some_and(GetObjectError::is_no_such_key) => return Ok(None),
            Err(error) => return Err(from_sdk(doing, &error)),
        };
        let bytes = object.body.collect().await.map_err(|error| {
            StepError::new(ErrorCode::ServiceUnavailable, format!("could not {doing}")).with_source(error)
        })?;
        Ok(Some(Object { bytes: bytes.to_vec(), e_tag: object.e_tag }))
    }

    /// A put that is still to be sent, with the conditions of the caller.
    pub fn put(&self, key: &str, json: Vec<u8>) -> PutObjectFluentBuilder {
        let put = self.client.put_object().bucket(&self.bucket).key(key);
        put.content_type("application/json").body(ByteStream::from(json))
    }
}

/// Whether a put with `If-None-Match: *` came second. 409: somebody is writing the same key right now.
pub fn is_taken(error: &SdkError<PutObjectError>) -> bool {
    matches!(error_code(error), Some("PreconditionFailed" | "ConditionalRequestConflict"))
}
