use aws_sdk_costexplorer::config::retry::RetryConfig;
use aws_sdk_costexplorer::operation::get_anomaly_monitors::GetAnomalyMonitorsOutput;
use aws_sdk_costexplorer::operation::get_anomaly_subscriptions::GetAnomalySubscriptionsOutput;
use aws_sdk_costexplorer::types::{AnomalySubscriptionFrequency, Subscriber};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::body::SdkBody;

use super::*;

const ALL: &str = "arn:aws:ce::999999999999:anomalymonitor/all";
const OTHER: &str = "arn:aws:ce::999999999999:anomalymonitor/other";

fn monitor(arn: &str, of: MonitorType, dimension: Option<MonitorDimension>) -> AnomalyMonitor {
    let monitor = AnomalyMonitor::builder().monitor_arn(arn).monitor_name("a monitor").monitor_type(of);
    monitor.set_monitor_dimension(dimension).build().unwrap()
}

fn of_services() -> AnomalyMonitor {
    monitor(ALL, MonitorType::Dimensional, Some(MonitorDimension::Service))
}

fn subscription(monitor: &str, subscribers: &[SubscriberStatus]) -> AnomalySubscription {
    let subscriber = |status: &SubscriberStatus| Subscriber::builder().status(status.clone()).build();
    AnomalySubscription::builder()
        .subscription_name("a subscription")
        .frequency(AnomalySubscriptionFrequency::Daily)
        .monitor_arn_list(monitor)
        .set_subscribers(Some(subscribers.iter().map(subscriber).collect()))
        .build()
        .unwrap()
}

fn monitors(found: Vec<AnomalyMonitor>, next: Option<&'static str>) -> Rule {
    mock!(Client::get_anomaly_monitors).then_output(move || {
        let found = GetAnomalyMonitorsOutput::builder().set_anomaly_monitors(Some(found.clone()));
        found.set_next_page_token(next.map(str::to_owned)).build().unwrap()
    })
}

fn subscriptions(found: Vec<AnomalySubscription>) -> Rule {
    mock!(Client::get_anomaly_subscriptions).then_output(move || {
        let found = GetAnomalySubscriptionsOutput::builder().set_anomaly_subscriptions(Some(found.clone()));
        found.build().unwrap()
    })
}

/// The two responses for an organization with alerts.
pub(crate) fn configured() -> Vec<Rule> {
    let confirmed = subscription(ALL, &[SubscriberStatus::Confirmed]);
    vec![monitors(vec![of_services()], None), subscriptions(vec![confirmed])]
}

pub(crate) fn monitors_fail(code: &'static str) -> Rule {
    mock!(Client::get_anomaly_monitors).then_http_response(move || {
        let body = format!(r#"{{"__type":"{code}","message":"no"}}"#);
        Response::new(400.try_into().unwrap(), SdkBody::from(body))
    })
}

pub(crate) fn anomalies(rules: &[Rule]) -> Anomalies {
    anomalies_with(&Cache::new(TTL), rules)
}

fn anomalies_with(configured: &Cache<(), ()>, rules: &[Rule]) -> Anomalies {
    // Each rule returns one response, so the retries of the SDK are off.
    let once = RetryConfig::disabled();
    let client =
        mock_client!(aws_sdk_costexplorer, RuleMode::Sequential, rules, |config| config.retry_config(once.clone()));
    Anomalies::new(client, configured.clone())
}

/// Asserts that each rule is called once.
async fn problem(rules: Vec<Rule>) -> Option<String> {
    problem_with(&Cache::new(TTL), rules).await
}

async fn problem_with(configured: &Cache<(), ()>, rules: Vec<Rule>) -> Option<String> {
    let anomalies = anomalies_with(configured, &rules);
    let problem = anomalies.problem().await;
    for (index, rule) in rules.iter().enumerate() {
        assert_eq!(rule.num_calls(), 1, "calls of rule {index}");
    }
    problem
}

#[tokio::test]
async fn organization_with_alerts_takes_two_calls() {
    assert_eq!(problem(configured()).await, None);
}

#[tokio::test]
async fn only_configured_alerts_are_cached() {
    let cache = Cache::new(TTL);
    for failure in [monitors_fail("AccessDeniedException"), monitors(vec![], None)] {
        assert!(problem_with(&cache, vec![failure]).await.is_some());
    }
    assert_eq!(problem_with(&cache, configured()).await, None);
    assert_eq!(problem_with(&cache, vec![]).await, None);
}

#[tokio::test]
async fn linked_account_monitor_on_later_page_counts() {
    let of_accounts = monitor(ALL, MonitorType::Dimensional, Some(MonitorDimension::LinkedAccount));
    let mut rules = configured();
    rules[0] = monitors(vec![of_accounts], None);
    rules.insert(0, monitors(vec![monitor(OTHER, MonitorType::Custom, None)], Some("more")));
    assert_eq!(problem(rules).await, None);
}

#[tokio::test]
async fn missing_monitor_of_all_accounts_is_reported() {
    for found in [
        vec![],
        vec![monitor(OTHER, MonitorType::Custom, None)],
        vec![monitor(OTHER, MonitorType::Dimensional, Some(MonitorDimension::Tag))],
    ] {
        assert_eq!(problem(vec![monitors(found, None)]).await.as_deref(), Some(NO_ALERTS));
    }
}

#[tokio::test]
async fn missing_confirmed_subscription_is_reported() {
    for found in [
        vec![],
        vec![subscription(OTHER, &[SubscriberStatus::Confirmed])],
        vec![subscription(ALL, &[])],
        vec![subscription(ALL, &[SubscriberStatus::Declined])],
    ] {
        let rules = vec![monitors(vec![of_services()], None), subscriptions(found)];
        assert_eq!(problem(rules).await.as_deref(), Some(NO_ALERTS));
    }
}

#[tokio::test]
async fn read_failure_is_only_noted() {
    for code in ["AccessDeniedException", "LimitExceededException"] {
        let note = problem(vec![monitors_fail(code)]).await.unwrap();
        assert_eq!(note, format!("could not read the cost anomaly alerts: {code}"));
    }
}
