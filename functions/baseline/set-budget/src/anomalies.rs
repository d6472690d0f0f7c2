//! Checks that cost anomaly alerts are configured for the organization. It creates none.

use aws_sdk_costexplorer::Client;
use aws_sdk_costexplorer::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_costexplorer::types::{
    AnomalyMonitor, AnomalySubscription, MonitorDimension, MonitorType, SubscriberStatus,
};
use time::{Duration, OffsetDateTime};
use vending_runtime::{Cache, error_code};

/// How long configured alerts are cached, because every request to Cost Explorer is billed
/// (<https://aws.amazon.com/aws-cost-management/aws-cost-explorer/pricing/>). Missing alerts are not cached, so that the
/// next run sees a fix.
pub(crate) const TTL: Duration = Duration::HOUR;

#[derive(Debug)]
pub(crate) struct Anomalies {
    client: Client,
    configured: Cache<(), ()>,
}

const NO_ALERTS: &str = "no cost anomaly alerts are configured for the organization: in Cost Anomaly Detection of the management account, create an AWS managed monitor of services or of linked accounts, with an alert subscription";

impl Anomalies {
    pub(crate) fn new(client: Client, configured: Cache<(), ()>) -> Self {
        Self { client, configured }
    }

    /// What is wrong, if anything. A read that fails does not fail the step, because it does not concern the account.
    pub(crate) async fn problem(&self) -> Option<String> {
        match self.has_alerts().await {
            Ok(true) => None,
            Ok(false) => Some(NO_ALERTS.to_owned()),
            Err(why) => Some(format!("could not read the cost anomaly alerts: {why}")),
        }
    }

    async fn has_alerts(&self) -> Result<bool, String> {
        let now = OffsetDateTime::now_utc();
        if self.configured.get(&(), now).is_some() {
            return Ok(true);
        }
        let has_alerts = self.read_alerts().await?;
        if has_alerts {
            self.configured.insert((), (), now);
        }
        Ok(has_alerts)
    }

    async fn read_alerts(&self) -> Result<bool, String> {
        let monitors = self.monitors().await?;
        if monitors.is_empty() {
            return Ok(false);
        }
        let mut subscriptions = self.client.get_anomaly_subscriptions().into_paginator().items().send();
        while let Some(subscription) = subscriptions.next().await {
            if has_subscriber(&subscription.map_err(|error| reason(&error))?, &monitors) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The ARNs of the monitors that cover all accounts.
    async fn monitors(&self) -> Result<Vec<String>, String> {
        let mut monitors = self.client.get_anomaly_monitors().into_paginator().items().send();
        let mut found = Vec::new();
        while let Some(monitor) = monitors.next().await {
            let monitor = monitor.map_err(|error| reason(&error))?;
            found.extend(monitor.monitor_arn().filter(|_| covers_all_accounts(&monitor)).map(str::to_owned));
        }
        Ok(found)
    }
}

/// Monitors of tags, of cost categories, and custom monitors cover only a part of the costs.
fn covers_all_accounts(monitor: &AnomalyMonitor) -> bool {
    let dimensions = [MonitorDimension::Service, MonitorDimension::LinkedAccount];
    monitor.monitor_type == MonitorType::Dimensional
        && monitor.monitor_dimension().is_some_and(|dimension| dimensions.contains(dimension))
}

fn has_subscriber(subscription: &AnomalySubscription, monitors: &[String]) -> bool {
    let mut subscribers = subscription.subscribers().iter();
    subscription.monitor_arn_list().iter().any(|arn| monitors.contains(arn))
        && subscribers.any(|subscriber| subscriber.status() != Some(&SubscriberStatus::Declined))
}

fn reason<E: ProvideErrorMetadata>(error: &SdkError<E>) -> String {
    error_code(error).unwrap_or("no response from Cost Explorer").to_owned()
}

#[cfg(test)]
pub(crate) mod tests;
