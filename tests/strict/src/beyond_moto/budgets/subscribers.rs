//! Whom a notification goes to.

use serde_json::{Value, json};

use super::notifications::Notification;
use super::{duplicate, invalid, missing, pages, too_many};
use crate::beyond_moto::call::{Call, Outcome};
use crate::faults::AwsError;

impl Notification {
    pub(super) fn create_subscriber(&mut self, call: &Call<'_>) -> Outcome {
        self.subscribe(call.value("Subscriber"))?;
        Ok(json!({}))
    }

    /// A topic at most, and ten people.
    pub(super) fn subscribe(&mut self, wanted: &Value) -> Result<(), AwsError> {
        let most = match wanted["SubscriptionType"].as_str() {
            Some("SNS") => 1,
            Some("EMAIL") => 10,
            _ => return Err(invalid("SubscriptionType must be SNS or EMAIL.")),
        };
        if wanted["Address"].as_str().is_none_or(str::is_empty) {
            return Err(invalid("Address must not be empty."));
        }
        if self.subscribers.contains(wanted) {
            return Err(duplicate("The subscriber already exists for this notification."));
        }
        let is_alike = |known: &&Value| known["SubscriptionType"] == wanted["SubscriptionType"];
        if self.subscribers.iter().filter(is_alike).count() >= most {
            return Err(too_many("The notification has as many subscribers of this type as it may have."));
        }
        self.subscribers.push(wanted.clone());
        Ok(())
    }

    pub(super) fn update_subscriber(&mut self, call: &Call<'_>) -> Outcome {
        let (old, new) = (call.value("OldSubscriber"), call.value("NewSubscriber"));
        let known = self.position(old)?;
        if old != new && self.subscribers.contains(new) {
            return Err(duplicate("The subscriber already exists for this notification."));
        }
        self.subscribers[known] = new.clone();
        Ok(json!({}))
    }

    pub(super) fn delete_subscriber(&mut self, call: &Call<'_>) -> Outcome {
        let known = self.position(call.value("Subscriber"))?;
        self.subscribers.remove(known);
        Ok(json!({}))
    }

    pub(super) fn describe_subscribers(&self, call: &Call<'_>) -> Value {
        let (subscribers, next) = pages(self.subscribers.clone(), call);
        json!({"Subscribers": subscribers, "NextToken": next})
    }

    fn position(&self, wanted: &Value) -> Result<usize, AwsError> {
        let position = self.subscribers.iter().position(|known| known == wanted);
        position.ok_or_else(|| missing("The subscriber doesn't exist for this notification."))
    }
}
