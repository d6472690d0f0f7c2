//! The monitor and the subscriptions in AWS.

use aws_sdk_costexplorer::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_costexplorer::operation::get_anomaly_monitors::GetAnomalyMonitorsError;
use aws_sdk_costexplorer::types::{AnomalyMonitor, MonitorDimension, MonitorType};
use vending_core::{GROUND_TAG, StepError, ground_name};
use vending_runtime::{Context, error_code, sdk_error};

use crate::DetectCostAnomalies;
use crate::subscription::Subscription;

#[derive(Debug)]
pub(crate) struct Detection {
    pub(crate) monitor: Option<Monitor>,
    /// Our subscriptions. One is enough.
    pub(crate) ours: Vec<Subscription>,
}

/// The AWS managed monitor of services.
#[derive(Debug)]
pub(crate) struct Monitor {
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) is_ours: bool,
    /// Whether subscriptions that are not ours use it.
    pub(crate) has_other_subscriptions: bool,
}

impl DetectCostAnomalies {
    /// Returns `None` if Cost Explorer is not enabled in the account.
    pub(crate) async fn detection(&self) -> Result<Option<Detection>, StepError> {
        let mut monitor = match self.monitor().await {
            Ok(found) => found,
            Err(error) if is_not_enabled(&error) => return Ok(None),
            Err(error) => return Err(sdk_error("list the cost anomaly monitors", &error)),
        };
        if let Some(monitor) = &mut monitor {
            monitor.is_ours = self.is_ours(&monitor.arn).await?;
        }
        let mut ours = Vec::new();
        for subscription in self.subscriptions().await? {
            if self.is_ours(&subscription.arn).await? {
                ours.push(subscription);
            } else if let Some(monitor) = &mut monitor {
                monitor.has_other_subscriptions |= subscription.monitors.contains(&monitor.arn);
            }
        }
        // The same one is kept in each run.
        ours.sort_unstable_by(|one, other| one.arn.cmp(&other.arn));
        Ok(Some(Detection { monitor, ours }))
    }

    async fn monitor(&self) -> Result<Option<Monitor>, SdkError<GetAnomalyMonitorsError>> {
        let mut monitors = self.cost_explorer.get_anomaly_monitors().into_paginator().items().send();
        while let Some(monitor) = monitors.next().await {
            if let Some(found) = service_monitor(monitor?) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    async fn subscriptions(&self) -> Result<Vec<Subscription>, StepError> {
        let list = self.cost_explorer.get_anomaly_subscriptions().into_paginator().items().send();
        let list = list.collect::<Result<Vec<_>, _>>().await.context("list the cost anomaly subscriptions")?;
        Ok(list.into_iter().filter_map(Subscription::read).collect())
    }

    async fn is_ours(&self, arn: &str) -> Result<bool, StepError> {
        let tags = match self.cost_explorer.list_tags_for_resource().resource_arn(arn).send().await {
            Ok(tags) => tags.resource_tags.unwrap_or_default(),
            // It was deleted after it was listed.
            Err(error) if error_code(&error) == Some("ResourceNotFoundException") => return Ok(false),
            Err(error) => return Err(sdk_error(&format!("read the tags of {arn}"), &error)),
        };
        let is_ours = |value| ground_name(&self.deployment, value).is_some();
        Ok(tags.iter().any(|tag| tag.key == GROUND_TAG && is_ours(&tag.value)))
    }
}

fn service_monitor(monitor: AnomalyMonitor) -> Option<Monitor> {
    let is_of_services = monitor.monitor_type == MonitorType::Dimensional
        && monitor.monitor_dimension == Some(MonitorDimension::Service);
    let arn = monitor.monitor_arn.filter(|_| is_of_services)?;
    Some(Monitor { arn, name: monitor.monitor_name, is_ours: false, has_other_subscriptions: false })
}

/// AWS reports it as a denial. Only people can enable Cost Explorer, in the console.
///
/// <https://docs.aws.amazon.com/cost-management/latest/userguide/ce-enable.html>
fn is_not_enabled(error: &SdkError<GetAnomalyMonitorsError>) -> bool {
    let message = error.as_service_error().and_then(ProvideErrorMetadata::message).unwrap_or_default();
    error_code(error) == Some("AccessDeniedException")
        && message.to_lowercase().contains("not enabled for cost explorer")
}
