//! Cost anomaly detection in Cost Explorer.

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::call::{Call, Outcome, ScopedState, page, uuid};
use crate::wire::AwsError;

/// Cost Explorer is a global service: its state does not depend on the Region.
#[derive(Default)]
pub(super) struct Anomalies(ScopedState<Detection>);

#[derive(Default)]
struct Detection {
    /// The number of monitors and subscriptions created so far.
    created: u64,
    /// The fields that Cost Explorer returns.
    monitors: Vec<Value>,
    subscriptions: Vec<Value>,
}

impl Anomalies {
    pub(super) fn handle(&self, call: &Call<'_>) -> Option<Outcome> {
        let operation = match call.request.operation.as_str() {
            "GetAnomalyMonitors" => Detection::get_monitors,
            "CreateAnomalyMonitor" => Detection::create_monitor,
            "DeleteAnomalyMonitor" => Detection::delete_monitor,
            "GetAnomalySubscriptions" => Detection::get_subscriptions,
            "CreateAnomalySubscription" => Detection::create_subscription,
            "DeleteAnomalySubscription" => Detection::delete_subscription,
            _ => return None,
        };
        Some(self.0.global(call.account, |detection| operation(detection, call)))
    }
}

impl Detection {
    fn get_monitors(&mut self, call: &Call<'_>) -> Outcome {
        let wanted = call.strings("MonitorArnList");
        let found = select(&self.monitors, "MonitorArn", &wanted).ok_or_else(unknown_monitor)?;
        let (monitors, next) = pages(found, call);
        Ok(json!({"AnomalyMonitors": monitors, "NextPageToken": next}))
    }

    fn create_monitor(&mut self, call: &Call<'_>) -> Outcome {
        let mut monitor = call.value("AnomalyMonitor").clone();
        if monitor["MonitorName"].as_str().is_none_or(str::is_empty) {
            return Err(invalid("MonitorName must not be empty"));
        }
        match monitor["MonitorType"].as_str() {
            Some("DIMENSIONAL") if monitor["MonitorDimension"].is_null() => {
                return Err(invalid("MonitorDimension is required for a DIMENSIONAL monitor"));
            }
            // An account can have one monitor for each dimension.
            Some("DIMENSIONAL") if self.has_monitor_for(&monitor["MonitorDimension"]) => {
                return Err(invalid("Limit exceeded on dimensional spend monitor creation"));
            }
            Some("DIMENSIONAL" | "CUSTOM") => {}
            _ => return Err(invalid("MonitorType must be DIMENSIONAL or CUSTOM")),
        }
        let arn = self.arn(call, "anomalymonitor");
        monitor["MonitorArn"] = json!(arn);
        monitor["CreationDate"] = json!(OffsetDateTime::now_utc().date().to_string());
        monitor["LastUpdatedDate"] = monitor["CreationDate"].clone();
        self.monitors.push(monitor);
        Ok(json!({"MonitorArn": arn}))
    }

    fn has_monitor_for(&self, dimension: &Value) -> bool {
        self.monitors.iter().any(|monitor| monitor["MonitorDimension"] == *dimension)
    }

    fn delete_monitor(&mut self, call: &Call<'_>) -> Outcome {
        remove(&mut self.monitors, "MonitorArn", call).ok_or_else(unknown_monitor)
    }

    fn get_subscriptions(&mut self, call: &Call<'_>) -> Outcome {
        let wanted = call.strings("SubscriptionArnList");
        let mut found = select(&self.subscriptions, "SubscriptionArn", &wanted).ok_or_else(unknown_subscription)?;
        if let Some(monitor) = call.request.string("MonitorArn") {
            found.retain(|subscription| contains(&subscription["MonitorArnList"], monitor));
        }
        let (subscriptions, next) = pages(found, call);
        Ok(json!({"AnomalySubscriptions": subscriptions, "NextPageToken": next}))
    }

    fn create_subscription(&mut self, call: &Call<'_>) -> Outcome {
        let mut subscription = call.value("AnomalySubscription").clone();
        let monitors = subscription["MonitorArnList"].as_array().cloned().unwrap_or_default();
        if monitors.is_empty() || subscription["SubscriptionName"].as_str().is_none_or(str::is_empty) {
            return Err(invalid("MonitorArnList and SubscriptionName must not be empty"));
        }
        let is_known = |arn: &Value| self.monitors.iter().any(|monitor| monitor["MonitorArn"] == *arn);
        if !monitors.iter().all(is_known) {
            return Err(unknown_monitor());
        }
        check_subscribers(&subscription)?;
        let arn = self.arn(call, "anomalysubscription");
        subscription["SubscriptionArn"] = json!(arn);
        subscription["AccountId"] = json!(call.account);
        for subscriber in subscription["Subscribers"].as_array_mut().into_iter().flatten() {
            subscriber["Status"] = json!("CONFIRMED");
        }
        self.subscriptions.push(subscription);
        Ok(json!({"SubscriptionArn": arn}))
    }

    fn delete_subscription(&mut self, call: &Call<'_>) -> Outcome {
        remove(&mut self.subscriptions, "SubscriptionArn", call).ok_or_else(unknown_subscription)
    }

    fn arn(&mut self, call: &Call<'_>, kind: &str) -> String {
        self.created += 1;
        format!("arn:aws:ce::{}:{kind}/{}", call.account, uuid(self.created))
    }
}

/// Immediate alerts go to an SNS topic, summaries to email addresses.
fn check_subscribers(subscription: &Value) -> Result<(), AwsError> {
    let kind = match subscription["Frequency"].as_str() {
        Some("IMMEDIATE") => "SNS",
        Some("DAILY" | "WEEKLY") => "EMAIL",
        _ => return Err(invalid("Frequency must be IMMEDIATE, DAILY or WEEKLY")),
    };
    let subscribers = subscription["Subscribers"].as_array().map(Vec::as_slice).unwrap_or_default();
    if subscribers.is_empty() || subscribers.iter().any(|subscriber| subscriber["Type"] != kind) {
        return Err(invalid(&format!("this Frequency requires Subscribers of Type {kind}")));
    }
    if subscription["Threshold"].is_null() && subscription["ThresholdExpression"].is_null() {
        return Err(invalid("Threshold or ThresholdExpression is required"));
    }
    Ok(())
}

/// Returns all items if `wanted` is empty, and `None` if one of the wanted items does not exist.
fn select(all: &[Value], field: &str, wanted: &[String]) -> Option<Vec<Value>> {
    if wanted.is_empty() {
        return Some(all.to_vec());
    }
    wanted.iter().map(|arn| all.iter().find(|one| one[field] == **arn).cloned()).collect()
}

fn remove(all: &mut Vec<Value>, field: &str, call: &Call<'_>) -> Option<Value> {
    let at = all.iter().position(|one| one[field] == call.string(field))?;
    all.remove(at);
    Some(json!({}))
}

fn contains(list: &Value, text: &str) -> bool {
    list.as_array().is_some_and(|list| list.iter().any(|one| one == text))
}

fn pages(all: Vec<Value>, call: &Call<'_>) -> (Vec<Value>, Value) {
    page(all, call.request.string("NextPageToken"), call.value("MaxResults").as_u64(), 100)
}

fn unknown_monitor() -> AwsError {
    AwsError::new(400, "UnknownMonitorException", "The cost anomaly monitor does not exist for the account.")
}

fn unknown_subscription() -> AwsError {
    AwsError::new(400, "UnknownSubscriptionException", "The cost anomaly subscription does not exist for the account.")
}

fn invalid(message: &str) -> AwsError {
    AwsError::new(400, "ValidationException", message)
}
