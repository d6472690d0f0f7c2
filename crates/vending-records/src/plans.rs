//! Plans, runs, and manifests in the records bucket.

use aws_config::SdkConfig;
use aws_sdk_s3::primitives::ByteStream;
use futures::future::try_join_all;
use vending_core::{
    ErrorCode, ManifestDigest, ManifestDocument, ORGANIZATION_FUNCTIONS, PlanInput, PlanRecord, PlanReport, StepError,
};
use vending_runtime::{Context, Environment, StartError, sdk_error};

use crate::objects::{Objects, already_exists};

/// The objects below `organization/` in the records bucket.
#[derive(Clone, Debug)]
pub struct Plans(Objects);

impl Plans {
    pub fn new(objects: Objects) -> Self {
        Self(objects)
    }

    /// Reads `RECORDS_BUCKET`, the bucket of the plans and the runs.
    pub fn from_environment(sdk: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        Ok(Self(Objects::new(aws_sdk_s3::Client::new(sdk), environment.required("RECORDS_BUCKET")?)))
    }

    /// Stores a manifest as it is: its digest is the digest of these bytes.
    pub async fn create_manifest(&self, digest: &ManifestDigest, document: String) -> Result<(), StepError> {
        let put = self.0.client().put_object().bucket(self.0.bucket()).key(digest.key());
        let put = put.content_type("application/json").body(ByteStream::from(document.into_bytes()));
        match put.if_none_match("*").send().await {
            Err(error) if !already_exists(&error) => Err(sdk_error("store the manifest", &error)),
            _ => Ok(()),
        }
    }

    /// The manifest with this digest. A manifest that was changed has another one.
    pub async fn manifest(&self, digest: &ManifestDigest) -> Result<ManifestDocument, StepError> {
        let stored = self.0.read_bytes(&digest.key(), "read the manifest").await?;
        let stored = stored.ok_or_else(|| unusable_manifest(digest, "is missing"))?.value;
        if ManifestDigest::from_bytes(&stored) != *digest {
            return Err(unusable_manifest(digest, "was changed"));
        }
        serde_json::from_slice(&stored)
            .map_err(|error| unusable_manifest(digest, "cannot be parsed").with_source(error))
    }

    /// Creates the record of a plan or a run, unless it exists.
    pub async fn create_record(&self, input: &PlanInput, record: &PlanRecord) -> Result<(), StepError> {
        match self.0.put(&input.record_key(), record)?.if_none_match("*").send().await {
            Err(error) if !already_exists(&error) => Err(sdk_error("record the plan", &error)),
            _ => Ok(()),
        }
    }

    pub async fn record(&self, input: &PlanInput) -> Result<Option<PlanRecord>, StepError> {
        let record = self.0.read::<PlanRecord>(&input.record_key(), "read the record of the plan").await?;
        let record = record.map(|document| document.value);
        // A record that was copied from another plan is not the record of this one.
        Ok(record.filter(|record| (record.mode, &record.plan_id) == (input.mode, &input.plan_id)))
    }

    /// The record of a plan or a run that must exist: only organization-api can write it.
    pub async fn required_record(&self, input: &PlanInput) -> Result<PlanRecord, StepError> {
        let missing =
            || StepError::new(ErrorCode::InvalidRequest, format!("there is no record {}", input.record_key()));
        self.record(input).await?.ok_or_else(missing)
    }

    /// The report of a function for a plan or a run.
    pub async fn report(&self, input: &PlanInput, function: &str) -> Result<Option<PlanReport>, StepError> {
        let report = self.0.read(&input.report_key(function), "read the report of the plan").await?;
        Ok(report.map(|document| document.value))
    }

    /// The report of each function, in the order of [`ORGANIZATION_FUNCTIONS`]. A function that has not reported has `None`.
    pub async fn reports(&self, input: &PlanInput) -> Result<Vec<Option<PlanReport>>, StepError> {
        try_join_all(ORGANIZATION_FUNCTIONS.iter().map(|function| self.report(input, function))).await
    }

    pub async fn put_report(&self, input: &PlanInput, function: &str, report: &PlanReport) -> Result<(), StepError> {
        self.0.put(&input.report_key(function), report)?.send().await.context("write the report of the plan")?;
        Ok(())
    }
}

/// A stored manifest that no function can act on.
pub fn unusable_manifest(digest: &ManifestDigest, why: &str) -> StepError {
    let message = format!("the stored manifest {digest} {why}");
    StepError::new(ErrorCode::InvalidConfiguration, message).with_remedy("make a new plan of the manifest")
}
