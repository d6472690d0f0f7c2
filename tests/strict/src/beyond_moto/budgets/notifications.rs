//! When a budget tells somebody.

use serde_json::{Value, json};

use super::{Budget, duplicate, invalid, missing, pages, too_many};
use crate::beyond_moto::call::{Call, Outcome};
use crate::faults::AwsError;

pub(super) struct Notification {
    /// As Budgets tells of it.
    told: Value,
    pub(super) subscribers: Vec<Value>,
}

/// How many a budget may have.
const MOST: usize = 10;

impl Budget {
    pub(super) fn create_notification(&mut self, call: &Call<'_>) -> Outcome {
        self.add_notification(call.value("Notification"), call.value("Subscribers"))?;
        Ok(json!({}))
    }

    pub(super) fn add_notification(&mut self, wanted: &Value, subscribers: &Value) -> Result<(), AwsError> {
        let told = complete(wanted)?;
        self.must_be_new(&told)?;
        if self.notifications.len() >= MOST {
            return Err(too_many(&format!("A budget may have at most {MOST} notifications.")));
        }
        let mut notification = Notification { told, subscribers: Vec::new() };
        let subscribers = subscribers.as_array().map(Vec::as_slice).unwrap_or_default();
        if subscribers.is_empty() {
            return Err(invalid("A notification must have at least one subscriber."));
        }
        for subscriber in subscribers {
            notification.subscribe(subscriber)?;
        }
        self.notifications.push(notification);
        Ok(())
    }

    pub(super) fn update_notification(&mut self, call: &Call<'_>) -> Outcome {
        let wanted = complete(call.value("NewNotification"))?;
        let known = self.position(call.value("OldNotification"))?;
        if !is_same(&self.notifications[known].told, &wanted) {
            self.must_be_new(&wanted)?;
        }
        self.notifications[known].told = wanted;
        Ok(json!({}))
    }

    pub(super) fn delete_notification(&mut self, call: &Call<'_>) -> Outcome {
        let known = self.position(call.value("Notification"))?;
        self.notifications.remove(known);
        Ok(json!({}))
    }

    pub(super) fn describe_notifications(&self, call: &Call<'_>) -> Value {
        let all = self.notifications.iter().map(|notification| notification.told.clone()).collect();
        let (notifications, next) = pages(all, call);
        json!({"Notifications": notifications, "NextToken": next})
    }

    /// The one that the call is about.
    pub(super) fn notification(&mut self, call: &Call<'_>) -> Result<&mut Notification, AwsError> {
        let known = self.position(call.value("Notification"))?;
        Ok(&mut self.notifications[known])
    }

    fn position(&self, wanted: &Value) -> Result<usize, AwsError> {
        let position = self.notifications.iter().position(|known| is_same(&known.told, wanted));
        position.ok_or_else(|| missing("The notification doesn't exist for this budget."))
    }

    fn must_be_new(&self, wanted: &Value) -> Result<(), AwsError> {
        if self.notifications.iter().any(|known| is_same(&known.told, wanted)) {
            return Err(duplicate("The notification already exists for this budget."));
        }
        Ok(())
    }
}

/// With what AWS fills in.
fn complete(wanted: &Value) -> Outcome {
    if ["NotificationType", "ComparisonOperator"].iter().any(|field| !wanted[*field].is_string()) {
        return Err(invalid("NotificationType and ComparisonOperator are required."));
    }
    if wanted["Threshold"].as_f64().is_none_or(|threshold| threshold <= 0.0) {
        return Err(invalid("Threshold must be positive."));
    }
    let mut told = wanted.clone();
    told["ThresholdType"] = json!(threshold_type(wanted));
    if told["NotificationState"].is_null() {
        told["NotificationState"] = json!("OK");
    }
    Ok(told)
}

/// A notification has no name: it is told by its type, operator and threshold.
fn is_same(one: &Value, other: &Value) -> bool {
    let same_texts = ["NotificationType", "ComparisonOperator"].iter().all(|field| one[*field] == other[*field]);
    let threshold = |notification: &Value| notification["Threshold"].as_f64();
    same_texts && threshold(one) == threshold(other) && threshold_type(one) == threshold_type(other)
}

fn threshold_type(notification: &Value) -> &str {
    notification["ThresholdType"].as_str().unwrap_or("PERCENTAGE")
}
