use aws_config::BehaviorVersion;
use aws_sdk_budgets::Client;
use aws_sdk_budgets::config::retry::RetryConfig;
use aws_sdk_budgets::types::{Budget as AwsBudget, HealthStatus, Metric};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use vending_core::{AccountRequest, fixtures};

use super::*;
use crate::anomalies::tests as alerts;
use crate::tests::aws::*;

mod aws;

const MANAGEMENT: &str = "999999999999";
const ACCOUNT: &str = "111111111111";
const NAME: &str = "account-vending-111111111111";
const OWNER: &str = "owner@example.com";
const FINANCE: &str = "finance@example.com";

fn step() -> SetBudget {
    let config = SdkConfig::builder().behavior_version(BehaviorVersion::latest()).build();
    SetBudget::new(&config, &Environment::from_fn(|_| Some(MANAGEMENT.to_owned()))).unwrap()
}

fn request(amount: Option<u32>, owner: Option<&str>) -> AccountRequest {
    AccountRequest {
        monthly_budget_usd: amount,
        owner: owner.map(|owner| owner.parse().unwrap()),
        ..fixtures::account_request()
    }
}

/// The input of a stack with a default budget of 50 USD and one subscriber for all budgets.
fn input(age: Duration, request: AccountRequest) -> BaselineInput {
    let mut input = BaselineInput { request, ..fixtures::baseline_input(age) };
    input.settings.monthly_budget_usd = Some(50);
    input.settings.budget_subscribers = vec![FINANCE.parse().unwrap()];
    input
}

fn fresh() -> BaselineInput {
    input(Duration::ZERO, request(Some(500), Some(OWNER)))
}

type Run = Result<(Converged, Vec<String>), StepError>;

/// Converges. Asserts that each rule is called once.
async fn run(input: &BaselineInput, changes: Changes, rules: &[Rule], anomalies: &[Rule]) -> Run {
    // Each rule returns one response, so the retries of the SDK are off.
    let once = RetryConfig::disabled();
    let budgets =
        mock_client!(aws_sdk_budgets, RuleMode::Sequential, rules, |config| config.retry_config(once.clone()));
    let account = ManagementAccount { budgets, anomalies: alerts::anomalies(anomalies) };
    let converged = step().converge(&account, input, &changes).await;
    for (index, rule) in rules.iter().enumerate() {
        assert_eq!(rule.num_calls(), 1, "calls of rule {index}");
    }
    Ok((converged?, changes.into_names()))
}

async fn made(rules: &[Rule]) -> Vec<String> {
    run(&fresh(), Changes::apply(), rules, &alerts::configured()).await.unwrap().1
}

async fn failure(age: Duration, rules: &[Rule]) -> StepError {
    let input = input(age, request(Some(500), Some(OWNER)));
    run(&input, Changes::apply(), rules, &[]).await.unwrap_err()
}

fn up_to_date() -> Converged {
    Converged::new("the budget account-vending-111111111111 of 500 USD a month is up to date")
}

#[tokio::test]
async fn new_account_gets_its_budget_in_one_call() {
    let made = made(&[absent(), created(&[FINANCE, OWNER])]).await;
    assert_eq!(made, ["created the budget account-vending-111111111111 of 500 USD a month"]);
}

#[tokio::test]
async fn only_the_budget_is_read_back() {
    let rules = [vec![absent(), created(&[FINANCE, OWNER])], up_to_date_reads()].concat();
    let anomalies = alerts::configured();
    let budgets = mock_client!(aws_sdk_budgets, RuleMode::Sequential, &rules);
    let account = &ManagementAccount { budgets, anomalies: alerts::anomalies(&anomalies) };
    let (step, input) = (&step(), &fresh());
    let converge = |changes| async move { step.converge(account, input, &changes).await };
    let (converged, _) = Changes::apply_and_read_back(converge).await.unwrap();
    assert_eq!(converged, up_to_date());
    assert!(rules.iter().chain(&anomalies).all(|rule| rule.num_calls() == 1));
}

#[tokio::test]
async fn up_to_date_budget_takes_five_reads() {
    let (converged, made) = run(&fresh(), Changes::apply(), &up_to_date_reads(), &alerts::configured()).await.unwrap();
    assert!(made.is_empty());
    assert_eq!(converged, up_to_date());
}

#[tokio::test]
async fn amount_is_updated_and_metric_is_kept() {
    let mut existing = budget();
    existing.budget_limit = Some(spend("400.0"));
    existing.metrics = Some(vec![Metric::AmortizedCost]);
    let mut expected = budget();
    expected.metrics.clone_from(&existing.metrics);
    let mut rules = up_to_date_reads();
    rules[0] = found(existing);
    rules.insert(1, updated(expected));
    assert_eq!(made(&rules).await, ["updated the budget account-vending-111111111111 of 500 USD a month"]);
}

#[tokio::test]
async fn missing_filter_or_metric_is_repaired() {
    let edits: [fn(&mut AwsBudget); 2] = [|budget| budget.filter_expression = None, |budget| budget.metrics = None];
    for edit in edits {
        let mut existing = budget();
        edit(&mut existing);
        let mut rules = up_to_date_reads();
        rules[0] = found(existing);
        rules.insert(1, updated(budget()));
        assert_eq!(made(&rules).await.len(), 1);
    }
}

#[tokio::test]
async fn missing_notification_is_added_others_are_kept() {
    let mut existing = threshold(0);
    existing.threshold = 50.0;
    let rules = [
        found(budget()),
        notified(vec![existing, threshold(0), threshold(2)]),
        subscribed(0, both()),
        notification_created(1),
        subscribed(2, both()),
    ];
    assert_eq!(made(&rules).await, ["added a notification for actual costs over 100%"]);
}

#[tokio::test]
async fn budget_without_notifications_gets_all() {
    let nothing = mock!(Client::describe_notifications_for_budget)
        .then_http_response(|| error_response("NotFoundException", "no notifications"));
    for none in [notified(vec![]), nothing] {
        let rules = [found(budget()), none, notification_created(0), notification_created(1), notification_created(2)];
        assert_eq!(made(&rules).await.len(), 3);
    }
}

#[tokio::test]
async fn new_owner_replaces_the_old_subscriber() {
    let before = || vec![email("former@example.com"), topic(), email(FINANCE)];
    let mut rules = vec![found(budget()), notified(all())];
    for index in 0..3 {
        rules.extend([subscribed(index, before()), replaced(index, "former@example.com", OWNER)]);
    }
    let made = made(&rules).await;
    assert_eq!(
        made,
        [
            "updated the subscribers for actual costs over 80%",
            "updated the subscribers for actual costs over 100%",
            "updated the subscribers for forecasted costs over 100%"
        ]
    );
}

#[tokio::test]
async fn subscribers_are_added_and_removed() {
    let mut too_many = both();
    too_many.push(email("former@example.com"));
    let no_subscribers = mock!(Client::describe_subscribers_for_notification)
        .then_http_response(|| error_response("NotFoundException", "no subscribers"));
    let rules = [
        found(budget()),
        notified(all()),
        subscribed(0, vec![email(OWNER), topic()]),
        added(0, FINANCE),
        subscribed(1, too_many),
        removed(1, "former@example.com"),
        no_subscribers,
        added(2, FINANCE),
        added(2, OWNER),
    ];
    assert_eq!(made(&rules).await.len(), 3);
}

#[tokio::test]
async fn plan_lists_changes_and_makes_none() {
    let listed = |rules: Vec<Rule>| async move {
        run(&fresh(), Changes::plan(), &rules, &alerts::configured()).await.unwrap().1
    };
    assert_eq!(listed(vec![absent()]).await.len(), 1);
    let mut existing = budget();
    existing.budget_limit = None;
    let rules =
        vec![found(existing), notified(vec![threshold(0), threshold(1)]), subscribed(0, vec![]), subscribed(1, both())];
    assert_eq!(
        listed(rules).await,
        [
            "updated the budget account-vending-111111111111 of 500 USD a month",
            "updated the subscribers for actual costs over 80%",
            "added a notification for forecasted costs over 100%"
        ]
    );
}

#[tokio::test]
async fn budget_without_subscribers_is_noted() {
    let mut input = input(Duration::ZERO, request(Some(500), None));
    input.settings.budget_subscribers.clear();
    for rules in [vec![absent(), created(&[])], vec![found(budget())]] {
        let budgets = mock_client!(aws_sdk_budgets, RuleMode::Sequential, &rules);
        let account = ManagementAccount { budgets, anomalies: alerts::anomalies(&alerts::configured()) };
        let converged = step().converge(&account, &input, &Changes::apply()).await.unwrap();
        assert_eq!(converged, up_to_date().with_note(NO_SUBSCRIBERS));
        assert!(rules.iter().all(|rule| rule.num_calls() == 1));
    }
}

#[tokio::test]
async fn unreadable_anomaly_alerts_are_only_noted() {
    let anomalies = [alerts::monitors_fail("AccessDeniedException")];
    let (converged, _) = run(&fresh(), Changes::apply(), &up_to_date_reads(), &anomalies).await.unwrap();
    let note = "could not read the cost anomaly alerts: AccessDeniedException";
    assert_eq!(converged, up_to_date().with_note(note));
}

#[tokio::test]
async fn budget_that_aws_does_not_update_is_noted() {
    let health = HealthStatus::builder().status(HealthStatusValue::Unhealthy);
    let mut unhealthy = budget();
    unhealthy.health_status = Some(health.status_reason(HealthStatusReason::FilterInvalid).build());
    let mut rules = up_to_date_reads();
    rules[0] = found(unhealthy);
    let (converged, _) = run(&fresh(), Changes::apply(), &rules, &alerts::configured()).await.unwrap();
    let note =
        "AWS does not update the budget (FILTER_INVALID): if this persists for a day, check the budget in the console";
    assert_eq!(converged, up_to_date().with_note(note));
}

#[tokio::test]
async fn budget_rejected_for_new_account_is_pending() {
    let rules = || [absent(), creation_fails("InvalidParameterException")];
    assert_eq!(failure(Duration::ZERO, &rules()).await.code(), ErrorCode::NotReady);
    assert_eq!(failure(Duration::days(2), &rules()).await.code(), ErrorCode::InvalidRequest);

    let older = input(Duration::hours(1), request(Some(500), Some(OWNER)));
    let (converged, made) = run(&older, Changes::apply(), &rules(), &alerts::configured()).await.unwrap();
    assert!(made.is_empty());
    let note = "could not create the budget: InvalidParameterException: no (an email) please; AWS billing can take a day to recognize a new account: send the same request again tomorrow";
    let missing = Converged::new("the budget account-vending-111111111111 of 500 USD a month is not created yet");
    assert_eq!(converged, missing.pending().with_note(note));
}

#[tokio::test]
async fn budgets_errors_map_to_error_codes() {
    for (code, expected) in [
        ("ThrottlingException", ErrorCode::Throttled),
        ("InternalErrorException", ErrorCode::ServiceUnavailable),
        ("BillingViewHealthStatusException", ErrorCode::ServiceUnavailable),
        ("DuplicateRecordException", ErrorCode::NotReady),
        ("NotFoundException", ErrorCode::NotReady),
        ("CreationLimitExceededException", ErrorCode::InvalidConfiguration),
        ("ServiceQuotaExceededException", ErrorCode::InvalidConfiguration),
        ("AccessDeniedException", ErrorCode::AccessDenied),
    ] {
        let error = failure(Duration::days(2), &[absent(), creation_fails(code)]).await;
        assert_eq!(error.code(), expected, "{code}");
        assert!(!error.to_string().contains(OWNER), "{error}");
    }
}

#[tokio::test]
async fn access_denied_is_permanent_at_any_age() {
    for age in [Duration::ZERO, Duration::DAY] {
        let rules = [read_fails("AccessDeniedException")];
        assert_eq!(failure(age, &rules).await.code(), ErrorCode::AccessDenied);
    }
}

#[tokio::test]
async fn concurrent_notification_change_is_retried() {
    let taken =
        mock!(Client::create_notification).then_http_response(|| error_response("DuplicateRecordException", "no"));
    let error = failure(Duration::DAY, &[found(budget()), notified(vec![]), taken]).await;
    assert_eq!(error.code(), ErrorCode::NotReady);
    let missing_subscriber =
        mock!(Client::update_subscriber).then_http_response(|| error_response("NotFoundException", "no"));
    let rules = [
        found(budget()),
        notified(all()),
        subscribed(0, vec![email(FINANCE), email("former@example.com")]),
        missing_subscriber,
    ];
    assert_eq!(failure(Duration::DAY, &rules).await.code(), ErrorCode::NotReady);
}

#[test]
fn request_overrides_the_budget_of_the_settings() {
    let mut input = input(Duration::ZERO, request(Some(500), None));
    assert_eq!(amount(&input), Some(500));
    input.request.monthly_budget_usd = None;
    assert_eq!(amount(&input), Some(50));
    assert_eq!(step().skip_reason(&input), None);
    input.settings.monthly_budget_usd = None;
    let why = step().skip_reason(&input).unwrap();
    assert_eq!(why, "neither the request nor the manifest has a monthlyBudgetUsd for accounts in Sandbox");
}

#[test]
fn owner_among_the_subscribers_is_listed_once() {
    let input = input(Duration::ZERO, request(None, Some(FINANCE)));
    assert_eq!(desired(&input).subscribers.len(), 1);
}
