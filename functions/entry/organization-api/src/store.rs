//! What the function reads and writes in the records bucket.

use aws_sdk_s3::primitives::ByteStream;
use vending_core::{ManifestDigest, PlanInput, PlanRecord, PlanReport, StepError};
use vending_records::{Objects, already_exists};
use vending_runtime::sdk_error;

/// The folder of the function whose reports are shown.
const REPORTING_FUNCTION: &str = "write-settings";

#[derive(Debug)]
pub(crate) struct Store(Objects);

impl Store {
    pub(crate) fn new(objects: Objects) -> Self {
        Self(objects)
    }

    /// Stores a manifest as it is: its digest is the digest of these bytes.
    pub(crate) async fn create_manifest(&self, digest: &ManifestDigest, document: String) -> Result<(), StepError> {
        let put = self.0.client().put_object().bucket(self.0.bucket()).key(digest.key());
        let put = put.content_type("application/json").body(ByteStream::from(document.into_bytes()));
        match put.if_none_match("*").send().await {
            Err(error) if !already_exists(&error) => Err(sdk_error("store the manifest", &error)),
            _ => Ok(()),
        }
    }

    /// Creates the record of a plan or a run, unless it exists.
    pub(crate) async fn create_record(&self, input: &PlanInput, record: &PlanRecord) -> Result<(), StepError> {
        match self.0.put(&input.record_key(), record)?.if_none_match("*").send().await {
            Err(error) if !already_exists(&error) => Err(sdk_error("record the plan", &error)),
            _ => Ok(()),
        }
    }

    pub(crate) async fn record(&self, input: &PlanInput) -> Result<Option<PlanRecord>, StepError> {
        let record = self.0.read(&input.record_key(), "read the record of the plan").await?;
        Ok(record.map(|document| document.value))
    }

    pub(crate) async fn report(&self, input: &PlanInput) -> Result<Option<PlanReport>, StepError> {
        let report = self.0.read(&input.report_key(REPORTING_FUNCTION), "read the report of the plan").await?;
        Ok(report.map(|document| document.value))
    }
}
