//! AWS Config in one region of the account: looked at, compared, and changed where it differs.

use std::error::Error;

use aws_sdk_config::Client;
use aws_sdk_config::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_config::operation::put_delivery_channel::PutDeliveryChannelError;
use aws_sdk_config::types::{ConfigurationRecorder, DeliveryChannel};
use time::OffsetDateTime;
use vending_core::{ErrorCode, StepError};
use vending_runtime::{Changes, error_code, from_sdk, settling};

use crate::plan::{Change, Current, Desired, plan, put_channel};

/// What this step does in the account, in the regions and once for all of them.
pub const SESSION_ACTIONS: &[&str] = &[
    "config:DescribeConfigurationRecorders",
    "config:DescribeConfigurationRecorderStatus",
    "config:DescribeDeliveryChannels",
    "config:PutConfigurationRecorder",
    "config:PutDeliveryChannel",
    "config:StartConfigurationRecorder",
    "iam:CreateServiceLinkedRole",
    "iam:GetRole",
    "iam:PassRole",
];

/// AWS allows one delivery channel in a region, of any name.
const ANOTHER_CHANNEL: &str = "MaxNumberOfDeliveryChannelsExceededException";

#[derive(Debug)]
pub(crate) struct Region<'a> {
    pub(crate) name: &'a str,
    pub(crate) client: &'a Client,
    pub(crate) desired: Desired,
    pub(crate) ready_by: OffsetDateTime,
    pub(crate) changes: &'a Changes,
}

impl Region<'_> {
    pub(crate) async fn converge(self) -> Result<(), StepError> {
        let current = self.look().await?;
        let plan = plan(&current, &self.desired);
        if plan.is_empty() {
            return if current.recording { Ok(()) } else { Err(stopped_by_control_tower()) };
        }
        let planned: Vec<String> = plan.iter().map(ToString::to_string).collect();
        let change = format!("{}: {}", self.name, planned.join(", "));
        self.changes.make(change, self.apply(&plan)).await
    }

    /// Without a recorder nothing records, and there is hardly a delivery channel: neither is asked for.
    async fn look(&self) -> Result<Current, StepError> {
        let Some(recorder) = self.recorder().await? else {
            return Ok(Current::default());
        };
        let channel = self.channel().await?;
        let recording = self.is_recording().await?;
        Ok(Current { recorder: Some(recorder), channel, recording })
    }

    /// Recorders that belong to another AWS service are beside the one that AWS allows for ourselves.
    async fn recorder(&self) -> Result<Option<ConfigurationRecorder>, StepError> {
        let described = self.client.describe_configuration_recorders().send().await;
        let described = described.map_err(|error| self.failed("list the recorders", &error))?;
        let recorders = described.configuration_recorders.unwrap_or_default();
        let own = |recorder: &ConfigurationRecorder| recorder.service_principal().is_none();
        Ok(recorders.into_iter().find(own))
    }

    async fn channel(&self) -> Result<Option<DeliveryChannel>, StepError> {
        let described = self.client.describe_delivery_channels().send().await;
        let described = described.map_err(|error| self.failed("list the delivery channels", &error))?;
        let channels = described.delivery_channels.unwrap_or_default();
        Ok(channels.into_iter().next())
    }

    async fn is_recording(&self) -> Result<bool, StepError> {
        let describe = self.client.describe_configuration_recorder_status();
        let described = describe.send().await;
        let described = described.map_err(|error| self.failed("read the status of the recorder", &error))?;
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
        put.map_err(|error| self.failed("put the recorder", &error))?;
        Ok(())
    }

    async fn put_channel(&self, channel: &DeliveryChannel) -> Result<(), StepError> {
        match self.send_channel(channel).await {
            Err(error) if error_code(&error) == Some(ANOTHER_CHANNEL) => self.put_existing_channel(&error).await,
            sent => sent.map_err(|error| self.failed("put the delivery channel", &error)),
        }
    }

    /// The region has a channel of another name, with or without a recorder: that one is to be right.
    async fn put_existing_channel(&self, refused: &SdkError<PutDeliveryChannelError>) -> Result<(), StepError> {
        let Some(existing) = self.channel().await? else {
            return Err(self.failed("put the delivery channel", refused));
        };
        let Some(channel) = put_channel(Some(&existing), &self.desired) else {
            return Ok(());
        };
        let sent = self.send_channel(&channel).await;
        sent.map_err(|error| self.failed("put the delivery channel", &error))
    }

    async fn send_channel(&self, channel: &DeliveryChannel) -> Result<(), SdkError<PutDeliveryChannelError>> {
        self.client.put_delivery_channel().delivery_channel(channel.clone()).send().await?;
        Ok(())
    }

    async fn start(&self, recorder: &str) -> Result<(), StepError> {
        let start = self.client.start_configuration_recorder();
        let started = start.configuration_recorder_name(recorder).send().await;
        started.map_err(|error| self.failed("start the recorder", &error))?;
        Ok(())
    }

    fn failed<E>(&self, doing: &str, error: &SdkError<E>) -> StepError
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let failed = settling(from_sdk(doing, error), self.ready_by);
        let bucket = &self.desired.bucket;
        match error_code(error) {
            // The service-linked role is too new to be known here; or somebody else made or removed a recorder or a
            // channel between our look and our call. Either way: look again.
            Some(
                "InvalidRoleException"
                | "MaxNumberOfConfigurationRecordersExceededException"
                | ANOTHER_CHANNEL
                | "NoAvailableConfigurationRecorderException"
                | "NoAvailableDeliveryChannelException"
                | "NoSuchConfigurationRecorderException",
            ) => failed.with_code(ErrorCode::NotReady),
            // Also AWS's answer while the account is too new for the conditions of the bucket's policy.
            Some("InsufficientDeliveryPolicyException") if OffsetDateTime::now_utc() < self.ready_by => {
                failed.with_code(ErrorCode::NotReady)
            }
            Some("InsufficientDeliveryPolicyException") => misconfigured(
                failed,
                &format!(
                    "let the policy of the bucket {bucket} allow config.amazonaws.com s3:GetBucketAcl and s3:ListBucket on the bucket and s3:PutObject on its AWSLogs/*/Config/*, where aws:SourceOrgID is the organization"
                ),
            ),
            Some("NoSuchBucketException") => misconfigured(
                failed,
                &format!("create the bucket {bucket}, or set CONFIG_BUCKET_NAME to the one of the log archive"),
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

/// The one recorder that is not ours to start.
fn stopped_by_control_tower() -> StepError {
    let message = "the region has a recorder of Control Tower, which does not record";
    misconfigured(
        StepError::new(ErrorCode::InvalidConfiguration, message),
        "enrol the account in Control Tower again, or remove Control Tower's recorder and delivery channel from it",
    )
}

#[cfg(test)]
pub(crate) mod tests;
