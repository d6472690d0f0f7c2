//! Cost anomaly detection in Cost Explorer.
//!
//! <https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_AnomalySubscription.html>

mod monitors;
mod subscriptions;
mod tagging;
mod thresholds;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::call::{Call, Outcome, ScopedState, page, uuid};
use crate::tags::Tags;
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
    /// By ARN.
    tags: BTreeMap<String, Tags>,
}

impl Anomalies {
    /// Returns `None` for other operations, and for the tags of cost categories, which moto has.
    pub(super) fn handle(&self, call: &Call<'_>) -> Option<Outcome> {
        let operation = match call.request.operation.as_str() {
            "GetAnomalyMonitors" => Detection::get_monitors,
            "CreateAnomalyMonitor" => Detection::create_monitor,
            "UpdateAnomalyMonitor" => Detection::update_monitor,
            "DeleteAnomalyMonitor" => Detection::delete_monitor,
            "GetAnomalySubscriptions" => Detection::get_subscriptions,
            "CreateAnomalySubscription" => Detection::create_subscription,
            "UpdateAnomalySubscription" => Detection::update_subscription,
            "DeleteAnomalySubscription" => Detection::delete_subscription,
            _ if call.string("ResourceArn").contains(":costcategory/") => return None,
            "ListTagsForResource" => Detection::list_tags,
            "TagResource" => Detection::tag,
            "UntagResource" => Detection::untag,
            _ => return None,
        };
        Some(self.0.global(call.account, |detection| operation(detection, call)))
    }
}

impl Detection {
    /// Returns the ARN of a new monitor or subscription.
    fn create(&mut self, call: &Call<'_>, kind: &str, tags: Tags) -> String {
        self.created += 1;
        let arn = format!("arn:aws:ce::{}:{kind}/{}", call.account, uuid(self.created));
        self.tags.insert(arn.clone(), tags);
        arn
    }
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

fn pages(all: Vec<Value>, call: &Call<'_>) -> Result<(Vec<Value>, Value), AwsError> {
    let token = call.request.string("NextPageToken");
    if token.is_some_and(|token| token.parse::<usize>().is_err()) {
        return Err(AwsError::new(400, "InvalidNextTokenException", "The pagination token is invalid."));
    }
    Ok(page(all, token, call.value("MaxResults").as_u64(), 100))
}

fn check_name(name: &Value, field: &str) -> Result<(), AwsError> {
    let length = name.as_str().unwrap_or_default().chars().count();
    if (1..=1024).contains(&length) {
        return Ok(());
    }
    Err(invalid(&format!("{field} must have 1 to 1024 characters")))
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
