use aws_sdk_guardduty::config::retry::RetryConfig;
use aws_smithy_mocks::{Rule, RuleMode, mock_client};
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::body::SdkBody;
use time::{Duration, OffsetDateTime};
use vending_core::{ErrorCode, fixtures, propagation_end};

use super::*;
use crate::guard_duty::GuardDuty;
use crate::security_hub::SecurityHub;

mod guard_duty;
mod security_hub;

const ACCOUNT: &str = "111111111111";
const EMAIL: &str = "pay@example.com";

/// The mock responses of the services in one Region, in order.
struct Responses {
    region: &'static str,
    guard_duty: Vec<Rule>,
    security_hub: Vec<Rule>,
}

fn input(age: Duration) -> BaselineInput {
    let mut input = fixtures::baseline_input(age);
    input.request.account_email = EMAIL.parse().unwrap();
    input.settings.governed_regions = vec!["us-east-1".to_owned()];
    input
}

fn step(variables: fn(&str) -> Option<String>) -> Result<EnrollSecurityServices, String> {
    let step = EnrollSecurityServices::new(&SdkConfig::builder().build(), &Environment::from_fn(variables));
    step.map_err(|error| error.to_string())
}

fn step_with_security_account() -> EnrollSecurityServices {
    step(|_| Some("222222222222".to_owned())).unwrap()
}

fn region(responses: &Responses, detectors: &Detectors) -> Region {
    // Each rule returns one response, so the retries of the SDK are off.
    let once = RetryConfig::disabled();
    let (guard_duty, security_hub) = (&responses.guard_duty, &responses.security_hub);
    let guard_duty =
        mock_client!(aws_sdk_guardduty, RuleMode::Sequential, guard_duty, |config| config.retry_config(once.clone()));
    let security_hub = mock_client!(aws_sdk_securityhub, RuleMode::Sequential, security_hub, |config| config
        .retry_config(once.clone()));
    Region {
        name: responses.region.to_owned(),
        guard_duty: GuardDuty::new(responses.region, guard_duty, detectors.clone()),
        security_hub: SecurityHub::new(security_hub),
    }
}

/// Converges and reads back. Asserts that each rule is called once.
async fn run(age: Duration, responses: &[Responses]) -> Result<(Converged, Vec<String>), StepError> {
    run_of(&step_with_security_account(), age, responses).await
}

/// The same with a given step, which may have cached detectors.
async fn run_of(
    step: &EnrollSecurityServices,
    age: Duration,
    responses: &[Responses],
) -> Result<(Converged, Vec<String>), StepError> {
    let input = &input(age);
    let regions = responses.iter().map(|responses| region(responses, &step.detectors));
    let account = &SecurityAccount::Accessible(regions.collect());
    let converge = |changes| async move { step.converge(account, input, &changes).await };
    let run = Changes::apply_and_read_back(converge).await;
    let rules = responses.iter().flat_map(|responses| responses.guard_duty.iter().chain(&responses.security_hub));
    for (index, rule) in rules.enumerate() {
        assert_eq!(rule.num_calls(), 1, "calls of rule {index}");
    }
    run
}

async fn run_here(guard_duty: Vec<Rule>, security_hub: Vec<Rule>) -> (Converged, Vec<String>) {
    run_again(&step_with_security_account(), guard_duty, security_hub).await
}

async fn run_again(
    step: &EnrollSecurityServices,
    guard_duty: Vec<Rule>,
    security_hub: Vec<Rule>,
) -> (Converged, Vec<String>) {
    run_of(step, Duration::ZERO, &[Responses { region: "us-east-1", guard_duty, security_hub }]).await.unwrap()
}

fn enrolled(regions: &str) -> Converged {
    Converged::new(format!("the account is enrolled in GuardDuty and Security Hub in {regions}"))
}

fn pending(note: &str) -> Converged {
    Converged::new("the account is not yet enrolled in GuardDuty and Security Hub in every Region")
        .with_note(note)
        .pending()
}

fn error_response(status: u16, code: &str) -> Response {
    let mut response = Response::new(status.try_into().unwrap(), SdkBody::from(r#"{"message":"no"}"#));
    response.headers_mut().insert("x-amzn-errortype", code.to_owned());
    response
}

fn guard_duty_enrolled() -> Vec<Rule> {
    vec![guard_duty::detector(), guard_duty::member("Enabled")]
}

fn security_hub_enrolled() -> Vec<Rule> {
    vec![security_hub::member("Enabled")]
}

const ADDED_TO_GUARD_DUTY: &str = "added the account as a member of GuardDuty in us-east-1";
const ADDED_TO_SECURITY_HUB: &str = "added the account as a member of Security Hub in us-east-1";

const BEING_ENABLED: &str = "the account was added as a member and is being enabled";

fn both_being_enabled() -> Converged {
    pending(&format!("GuardDuty in us-east-1: {BEING_ENABLED}; Security Hub in us-east-1: {BEING_ENABLED}"))
}

#[tokio::test]
async fn new_account_takes_five_calls() {
    let (converged, made) = run_here(
        vec![guard_duty::detector(), guard_duty::not_a_member(), guard_duty::added()],
        vec![security_hub::not_a_member(), security_hub::added()],
    )
    .await;
    assert_eq!(made, [ADDED_TO_GUARD_DUTY, ADDED_TO_SECURITY_HUB]);
    assert_eq!(converged, both_being_enabled());
}

#[tokio::test]
async fn detector_is_cached_between_runs() {
    let step = step_with_security_account();
    assert!(run_again(&step, vec![guard_duty::no_detector()], security_hub_enrolled()).await.1.is_empty());
    assert!(run_again(&step, guard_duty_enrolled(), security_hub_enrolled()).await.1.is_empty());

    let fresh = run_again(
        &step,
        vec![guard_duty::not_a_member(), guard_duty::added()],
        vec![security_hub::not_a_member(), security_hub::added()],
    );
    assert_eq!(fresh.await.0, both_being_enabled());
    let second = run_again(&step, vec![guard_duty::member("Enabled")], security_hub_enrolled());
    assert_eq!(second.await.0, enrolled("us-east-1"));
}

#[tokio::test]
async fn detector_is_cached_by_region() {
    let step = step_with_security_account();
    run_again(&step, guard_duty_enrolled(), security_hub_enrolled()).await;
    let other_region =
        Responses { region: "eu-west-1", guard_duty: guard_duty_enrolled(), security_hub: security_hub_enrolled() };
    let (converged, _) = run_of(&step, Duration::ZERO, &[other_region]).await.unwrap();
    assert_eq!(converged, enrolled("eu-west-1"));
}

/// A step with a cached detector that no longer exists.
fn step_with_stale_detector() -> EnrollSecurityServices {
    let step = step_with_security_account();
    step.detectors.insert("us-east-1".to_owned(), "replaced".to_owned(), OffsetDateTime::now_utc());
    step
}

#[tokio::test]
async fn stale_detector_is_listed_again() {
    const UNKNOWN: &str = "BadRequestException";
    let step = step_with_stale_detector();
    let second_list = vec![guard_duty::read_fails(UNKNOWN), guard_duty::detector(), guard_duty::member("Enabled")];
    assert_eq!(run_again(&step, second_list, security_hub_enrolled()).await.0, enrolled("us-east-1"));
    let warm =
        vec![guard_duty::not_a_member(), guard_duty::add_fails(UNKNOWN), guard_duty::detector(), guard_duty::added()];
    assert_eq!(run_again(&step, warm, security_hub_enrolled()).await.1, [ADDED_TO_GUARD_DUTY]);

    let step = step_with_stale_detector();
    let deleted = vec![guard_duty::read_fails(UNKNOWN), guard_duty::no_detector()];
    let (converged, _) = run_again(&step, deleted, security_hub_enrolled()).await;
    assert_eq!(converged, pending("GuardDuty in us-east-1: it is not enabled in the security account"));
}

#[tokio::test]
async fn error_with_fresh_detector_is_noted() {
    const UNKNOWN: &str = "BadRequestException";
    let rules = vec![guard_duty::read_fails(UNKNOWN), guard_duty::detector(), guard_duty::read_fails(UNKNOWN)];
    let (converged, made) = run_again(&step_with_stale_detector(), rules, security_hub_enrolled()).await;
    assert!(made.is_empty());
    let note = "GuardDuty in us-east-1: could not read the membership of the account: BadRequestException: no";
    assert_eq!(converged, pending(note));
}

#[tokio::test]
async fn enrolled_account_is_only_read() {
    let here = |region| Responses {
        region,
        guard_duty: guard_duty_enrolled(),
        // In uppercase, as Security Hub has also returned it.
        security_hub: vec![security_hub::member("ENABLED")],
    };
    let (converged, made) = run(Duration::ZERO, &[here("us-east-1"), here("eu-west-1")]).await.unwrap();
    assert!(made.is_empty());
    assert_eq!(converged, enrolled("us-east-1, eu-west-1"));
}

#[tokio::test]
async fn only_missing_membership_is_added() {
    let added = vec![guard_duty::detector(), guard_duty::not_a_member(), guard_duty::added()];
    let (converged, made) = run_here(added, security_hub_enrolled()).await;
    assert_eq!(made, [ADDED_TO_GUARD_DUTY]);
    assert_eq!(converged, pending(&format!("GuardDuty in us-east-1: {BEING_ENABLED}")));
    let added = vec![security_hub::not_a_member(), security_hub::added()];
    let (converged, made) = run_here(guard_duty_enrolled(), added).await;
    assert_eq!(made, [ADDED_TO_SECURITY_HUB]);
    assert_eq!(converged, pending(&format!("Security Hub in us-east-1: {BEING_ENABLED}")));
}

#[tokio::test]
async fn removed_member_is_added_again() {
    for status in ["Removed", "Resigned", "Deleted", "Disabled"] {
        let added = vec![guard_duty::detector(), guard_duty::member(status), guard_duty::added()];
        assert_eq!(run_here(added, security_hub_enrolled()).await.1, [ADDED_TO_GUARD_DUTY]);
        let added = vec![security_hub::member(status), security_hub::added()];
        assert_eq!(run_here(guard_duty_enrolled(), added).await.1, [ADDED_TO_SECURITY_HUB]);
    }
}

#[tokio::test]
async fn plan_adds_nothing() {
    let responses = Responses {
        region: "us-east-1",
        guard_duty: vec![guard_duty::detector(), guard_duty::member("Created")],
        security_hub: vec![security_hub::not_a_member()],
    };
    let step = step_with_security_account();
    let account = SecurityAccount::Accessible(vec![region(&responses, &step.detectors)]);
    let changes = Changes::plan();
    let converged = step.converge(&account, &input(Duration::ZERO), &changes).await.unwrap();
    let note = "GuardDuty in us-east-1: the member status is Created, not Enabled; Security Hub in us-east-1: the account is not a member";
    assert_eq!(converged, pending(note));
    assert_eq!(changes.into_names(), [ADDED_TO_GUARD_DUTY, ADDED_TO_SECURITY_HUB]);
}

#[tokio::test]
async fn service_that_is_not_enabled_is_pending() {
    let (converged, made) =
        run_here(vec![guard_duty::no_detector()], vec![security_hub::read_fails("InvalidAccessException")]).await;
    assert!(made.is_empty());
    assert_eq!(
        converged,
        pending(
            "GuardDuty in us-east-1: it is not enabled in the security account; Security Hub in us-east-1: could not read the membership of the account: InvalidAccessException: no"
        )
    );
}

#[tokio::test]
async fn error_of_one_service_keeps_the_other_change() {
    let (converged, made) = run_here(
        vec![guard_duty::detector(), guard_duty::not_a_member(), guard_duty::added()],
        vec![security_hub::not_a_member(), security_hub::unprocessed("The account is not in the organization")],
    )
    .await;
    assert_eq!(made, [ADDED_TO_GUARD_DUTY]);
    assert_eq!(
        converged,
        pending(&format!(
            "GuardDuty in us-east-1: {BEING_ENABLED}; Security Hub in us-east-1: could not add the account as a member: The account is not in the organization"
        ))
    );
}

#[tokio::test]
async fn existing_member_error_is_retried_when_new() {
    const REASON: &str = "The request is rejected because the given account ID is already a member.";
    let note = format!("could not add the account as a member: {REASON}");
    let by_guard_duty = |security_hub| Responses {
        region: "us-east-1",
        guard_duty: vec![guard_duty::detector(), guard_duty::not_a_member(), guard_duty::unprocessed(REASON)],
        security_hub,
    };
    let by_security_hub = || Responses {
        region: "us-east-1",
        guard_duty: guard_duty_enrolled(),
        security_hub: vec![security_hub::not_a_member(), security_hub::unprocessed(REASON)],
    };

    for responses in [by_guard_duty(vec![]), by_security_hub()] {
        let error = run(Duration::ZERO, &[responses]).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::NotReady);
        assert!(error.to_string().contains(&note), "{error}");
    }
    for (service, responses) in
        [("GuardDuty", by_guard_duty(security_hub_enrolled())), ("Security Hub", by_security_hub())]
    {
        let (converged, made) = run(Duration::DAY, &[responses]).await.unwrap();
        assert!(made.is_empty());
        assert_eq!(converged, pending(&format!("{service} in us-east-1: {note}")));
    }
}

#[tokio::test]
async fn same_reason_is_reported_once_for_all_regions() {
    let here = |region| Responses {
        region,
        guard_duty: vec![guard_duty::no_detector()],
        security_hub: security_hub_enrolled(),
    };
    let (converged, _) = run(Duration::ZERO, &[here("us-east-1"), here("eu-west-1")]).await.unwrap();
    assert_eq!(converged, pending("GuardDuty in us-east-1, eu-west-1: it is not enabled in the security account"));
}

/// GuardDuty also returns a BadRequestException for a detector that no longer exists, so this call is repeated.
fn guard_duty_addition_fails(code: &'static str) -> Vec<Rule> {
    let mut rules = vec![guard_duty::detector(), guard_duty::not_a_member(), guard_duty::add_fails(code)];
    if code == "BadRequestException" {
        rules.extend([guard_duty::detector(), guard_duty::add_fails(code)]);
    }
    rules
}

#[tokio::test]
async fn errors_do_not_fail_the_vend() {
    for code in ["AccessDeniedException", "BadRequestException", "UnrecognizedClientException", "InvalidInputException"]
    {
        for rules in [
            vec![guard_duty::list_fails(code)],
            vec![guard_duty::detector(), guard_duty::read_fails(code)],
            guard_duty_addition_fails(code),
        ] {
            let (converged, made) = run_here(rules, security_hub_enrolled()).await;
            assert!(made.is_empty());
            assert!(format!("{converged:?}").contains(code), "{converged:?}");
        }
        for rules in
            [vec![security_hub::read_fails(code)], vec![security_hub::not_a_member(), security_hub::add_fails(code)]]
        {
            let (converged, made) = run_here(guard_duty_enrolled(), rules).await;
            assert!(made.is_empty());
            assert!(format!("{converged:?}").contains(code), "{converged:?}");
        }
    }
}

#[tokio::test]
async fn transient_errors_are_retried_until_the_limit() {
    for (code, expected) in
        [("InternalException", ErrorCode::ServiceUnavailable), ("LimitExceededException", ErrorCode::Throttled)]
    {
        let here = || Responses {
            region: "us-east-1",
            guard_duty: guard_duty_enrolled(),
            security_hub: vec![security_hub::not_a_member(), security_hub::add_fails(code)],
        };
        let error = run(Duration::ZERO, &[here()]).await.unwrap_err();
        assert_eq!(error.code(), expected);
        let (converged, made) = run(Duration::DAY, &[here()]).await.unwrap();
        assert!(made.is_empty());
        assert!(format!("{converged:?}").contains(code), "{converged:?}");
    }
}

#[tokio::test]
async fn inaccessible_security_account_is_pending() {
    let denied = || StepError::new(ErrorCode::AccessDenied, "could not assume the role: AccessDenied: no");
    let reason = errors::reason(denied(), propagation_end(OffsetDateTime::now_utc())).unwrap();
    let account = SecurityAccount::Inaccessible(reason);
    let changes = Changes::apply();
    let converged = step_with_security_account().converge(&account, &input(Duration::ZERO), &changes).await.unwrap();
    assert!(changes.into_names().is_empty());
    assert_eq!(
        converged,
        pending(
            "could not assume the role: AccessDenied: no; account-vending needs its vending role in the security account: adopt the security account"
        )
    );
}

#[test]
fn step_without_security_account_is_skipped() {
    let skip = |variables| step(variables).unwrap().skip_reason(&input(Duration::ZERO));
    assert_eq!(skip(|_| None).unwrap(), "the stack has no SecurityAccountId");
    assert_eq!(skip(|_| Some(ACCOUNT.to_owned())).unwrap(), "the account is the security account");
    assert_eq!(skip(|_| Some("222222222222".to_owned())), None);
}

#[test]
fn invalid_settings_are_rejected_at_start() {
    let error = step(|_| Some("security".to_owned())).unwrap_err();
    assert!(error.contains("SECURITY_ACCOUNT_ID") && error.contains("12 digits"), "{error}");
}
