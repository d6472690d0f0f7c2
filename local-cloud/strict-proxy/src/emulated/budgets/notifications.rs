//! The notifications of a budget.

use serde_json::{Value, json};

use super::errors::{duplicate, invalid, missing, too_many};
use super::subscribers::Subscribers;
use crate::emulated::call::{Call, Outcome};
use crate::wire::AwsError;

#[derive(Default)]
pub(super) struct Notifications(Vec<Notification>);

struct Notification {
    /// The fields that AWS Budgets returns.
    fields: Value,
    subscribers: Subscribers,
}

/// The quota of notifications for a budget.
const MAX_NOTIFICATIONS: usize = 10;

impl Notifications {
    pub(super) fn create(&mut self, call: &Call<'_>) -> Outcome {
        self.add(call.value("Notification"), call.value("Subscribers"))?;
        Ok(json!({}))
    }

    pub(super) fn add(&mut self, wanted: &Value, subscribers: &Value) -> Result<(), AwsError> {
        let fields = complete(wanted)?;
        self.must_be_new(&fields)?;
        if self.0.len() >= MAX_NOTIFICATIONS {
            return Err(too_many(&format!("A budget can have at most {MAX_NOTIFICATIONS} notifications.")));
        }
        let mut notification = Notification { fields, subscribers: Subscribers::default() };
        let subscribers = subscribers.as_array().map(Vec::as_slice).unwrap_or_default();
        if subscribers.is_empty() {
            return Err(invalid("A notification must have at least one subscriber."));
        }
        for subscriber in subscribers {
            notification.subscribers.add(subscriber)?;
        }
        self.0.push(notification);
        Ok(())
    }

    pub(super) fn update(&mut self, call: &Call<'_>) -> Outcome {
        let wanted = complete(call.value("NewNotification"))?;
        let known = self.position(call.value("OldNotification"))?;
        if !is_same(&self.0[known].fields, &wanted) {
            self.must_be_new(&wanted)?;
        }
        self.0[known].fields = wanted;
        Ok(json!({}))
    }

    pub(super) fn delete(&mut self, call: &Call<'_>) -> Outcome {
        let known = self.position(call.value("Notification"))?;
        self.0.remove(known);
        Ok(json!({}))
    }

    pub(super) fn describe(&self, call: &Call<'_>) -> Value {
        let all = self.0.iter().map(|notification| notification.fields.clone()).collect();
        let (notifications, next) = call.page(all, 100);
        json!({"Notifications": notifications, "NextToken": next})
    }

    /// Returns the subscribers of the notification that the call names.
    pub(super) fn subscribers(&mut self, call: &Call<'_>) -> Result<&mut Subscribers, AwsError> {
        let known = self.position(call.value("Notification"))?;
        Ok(&mut self.0[known].subscribers)
    }

    fn position(&self, wanted: &Value) -> Result<usize, AwsError> {
        let position = self.0.iter().position(|known| is_same(&known.fields, wanted));
        position.ok_or_else(|| missing("The notification doesn't exist for this budget."))
    }

    fn must_be_new(&self, wanted: &Value) -> Result<(), AwsError> {
        if self.0.iter().any(|known| is_same(&known.fields, wanted)) {
            return Err(duplicate("The notification already exists for this budget."));
        }
        Ok(())
    }
}

/// Adds the fields that AWS sets.
fn complete(wanted: &Value) -> Outcome {
    if ["NotificationType", "ComparisonOperator"].iter().any(|field| !wanted[*field].is_string()) {
        return Err(invalid("NotificationType and ComparisonOperator are required."));
    }
    if wanted["Threshold"].as_f64().is_none_or(|threshold| threshold <= 0.0) {
        return Err(invalid("Threshold must be positive."));
    }
    let mut fields = wanted.clone();
    fields["ThresholdType"] = json!(threshold_type(wanted));
    if fields["NotificationState"].is_null() {
        fields["NotificationState"] = json!("OK");
    }
    Ok(fields)
}

/// Notifications have no name; type, operator, and threshold identify them.
fn is_same(one: &Value, other: &Value) -> bool {
    let have_same_type = ["NotificationType", "ComparisonOperator"].iter().all(|field| one[*field] == other[*field]);
    let threshold = |notification: &Value| notification["Threshold"].as_f64();
    have_same_type && threshold(one) == threshold(other) && threshold_type(one) == threshold_type(other)
}

fn threshold_type(notification: &Value) -> &str {
    notification["ThresholdType"].as_str().unwrap_or("PERCENTAGE")
}
