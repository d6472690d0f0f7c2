//! The GuardDuty members of the security account in one Region.

use aws_sdk_guardduty::Client;
use aws_sdk_guardduty::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_guardduty::types::AccountDetail;
use time::{Duration, OffsetDateTime};
use vending_core::{ErrorCode, StepError};
use vending_runtime::{Cache, Context, PROPAGATION_COMPLETE, WhilePropagating, error_code};

use crate::enrollment::{Member, Service};
use crate::errors::unprocessed;

/// The detector IDs of the security account by Region. They are the same for all accounts.
pub(crate) type Detectors = Cache<String, String>;

/// A detector that no longer exists is noticed at once, so the TTL can be long.
pub(crate) fn detectors() -> Detectors {
    Cache::new(Duration::DAY)
}

#[derive(Debug)]
pub(crate) struct GuardDuty {
    region: String,
    client: Client,
    detectors: Detectors,
}

impl GuardDuty {
    pub(crate) fn new(region: &str, client: Client, detectors: Detectors) -> Self {
        Self { region: region.to_owned(), client, detectors }
    }

    /// Makes a call with the detector of the security account. GuardDuty returns a BadRequestException if the cached
    /// detector no longer exists.
    async fn with_detector<T, E, C>(&self, call: impl Fn(String) -> C) -> Result<Result<T, SdkError<E>>, StepError>
    where
        E: ProvideErrorMetadata,
        C: Future<Output = Result<T, SdkError<E>>>,
    {
        let now = OffsetDateTime::now_utc();
        if let Some(cached) = self.detectors.get(&self.region, now) {
            let result = call(cached).await;
            let is_stale = result.as_ref().is_err_and(|error| error_code(error) == Some("BadRequestException"));
            if !is_stale {
                return Ok(result);
            }
            self.detectors.remove(&self.region);
        }
        let detector = self.detector().await?;
        self.detectors.insert(self.region.clone(), detector.clone(), now);
        Ok(call(detector).await)
    }

    /// The detector of the security account. A Region has at most one.
    async fn detector(&self) -> Result<String, StepError> {
        let mut detectors = self.client.list_detectors().into_paginator().items().send();
        let detector = detectors.try_next().await;
        let detector = detector
            .context("list the detectors of the security account")
            .retry_while_propagating(PROPAGATION_COMPLETE)?;
        detector.ok_or_else(not_enabled)
    }
}

impl Service for GuardDuty {
    const NAME: &'static str = "GuardDuty";

    async fn status(&self, member: Member<'_>) -> Result<Option<String>, StepError> {
        let get = self.client.get_members().account_ids(member.account.as_str());
        let got = self.with_detector(|detector| get.clone().detector_id(detector).send()).await?;
        let members =
            got.context("read the membership of the account").retry_while_propagating(PROPAGATION_COMPLETE)?.members;
        let found = members.unwrap_or_default().into_iter().next();
        Ok(found.map(|found| found.relationship_status.unwrap_or_default()))
    }

    async fn add(&self, member: Member<'_>) -> Result<(), StepError> {
        let account = AccountDetail::builder().account_id(member.account.as_str()).email(member.email.as_str());
        let create = self.client.create_members().account_details(account.build());
        let created = self.with_detector(|detector| create.clone().detector_id(detector).send()).await?;
        let created = created.context("add the account as a member").retry_while_propagating(PROPAGATION_COMPLETE)?;
        match created.unprocessed_accounts().first() {
            Some(account) => Err(unprocessed(account.result())),
            None => Ok(()),
        }
    }
}

fn not_enabled() -> StepError {
    StepError::new(ErrorCode::InvalidConfiguration, "it is not enabled in the security account")
}
