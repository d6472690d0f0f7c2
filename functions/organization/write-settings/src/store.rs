//! What the function reads and writes in the records bucket.

use vending_core::{
    ErrorCode, ManifestDigest, ManifestDocument, PlanInput, PlanRecord, PlanReport, Settings, SettingsError, StepError,
};
use vending_manifest::Manifest;
use vending_records::{Objects, is_precondition_failure};
use vending_runtime::{Context, sdk_error};

use crate::FOLDER;

#[derive(Debug)]
pub(crate) struct Store(Objects);

/// The settings when they were read. Both are `None` if there are none.
#[derive(Clone, Debug, Default)]
pub(crate) struct StoredSettings {
    /// `None` also if they cannot be read, so that they are written again.
    pub(crate) settings: Option<Settings>,
    e_tag: Option<String>,
}

impl Store {
    pub(crate) fn new(objects: Objects) -> Self {
        Self(objects)
    }

    /// The record of the plan or the run, which only organization-api can write.
    pub(crate) async fn record(&self, input: &PlanInput) -> Result<PlanRecord, StepError> {
        let key = input.record_key();
        let record = self.0.read::<PlanRecord>(&key, "read the record of the plan").await?;
        let record = record.map(|document| document.value);
        let record = record.filter(|record| (record.mode, &record.plan_id) == (input.mode, &input.plan_id));
        record.ok_or_else(|| StepError::new(ErrorCode::InvalidRequest, format!("there is no record {key}")))
    }

    /// The manifest with this digest.
    pub(crate) async fn manifest(&self, digest: &ManifestDigest) -> Result<Manifest, StepError> {
        let document = self.0.read_bytes(&digest.key(), "read the manifest").await?;
        let document = document.ok_or_else(|| unusable_manifest(digest, "is missing"))?.value;
        if ManifestDigest::from_bytes(&document) != *digest {
            return Err(unusable_manifest(digest, "was changed"));
        }
        let document: ManifestDocument = serde_json::from_slice(&document)
            .map_err(|error| unusable_manifest(digest, "cannot be parsed").with_source(error))?;
        Manifest::from_json(&document.manifest, None).map_err(|problems| {
            let first = problems.first().map(|problem| format!("is not valid: {} {}", problem.pointer, problem.detail));
            unusable_manifest(digest, &first.unwrap_or_default())
        })
    }

    /// The report of this function for a plan or a run.
    pub(crate) async fn report(&self, input: &PlanInput) -> Result<Option<PlanReport>, StepError> {
        let report = self.0.read(&input.report_key(FOLDER), "read the report of the plan").await?;
        Ok(report.map(|document| document.value))
    }

    pub(crate) async fn put_report(&self, input: &PlanInput, report: &PlanReport) -> Result<(), StepError> {
        self.0.put(&input.report_key(FOLDER), report)?.send().await.context("write the report of the plan")?;
        Ok(())
    }

    /// The stored settings. Settings of a later schema version are an error, so that they are not overwritten.
    pub(crate) async fn settings(&self) -> Result<StoredSettings, StepError> {
        let document = self.0.read_bytes(Settings::KEY, "read the settings").await?;
        let Some(document) = document else { return Ok(StoredSettings::default()) };
        let settings = match Settings::parse(&document.value) {
            Ok(settings) => Some(settings),
            Err(SettingsError::Invalid(error)) => {
                tracing::warn!("the stored settings are not valid, and are replaced: {error}");
                None
            }
            Err(newer @ SettingsError::Newer { .. }) => return Err(newer.into()),
        };
        Ok(StoredSettings { settings, e_tag: document.e_tag })
    }

    /// Writes the settings, unless they have changed since they were read, and reads them back.
    pub(crate) async fn write_settings(&self, wanted: &Settings, stored: &StoredSettings) -> Result<(), StepError> {
        let put = self.0.put(Settings::KEY, wanted)?;
        let put = match &stored.e_tag {
            Some(e_tag) => put.if_match(e_tag),
            None => put.if_none_match("*"),
        };
        match put.send().await {
            Ok(_) => {}
            // Another caller wrote them, or this call did and its first response was lost.
            Err(error) if is_precondition_failure(&error) => {}
            Err(error) => return Err(sdk_error("write the settings", &error)),
        }
        if self.settings().await?.settings.as_ref() == Some(wanted) {
            return Ok(());
        }
        // The next invocation compares with what the other caller wrote.
        Err(StepError::new(ErrorCode::ServiceUnavailable, "another run wrote the settings at the same time"))
    }
}

fn unusable_manifest(digest: &ManifestDigest, why: &str) -> StepError {
    let message = format!("the stored manifest {digest} {why}");
    StepError::new(ErrorCode::InvalidConfiguration, message).with_remedy("make a new plan of the manifest")
}
