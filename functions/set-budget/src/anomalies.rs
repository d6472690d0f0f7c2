//! Whether somebody hears of cost anomalies in the organization: seen to once by whoever runs it, never made here.

mod memory;

use std::time::Instant;

use aws_sdk_costexplorer::Client;
use aws_sdk_costexplorer::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_costexplorer::types::{
    AnomalyMonitor, AnomalySubscription, MonitorDimension, MonitorType, SubscriberStatus,
};
use tokio::sync::OnceCell;
use vending_runtime::error_code;

pub(crate) use crate::anomalies::memory::Memory;

/// Looks once in a run: reading back what was changed of the budget tells nothing new of it.
#[derive(Debug)]
pub(crate) struct Anomalies {
    client: Client,
    memory: Memory,
    problem: OnceCell<Option<String>>,
}

const NOT_WATCHED: &str = "nobody hears of cost anomalies in the organization: in Cost Anomaly Detection of the management account, create an AWS managed monitor of services or of linked accounts, with an alert subscription";

impl Anomalies {
    pub(crate) fn new(client: Client, memory: Memory) -> Self {
        Self { client, memory, problem: OnceCell::new() }
    }

    /// What is wrong, if anything. Where it cannot be read that is no failure: it is not about the account.
    pub(crate) async fn problem(&self) -> Option<String> {
        let problem = self.problem.get_or_init(|| async {
            match self.is_watched().await {
                Ok(true) => None,
                Ok(false) => Some(NOT_WATCHED.to_owned()),
                Err(why) => Some(format!("could not see whether cost anomalies are watched: {why}")),
            }
        });
        problem.await.clone()
    }

    async fn is_watched(&self) -> Result<bool, String> {
        if self.memory.is_good_at(Instant::now()) {
            return Ok(true);
        }
        let is_watched = self.look().await?;
        if is_watched {
            self.memory.keep(Instant::now());
        }
        Ok(is_watched)
    }

    async fn look(&self) -> Result<bool, String> {
        let monitors = self.monitors().await?;
        if monitors.is_empty() {
            return Ok(false);
        }
        let mut subscriptions = self.client.get_anomaly_subscriptions().into_paginator().items().send();
        while let Some(subscription) = subscriptions.next().await {
            if tells(&subscription.map_err(|error| why(&error))?, &monitors) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The ARNs of the monitors over all accounts.
    async fn monitors(&self) -> Result<Vec<String>, String> {
        let mut monitors = self.client.get_anomaly_monitors().into_paginator().items().send();
        let mut found = Vec::new();
        while let Some(monitor) = monitors.next().await {
            let monitor = monitor.map_err(|error| why(&error))?;
            found.extend(monitor.monitor_arn().filter(|_| watches_all(&monitor)).map(str::to_owned));
        }
        Ok(found)
    }
}

/// Those of tags and cost categories watch what has one; those that are custom watch what they list.
fn watches_all(monitor: &AnomalyMonitor) -> bool {
    let of_all = [MonitorDimension::Service, MonitorDimension::LinkedAccount];
    monitor.monitor_type == MonitorType::Dimensional
        && monitor.monitor_dimension().is_some_and(|dimension| of_all.contains(dimension))
}

fn tells(subscription: &AnomalySubscription, monitors: &[String]) -> bool {
    let mut subscribers = subscription.subscribers().iter();
    subscription.monitor_arn_list().iter().any(|arn| monitors.contains(arn))
        && subscribers.any(|subscriber| subscriber.status() != Some(&SubscriberStatus::Declined))
}

fn why<E: ProvideErrorMetadata>(error: &SdkError<E>) -> String {
    error_code(error).unwrap_or("no answer of Cost Explorer").to_owned()
}

#[cfg(test)]
pub(crate) mod tests;
