//! Sends alerts about unusual costs of the organization to the subscribers of the manifest.
//!
//! AWS Cost Anomaly Detection watches the costs of each AWS service in all accounts with a monitor; a subscription sends
//! the alerts. They are ours if they have the tag of this deployment. AWS allows one monitor of services in an account,
//! so that of another owner is used as it is.

mod calls;
mod detection;
mod subscription;

use std::collections::BTreeSet;

use aws_config::SdkConfig;
use serde_json::{Value, json};
use vending_core::{OrganizationChange, StepError};
use vending_manifest::CostAnomalies;
use vending_plans::{Desired, OrganizationRunner, OrganizationStep, PlannedChanges};
use vending_records::Plans;
use vending_runtime::{Environment, StartError};

use crate::detection::{Detection, Monitor};
use crate::subscription::{Subscription, Wanted};

#[derive(Debug)]
pub struct DetectCostAnomalies {
    /// Cost Explorer has one endpoint for a partition. The endpoint rules of the SDK choose it.
    cost_explorer: aws_sdk_costexplorer::Client,
    /// The name of this deployment, in a tag of the monitor and the subscription.
    deployment: String,
}

impl DetectCostAnomalies {
    /// Reads `STACK_NAME`, the name of this deployment, and what [`Plans`] need.
    pub fn runner(sdk: &SdkConfig, environment: &Environment) -> Result<OrganizationRunner<Self>, StartError> {
        let step = Self {
            cost_explorer: aws_sdk_costexplorer::Client::new(sdk),
            deployment: environment.required("STACK_NAME")?,
        };
        Ok(OrganizationRunner::new(Plans::from_environment(sdk, environment)?, step))
    }
}

impl OrganizationStep for DetectCostAnomalies {
    const NAME: &'static str = "DetectCostAnomalies";
    const FOLDER: &'static str = "detect-cost-anomalies";

    async fn converge(&self, desired: &Desired, changes: &PlannedChanges) -> Result<(), StepError> {
        let wanted = desired.manifest.costs.as_ref().and_then(|costs| costs.anomalies.as_ref());
        match (self.detection().await?, wanted) {
            (Some(found), Some(wanted)) => self.converge_alerts(&found, wanted, changes).await,
            (Some(found), None) => self.delete_alerts(&found, changes).await,
            (None, Some(_)) => {
                changes.note(NOT_ENABLED, Some(COST_EXPLORER));
                Ok(())
            }
            (None, None) => Ok(()),
        }
    }
}

impl DetectCostAnomalies {
    async fn converge_alerts(
        &self,
        found: &Detection,
        wanted: &CostAnomalies,
        changes: &PlannedChanges,
    ) -> Result<(), StepError> {
        let wanted = Wanted::new(wanted);
        let monitor = self.converge_monitor(found.monitor.as_ref(), changes).await?;
        let (kept, duplicates) = match found.ours.split_first() {
            Some((kept, duplicates)) => (Some(kept), duplicates),
            None => (None, [].as_slice()),
        };
        let differences = differences(kept, &wanted, monitor.as_deref(), changes);
        changes.make_all(differences, self.save(kept, &wanted, monitor.as_deref())).await?;
        if let Some(declined) = kept.map(|kept| kept.declined).filter(|declined| *declined > 0) {
            changes.note(declined_alerts(declined), Some(CONSOLE));
        }
        self.delete_duplicates(duplicates, changes).await
    }

    /// Returns the ARN of the monitor, or `None` if its creation is only listed.
    async fn converge_monitor(
        &self,
        found: Option<&Monitor>,
        changes: &PlannedChanges,
    ) -> Result<Option<String>, StepError> {
        let Some(monitor) = found else {
            let change = change(changes, MONITOR, Value::Null, json!(SERVICES));
            return changes.make(change, self.create_monitor()).await;
        };
        if !monitor.is_ours {
            changes.note(foreign_monitor(&monitor.name), Some(CONSOLE));
        }
        Ok(Some(monitor.arn.clone()))
    }

    async fn delete_alerts(&self, found: &Detection, changes: &PlannedChanges) -> Result<(), StepError> {
        if !found.ours.is_empty() {
            let subscribers: BTreeSet<&String> = found.ours.iter().flat_map(|one| &one.subscribers).collect();
            let change = change(changes, SUBSCRIBERS, json!(subscribers), Value::Null);
            changes.make(change, self.delete_subscriptions(&found.ours)).await?;
        }
        let Some(monitor) = found.monitor.as_ref().filter(|monitor| monitor.is_ours) else { return Ok(()) };
        if monitor.has_other_subscriptions {
            changes.note(monitor_in_use(&monitor.name), Some(CONSOLE));
            return Ok(());
        }
        let change = change(changes, MONITOR, json!(SERVICES), Value::Null);
        changes.make(change, self.delete_monitor(&monitor.arn)).await?;
        Ok(())
    }

    /// Deletes subscriptions of ours beyond the first. A creation whose response was lost can leave one.
    async fn delete_duplicates(&self, found: &[Subscription], changes: &PlannedChanges) -> Result<(), StepError> {
        if !found.is_empty() {
            let arns: Vec<&str> = found.iter().map(|one| one.arn.as_str()).collect();
            let change = change(changes, "costs.anomalies.duplicates", json!(arns), Value::Null);
            changes.make(change, self.delete_subscriptions(found)).await?;
        }
        Ok(())
    }
}

/// What one call changes. A new subscription is only listed with what the manifest says.
fn differences(
    found: Option<&Subscription>,
    wanted: &Wanted,
    monitor: Option<&str>,
    changes: &PlannedChanges,
) -> Vec<OrganizationChange> {
    let mut differences = Vec::new();
    if found.is_none_or(|found| found.subscribers != wanted.subscribers) {
        let from = found.map_or(Value::Null, |found| json!(found.subscribers));
        differences.push(change(changes, SUBSCRIBERS, from, json!(wanted.subscribers)));
    }
    if found.is_none_or(|found| !found.alerts_from(wanted)) {
        let from = found.map_or(Value::Null, |found| json!(found.from_usd));
        differences.push(change(changes, "costs.anomalies.fromUsd", from, json!(wanted.from_usd)));
    }
    let Some(found) = found else { return differences };
    if !found.is_daily() {
        let from = json!(found.frequency.as_str());
        differences.push(change(changes, "costs.anomalies.frequency", from, json!(subscription::FREQUENCY.as_str())));
    }
    if monitor.is_none_or(|monitor| found.monitors != [monitor]) {
        differences.push(change(changes, "costs.anomalies.monitors", json!(found.monitors), json!(SERVICES)));
    }
    differences
}

fn change(changes: &PlannedChanges, field: &str, from: Value, to: Value) -> OrganizationChange {
    changes.change("organization", field, from, to)
}

const SUBSCRIBERS: &str = "costs.anomalies.subscribers";
const MONITOR: &str = "costs.anomalies.monitor";
/// What the monitor watches.
const SERVICES: &str = "AWS services";

const CONSOLE: &str = "https://console.aws.amazon.com/costmanagement/home#/anomaly-detection";
const COST_EXPLORER: &str = "https://console.aws.amazon.com/costmanagement/home#/cost-explorer";

const NOT_ENABLED: &str = "Cost Explorer is not enabled in the management account, so there are no cost anomaly alerts: open it once in the console, which enables it within a day, and make a new plan";

fn foreign_monitor(name: &str) -> String {
    format!(
        "the cost anomaly alerts use the monitor `{name}`, which is not managed by this manifest: AWS allows one monitor of services in an account"
    )
}

fn monitor_in_use(name: &str) -> String {
    format!(
        "the monitor `{name}` left the manifest, and is not deleted, because subscriptions that are not managed by this manifest use it"
    )
}

fn declined_alerts(count: usize) -> String {
    let subscribers = if count == 1 { "1 subscriber".to_owned() } else { format!("{count} subscribers") };
    format!("{subscribers} of costs.anomalies declined the alerts, and can subscribe again in the console only")
}

#[cfg(test)]
mod tests;
