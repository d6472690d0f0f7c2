//! A subscription to cost anomaly alerts, as the manifest wants it and as it is in AWS.

use std::collections::BTreeSet;

use aws_sdk_costexplorer::types::{
    AnomalySubscription, AnomalySubscriptionFrequency, Dimension, DimensionValues, Expression, MatchOption, Subscriber,
    SubscriberStatus, SubscriberType,
};
use serde_json::Number;
use vending_manifest::CostAnomalies;

/// AWS sends emails once a day or once a week.
pub(crate) const FREQUENCY: AnomalySubscriptionFrequency = AnomalySubscriptionFrequency::Daily;

/// What the manifest wants.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// Emails in lower case.
    pub(crate) subscribers: BTreeSet<String>,
    pub(crate) from_usd: Number,
}

impl Wanted {
    pub(crate) fn new(wanted: &CostAnomalies) -> Self {
        let subscribers = wanted.subscribers.iter().map(ToString::to_string).collect();
        Self { subscribers, from_usd: wanted.from_usd.clone() }
    }

    pub(crate) fn sdk_subscribers(&self) -> Vec<Subscriber> {
        let subscriber = |email: &String| Subscriber::builder().r#type(SubscriberType::Email).address(email).build();
        self.subscribers.iter().map(subscriber).collect()
    }

    pub(crate) fn threshold(&self) -> Expression {
        let from = DimensionValues::builder()
            .key(Dimension::AnomalyTotalImpactAbsolute)
            .match_options(MatchOption::GreaterThanOrEqual)
            // Without an exponent.
            .values(self.from_usd.as_f64().unwrap_or_default().to_string())
            .build();
        Expression::builder().dimensions(from).build()
    }
}

/// A subscription in AWS.
#[derive(Debug)]
pub(crate) struct Subscription {
    pub(crate) arn: String,
    /// Emails in lower case, and ARNs of SNS topics.
    pub(crate) subscribers: BTreeSet<String>,
    /// How many of them declined the alerts.
    pub(crate) declined: usize,
    /// `None` for another condition than an amount.
    pub(crate) from_usd: Option<Number>,
    pub(crate) frequency: AnomalySubscriptionFrequency,
    pub(crate) monitors: Vec<String>,
}

impl Subscription {
    /// Returns `None` for a subscription without an ARN, which AWS does not return.
    pub(crate) fn read(found: AnomalySubscription) -> Option<Self> {
        let from_usd = amount(&found);
        let declined = found.subscribers.iter().filter(|one| one.status == Some(SubscriberStatus::Declined)).count();
        Some(Self {
            arn: found.subscription_arn?,
            subscribers: found.subscribers.into_iter().filter_map(address).collect(),
            declined,
            from_usd,
            frequency: found.frequency,
            monitors: found.monitor_arn_list,
        })
    }

    pub(crate) fn alerts_from(&self, wanted: &Wanted) -> bool {
        let amounts = self.from_usd.as_ref().and_then(Number::as_f64).zip(wanted.from_usd.as_f64());
        amounts.is_some_and(|(found, wanted)| found.total_cmp(&wanted).is_eq())
    }

    pub(crate) fn is_daily(&self) -> bool {
        self.frequency == FREQUENCY
    }
}

fn address(subscriber: Subscriber) -> Option<String> {
    let address = subscriber.address?;
    Some(if subscriber.r#type == Some(SubscriberType::Email) { address.to_lowercase() } else { address })
}

/// The impact from which there is an alert, if the only condition is that an anomaly has it.
fn amount(found: &AnomalySubscription) -> Option<Number> {
    let expression = found.threshold_expression.as_ref()?;
    let dimensions = expression.dimensions.as_ref()?;
    let is_amount = dimensions.key == Some(Dimension::AnomalyTotalImpactAbsolute)
        && dimensions.match_options() == [MatchOption::GreaterThanOrEqual];
    let is_alone = expression.or().is_empty() && expression.and().is_empty() && expression.not.is_none();
    match dimensions.values() {
        [amount] if is_amount && is_alone => amount.parse().ok(),
        _ => None,
    }
}
