//! What the budget should be, and what differs from it; decided without a call.

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
    /// The emails of whom it warns.
    pub(crate) subscribers: BTreeSet<String>,
}

impl fmt::Display for Desired {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the budget {} of {} USD a month", self.name, self.amount_usd)
    }
}

/// A percentage of the budget at which AWS warns.
#[derive(Debug)]
pub(crate) struct Threshold {
    pub(crate) of: NotificationType,
    pub(crate) percent: u8,
}

/// All that a budget of ours warns of. AWS allows two more, which are whoever's they are.
pub(crate) const THRESHOLDS: [Threshold; 3] = [
    Threshold { of: NotificationType::Actual, percent: 80 },
    Threshold { of: NotificationType::Actual, percent: 100 },
    Threshold { of: NotificationType::Forecasted, percent: 100 },
];

impl fmt::Display for Threshold {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} costs over {} %", self.of.as_str().to_ascii_lowercase(), self.percent)
    }
}

impl Threshold {
    pub(crate) fn matches(&self, found: &Notification) -> bool {
        found.notification_type == self.of
            && found.comparison_operator == ComparisonOperator::GreaterThan
            && is_about(found.threshold, self.percent.into())
            && found.threshold_type().is_none_or(|of| *of == ThresholdType::Percentage)
    }
}

/// How costs are counted where nobody said otherwise: as they are invoiced. Without any metric AWS counts nothing.
pub(crate) const METRIC: Metric = Metric::UnblendedCost;

/// Whether the budget warns of the right amount for the right account.
///
/// How costs are counted is a matter that somebody may have settled: it is kept.
pub(crate) fn is_right(found: &Budget, desired: &Desired) -> bool {
    found.budget_type == BudgetType::Cost
        && found.time_unit == TimeUnit::Monthly
        && found.budget_limit().is_some_and(|limit| is_limit(limit, desired.amount_usd))
        && found.planned_budget_limits().is_none_or(HashMap::is_empty)
        && found.auto_adjust_data().is_none()
        && found.filter_expression().is_some_and(|filter| counts(filter, &desired.account_id))
        && !found.metrics().is_empty()
}

fn is_limit(found: &Spend, amount_usd: u32) -> bool {
    // AWS writes 500 as 500.0.
    let amount = found.amount().parse::<f64>();
    found.unit() == "USD" && amount.is_ok_and(|amount| is_about(amount, amount_usd.into()))
}

fn is_about(one: f64, other: f64) -> bool {
    (one - other).abs() < 0.005
}

/// Whether a filter leaves the costs of this one account, in whatever words AWS gives it back.
fn counts(filter: &Expression, account_id: &str) -> bool {
    let Expression { or, and, not, dimensions, tags, cost_categories, product_attributes, .. } = filter;
    let alone = not.is_none() && tags.is_none() && cost_categories.is_none() && product_attributes.is_none();
    let nested = [or.as_deref(), and.as_deref()].map(Option::unwrap_or_default).concat();
    alone
        && match (dimensions, nested.as_slice()) {
            (Some(dimension), []) => is_account(dimension, account_id),
            (None, [only]) => counts(only, account_id),
            _ => false,
        }
}

fn is_account(found: &ExpressionDimensionValues, account_id: &str) -> bool {
    let equals = |option: &MatchOption| matches!(option, MatchOption::Equals | MatchOption::CaseSensitive);
    found.key == Dimension::LinkedAccount && found.values == [account_id] && found.match_options().iter().all(equals)
}

/// One change of who hears of a threshold.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum SubscriberChange<'a> {
    Replace { from: &'a str, to: &'a str },
    Add(&'a str),
    Remove(&'a str),
}

/// The fewest changes, in an order that neither has too many subscribers at a time nor none, with whom AWS would
/// delete the notification.
pub(crate) fn subscriber_changes<'a>(found: &'a [String], wanted: &'a BTreeSet<String>) -> Vec<SubscriberChange<'a>> {
    let is_wanted = |email: &str| wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(email));
    let is_found = |email: &str| found.iter().any(|found| found.eq_ignore_ascii_case(email));
    let mut gone = found.iter().map(String::as_str).filter(|email| !is_wanted(email));
    let mut new = wanted.iter().map(String::as_str).filter(|email| !is_found(email));
    let mut changes = Vec::new();
    loop {
        changes.push(match (gone.next(), new.next()) {
            (Some(from), Some(to)) => SubscriberChange::Replace { from, to },
            (None, Some(to)) => SubscriberChange::Add(to),
            (Some(from), None) => SubscriberChange::Remove(from),
            (None, None) => return changes,
        });
    }
}

#[cfg(test)]
mod tests;
