use aws_config::BehaviorVersion;
use aws_sdk_budgets::Client;
use aws_sdk_budgets::config::retry::RetryConfig;
use aws_sdk_budgets::types::{Budget as Found, HealthStatus, Metric};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use vending_core::{AccountRequest, samples};

use super::*;
use crate::anomalies::tests as watch;
use crate::tests::aws::*;

mod aws;

const MANAGEMENT: &str = "999999999999";
const ACCOUNT: &str = "111111111111";
const NAME: &str = "account-vending-111111111111";
const OWNER: &str = "owner@example.com";
const FINANCE: &str = "finance@example.com";

/// A stack where accounts in Sandbox have a budget of 50 USD, and finance hears of every budget.
fn step() -> SetBudget {
    start(|name| {
        let value = match name {
            "MANAGEMENT_ACCOUNT_ID" => MANAGEMENT,
            "MONTHLY_BUDGETS_USD" => "Sandbox=50",
            "BUDGET_SUBSCRIBERS" => FINANCE,
            _ => return None,
        };
        Some(value.to_owned())
    })
    .unwrap()
}

fn start(variables: fn(&str) -> Option<String>) -> Result<SetBudget, String> {
    let config = SdkConfig::builder().behavior_version(BehaviorVersion::latest()).build();
    SetBudget::new(&config, &Environment::of(variables)).map_err(|error| error.to_string())
}

fn request(unit: &str, amount: Option<u32>, owner: Option<&str>) -> AccountRequest {
    AccountRequest {
        organizational_unit: unit.parse().unwrap(),
        monthly_budget_usd: amount,
        owner: owner.map(|owner| owner.parse().unwrap()),
        ..samples::account_request()
    }
}

fn input(age: Duration, request: AccountRequest) -> BaselineInput {
    BaselineInput { request, ..samples::baseline_input(age) }
}

fn fresh() -> BaselineInput {
    input(Duration::ZERO, request("Sandbox", Some(500), Some(OWNER)))
}

type Run = Result<(Converged, Vec<String>), StepError>;

/// Every rule is called once, in order, and nothing else is called.
async fn run(input: &BaselineInput, changes: Changes, rules: &[Rule], anomalies: &[Rule]) -> Run {
    // A rule answers once: the SDK's own retries would find none.
    let once = RetryConfig::disabled();
    let budgets =
        mock_client!(aws_sdk_budgets, RuleMode::Sequential, rules, |config| config.retry_config(once.clone()));
    let account = ManagementAccount { budgets, anomalies: watch::anomalies(anomalies) };
    let converged = step().converge(&account, input, &changes).await;
    for (index, rule) in rules.iter().enumerate() {
        assert_eq!(rule.num_calls(), 1, "calls of rule {index}");
    }
    Ok((converged?, changes.into_list()))
}

async fn made(rules: &[Rule]) -> Vec<String> {
    run(&fresh(), Changes::to_make(), rules, &watch::watched()).await.unwrap().1
}

async fn refused(age: Duration, rules: &[Rule]) -> StepError {
    let input = input(age, request("Sandbox", Some(500), Some(OWNER)));
    run(&input, Changes::to_make(), rules, &[]).await.unwrap_err()
}

fn stands() -> Converged {
    Converged::new("the budget account-vending-111111111111 of 500 USD a month stands")
}

#[tokio::test]
async fn a_fresh_account_gets_its_budget_with_all_warnings_in_one_call() {
    let made = made(&[absent(), created(&[FINANCE, OWNER])]).await;
    assert_eq!(made, ["created the budget account-vending-111111111111 of 500 USD a month"]);
}

#[tokio::test]
async fn a_budget_that_stands_takes_five_looks_and_no_change() {
    let (converged, made) = run(&fresh(), Changes::to_make(), &standing(), &watch::watched()).await.unwrap();
    assert!(made.is_empty());
    assert_eq!(converged, stands());
}

#[tokio::test]
async fn another_amount_is_put_right_and_what_is_not_ours_to_say_is_kept() {
    let mut theirs = budget();
    theirs.budget_limit = Some(spend("400.0"));
    theirs.metrics = Some(vec![Metric::AmortizedCost]);
    let mut ours = budget();
    ours.metrics.clone_from(&theirs.metrics);
    let mut rules = standing();
    rules[0] = found(theirs);
    rules.insert(1, updated(ours));
    assert_eq!(made(&rules).await, ["changed the budget account-vending-111111111111 of 500 USD a month"]);
}

#[tokio::test]
async fn a_filter_or_metric_that_is_missing_is_put_right() {
    let edits: [fn(&mut Found); 2] = [|budget| budget.filter_expression = None, |budget| budget.metrics = None];
    for edit in edits {
        let mut theirs = budget();
        edit(&mut theirs);
        let mut rules = standing();
        rules[0] = found(theirs);
        rules.insert(1, updated(budget()));
        assert_eq!(made(&rules).await.len(), 1);
    }
}

#[tokio::test]
async fn a_missing_warning_is_added_and_those_of_others_are_left_alone() {
    let mut theirs = threshold(0);
    theirs.threshold = 50.0;
    let rules = [
        found(budget()),
        notified(vec![theirs, threshold(0), threshold(2)]),
        subscribed(0, both()),
        notification_created(1),
        subscribed(2, both()),
    ];
    assert_eq!(made(&rules).await, ["made the budget warn of actual costs over 100 %"]);
}

#[tokio::test]
async fn a_budget_without_warnings_gets_all() {
    let nothing = mock!(Client::describe_notifications_for_budget)
        .then_http_response(|| refusal("NotFoundException", "no notifications"));
    for none in [notified(vec![]), nothing] {
        let rules = [found(budget()), none, notification_created(0), notification_created(1), notification_created(2)];
        assert_eq!(made(&rules).await.len(), 3);
    }
}

#[tokio::test]
async fn a_new_owner_hears_of_costs_instead_of_the_old_one() {
    let before = || vec![email("former@example.com"), topic(), email(FINANCE)];
    let mut rules = vec![found(budget()), notified(all())];
    for index in 0..3 {
        rules.extend([subscribed(index, before()), replaced(index, "former@example.com", OWNER)]);
    }
    let made = made(&rules).await;
    assert_eq!(
        made,
        [
            "changed who hears of actual costs over 80 %",
            "changed who hears of actual costs over 100 %",
            "changed who hears of forecasted costs over 100 %"
        ]
    );
}

#[tokio::test]
async fn one_subscriber_too_few_is_added_and_one_too_many_removed() {
    let mut too_many = both();
    too_many.push(email("former@example.com"));
    let nobody = mock!(Client::describe_subscribers_for_notification)
        .then_http_response(|| refusal("NotFoundException", "no subscribers"));
    let rules = [
        found(budget()),
        notified(all()),
        subscribed(0, vec![email(OWNER), topic()]),
        added(0, FINANCE),
        subscribed(1, too_many),
        removed(1, "former@example.com"),
        nobody,
        added(2, FINANCE),
        added(2, OWNER),
    ];
    assert_eq!(made(&rules).await.len(), 3);
}

#[tokio::test]
async fn a_look_alone_lists_and_changes_nothing() {
    let listed =
        |rules: Vec<Rule>| async move { run(&fresh(), Changes::to_list(), &rules, &watch::watched()).await.unwrap().1 };
    assert_eq!(listed(vec![absent()]).await.len(), 1);
    let mut theirs = budget();
    theirs.budget_limit = None;
    let rules =
        vec![found(theirs), notified(vec![threshold(0), threshold(1)]), subscribed(0, vec![]), subscribed(1, both())];
    assert_eq!(
        listed(rules).await,
        [
            "changed the budget account-vending-111111111111 of 500 USD a month",
            "changed who hears of actual costs over 80 %",
            "made the budget warn of forecasted costs over 100 %"
        ]
    );
}

#[tokio::test]
async fn a_budget_that_nobody_hears_of_says_so() {
    let mut silent = step();
    silent.subscribers.clear();
    let input = input(Duration::ZERO, request("Sandbox", Some(500), None));
    for rules in [vec![absent(), created(&[])], vec![found(budget())]] {
        let budgets = mock_client!(aws_sdk_budgets, RuleMode::Sequential, &rules);
        let account = ManagementAccount { budgets, anomalies: watch::anomalies(&watch::watched()) };
        let converged = silent.converge(&account, &input, &Changes::to_make()).await.unwrap();
        assert_eq!(converged, stands().with_note(NOBODY_HEARS));
        assert!(rules.iter().all(|rule| rule.num_calls() == 1));
    }
}

#[tokio::test]
async fn cost_anomalies_that_cannot_be_seen_are_no_failure() {
    let anomalies = [watch::refused("AccessDeniedException")];
    let (converged, _) = run(&fresh(), Changes::to_make(), &standing(), &anomalies).await.unwrap();
    let note = "could not see whether cost anomalies are watched: AccessDeniedException";
    assert_eq!(converged, stands().with_note(note));
}

#[tokio::test]
async fn a_budget_that_aws_does_not_update_says_so() {
    let health = HealthStatus::builder().status(HealthStatusValue::Unhealthy);
    let mut unhealthy = budget();
    unhealthy.health_status = Some(health.status_reason(HealthStatusReason::FilterInvalid).build());
    let mut rules = standing();
    rules[0] = found(unhealthy);
    let (converged, _) = run(&fresh(), Changes::to_make(), &rules, &watch::watched()).await.unwrap();
    let note = "AWS does not update it (FILTER_INVALID): look at it in the console if that stays so for a day";
    assert_eq!(converged, stands().with_note(note));
}

#[tokio::test]
async fn an_account_that_is_too_new_for_a_budget_is_waited_for_but_not_held_back() {
    let rules = || [absent(), creation_refused("InvalidParameterException")];
    assert_eq!(refused(Duration::ZERO, &rules()).await.code(), ErrorCode::NotReady);
    assert_eq!(refused(Duration::days(2), &rules()).await.code(), ErrorCode::InvalidRequest);

    let settled = input(Duration::hours(1), request("Sandbox", Some(500), Some(OWNER)));
    let (converged, made) = run(&settled, Changes::to_make(), &rules(), &watch::watched()).await.unwrap();
    assert!(made.is_empty());
    let note = "could not create the budget: InvalidParameterException: no (an email) please; AWS's billing may need a day to know a new account: send the same request again tomorrow";
    let missing = Converged::new("the budget account-vending-111111111111 of 500 USD a month does not stand yet");
    assert_eq!(converged, missing.pending().with_note(note));
}

#[tokio::test]
async fn each_refusal_has_its_decision() {
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
        let error = refused(Duration::days(2), &[absent(), creation_refused(code)]).await;
        assert_eq!(error.code(), expected, "{code}");
        assert!(!error.to_string().contains(OWNER), "{error}");
    }
}

#[tokio::test]
async fn a_denial_is_final_whatever_the_age_of_the_account() {
    for age in [Duration::ZERO, Duration::DAY] {
        let rules = [look_refused("AccessDeniedException")];
        assert_eq!(refused(age, &rules).await.code(), ErrorCode::AccessDenied);
    }
}

#[tokio::test]
async fn a_notification_or_subscriber_that_came_or_went_meanwhile_is_looked_for_again() {
    let taken = mock!(Client::create_notification).then_http_response(|| refusal("DuplicateRecordException", "no"));
    let error = refused(Duration::DAY, &[found(budget()), notified(vec![]), taken]).await;
    assert_eq!(error.code(), ErrorCode::NotReady);
    let gone = mock!(Client::update_subscriber).then_http_response(|| refusal("NotFoundException", "no"));
    let rules =
        [found(budget()), notified(all()), subscribed(0, vec![email(FINANCE), email("former@example.com")]), gone];
    assert_eq!(refused(Duration::DAY, &rules).await.code(), ErrorCode::NotReady);
}

#[test]
fn the_request_goes_before_the_unit_and_without_either_there_is_no_budget() {
    let amount = |unit: &str, asked| step().amount(&input(Duration::ZERO, request(unit, asked, None)));
    assert_eq!(amount("Sandbox", Some(500)), Some(500));
    assert_eq!(amount("Sandbox/Team", None), Some(50));
    assert_eq!(amount("Workloads", None), None);
    let skip = |unit: &str| step().skip(&input(Duration::ZERO, request(unit, None, None)));
    assert_eq!(skip("Sandbox"), None);
    let why = skip("Workloads").unwrap();
    assert_eq!(why, "no monthly budget is asked for, and the stack has none for accounts in Workloads");
}

#[test]
fn an_owner_whom_the_stack_names_too_hears_once() {
    let input = input(Duration::ZERO, request("Sandbox", None, Some(FINANCE)));
    assert_eq!(step().desired(&input).subscribers.len(), 1);
}

#[test]
fn settings_are_checked_at_the_start_and_emails_not_repeated() {
    let only_account: fn(&str) -> Option<String> =
        |name| (name == "MANAGEMENT_ACCOUNT_ID").then(|| MANAGEMENT.to_owned());
    let bare = start(only_account).unwrap();
    assert_eq!(bare.amounts, PerUnit::default());
    assert!(bare.subscribers.is_empty());

    assert!(start(|_| None).unwrap_err().contains("MANAGEMENT_ACCOUNT_ID"));
    let error = start(|name| Some(if name == "MONTHLY_BUDGETS_USD" { "Sandbox=0" } else { MANAGEMENT }.to_owned()));
    assert!(error.unwrap_err().contains("MONTHLY_BUDGETS_USD is wrong: `Sandbox=0` must have a whole number"));
    let error = start(|name| match name {
        "BUDGET_SUBSCRIBERS" => Some("finance@example.com, somebody".to_owned()),
        "MANAGEMENT_ACCOUNT_ID" => Some(MANAGEMENT.to_owned()),
        _ => None,
    });
    let error = error.unwrap_err();
    assert!(error.contains("BUDGET_SUBSCRIBERS is wrong: email 2 must have"), "{error}");
    assert!(!error.contains("somebody"), "{error}");
    let error = start(|name| match name {
        "BUDGET_SUBSCRIBERS" => Some("finance@example.com,".repeat(10)),
        "MANAGEMENT_ACCOUNT_ID" => Some(MANAGEMENT.to_owned()),
        _ => None,
    });
    assert!(error.unwrap_err().contains("at most 9 emails"));
}
