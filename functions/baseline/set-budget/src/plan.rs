//! Compares the budget with the desired one. It makes no AWS calls.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use aws_sdk_budgets::types::{
    Budget, BudgetType, ComparisonOperator, Dimension, Expression, ExpressionDimensionValues, MatchOption, Metric,
    Notification, NotificationType, Spend, ThresholdType, TimeUnit,
};

#[derive(Debug)]
pub(crate) struct Desired {
    pub(crate) name: String,
    pub(crate) account_id: String,
    pub(crate) amount_usd: u32,
    /// The emails that the budget notifies.
    pub(crate) subscribers: BTreeSet<String>,
}

impl fmt::Display for Desired {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the budget {} of {} USD a month", self.name, self.amount_usd)
    }
}

/// A percentage of the budget at which AWS sends a notification.
#[derive(Debug)]
pub(crate) struct Threshold {
    pub(crate) notification_type: NotificationType,
    pub(crate) percent: u8,
}

/// The thresholds of the step. AWS allows two more notifications, which the step does not change.
pub(crate) const THRESHOLDS: [Threshold; 3] = [
    Threshold { notification_type: NotificationType::Actual, percent: 80 },
    Threshold { notification_type: NotificationType::Actual, percent: 100 },
    Threshold { notification_type: NotificationType::Forecasted, percent: 100 },
];

impl fmt::Display for Threshold {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} costs over {}%", self.notification_type.as_str().to_ascii_lowercase(), self.percent)
    }
}

impl Threshold {
    pub(crate) fn matches(&self, found: &Notification) -> bool {
        found.notification_type == self.notification_type
            && found.comparison_operator == ComparisonOperator::GreaterThan
            && is_about(found.threshold, self.percent.into())
            && found.threshold_type().is_none_or(|kind| *kind == ThresholdType::Percentage)
    }
}

/// The metric of a new budget: costs as they are invoiced. AWS counts nothing without a metric.
pub(crate) const METRIC: Metric = Metric::UnblendedCost;

/// Whether the budget has the desired amount and filter.
///
/// Any metric is accepted, because the platform team may have chosen it.
pub(crate) fn is_up_to_date(found: &Budget, desired: &Desired) -> bool {
    found.budget_type == BudgetType::Cost
        && found.time_unit == TimeUnit::Monthly
        && found.budget_limit().is_some_and(|limit| is_limit(limit, desired.amount_usd))
        && found.planned_budget_limits().is_none_or(HashMap::is_empty)
        && found.auto_adjust_data().is_none()
        && found.filter_expression().is_some_and(|filter| selects_account(filter, &desired.account_id))
        && !found.metrics().is_empty()
}

fn is_limit(found: &Spend, amount_usd: u32) -> bool {
    // AWS returns 500 as 500.0.
    let amount = found.amount().parse::<f64>();
    found.unit() == "USD" && amount.is_ok_and(|amount| is_about(amount, amount_usd.into()))
}

fn is_about(one: f64, other: f64) -> bool {
    (one - other).abs() < 0.005
}

/// Whether a filter selects the costs of exactly this account, in any of the forms that AWS can return.
fn selects_account(filter: &Expression, account_id: &str) -> bool {
    let Expression { or, and, not, dimensions, tags, cost_categories, product_attributes, .. } = filter;
    let has_no_other_filter =
        not.is_none() && tags.is_none() && cost_categories.is_none() && product_attributes.is_none();
    let nested = [or.as_deref(), and.as_deref()].map(Option::unwrap_or_default).concat();
    has_no_other_filter
        && match (dimensions, nested.as_slice()) {
            (Some(dimension), []) => is_account(dimension, account_id),
            (None, [only]) => selects_account(only, account_id),
            _ => false,
        }
}

fn is_account(found: &ExpressionDimensionValues, account_id: &str) -> bool {
    let equals = |option: &MatchOption| matches!(option, MatchOption::Equals | MatchOption::CaseSensitive);
    found.key == Dimension::LinkedAccount && found.values == [account_id] && found.match_options().iter().all(equals)
}

/// A change of the subscribers of a threshold.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum SubscriberChange<'a> {
    Replace { from: &'a str, to: &'a str },
    Add(&'a str),
    Remove(&'a str),
}

/// The fewest changes, in an order that never exceeds the limit of subscribers and never leaves none: AWS deletes a
/// notification without subscribers.
pub(crate) fn subscriber_changes<'a>(found: &'a [String], wanted: &'a BTreeSet<String>) -> Vec<SubscriberChange<'a>> {
    let is_wanted = |email: &str| wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(email));
    let is_found = |email: &str| found.iter().any(|found| found.eq_ignore_ascii_case(email));
    let mut obsolete = found.iter().map(String::as_str).filter(|email| !is_wanted(email));
    let mut new = wanted.iter().map(String::as_str).filter(|email| !is_found(email));
    let mut changes = Vec::new();
    loop {
        changes.push(match (obsolete.next(), new.next()) {
            (Some(from), Some(to)) => SubscriberChange::Replace { from, to },
            (None, Some(to)) => SubscriberChange::Add(to),
            (Some(from), None) => SubscriberChange::Remove(from),
            (None, None) => return changes,
        });
    }
}

#[cfg(test)]
mod tests;
