//! The members of GuardDuty's administrator in one region.

use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_guardduty::Client;
use aws_sdk_guardduty::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_guardduty::types::AccountDetail;
use vending_core::{ErrorCode, StepError};
use vending_runtime::error_code;

use crate::detectors::Detectors;
use crate::enrolment::{Newcomer, Service};
use crate::refusal::{failed, unprocessed};

#[derive(Debug)]
pub(crate) struct GuardDuty {
    region: String,
    client: Client,
    detectors: Detectors,
    /// What this run has listed itself needs no second look.
    has_listed: AtomicBool,
}

impl GuardDuty {
    pub(crate) fn new(region: &str, client: Client, detectors: Detectors) -> Self {
        Self { region: region.to_owned(), client, detectors, has_listed: AtomicBool::new(false) }
    }

    /// The administrator's own; a region has one at most.
    async fn detector(&self) -> Result<String, StepError> {
        if let Some(known) = self.detectors.of(&self.region) {
            return Ok(known);
        }
        self.has_listed.store(true, Ordering::Relaxed);
        let listed = self.client.list_detectors().send().await;
        let listed = listed.map_err(|error| failed("list the detectors of the security account", &error))?;
        let detector = listed.detector_ids().first().ok_or_else(not_set_up)?;
        self.detectors.keep(&self.region, detector);
        Ok(detector.clone())
    }

    /// Whether to ask once more, with a detector that is looked for anew: GuardDuty answers a BadRequestException where
    /// it does not know the one of an earlier run, which may have been replaced since.
    fn forgets_detector<T, E: ProvideErrorMetadata>(&self, answer: &Result<T, SdkError<E>>) -> bool {
        let is_unknown = answer.as_ref().is_err_and(|error| error_code(error) == Some("BadRequestException"));
        let is_of_earlier_run = !self.has_listed.load(Ordering::Relaxed);
        if is_unknown && is_of_earlier_run {
            self.detectors.forget(&self.region);
        }
        is_unknown && is_of_earlier_run
    }
}

impl Service for GuardDuty {
    const NAME: &'static str = "GuardDuty";

    async fn status(&self, newcomer: Newcomer<'_>) -> Result<Option<String>, StepError> {
        let get = self.client.get_members().account_ids(newcomer.account.as_str());
        let mut got = get.clone().detector_id(self.detector().await?).send().await;
        if self.forgets_detector(&got) {
            got = get.detector_id(self.detector().await?).send().await;
        }
        let members = got.map_err(|error| failed("look at the account's membership", &error))?.members;
        let member = members.unwrap_or_default().into_iter().next();
        Ok(member.map(|member| member.relationship_status.unwrap_or_default()))
    }

    async fn add(&self, newcomer: Newcomer<'_>) -> Result<(), StepError> {
        let account = AccountDetail::builder().account_id(newcomer.account.as_str()).email(newcomer.email.as_str());
        let create = self.client.create_members().account_details(account.build());
        let mut created = create.clone().detector_id(self.detector().await?).send().await;
        if self.forgets_detector(&created) {
            created = create.detector_id(self.detector().await?).send().await;
        }
        let created = created.map_err(|error| failed("make the account a member", &error))?;
        match created.unprocessed_accounts().first() {
            Some(refused) => Err(unprocessed(refused.result())),
            None => Ok(()),
        }
    }
}

fn not_set_up() -> StepError {
    StepError::new(ErrorCode::InvalidConfiguration, "it is not set up in the security account")
}
