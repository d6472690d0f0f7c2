//! The subscribers of a notification.

use serde_json::{Value, json};

use super::errors::{duplicate, invalid, missing, too_many};
use crate::emulated::call::{Call, Outcome};
use crate::wire::AwsError;

#[derive(Default)]
pub(super) struct Subscribers(Vec<Value>);

impl Subscribers {
    pub(super) fn create(&mut self, call: &Call<'_>) -> Outcome {
        self.add(call.value("Subscriber"))?;
        Ok(json!({}))
    }

    /// A notification can have one SNS topic and ten email addresses.
    pub(super) fn add(&mut self, wanted: &Value) -> Result<(), AwsError> {
        let limit = match wanted["SubscriptionType"].as_str() {
            Some("SNS") => 1,
            Some("EMAIL") => 10,
            _ => return Err(invalid("SubscriptionType must be SNS or EMAIL.")),
        };
        if wanted["Address"].as_str().is_none_or(str::is_empty) {
            return Err(invalid("Address must not be empty."));
        }
        if self.0.contains(wanted) {
            return Err(duplicate("The subscriber already exists for this notification."));
        }
        let is_same_type = |known: &&Value| known["SubscriptionType"] == wanted["SubscriptionType"];
        if self.0.iter().filter(is_same_type).count() >= limit {
            return Err(too_many("The notification has the maximum number of subscribers of this type."));
        }
        self.0.push(wanted.clone());
        Ok(())
    }

    pub(super) fn update(&mut self, call: &Call<'_>) -> Outcome {
        let (old, new) = (call.value("OldSubscriber"), call.value("NewSubscriber"));
        let known = self.position(old)?;
        if old != new && self.0.contains(new) {
            return Err(duplicate("The subscriber already exists for this notification."));
        }
        self.0[known] = new.clone();
        Ok(json!({}))
    }

    pub(super) fn delete(&mut self, call: &Call<'_>) -> Outcome {
        let known = self.position(call.value("Subscriber"))?;
        self.0.remove(known);
        Ok(json!({}))
    }

    pub(super) fn describe(&self, call: &Call<'_>) -> Value {
        let (subscribers, next) = call.page(self.0.clone(), 100);
        json!({"Subscribers": subscribers, "NextToken": next})
    }

    fn position(&self, wanted: &Value) -> Result<usize, AwsError> {
        let position = self.0.iter().position(|known| known == wanted);
        position.ok_or_else(|| missing("The subscriber doesn't exist for this notification."))
    }
}
