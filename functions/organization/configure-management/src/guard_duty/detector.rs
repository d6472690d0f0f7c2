//! The calls to GuardDuty in one Region.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_guardduty::Client;
use aws_sdk_guardduty::error::SdkError;
use aws_sdk_guardduty::operation::get_detector::GetDetectorOutput;
use aws_sdk_guardduty::types::DetectorStatus;
use vending_core::{ErrorCode, StepError};
use vending_manifest::GuardDuty;
use vending_runtime::{AwsError, Context, error_code, sdk_error};

use super::features::features;
use crate::ConfigureManagement;

#[derive(Debug)]
pub(crate) struct RegionalDetector<'a> {
    pub(crate) function: &'a ConfigureManagement,
    pub(crate) client: Client,
}

#[derive(Clone, Debug)]
pub(crate) struct Detector {
    id: String,
    pub(crate) is_ours: bool,
    pub(crate) is_enabled: bool,
}

impl RegionalDetector<'_> {
    pub(crate) async fn read(&self) -> Result<Option<Detector>, StepError> {
        let mut detectors = self.client.list_detectors().into_paginator().items().send();
        let id = detectors.try_next().await.context("list the GuardDuty detectors of the management account")?;
        let Some(id) = id else { return Ok(None) };
        let detector = self.describe(&id).await?;
        let tags: BTreeMap<String, String> = detector.tags.unwrap_or_default().into_iter().collect();
        let is_enabled = detector.status == Some(DetectorStatus::Enabled);
        Ok(Some(Detector { id, is_ours: self.function.is_ours(&tags), is_enabled }))
    }

    async fn describe(&self, id: &str) -> Result<GetDetectorOutput, StepError> {
        let described = self.client.get_detector().detector_id(id).send().await;
        described.map_err(|error| map_error("read the GuardDuty detector", &error))
    }

    /// AWS enables almost every protection plan in a new detector, and charges for each. Which of them a Region has is
    /// only known from its detector. So a detector is created suspended, and enabled with the plans of the manifest.
    pub(crate) async fn enable(&self, found: Option<Detector>, wanted: &GuardDuty) -> Result<(), StepError> {
        let id = match found {
            Some(detector) => detector.id,
            None => self.create().await?,
        };
        let known = self.describe(&id).await?.features.unwrap_or_default();
        let features = Some(features(&known, &wanted.features)).filter(|features| !features.is_empty());
        let update = self.client.update_detector().detector_id(id).enable(true).set_features(features);
        let updated = update.send().await;
        updated.map_err(|error| map_error("enable the GuardDuty detector", &error))?;
        Ok(())
    }

    async fn create(&self) -> Result<String, StepError> {
        let (key, value) = self.function.own_tag();
        let create =
            self.client.create_detector().enable(false).set_tags(Some(HashMap::from([(key.to_owned(), value)])));
        let created = create.send().await;
        let created = created.map_err(|error| map_error("create the GuardDuty detector", &error))?;
        let no_id = || StepError::new(ErrorCode::ServiceUnavailable, "AWS returned no ID of the GuardDuty detector");
        created.detector_id.ok_or_else(no_id)
    }
}

/// GuardDuty has one error code for everything that it rejects.
fn map_error<E: AwsError>(action: &str, error: &SdkError<E>) -> StepError {
    let failed = sdk_error(&format!("{action} of the management account"), error);
    let message = failed.to_string();
    // The response of an earlier call was lost, or AWS does not show a new detector everywhere yet.
    let is_transient = ["already exists", "not owned by the current account"].iter().any(|part| message.contains(part));
    match error_code(error) {
        Some("BadRequestException") if is_transient => failed.with_code(ErrorCode::NotReady),
        Some("BadRequestException") => failed
            .with_code(ErrorCode::InvalidConfiguration)
            .with_remedy("correct security.guardDuty in the manifest, and make a new plan"),
        _ => failed,
    }
}
