//! Subscriptions to cost anomaly alerts. One of the same name can be created again.

use serde_json::{Value, json};

use super::{Detection, check_name, invalid, pages, remove, select, tagging, thresholds};
use super::{unknown_monitor, unknown_subscription};
use crate::emulated::call::{Call, Outcome};
use crate::wire::AwsError;

const FIELDS: [&str; 6] =
    ["SubscriptionName", "MonitorArnList", "Subscribers", "Frequency", "Threshold", "ThresholdExpression"];

impl Detection {
    pub(super) fn get_subscriptions(&mut self, call: &Call<'_>) -> Outcome {
        let wanted = call.strings("SubscriptionArnList");
        let mut found = select(&self.subscriptions, "SubscriptionArn", &wanted).ok_or_else(unknown_subscription)?;
        if let Some(monitor) = call.request.string("MonitorArn") {
            found.retain(|subscription| contains(&subscription["MonitorArnList"], monitor));
        }
        let (subscriptions, next) = pages(found, call)?;
        Ok(json!({"AnomalySubscriptions": subscriptions, "NextPageToken": next}))
    }

    pub(super) fn create_subscription(&mut self, call: &Call<'_>) -> Outcome {
        let mut subscription = call.value("AnomalySubscription").clone();
        thresholds::complete(&mut subscription)?;
        self.check(&subscription)?;
        confirm(&mut subscription, &Value::Null);
        let arn = self.create(call, "anomalysubscription", tagging::read(call)?);
        subscription["SubscriptionArn"] = json!(arn);
        subscription["AccountId"] = json!(call.account);
        self.subscriptions.push(subscription);
        Ok(json!({"SubscriptionArn": arn}))
    }

    /// Fields that the call leaves out stay as they are.
    pub(super) fn update_subscription(&mut self, call: &Call<'_>) -> Outcome {
        let arn = call.string("SubscriptionArn");
        let position = self.subscriptions.iter().position(|known| known["SubscriptionArn"] == arn);
        let position = position.ok_or_else(unknown_subscription)?;
        let known = &self.subscriptions[position];
        let mut changed = known.clone();
        if FIELDS[4..].iter().any(|field| !call.value(field).is_null()) {
            changed["Threshold"] = Value::Null;
            changed["ThresholdExpression"] = Value::Null;
        }
        for field in FIELDS.into_iter().filter(|field| !call.value(field).is_null()) {
            changed[field] = call.value(field).clone();
        }
        if changed["ThresholdExpression"] != known["ThresholdExpression"] {
            thresholds::complete(&mut changed)?;
        }
        self.check(&changed)?;
        confirm(&mut changed, &known["Subscribers"]);
        self.subscriptions[position] = changed;
        Ok(json!({"SubscriptionArn": arn}))
    }

    pub(super) fn delete_subscription(&mut self, call: &Call<'_>) -> Outcome {
        self.tags.remove(call.string("SubscriptionArn"));
        remove(&mut self.subscriptions, "SubscriptionArn", call).ok_or_else(unknown_subscription)
    }

    fn check(&self, subscription: &Value) -> Result<(), AwsError> {
        check_name(&subscription["SubscriptionName"], "SubscriptionName")?;
        let monitors = subscription["MonitorArnList"].as_array().map(Vec::as_slice).unwrap_or_default();
        if monitors.is_empty() {
            return Err(invalid("MonitorArnList must not be empty"));
        }
        let is_known = |arn: &Value| self.monitors.iter().any(|monitor| monitor["MonitorArn"] == *arn);
        if !monitors.iter().all(is_known) {
            return Err(unknown_monitor());
        }
        check_subscribers(subscription)
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
    for subscriber in subscribers {
        let address = subscriber["Address"].as_str().unwrap_or_default();
        let is_valid = if kind == "SNS" { address.starts_with("arn:aws:sns:") } else { is_email(address) };
        if !is_valid || address.len() > 302 {
            return Err(invalid(&format!("the Address of a Subscriber must be valid for the Type {kind}")));
        }
    }
    Ok(())
}

fn is_email(address: &str) -> bool {
    let Some((name, domain)) = address.split_once('@') else {
        return false;
    };
    let is_label = |label: &str| {
        !label.is_empty() && label.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_".contains(letter))
    };
    let is_in_name = |letter: char| letter.is_ascii_alphanumeric() || ".!#$%&'*+=?^_{|}~-".contains(letter);
    !name.is_empty() && name.chars().all(is_in_name) && domain.contains('.') && domain.split('.').all(is_label)
}

/// A subscriber that declined the alerts stays declined.
fn confirm(subscription: &mut Value, known: &Value) {
    for subscriber in subscription["Subscribers"].as_array_mut().into_iter().flatten() {
        let is_same = |known: &&Value| known["Address"] == subscriber["Address"];
        let status = known.as_array().into_iter().flatten().find(is_same).map(|known| known["Status"].clone());
        subscriber["Status"] = status.unwrap_or_else(|| json!("CONFIRMED"));
    }
}

fn contains(list: &Value, text: &str) -> bool {
    list.as_array().is_some_and(|list| list.iter().any(|one| one == text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emails_have_the_pattern_of_aws() {
        for email in ["a@example.com", "a.b+c@mail-1.example.com"] {
            assert!(is_email(email), "{email}");
        }
        for email in ["", "a", "@example.com", "a@example", "a@.com", "a b@example.com", "a@b@example.com"] {
            assert!(!is_email(email), "{email}");
        }
    }
}
