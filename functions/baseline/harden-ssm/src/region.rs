//! The setting in one Region.

use aws_sdk_ssm::Client;
use aws_sdk_ssm::types::ServiceSetting;
use time::OffsetDateTime;
use vending_core::StepError;
use vending_runtime::{Changes, Context, WhilePropagating, error_code};

/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_UpdateServiceSetting.html>
pub(crate) const SETTING: &str = "/ssm/documents/console/public-sharing-permission";
pub(crate) const BLOCKED: &str = "Disable";

#[derive(Debug)]
pub struct Region {
    pub(crate) name: String,
    pub(crate) client: Client,
    pub(crate) propagation_end: OffsetDateTime,
}

impl Region {
    pub(crate) async fn converge(&self, changes: &Changes) -> Result<(), StepError> {
        if self.is_blocked().await? {
            return Ok(());
        }
        changes.make(format!("{}: blocked public sharing of SSM documents", self.name), self.block()).await
    }

    async fn is_blocked(&self) -> Result<bool, StepError> {
        let read = self.client.get_service_setting().setting_id(SETTING).send().await;
        let read = read.context("read whether public sharing of SSM documents is blocked");
        let read = read.retry_while_propagating(self.propagation_end)?;
        Ok(read.service_setting().and_then(ServiceSetting::setting_value) == Some(BLOCKED))
    }

    async fn block(&self) -> Result<(), StepError> {
        let update = self.client.update_service_setting().setting_id(SETTING).setting_value(BLOCKED);
        match update.send().await {
            Ok(_) => Ok(()),
            // Another caller updates the setting concurrently. The read-back decides.
            Err(error) if error_code(&error) == Some("TooManyUpdates") => Ok(()),
            failed => {
                let failed = failed.map(|_| ()).context("block public sharing of SSM documents");
                failed.retry_while_propagating(self.propagation_end)
            }
        }
    }
}
