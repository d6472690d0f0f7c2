use aws_sdk_ssm::config::retry::RetryConfig;
use aws_sdk_ssm::operation::get_service_setting::GetServiceSettingOutput;
use aws_sdk_ssm::operation::update_service_setting::UpdateServiceSettingOutput;
use aws_sdk_ssm::types::ServiceSetting;
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::body::SdkBody;
use time::Duration;
use vending_core::{ErrorCode, fixtures};

use super::*;
use crate::region::{BLOCKED, SETTING};

const HOME: &str = "us-east-1";

fn input(age: Duration, regions: &[&str]) -> BaselineInput {
    let mut input = fixtures::baseline_input(age);
    input.settings.governed_regions = regions.iter().map(|&name| name.to_owned()).collect();
    input
}

fn found(value: Option<&'static str>) -> Rule {
    mock!(Client::get_service_setting).match_requests(|request| request.setting_id() == Some(SETTING)).then_output(
        move || {
            let setting = ServiceSetting::builder().setting_id(SETTING).set_setting_value(value.map(str::to_owned));
            GetServiceSettingOutput::builder().service_setting(setting.build()).build()
        },
    )
}

fn allowed() -> Rule {
    found(Some("Enable"))
}

fn blocked() -> Rule {
    found(Some(BLOCKED))
}

fn set() -> Rule {
    mock!(Client::update_service_setting)
        .match_requests(|request| request.setting_id() == Some(SETTING) && request.setting_value() == Some(BLOCKED))
        .then_output(|| UpdateServiceSettingOutput::builder().build())
}

fn error_response(code: &str) -> Response {
    let body = format!(r#"{{"__type":"{code}","Message":"AWS says so"}}"#);
    Response::new(400.try_into().unwrap(), SdkBody::from(body))
}

fn read_fails(code: &'static str) -> Rule {
    mock!(Client::get_service_setting).then_http_response(move || error_response(code))
}

fn set_fails(code: &'static str) -> Rule {
    mock!(Client::update_service_setting).then_http_response(move || error_response(code))
}

/// Converges. Asserts that each rule of each Region is called once.
async fn converge(age: Duration, changes: &Changes, rules: &[(&str, Vec<Rule>)]) -> Result<Converged, StepError> {
    let names: Vec<&str> = rules.iter().map(|(name, _)| *name).collect();
    let input = input(age, &names);
    // Each rule returns one response, so the retries of the SDK are off.
    let client = |rules: &[Rule]| {
        mock_client!(aws_sdk_ssm, RuleMode::Sequential, rules, |config| config.retry_config(RetryConfig::disabled()))
    };
    let region = |(name, rules): &(&str, Vec<Rule>)| Region {
        name: (*name).to_owned(),
        client: client(rules),
        propagation_end: input.propagation_end(),
    };
    let step = HardenSsm::new(&SdkConfig::builder().build());
    let converged = step.converge(&rules.iter().map(region).collect(), &input, changes).await;
    for (name, rules) in rules {
        assert!(rules.iter().all(|rule| rule.num_calls() == 1), "{name}: {rules:?}");
    }
    converged
}

async fn made(rules: Vec<Rule>) -> Vec<String> {
    let changes = Changes::apply();
    converge(Duration::ZERO, &changes, &[(HOME, rules)]).await.unwrap();
    changes.into_names()
}

async fn failure(age: Duration, rules: Vec<Rule>) -> StepError {
    converge(age, &Changes::apply(), &[(HOME, rules)]).await.unwrap_err()
}

#[tokio::test]
async fn sharing_is_blocked_in_each_region() {
    let (applied, read_back) = (Changes::apply(), Changes::plan());
    let regions = [(HOME, vec![allowed(), set()]), ("eu-west-1", vec![allowed(), set()])];
    converge(Duration::ZERO, &applied, &regions).await.unwrap();
    let regions = [(HOME, vec![blocked()]), ("eu-west-1", vec![blocked()])];
    let converged = converge(Duration::ZERO, &read_back, &regions).await.unwrap();
    let mut made = applied.into_names();
    made.sort_unstable();
    let name = |region| format!("{region}: blocked public sharing of SSM documents");
    assert_eq!(made, [name("eu-west-1"), name(HOME)]);
    assert!(read_back.into_names().is_empty());
    assert_eq!(converged, Converged::new("public sharing of SSM documents is blocked in us-east-1, eu-west-1"));
}

#[tokio::test]
async fn blocked_region_is_only_read() {
    assert!(made(vec![blocked()]).await.is_empty());
}

#[tokio::test]
async fn setting_without_value_is_set() {
    assert_eq!(made(vec![found(None), set()]).await.len(), 1);
}

#[tokio::test]
async fn plan_lists_changes_and_makes_none() {
    let changes = Changes::plan();
    converge(Duration::ZERO, &changes, &[(HOME, vec![allowed()])]).await.unwrap();
    assert_eq!(changes.into_names(), ["us-east-1: blocked public sharing of SSM documents"]);
}

#[tokio::test]
async fn concurrent_update_is_left_to_the_read_back() {
    assert_eq!(made(vec![allowed(), set_fails("TooManyUpdates")]).await.len(), 1);
}

#[tokio::test]
async fn access_denied_is_retried_while_propagating() {
    for (age, expected) in [(Duration::ZERO, ErrorCode::NotReady), (Duration::DAY, ErrorCode::AccessDenied)] {
        let denied = "AccessDeniedException";
        for rules in [vec![read_fails(denied)], vec![allowed(), set_fails(denied)]] {
            assert_eq!(failure(age, rules).await.code(), expected);
        }
    }
}

#[tokio::test]
async fn aws_errors_map_to_error_codes() {
    for (code, expected) in [
        ("ThrottlingException", ErrorCode::Throttled),
        ("InternalServerError", ErrorCode::ServiceUnavailable),
        ("UnrecognizedClientException", ErrorCode::NotReady),
        ("ServiceSettingNotFound", ErrorCode::Unexpected),
    ] {
        for rules in [vec![read_fails(code)], vec![allowed(), set_fails(code)]] {
            assert_eq!(failure(Duration::ZERO, rules).await.code(), expected, "{code}");
        }
    }
}

#[tokio::test]
async fn one_failing_region_does_not_stop_the_rest() {
    let regions = [(HOME, vec![read_fails("ThrottlingException")]), ("eu-west-1", vec![allowed(), set()])];
    let error = converge(Duration::ZERO, &Changes::apply(), &regions).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::Throttled);
    assert!(error.to_string().ends_with("succeeded in eu-west-1"), "{error}");
}

#[test]
fn step_without_regions_is_skipped() {
    let step = HardenSsm::new(&SdkConfig::builder().build());
    let reason = |regions| step.skip_reason(&input(Duration::ZERO, regions));
    assert_eq!(reason(&[]).as_deref(), Some("no Region is governed"));
    assert_eq!(reason(&[HOME]), None);
}
