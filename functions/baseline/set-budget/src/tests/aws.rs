//! Mock responses of AWS Budgets.

use aws_sdk_budgets::Client;
use aws_sdk_budgets::operation::create_budget::CreateBudgetOutput;
use aws_sdk_budgets::operation::create_notification::CreateNotificationOutput;
use aws_sdk_budgets::operation::create_subscriber::CreateSubscriberOutput;
use aws_sdk_budgets::operation::delete_subscriber::DeleteSubscriberOutput;
use aws_sdk_budgets::operation::describe_budget::DescribeBudgetOutput;
use aws_sdk_budgets::operation::describe_notifications_for_budget::DescribeNotificationsForBudgetOutput;
use aws_sdk_budgets::operation::describe_subscribers_for_notification::DescribeSubscribersForNotificationOutput;
use aws_sdk_budgets::operation::update_budget::UpdateBudgetOutput;
use aws_sdk_budgets::operation::update_subscriber::UpdateSubscriberOutput;
use aws_sdk_budgets::types::{
    Budget as AwsBudget, BudgetType, Dimension, Expression, ExpressionDimensionValues, Notification, Spend, Subscriber,
    SubscriptionType, TimeUnit,
};
use aws_smithy_mocks::{Rule, mock};
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::body::SdkBody;

use super::{ACCOUNT, FINANCE, MANAGEMENT, NAME, OWNER};
use crate::plan::{METRIC, THRESHOLDS};
use crate::types;

pub(super) fn spend(amount: &str) -> Spend {
    Spend::builder().amount(amount).unit("USD").build().unwrap()
}

pub(super) fn budget() -> AwsBudget {
    let account = ExpressionDimensionValues::builder().key(Dimension::LinkedAccount).values(ACCOUNT);
    AwsBudget::builder()
        .budget_name(NAME)
        .budget_type(BudgetType::Cost)
        .time_unit(TimeUnit::Monthly)
        .budget_limit(spend("500"))
        .filter_expression(Expression::builder().dimensions(account.build().unwrap()).build())
        .metrics(METRIC)
        .build()
        .unwrap()
}

pub(super) fn email(address: &str) -> Subscriber {
    Subscriber::builder().subscription_type(SubscriptionType::Email).address(address).build().unwrap()
}

pub(super) fn topic() -> Subscriber {
    let topic = Subscriber::builder().subscription_type(SubscriptionType::Sns);
    topic.address("arn:aws:sns:us-east-1:999999999999:costs").build().unwrap()
}

pub(super) fn threshold(index: usize) -> Notification {
    types::notification(&THRESHOLDS[index]).unwrap()
}

pub(super) fn error_response(code: &str, message: &str) -> Response {
    let body = format!(r#"{{"__type":"{code}","message":"{message}"}}"#);
    Response::new(400.try_into().unwrap(), SdkBody::from(body))
}

pub(super) fn absent() -> Rule {
    read_fails("NotFoundException")
}

pub(super) fn read_fails(code: &'static str) -> Rule {
    mock!(Client::describe_budget).then_http_response(move || error_response(code, "no"))
}

pub(super) fn found(budget: AwsBudget) -> Rule {
    mock!(Client::describe_budget)
        .match_requests(|request| {
            request.account_id() == Some(MANAGEMENT)
                && request.budget_name() == Some(NAME)
                && request.show_filter_expression() == Some(true)
        })
        .then_output(move || DescribeBudgetOutput::builder().budget(budget.clone()).build())
}

pub(super) fn created(subscribers: &'static [&'static str]) -> Rule {
    mock!(Client::create_budget)
        .match_requests(move |request| {
            let notifications = request.notifications_with_subscribers();
            let subscribers: Vec<Subscriber> = subscribers.iter().map(|address| email(address)).collect();
            let expected = if subscribers.is_empty() { 0 } else { THRESHOLDS.len() };
            request.account_id() == Some(MANAGEMENT)
                && request.budget() == Some(&budget())
                && notifications.len() == expected
                && notifications.iter().enumerate().all(|(index, notification)| {
                    notification.notification() == Some(&threshold(index)) && notification.subscribers() == subscribers
                })
        })
        .then_output(|| CreateBudgetOutput::builder().build())
}

pub(super) fn creation_fails(code: &'static str) -> Rule {
    mock!(Client::create_budget).then_http_response(move || error_response(code, "no owner@example.com, please"))
}

pub(super) fn updated(expected: AwsBudget) -> Rule {
    mock!(Client::update_budget)
        .match_requests(move |request| {
            request.account_id() == Some(MANAGEMENT) && request.new_budget() == Some(&expected)
        })
        .then_output(|| UpdateBudgetOutput::builder().build())
}

pub(super) fn notified(found: Vec<Notification>) -> Rule {
    mock!(Client::describe_notifications_for_budget)
        .match_requests(|request| request.account_id() == Some(MANAGEMENT) && request.budget_name() == Some(NAME))
        .then_output(move || {
            DescribeNotificationsForBudgetOutput::builder().set_notifications(Some(found.clone())).build()
        })
}

pub(super) fn all() -> Vec<Notification> {
    vec![threshold(0), threshold(1), threshold(2)]
}

pub(super) fn subscribed(index: usize, found: Vec<Subscriber>) -> Rule {
    mock!(Client::describe_subscribers_for_notification)
        .match_requests(move |request| {
            request.account_id() == Some(MANAGEMENT)
                && request.budget_name() == Some(NAME)
                && request.notification() == Some(&threshold(index))
        })
        .then_output(move || {
            DescribeSubscribersForNotificationOutput::builder().set_subscribers(Some(found.clone())).build()
        })
}

pub(super) fn both() -> Vec<Subscriber> {
    vec![email(FINANCE), email(OWNER)]
}

pub(super) fn notification_created(index: usize) -> Rule {
    mock!(Client::create_notification)
        .match_requests(move |request| {
            request.account_id() == Some(MANAGEMENT)
                && request.budget_name() == Some(NAME)
                && request.notification() == Some(&threshold(index))
                && request.subscribers() == both()
        })
        .then_output(|| CreateNotificationOutput::builder().build())
}

pub(super) fn replaced(index: usize, from: &'static str, to: &'static str) -> Rule {
    mock!(Client::update_subscriber)
        .match_requests(move |request| {
            request.account_id() == Some(MANAGEMENT)
                && request.budget_name() == Some(NAME)
                && request.notification() == Some(&threshold(index))
                && request.old_subscriber() == Some(&email(from))
                && request.new_subscriber() == Some(&email(to))
        })
        .then_output(|| UpdateSubscriberOutput::builder().build())
}

pub(super) fn added(index: usize, address: &'static str) -> Rule {
    mock!(Client::create_subscriber)
        .match_requests(move |request| {
            request.account_id() == Some(MANAGEMENT)
                && request.budget_name() == Some(NAME)
                && request.notification() == Some(&threshold(index))
                && request.subscriber() == Some(&email(address))
        })
        .then_output(|| CreateSubscriberOutput::builder().build())
}

pub(super) fn removed(index: usize, address: &'static str) -> Rule {
    mock!(Client::delete_subscriber)
        .match_requests(move |request| {
            request.account_id() == Some(MANAGEMENT)
                && request.budget_name() == Some(NAME)
                && request.notification() == Some(&threshold(index))
                && request.subscriber() == Some(&email(address))
        })
        .then_output(|| DeleteSubscriberOutput::builder().build())
}

/// The reads of a budget that is up to date.
pub(super) fn up_to_date_reads() -> Vec<Rule> {
    vec![found(budget()), notified(all()), subscribed(0, both()), subscribed(1, both()), subscribed(2, both())]
}
