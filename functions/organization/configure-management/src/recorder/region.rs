//! The calls to AWS Config in one Region.

use std::collections::BTreeMap;

use aws_sdk_config::Client;
use aws_sdk_config::types::{ConfigurationRecorder, DeliveryChannel, Tag};
use vending_core::StepError;
use vending_runtime::Context;

use super::compare::{Call, Current};
use super::errors::map_error;
use crate::ConfigureManagement;

#[derive(Debug)]
pub(crate) struct RegionalRecorder<'a> {
    pub(crate) function: &'a ConfigureManagement,
    pub(crate) client: Client,
}

impl RegionalRecorder<'_> {
    pub(crate) async fn read(&self) -> Result<Current, StepError> {
        let channel = self.channel().await?;
        let Some(recorder) = self.recorder().await? else {
            return Ok(Current { channel, ..Current::default() });
        };
        let is_ours = match recorder.arn() {
            Some(arn) => self.function.is_ours(&self.tags(arn).await?),
            None => false,
        };
        let is_recording = self.is_recording().await?;
        Ok(Current { recorder: Some(recorder), is_ours, channel, is_recording })
    }

    /// The customer managed recorder. Recorders that are linked to another AWS service are separate.
    async fn recorder(&self) -> Result<Option<ConfigurationRecorder>, StepError> {
        let described = self.client.describe_configuration_recorders().send().await;
        let recorders = described.context("list the recorders")?.configuration_recorders.unwrap_or_default();
        Ok(recorders.into_iter().find(|recorder| recorder.service_principal().is_none()))
    }

    async fn channel(&self) -> Result<Option<DeliveryChannel>, StepError> {
        let described = self.client.describe_delivery_channels().send().await;
        let channels = described.context("list the delivery channels")?.delivery_channels;
        Ok(channels.unwrap_or_default().into_iter().next())
    }

    async fn is_recording(&self) -> Result<bool, StepError> {
        let described = self.client.describe_configuration_recorder_status().send().await;
        let described = described.context("read the status of the recorder")?;
        let mut recorders = described.configuration_recorders_status().iter();
        Ok(recorders.any(|status| status.service_principal().is_none() && status.recording))
    }

    async fn tags(&self, arn: &str) -> Result<BTreeMap<String, String>, StepError> {
        let list = self.client.list_tags_for_resource().resource_arn(arn).into_paginator().items().send();
        let tags: Vec<Tag> = list.try_collect().await.context("read the tags of the recorder")?;
        Ok(tags.into_iter().filter_map(|tag| Some((tag.key?, tag.value?))).collect())
    }

    pub(crate) async fn send(&self, call: Call, bucket: &str) -> Result<(), StepError> {
        match call {
            Call::PutRecorder(recorder) => {
                // AWS ignores the tags of a recorder that exists.
                let (key, value) = self.function.own_tag();
                let tag = Tag::builder().key(key).value(value).build();
                let put = self.client.put_configuration_recorder().configuration_recorder(recorder).tags(tag);
                put.send().await.map_err(|error| map_error("put the recorder", &error, bucket))?;
            }
            Call::PutChannel(channel) => {
                let put = self.client.put_delivery_channel().delivery_channel(channel).send().await;
                put.map_err(|error| map_error("put the delivery channel", &error, bucket))?;
            }
            Call::Start(name) => {
                let start = self.client.start_configuration_recorder().configuration_recorder_name(name);
                start.send().await.map_err(|error| map_error("start the recorder", &error, bucket))?;
            }
        }
        Ok(())
    }
}
