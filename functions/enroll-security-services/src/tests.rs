use aws_sdk_guardduty::config::retry::RetryConfig;
use aws_smithy_mocks::{Rule, RuleMode, mock_client};
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::body::SdkBody;
use time::{Duration, OffsetDateTime};
use vending_core::{ErrorCode, ready_by, samples};
use vending_runtime::SessionPolicy;

use super::*;
use crate::enrolment::Enrolment;
use crate::guard_duty::GuardDuty;
use crate::security_hub::SecurityHub;

mod guard_duty;
mod security_hub;

const ACCOUNT: &str = "111111111111";
const EMAIL: &str = "pay@example.com";

/// What the services answer in one region, in order.
struct Answers {
    region: &'static str,
    guard_duty: Vec<Rule>,
    security_hub: Vec<Rule>,
}

fn input(age: Duration) -> BaselineInput {
    let mut input = samples::baseline_input(age);
    input.request.account_email = EMAIL.parse().unwrap();
    input.governed_regions = vec!["us-east-1".to_owned()];
    input
}

fn step(variables: fn(&str) -> Option<String>) -> Result<EnrollSecurityServices, String> {
    let step = EnrollSecurityServices::new(&SdkConfig::builder().build(), &Environment::of(variables));
    step.map_err(|error| error.to_string())
}

fn of_the_security_account() -> EnrollSecurityServices {
    step(|_| Some("222222222222".to_owned())).unwrap()
}

fn region(answers: &Answers, detectors: &Detectors) -> Region {
    // A rule answers once: the SDK's own retries would find none.
    let once = RetryConfig::disabled();
    let (guard_duty, security_hub) = (&answers.guard_duty, &answers.security_hub);
    let guard_duty =
        mock_client!(aws_sdk_guardduty, RuleMode::Sequential, guard_duty, |config| config.retry_config(once.clone()));
    let security_hub = mock_client!(aws_sdk_securityhub, RuleMode::Sequential, security_hub, |config| config
        .retry_config(once.clone()));
    Region {
        name: answers.region.to_owned(),
        guard_duty: Enrolment::new(GuardDuty::new(answers.region, guard_duty, detectors.clone())),
        security_hub: Enrolment::new(SecurityHub::new(security_hub)),
    }
}

/// Makes what differs, and reads back what was made. Every rule is called once, in order, and nothing else is called.
async fn run(age: Duration, answers: &[Answers]) -> Result<(Converged, Vec<String>), StepError> {
    run_of(&of_the_security_account(), age, answers).await
}

/// The same in a process that may have run before.
async fn run_of(
    step: &EnrollSecurityServices,
    age: Duration,
    answers: &[Answers],
) -> Result<(Converged, Vec<String>), StepError> {
    let input = input(age);
    let account = SecurityAccount::Open(answers.iter().map(|answers| region(answers, &step.detectors)).collect());
    let changes = Changes::to_make();
    let mut converged = step.converge(&account, &input, &changes).await;
    let made = changes.into_list();
    if converged.is_ok() && !made.is_empty() {
        let differences = Changes::to_list();
        converged = step.converge(&account, &input, &differences).await;
        assert!(differences.into_list().is_empty());
    }
    let rules = answers.iter().flat_map(|answers| answers.guard_duty.iter().chain(&answers.security_hub));
    for (index, rule) in rules.enumerate() {
        assert_eq!(rule.num_calls(), 1, "calls of rule {index}");
    }
    Ok((converged?, made))
}

async fn run_here(guard_duty: Vec<Rule>, security_hub: Vec<Rule>) -> (Converged, Vec<String>) {
    run_again(&of_the_security_account(), guard_duty, security_hub).await
}

async fn run_again(
    step: &EnrollSecurityServices,
    guard_duty: Vec<Rule>,
    security_hub: Vec<Rule>,
) -> (Converged, Vec<String>) {
    run_of(step, Duration::ZERO, &[Answers { region: "us-east-1", guard_duty, security_hub }]).await.unwrap()
}

fn watched(regions: &str) -> Converged {
    Converged::new(format!("GuardDuty and Security Hub watch the account in {regions}"))
}

fn pending(note: &str) -> Converged {
    Converged::new("GuardDuty and Security Hub do not watch the account everywhere yet").with_note(note).pending()
}

fn refusal(status: u16, code: &str) -> Response {
    let mut response = Response::new(status.try_into().unwrap(), SdkBody::from(r#"{"message":"no"}"#));
    response.headers_mut().insert("x-amzn-errortype", code.to_owned());
    response
}

fn watching_guard_duty() -> Vec<Rule> {
    vec![guard_duty::detector(), guard_duty::member("Enabled")]
}

fn watching_security_hub() -> Vec<Rule> {
    vec![security_hub::member("Enabled")]
}

const ADDED_TO_GUARD_DUTY: &str = "made the account a member of GuardDuty in us-east-1";
const ADDED_TO_SECURITY_HUB: &str = "made the account a member of Security Hub in us-east-1";

const BEING_ENABLED: &str = "the account is taken as a member and is being enabled";

fn both_being_enabled() -> Converged {
    pending(&format!("GuardDuty in us-east-1: {BEING_ENABLED}; Security Hub in us-east-1: {BEING_ENABLED}"))
}

#[tokio::test]
async fn a_fresh_account_takes_three_looks_and_two_changes() {
    let (converged, made) = run_here(
        vec![guard_duty::detector(), guard_duty::stranger(), guard_duty::added()],
        vec![security_hub::stranger(), security_hub::added()],
    )
    .await;
    assert_eq!(made, [ADDED_TO_GUARD_DUTY, ADDED_TO_SECURITY_HUB]);
    assert_eq!(converged, both_being_enabled());
}

#[tokio::test]
async fn a_detector_is_looked_for_once_in_a_process() {
    let step = of_the_security_account();
    assert!(run_again(&step, vec![guard_duty::no_detector()], watching_security_hub()).await.1.is_empty());
    assert!(run_again(&step, watching_guard_duty(), watching_security_hub()).await.1.is_empty());

    let fresh = run_again(
        &step,
        vec![guard_duty::stranger(), guard_duty::added()],
        vec![security_hub::stranger(), security_hub::added()],
    );
    assert_eq!(fresh.await.0, both_being_enabled());
    let second = run_again(&step, vec![guard_duty::member("Enabled")], watching_security_hub());
    assert_eq!(second.await.0, watched("us-east-1"));
}

#[tokio::test]
async fn a_detector_is_remembered_for_its_region_alone() {
    let step = of_the_security_account();
    run_again(&step, watching_guard_duty(), watching_security_hub()).await;
    let elsewhere =
        Answers { region: "eu-west-1", guard_duty: watching_guard_duty(), security_hub: watching_security_hub() };
    let (converged, _) = run_of(&step, Duration::ZERO, &[elsewhere]).await.unwrap();
    assert_eq!(converged, watched("eu-west-1"));
}

/// A step that remembers a detector, which was replaced since.
fn outdated() -> EnrollSecurityServices {
    let step = of_the_security_account();
    step.detectors.keep("us-east-1", "replaced");
    step
}

#[tokio::test]
async fn a_detector_that_was_replaced_is_looked_for_once_more() {
    const UNKNOWN: &str = "BadRequestException";
    let step = outdated();
    let found_anew = vec![guard_duty::look_refused(UNKNOWN), guard_duty::detector(), guard_duty::member("Enabled")];
    assert_eq!(run_again(&step, found_anew, watching_security_hub()).await.0, watched("us-east-1"));
    let warm =
        vec![guard_duty::stranger(), guard_duty::add_refused(UNKNOWN), guard_duty::detector(), guard_duty::added()];
    assert_eq!(run_again(&step, warm, watching_security_hub()).await.1, [ADDED_TO_GUARD_DUTY]);

    let step = outdated();
    let gone = vec![guard_duty::look_refused(UNKNOWN), guard_duty::no_detector()];
    let (converged, _) = run_again(&step, gone, watching_security_hub()).await;
    assert_eq!(converged, pending("GuardDuty in us-east-1: it is not set up in the security account"));
}

#[tokio::test]
async fn a_refusal_that_a_new_look_for_the_detector_does_not_end_is_noted() {
    const UNKNOWN: &str = "BadRequestException";
    let rules = vec![guard_duty::look_refused(UNKNOWN), guard_duty::detector(), guard_duty::look_refused(UNKNOWN)];
    let (converged, made) = run_again(&outdated(), rules, watching_security_hub()).await;
    assert!(made.is_empty());
    let note = "GuardDuty in us-east-1: could not look at the account's membership: BadRequestException: no";
    assert_eq!(converged, pending(note));
}

#[tokio::test]
async fn an_account_that_is_watched_is_only_looked_at() {
    let here = |region| Answers {
        region,
        guard_duty: watching_guard_duty(),
        // In capitals, as Security Hub also has it.
        security_hub: vec![security_hub::member("ENABLED")],
    };
    let (converged, made) = run(Duration::ZERO, &[here("us-east-1"), here("eu-west-1")]).await.unwrap();
    assert!(made.is_empty());
    assert_eq!(converged, watched("us-east-1, eu-west-1"));
}

#[tokio::test]
async fn only_what_is_missing_is_made() {
    let added = vec![guard_duty::detector(), guard_duty::stranger(), guard_duty::added()];
    let (converged, made) = run_here(added, watching_security_hub()).await;
    assert_eq!(made, [ADDED_TO_GUARD_DUTY]);
    assert_eq!(converged, pending(&format!("GuardDuty in us-east-1: {BEING_ENABLED}")));
    let added = vec![security_hub::stranger(), security_hub::added()];
    let (converged, made) = run_here(watching_guard_duty(), added).await;
    assert_eq!(made, [ADDED_TO_SECURITY_HUB]);
    assert_eq!(converged, pending(&format!("Security Hub in us-east-1: {BEING_ENABLED}")));
}

#[tokio::test]
async fn a_member_that_was_removed_is_added_again() {
    for status in ["Removed", "Resigned", "Deleted", "Disabled"] {
        let added = vec![guard_duty::detector(), guard_duty::member(status), guard_duty::added()];
        assert_eq!(run_here(added, watching_security_hub()).await.1, [ADDED_TO_GUARD_DUTY]);
        let added = vec![security_hub::member(status), security_hub::added()];
        assert_eq!(run_here(watching_guard_duty(), added).await.1, [ADDED_TO_SECURITY_HUB]);
    }
}

#[tokio::test]
async fn a_verification_only_looks() {
    let answers = Answers {
        region: "us-east-1",
        guard_duty: vec![guard_duty::detector(), guard_duty::member("Created")],
        security_hub: vec![security_hub::stranger()],
    };
    let step = of_the_security_account();
    let account = SecurityAccount::Open(vec![region(&answers, &step.detectors)]);
    let changes = Changes::to_list();
    let converged = step.converge(&account, &input(Duration::ZERO), &changes).await.unwrap();
    let note = "GuardDuty in us-east-1: the account is Created, not Enabled; Security Hub in us-east-1: the account is not a member";
    assert_eq!(converged, pending(note));
    assert_eq!(changes.into_list(), [ADDED_TO_GUARD_DUTY, ADDED_TO_SECURITY_HUB]);
}

#[tokio::test]
async fn a_service_that_is_not_set_up_is_pending() {
    let (converged, made) =
        run_here(vec![guard_duty::no_detector()], vec![security_hub::look_refused("InvalidAccessException")]).await;
    assert!(made.is_empty());
    assert_eq!(
        converged,
        pending(
            "GuardDuty in us-east-1: it is not set up in the security account; Security Hub in us-east-1: could not look at the account's membership: InvalidAccessException: no"
        )
    );
}

#[tokio::test]
async fn what_is_refused_is_pending_beside_what_was_made() {
    let (converged, made) = run_here(
        vec![guard_duty::detector(), guard_duty::stranger(), guard_duty::added()],
        vec![security_hub::stranger(), security_hub::unprocessed("The account is not in the organization")],
    )
    .await;
    assert_eq!(made, [ADDED_TO_GUARD_DUTY]);
    assert_eq!(
        converged,
        pending(&format!(
            "GuardDuty in us-east-1: {BEING_ENABLED}; Security Hub in us-east-1: could not make the account a member: The account is not in the organization"
        ))
    );
}

#[tokio::test]
async fn an_account_that_became_a_member_meanwhile_is_looked_at_again_while_it_is_new() {
    const WHY: &str = "The request is rejected because the given account ID is already a member.";
    let refused = format!("could not make the account a member: {WHY}");
    let by_guard_duty = |security_hub| Answers {
        region: "us-east-1",
        guard_duty: vec![guard_duty::detector(), guard_duty::stranger(), guard_duty::unprocessed(WHY)],
        security_hub,
    };
    let by_security_hub = || Answers {
        region: "us-east-1",
        guard_duty: watching_guard_duty(),
        security_hub: vec![security_hub::stranger(), security_hub::unprocessed(WHY)],
    };

    for answers in [by_guard_duty(vec![]), by_security_hub()] {
        let error = run(Duration::ZERO, &[answers]).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::NotReady);
        assert!(error.to_string().contains(&refused), "{error}");
    }
    for (service, answers) in
        [("GuardDuty", by_guard_duty(watching_security_hub())), ("Security Hub", by_security_hub())]
    {
        let (converged, made) = run(Duration::DAY, &[answers]).await.unwrap();
        assert!(made.is_empty());
        assert_eq!(converged, pending(&format!("{service} in us-east-1: {refused}")));
    }
}

#[tokio::test]
async fn the_same_refusal_in_many_regions_is_told_once() {
    let here =
        |region| Answers { region, guard_duty: vec![guard_duty::no_detector()], security_hub: watching_security_hub() };
    let (converged, _) = run(Duration::ZERO, &[here("us-east-1"), here("eu-west-1")]).await.unwrap();
    assert_eq!(converged, pending("GuardDuty in us-east-1, eu-west-1: it is not set up in the security account"));
}

#[tokio::test]
async fn no_refusal_fails_the_vend() {
    for code in ["AccessDeniedException", "BadRequestException", "UnrecognizedClientException", "InvalidInputException"]
    {
        for rules in [
            vec![guard_duty::detectors_refused(code)],
            vec![guard_duty::detector(), guard_duty::look_refused(code)],
            vec![guard_duty::detector(), guard_duty::stranger(), guard_duty::add_refused(code)],
        ] {
            let (converged, made) = run_here(rules, watching_security_hub()).await;
            assert!(made.is_empty());
            assert!(format!("{converged:?}").contains(code), "{converged:?}");
        }
        for rules in
            [vec![security_hub::look_refused(code)], vec![security_hub::stranger(), security_hub::add_refused(code)]]
        {
            let (converged, made) = run_here(watching_guard_duty(), rules).await;
            assert!(made.is_empty());
            assert!(format!("{converged:?}").contains(code), "{converged:?}");
        }
    }
}

#[tokio::test]
async fn what_may_heal_is_tried_again_while_the_account_is_new() {
    for (code, expected) in
        [("InternalException", ErrorCode::ServiceUnavailable), ("LimitExceededException", ErrorCode::Throttled)]
    {
        let here = || Answers {
            region: "us-east-1",
            guard_duty: watching_guard_duty(),
            security_hub: vec![security_hub::stranger(), security_hub::add_refused(code)],
        };
        let error = run(Duration::ZERO, &[here()]).await.unwrap_err();
        assert_eq!(error.code(), expected);
        let (converged, made) = run(Duration::DAY, &[here()]).await.unwrap();
        assert!(made.is_empty());
        assert!(format!("{converged:?}").contains(code), "{converged:?}");
    }
}

#[tokio::test]
async fn a_security_account_that_cannot_be_entered_is_pending() {
    let denied = || StepError::new(ErrorCode::AccessDenied, "could not assume the role: AccessDenied: no");
    let why = refusal::reason(denied(), ready_by(OffsetDateTime::now_utc())).unwrap();
    let account = SecurityAccount::Closed(why);
    let changes = Changes::to_make();
    let converged = of_the_security_account().converge(&account, &input(Duration::ZERO), &changes).await.unwrap();
    assert!(changes.into_list().is_empty());
    assert_eq!(
        converged,
        pending(
            "could not assume the role: AccessDenied: no; account-vending works in the security account with the role that it makes there: adopt that account"
        )
    );
}

#[test]
fn there_may_be_nothing_to_enrol_in() {
    let skip = |variables| step(variables).unwrap().skip(&input(Duration::ZERO));
    assert_eq!(skip(|_| None).unwrap(), "the stack names no SecurityAccountId");
    assert_eq!(skip(|_| Some(ACCOUNT.to_owned())).unwrap(), "this is the security account itself");
    assert_eq!(skip(|_| Some("222222222222".to_owned())), None);
}

#[test]
fn settings_are_checked_at_the_start() {
    let error = step(|_| Some("security".to_owned())).unwrap_err();
    assert!(error.contains("SECURITY_ACCOUNT_ID") && error.contains("12 digits"), "{error}");
}

#[test]
fn the_session_policy_fits_into_what_sts_takes() {
    assert!(SESSION_ACTIONS.is_sorted());
    let policy = format!("{:?}", SessionPolicy::allow(SESSION_ACTIONS));
    assert!(policy.len() < 2_048, "{}", policy.len());
}
