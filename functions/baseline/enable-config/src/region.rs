//! Converges AWS Config in one Region of the account.

use aws_sdk_config::Client;
use aws_sdk_config::error::SdkError;
use aws_sdk_config::operation::put_delivery_channel::PutDeliveryChannelError;
use aws_sdk_config::types::{ConfigurationRecorder, DeliveryChannel};
use time::OffsetDateTime;
use vending_core::{ErrorCode, StepError};
use vending_runtime::{AwsError, Changes, error_code, retry_while_propagating, sdk_error};

use crate::plan::{Change, Current, Desired, plan, put_channel};

/// AWS allows one delivery channel in a Region, of any name.
const CHANNEL_LIMIT_EXCEEDED: &str = "MaxNumberOfDeliveryChannelsExceededException";

#[derive(Debug)]
pub(crate) struct Region<'a> {
    pub(crate) name: &'a str,
    pub(crate) client: &'a Client,
    pub(crate) desired: Desired,
    pub(crate) propagation_end: OffsetDateTime,
}

impl Region<'_> {
    pub(crate) async fn converge(&self, changes: &Changes) -> Result<(), StepError> {
        let current = self.read().await?;
        let plan = plan(&current, &self.desired);
        if plan.is_empty() {
            return if current.recording { Ok(()) } else { Err(control_tower_recorder_stopped()) };
        }
        let planned: Vec<String> = plan.iter().map(ToString::to_string).collect();
        let change = format!("{}: {}", self.name, planned.join(", "));
        changes.make(change, self.apply(&plan)).await
    }

    /// Skips the other reads if there is no recorder: then nothing is recorded, and a delivery channel is unlikely.
    async fn read(&self) -> Result<Current, StepError> {
        let Some(recorder) = self.recorder().await? else {
            return Ok(Current::default());
        };
        let channel = self.channel().await?;
        let recording = self.is_recording().await?;
        Ok(Current { recorder: Some(recorder), channel, recording })
    }

    /// The customer-managed recorder. Recorders that are linked to another AWS service are separate.
    async fn recorder(&self) -> Result<Option<ConfigurationRecorder>, StepError> {
        let described = self.client.describe_configuration_recorders().send().await;
        let described = described.map_err(|error| self.map_error("list the recorders", &error))?;
        let recorders = described.configuration_recorders.unwrap_or_default();
        let own = |recorder: &ConfigurationRecorder| recorder.service_principal().is_none();
        Ok(recorders.into_iter().find(own))
    }

    async fn channel(&self) -> Result<Option<DeliveryChannel>, StepError> {
        let described = self.client.describe_delivery_channels().send().await;
        let described = described.map_err(|error| self.map_error("list the delivery channels", &error))?;
        let channels = described.delivery_channels.unwrap_or_default();
        Ok(channels.into_iter().next())
    }

    async fn is_recording(&self) -> Result<bool, StepError> {
        let describe = self.client.describe_configuration_recorder_status();
        let described = describe.send().await;
        let described = described.map_err(|error| self.map_error("read the status of the recorder", &error))?;
        let mut recorders = described.configuration_recorders_status().iter();
        Ok(recorders.any(|status| status.service_principal().is_none() && status.recording))
    }

    async fn apply(&self, changes: &[Change]) -> Result<(), StepError> {
        for change in changes {
            match change {
                Change::PutRecorder(recorder) => self.put_recorder(recorder).await?,
                Change::PutChannel(channel) => self.put_channel(channel).await?,
                Change::Start { recorder } => self.start(recorder).await?,
            }
        }
        Ok(())
    }

    async fn put_recorder(&self, recorder: &ConfigurationRecorder) -> Result<(), StepError> {
        let put = self.client.put_configuration_recorder();
        let put = put.configuration_recorder(recorder.clone()).send().await;
        put.map_err(|error| self.map_error("put the recorder", &error))?;
        Ok(())
    }

    async fn put_channel(&self, channel: &DeliveryChannel) -> Result<(), StepError> {
        match self.send_channel(channel).await {
            Err(error) if error_code(&error) == Some(CHANNEL_LIMIT_EXCEEDED) => self.put_existing_channel(&error).await,
            sent => sent.map_err(|error| self.map_error("put the delivery channel", &error)),
        }
    }

    /// Updates the channel that the Region already has under another name.
    async fn put_existing_channel(&self, error: &SdkError<PutDeliveryChannelError>) -> Result<(), StepError> {
        let Some(existing) = self.channel().await? else {
            return Err(self.map_error("put the delivery channel", error));
        };
        let Some(channel) = put_channel(Some(&existing), &self.desired) else {
            return Ok(());
        };
        let sent = self.send_channel(&channel).await;
        sent.map_err(|error| self.map_error("put the delivery channel", &error))
    }

    async fn send_channel(&self, channel: &DeliveryChannel) -> Result<(), SdkError<PutDeliveryChannelError>> {
        self.client.put_delivery_channel().delivery_channel(channel.clone()).send().await?;
        Ok(())
    }

    async fn start(&self, recorder: &str) -> Result<(), StepError> {
        let start = self.client.start_configuration_recorder();
        let started = start.configuration_recorder_name(recorder).send().await;
        started.map_err(|error| self.map_error("start the recorder", &error))?;
        Ok(())
    }

    fn map_error<E: AwsError>(&self, action: &str, error: &SdkError<E>) -> StepError {
        let failed = retry_while_propagating(sdk_error(action, error), self.propagation_end);
        let bucket = &self.desired.bucket;
        match error_code(error) {
            // The service-linked role has not propagated to this Region yet, or another caller created or deleted a
            // recorder or a channel concurrently. A retry reads the state again.
            Some(
                "InvalidRoleException"
                | "MaxNumberOfConfigurationRecordersExceededException"
                | CHANNEL_LIMIT_EXCEEDED
                | "NoAvailableConfigurationRecorderException"
                | "NoAvailableDeliveryChannelException"
                | "NoSuchConfigurationRecorderException",
            ) => failed.with_code(ErrorCode::NotReady),
            // AWS also returns this while the account is too new for the conditions of the bucket policy.
            Some("InsufficientDeliveryPolicyException") if OffsetDateTime::now_utc() < self.propagation_end => {
                failed.with_code(ErrorCode::NotReady)
            }
            Some("InsufficientDeliveryPolicyException") => misconfigured(
                failed,
                &format!(
                    "in the policy of the bucket {bucket}, allow config.amazonaws.com to call s3:GetBucketAcl and s3:ListBucket on the bucket and s3:PutObject on its AWSLogs/*/Config/*, where aws:SourceOrgID is the ID of the organization"
                ),
            ),
            Some("NoSuchBucketException") => misconfigured(
                failed,
                &format!(
                    "create the bucket {bucket}, or name the bucket of the log archive in `config` of the manifest"
                ),
            ),
            Some("UnmodifiableEntityException") => {
                misconfigured(failed, "remove the recorder in the account: it belongs to another AWS service")
            }
            _ => failed,
        }
    }
}

fn misconfigured(error: StepError, remedy: &str) -> StepError {
    let error = error.with_code(ErrorCode::InvalidConfiguration);
    error.with_remedy(format!("{remedy}; then send the same request again"))
}

/// The step does not start recorders that Control Tower manages.
fn control_tower_recorder_stopped() -> StepError {
    let message = "the Control Tower recorder in this Region is stopped";
    misconfigured(
        StepError::new(ErrorCode::InvalidConfiguration, message),
        "enroll the account in Control Tower again, or remove the recorder and the delivery channel of Control Tower from the account",
    )
}

#[cfg(test)]
pub(crate) mod tests;
