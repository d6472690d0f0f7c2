use aws_sdk_account::config::retry::RetryConfig;
use aws_sdk_account::operation::enable_region::EnableRegionOutput;
use aws_sdk_account::operation::list_regions::ListRegionsOutput;
use aws_sdk_account::types::{Region, RegionOptStatus};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::body::SdkBody;
use time::Duration;

use super::*;

const ACCOUNT: &str = "111111111111";

async fn run(age: Duration, governed: &[&str], rules: &[&Rule]) -> Result<Done<Regions>, StepError> {
    let client = mock_client!(aws_sdk_account, RuleMode::Sequential, rules, |config| config
        .retry_config(RetryConfig::disabled()));
    let step = EnableRegions { client };
    let input = Input {
        account_id: ACCOUNT.parse().unwrap(),
        account_created_at: OffsetDateTime::now_utc() - age,
        governed_regions: governed.iter().map(|region| (*region).to_owned()).collect(),
    };
    let done = step.run(&"abcdefghijklmnopqrst-1".parse().unwrap(), input).await;
    for (index, rule) in rules.iter().enumerate() {
        assert_eq!(rule.num_calls(), 1, "calls of rule {index}");
    }
    done
}

async fn waiting(governed: &[&str], rules: &[&Rule]) -> String {
    let error = run(Duration::ZERO, governed, rules).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::NotReady, "{error}");
    error.to_string()
}

/// A page of the list, with another one behind it if there is a token.
fn page(token: Option<&'static str>, statuses: &[(&str, &str)], next: Option<&'static str>) -> Rule {
    let region = |(name, status): &(&str, &str)| {
        let status = RegionOptStatus::from(*status);
        Region::builder().region_name(*name).region_opt_status(status).build()
    };
    let regions: Vec<Region> = statuses.iter().map(region).collect();
    mock!(Client::list_regions)
        .match_requests(move |list| {
            list.account_id() == Some(ACCOUNT) && list.max_results() == Some(50) && list.next_token() == token
        })
        .then_output(move || {
            let page = ListRegionsOutput::builder().set_regions(Some(regions.clone()));
            page.set_next_token(next.map(str::to_owned)).build()
        })
}

fn listed(statuses: &[(&str, &str)]) -> Rule {
    page(None, statuses, None)
}

fn asked_for(region: &'static str) -> Rule {
    mock!(Client::enable_region)
        .match_requests(move |enable| enable.account_id() == Some(ACCOUNT) && enable.region_name() == Some(region))
        .then_output(|| EnableRegionOutput::builder().build())
}

fn refusal(code: &str, message: &str) -> Response {
    let status = if code == "InternalServerException" { 500 } else { 400 };
    let body = format!(r#"{{"__type":"{code}","message":"{message}"}}"#);
    let mut response = Response::new(status.try_into().unwrap(), SdkBody::from(body));
    response.headers_mut().insert("x-amzn-errortype", code.to_owned());
    response
}

fn list_refused(code: &'static str, message: &'static str) -> Rule {
    mock!(Client::list_regions).then_http_response(move || refusal(code, message))
}

fn enable_refused(code: &'static str, message: &'static str) -> Rule {
    mock!(Client::enable_region).then_http_response(move || refusal(code, message))
}

#[tokio::test]
async fn an_account_whose_governed_regions_are_enabled_is_only_looked_at() {
    let list = listed(&[
        ("us-east-1", "ENABLED_BY_DEFAULT"),
        ("eu-south-1", "ENABLED"),
        ("af-south-1", "ENABLED"),
        ("me-south-1", "DISABLED"),
    ]);
    let done = run(Duration::ZERO, &["us-east-1", "eu-south-1"], &[&list]).await.unwrap();
    assert_eq!(done.detail, "enabled: us-east-1, eu-south-1");
    assert!(!done.changed);
    assert_eq!(done.result.enabled_regions, ["af-south-1", "eu-south-1", "us-east-1"]);
}

#[tokio::test]
async fn a_disabled_region_is_enabled_and_waited_for() {
    let list = listed(&[("us-east-1", "ENABLED_BY_DEFAULT"), ("eu-south-1", "DISABLED"), ("me-south-1", "DISABLED")]);
    let message = waiting(&["us-east-1", "eu-south-1"], &[&list, &asked_for("eu-south-1")]).await;
    assert_eq!(message, "not enabled yet: eu-south-1 (asked for now)");
}

#[tokio::test]
async fn a_region_that_aws_is_changing_is_waited_for() {
    let list = listed(&[("eu-south-1", "ENABLING"), ("af-south-1", "DISABLING"), ("me-south-1", "SOMETHING_NEW")]);
    let message = waiting(&["eu-south-1", "af-south-1", "me-south-1"], &[&list]).await;
    assert_eq!(
        message,
        "not enabled yet: eu-south-1 (AWS is enabling it), af-south-1 (AWS is disabling it, and then can enable it), me-south-1 (AWS gives it a status that this version does not know)"
    );
}

#[tokio::test]
async fn six_regions_of_an_account_change_at_a_time() {
    let others = ["r1", "r2", "r3", "r4"].map(|region| (region, "ENABLING"));
    let mut statuses = others.to_vec();
    statuses.extend([("r5", "DISABLING"), ("a", "DISABLED"), ("b", "DISABLED")]);
    let message = waiting(&["b", "a"], &[&listed(&statuses), &asked_for("b")]).await;
    assert_eq!(message, "not enabled yet: b (asked for now), a (waits: AWS changes six at a time)");
}

#[tokio::test]
async fn the_list_is_read_to_its_end() {
    let first = page(None, &[("us-east-1", "ENABLED_BY_DEFAULT")], Some("more"));
    let second = page(Some("more"), &[("eu-south-1", "ENABLED")], None);
    let done = run(Duration::ZERO, &["us-east-1", "eu-south-1"], &[&first, &second]).await.unwrap();
    assert_eq!(done.result.enabled_regions, ["eu-south-1", "us-east-1"]);
}

#[tokio::test]
async fn a_region_that_aws_does_not_have_is_named_before_any_is_enabled() {
    let list = listed(&[("us-east-1", "ENABLED_BY_DEFAULT"), ("eu-south-1", "DISABLED")]);
    let error = run(Duration::ZERO, &["eu-south-1", "eu-nowhere-1"], &[&list]).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidConfiguration);
    assert_eq!(error.to_string(), "AWS has no Region `eu-nowhere-1`");
    assert!(error.remedy().contains("GovernedRegions"), "{}", error.remedy());
}

#[tokio::test]
async fn a_region_that_somebody_changes_meanwhile_is_looked_at_again() {
    let is_enabled = "Unable to switch region status because of its current opt-in status.";
    for (code, message) in [("ConflictException", "no"), ("ValidationException", is_enabled)] {
        let list = listed(&[("a", "DISABLED"), ("b", "DISABLED")]);
        let told = waiting(&["a", "b"], &[&list, &enable_refused(code, message), &asked_for("b")]).await;
        assert_eq!(told, "not enabled yet: a (asked for now), b (asked for now)", "{code}");
    }
}

#[tokio::test]
async fn what_enable_region_refuses_is_mapped_to_a_decision() {
    use ErrorCode::{AccessDenied, InvalidConfiguration, NotReady, ServiceUnavailable, Throttled, Unexpected};
    for (code, fresh, settled) in [
        ("TooManyRequestsException", Throttled, Throttled),
        ("InternalServerException", ServiceUnavailable, ServiceUnavailable),
        ("AccessDeniedException", NotReady, AccessDenied),
        ("ValidationException", InvalidConfiguration, InvalidConfiguration),
        ("SomethingNew", Unexpected, Unexpected),
    ] {
        for (age, expected) in [(Duration::ZERO, fresh), (Duration::DAY, settled)] {
            let rules = [&listed(&[("eu-south-1", "DISABLED")]), &enable_refused(code, "no")];
            let error = run(age, &["eu-south-1"], &rules).await.unwrap_err();
            assert_eq!(error.code(), expected, "{code} at the age of {age}");
            assert!(error.to_string().starts_with("could not enable the Region eu-south-1"), "{error}");
        }
    }
}

const NO_TRUST: &str = "not authorized to perform: account:ListRegions (Your organization must first enable trusted access with AWS Account Management.)";

#[tokio::test]
async fn a_denial_is_final_only_when_the_account_has_settled_or_when_it_cannot_heal() {
    for (message, age, expected) in [
        ("no", Duration::ZERO, ErrorCode::NotReady),
        ("no", Duration::DAY, ErrorCode::AccessDenied),
        (NO_TRUST, Duration::ZERO, ErrorCode::AccessDenied),
    ] {
        let denied = list_refused("AccessDeniedException", message);
        let error = run(age, &["us-east-1", "eu-south-1"], &[&denied]).await.unwrap_err();
        assert_eq!(error.code(), expected, "{message} at the age of {age}");
        let names_trusted_access = error.remedy().contains("account.amazonaws.com");
        assert_eq!(names_trusted_access, expected == ErrorCode::AccessDenied, "{}", error.remedy());
    }
}

#[tokio::test]
async fn without_a_view_the_default_regions_are_known_to_be_enabled() {
    for message in ["no", NO_TRUST] {
        let denied = list_refused("AccessDeniedException", message);
        let done = run(Duration::ZERO, &["us-east-1", "eu-west-1"], &[&denied]).await.unwrap();
        assert!(!done.changed);
        assert_eq!(done.result.enabled_regions.len(), 17);
        assert!(done.detail.contains(message), "{}", done.detail);
        assert!(done.detail.contains("enable-aws-service-access"), "{}", done.detail);
    }
}

#[tokio::test]
async fn what_is_no_denial_is_tried_again_whatever_the_regions() {
    for (code, expected) in
        [("TooManyRequestsException", ErrorCode::Throttled), ("InternalServerException", ErrorCode::ServiceUnavailable)]
    {
        let refused = list_refused(code, "no");
        let error = run(Duration::DAY, &["us-east-1"], &[&refused]).await.unwrap_err();
        assert_eq!(error.code(), expected);
    }
}

#[test]
fn the_result_is_what_later_states_read() {
    let regions = Regions { enabled_regions: vec!["us-east-1".to_owned()] };
    assert_eq!(serde_json::to_value(regions).unwrap(), serde_json::json!({ "enabledRegions": ["us-east-1"] }));
}
