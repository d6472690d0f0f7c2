//! The types of the SDK for notifications.

use std::collections::BTreeSet;

use aws_sdk_budgets::error::BuildError;
use aws_sdk_budgets::types::{ComparisonOperator, Notification, Subscriber, SubscriptionType, ThresholdType};

use crate::plan::Threshold;

pub(crate) fn notification(threshold: &Threshold) -> Result<Notification, BuildError> {
    Notification::builder()
        .notification_type(threshold.notification_type.clone())
        .comparison_operator(ComparisonOperator::GreaterThan)
        .threshold(threshold.percent.into())
        .threshold_type(ThresholdType::Percentage)
        .build()
}

pub(crate) fn subscribers(emails: &BTreeSet<String>) -> Result<Vec<Subscriber>, BuildError> {
    emails.iter().map(|email| subscriber(email)).collect()
}

pub(crate) fn subscriber(email: &str) -> Result<Subscriber, BuildError> {
    Subscriber::builder().subscription_type(SubscriptionType::Email).address(email).build()
}
