//! A Cost Explorer with monitors and subscriptions, by their ARNs.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use aws_sdk_costexplorer::Client;
use aws_sdk_costexplorer::operation::create_anomaly_monitor::{CreateAnomalyMonitorError, CreateAnomalyMonitorOutput};
use aws_sdk_costexplorer::operation::create_anomaly_subscription::CreateAnomalySubscriptionOutput;
use aws_sdk_costexplorer::operation::delete_anomaly_monitor::DeleteAnomalyMonitorOutput;
use aws_sdk_costexplorer::operation::delete_anomaly_subscription::DeleteAnomalySubscriptionOutput;
use aws_sdk_costexplorer::operation::get_anomaly_monitors::GetAnomalyMonitorsOutput;
use aws_sdk_costexplorer::operation::get_anomaly_subscriptions::GetAnomalySubscriptionsOutput;
use aws_sdk_costexplorer::operation::list_tags_for_resource::ListTagsForResourceOutput;
use aws_sdk_costexplorer::operation::update_anomaly_subscription::UpdateAnomalySubscriptionOutput;
use aws_sdk_costexplorer::types::{
    AnomalyMonitor, AnomalySubscription, AnomalySubscriptionFrequency, MonitorDimension, MonitorType, ResourceTag,
};
use aws_smithy_mocks::{MockResponse, Rule, RuleMode, mock, mock_client};
use aws_smithy_types::error::ErrorMetadata;
use vending_core::GROUND_TAG;

use super::*;

pub(super) const MONITOR_OF_OTHERS: &str = "arn:aws:ce::123456789012:anomalymonitor/others";

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) monitors: BTreeMap<String, AnomalyMonitor>,
    pub(super) subscriptions: BTreeMap<String, AnomalySubscription>,
    /// The value of our tag, by ARN.
    pub(super) tags: BTreeMap<String, String>,
    /// The calls that change something.
    pub(super) writes: Vec<&'static str>,
    /// Whether the response of the next creation of a subscription is lost.
    pub(super) loses_response: bool,
}

#[derive(Clone, Debug, Default)]
pub(super) struct World(Arc<Mutex<State>>);

impl World {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// With a monitor of services that has another owner, and monitors of other costs.
    pub(super) fn with_monitor_of_others() -> Self {
        let world = Self::default();
        world.add_monitor("accounts", MonitorDimension::LinkedAccount);
        world.add_monitor("others", MonitorDimension::Service);
        world
    }

    pub(super) fn add_monitor(&self, id: &str, dimension: MonitorDimension) {
        let arn = format!("arn:aws:ce::123456789012:anomalymonitor/{id}");
        let monitor = AnomalyMonitor::builder().monitor_arn(&arn).monitor_name(id);
        let monitor = monitor.monitor_type(MonitorType::Dimensional).monitor_dimension(dimension);
        self.state().monitors.insert(arn, monitor.build().unwrap());
    }

    /// A subscription of others to a monitor.
    pub(super) fn add_subscription(&self, monitor: &str) {
        let subscription = AnomalySubscription::builder().subscription_name("theirs").monitor_arn_list(monitor);
        let subscription = subscription.frequency(AnomalySubscriptionFrequency::Weekly).set_subscribers(Some(vec![]));
        let arn = "arn:aws:ce::123456789012:anomalysubscription/others".to_owned();
        let subscription = subscription.subscription_arn(&arn).build().unwrap();
        self.state().subscriptions.insert(arn, subscription);
    }

    /// The subscription with a tag.
    pub(super) fn ours(&self) -> AnomalySubscription {
        let state = self.state();
        let mut tagged = state.subscriptions.iter().filter(|(arn, _)| state.tags.contains_key(*arn));
        let (_, subscription) = tagged.next().unwrap();
        assert!(tagged.next().is_none(), "there are several");
        subscription.clone()
    }

    pub(super) fn change_ours(&self, change: impl FnOnce(&mut AnomalySubscription)) {
        let arn = self.ours().subscription_arn.unwrap();
        change(self.state().subscriptions.get_mut(&arn).unwrap());
    }

    pub(super) fn function(&self) -> DetectCostAnomalies {
        self.function_with(&[])
    }

    /// These rules respond first.
    pub(super) fn function_with(&self, first: &[Rule]) -> DetectCostAnomalies {
        let own = [self.lists(), self.creates(), self.updates(), self.deletes()].concat();
        let rules: Vec<&Rule> = first.iter().chain(&own).collect();
        let client = mock_client!(aws_sdk_costexplorer, RuleMode::MatchAny, &rules);
        DetectCostAnomalies { cost_explorer: client, deployment: "account-vending".to_owned() }
    }

    fn lists(&self) -> Vec<Rule> {
        let world = self.clone();
        let monitors = mock!(Client::get_anomaly_monitors).then_compute_output(move |_| {
            let monitors = world.state().monitors.values().cloned().collect();
            GetAnomalyMonitorsOutput::builder().set_anomaly_monitors(Some(monitors)).build().unwrap()
        });
        let world = self.clone();
        let subscriptions = mock!(Client::get_anomaly_subscriptions).then_compute_output(move |_| {
            let subscriptions = world.state().subscriptions.values().cloned().collect();
            GetAnomalySubscriptionsOutput::builder().set_anomaly_subscriptions(Some(subscriptions)).build().unwrap()
        });
        let world = self.clone();
        let tags = mock!(Client::list_tags_for_resource).then_compute_output(move |list| {
            let tag = world.state().tags.get(list.resource_arn().unwrap()).cloned();
            let tag = tag.map(|value| ResourceTag::builder().key(GROUND_TAG).value(value).build().unwrap());
            ListTagsForResourceOutput::builder().set_resource_tags(Some(tag.into_iter().collect())).build()
        });
        vec![monitors, subscriptions, tags]
    }

    fn creates(&self) -> Vec<Rule> {
        let world = self.clone();
        let monitor = mock!(Client::create_anomaly_monitor).then_compute_response(move |create| {
            let mut monitor = create.anomaly_monitor().unwrap().clone();
            let arn = "arn:aws:ce::123456789012:anomalymonitor/ours";
            monitor.monitor_arn = Some(arn.to_owned());
            let mut state = world.state();
            state.writes.push("CreateAnomalyMonitor");
            if state.monitors.values().any(|one| one.monitor_dimension == monitor.monitor_dimension) {
                return MockResponse::Error(second_monitor());
            }
            state.tags.insert(arn.to_owned(), create.resource_tags()[0].value().to_owned());
            state.monitors.insert(arn.to_owned(), monitor);
            MockResponse::Output(CreateAnomalyMonitorOutput::builder().monitor_arn(arn).build().unwrap())
        });
        let world = self.clone();
        let subscription = mock!(Client::create_anomaly_subscription).then_compute_response(move |create| {
            let mut subscription = create.anomaly_subscription().unwrap().clone();
            let mut state = world.state();
            let arn = format!("arn:aws:ce::123456789012:anomalysubscription/{}", state.subscriptions.len());
            subscription.subscription_arn = Some(arn.clone());
            state.tags.insert(arn.clone(), create.resource_tags()[0].value().to_owned());
            state.subscriptions.insert(arn.clone(), subscription);
            state.writes.push("CreateAnomalySubscription");
            if std::mem::take(&mut state.loses_response) {
                return MockResponse::Error(lost());
            }
            MockResponse::Output(CreateAnomalySubscriptionOutput::builder().subscription_arn(arn).build().unwrap())
        });
        vec![monitor, subscription]
    }

    fn updates(&self) -> Vec<Rule> {
        let world = self.clone();
        let update = mock!(Client::update_anomaly_subscription).then_compute_output(move |update| {
            let mut state = world.state();
            state.writes.push("UpdateAnomalySubscription");
            let arn = update.subscription_arn().unwrap();
            let subscription = state.subscriptions.get_mut(arn).unwrap();
            subscription.subscribers = update.subscribers().to_vec();
            subscription.monitor_arn_list = update.monitor_arn_list().to_vec();
            subscription.frequency = update.frequency().unwrap().clone();
            subscription.threshold_expression = update.threshold_expression().cloned();
            UpdateAnomalySubscriptionOutput::builder().subscription_arn(arn).build().unwrap()
        });
        vec![update]
    }

    fn deletes(&self) -> Vec<Rule> {
        let world = self.clone();
        let monitor = mock!(Client::delete_anomaly_monitor).then_compute_output(move |delete| {
            let mut state = world.state();
            state.writes.push("DeleteAnomalyMonitor");
            state.monitors.remove(delete.monitor_arn().unwrap()).unwrap();
            DeleteAnomalyMonitorOutput::builder().build()
        });
        let world = self.clone();
        let subscription = mock!(Client::delete_anomaly_subscription).then_compute_output(move |delete| {
            let mut state = world.state();
            state.writes.push("DeleteAnomalySubscription");
            state.subscriptions.remove(delete.subscription_arn().unwrap()).unwrap();
            DeleteAnomalySubscriptionOutput::builder().build()
        });
        vec![monitor, subscription]
    }
}

fn second_monitor() -> CreateAnomalyMonitorError {
    let error = ErrorMetadata::builder().code("ValidationException");
    CreateAnomalyMonitorError::generic(error.message("Limit exceeded on dimensional spend monitor creation").build())
}

fn lost() -> aws_sdk_costexplorer::operation::create_anomaly_subscription::CreateAnomalySubscriptionError {
    let error = ErrorMetadata::builder().code("RequestTimeout").message("no response");
    aws_sdk_costexplorer::operation::create_anomaly_subscription::CreateAnomalySubscriptionError::generic(error.build())
}
