use aws_sdk_account::config::retry::RetryConfig;
use aws_sdk_account::operation::enable_region::EnableRegionOutput;
use aws_sdk_account::operation::list_regions::ListRegionsOutput;
use aws_sdk_account::types::{Region, RegionOptStatus};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::body::SdkBody;
use time::Duration;
use vending_core::{AccountRecord, fixtures};
use vending_records::testing::Bucket;

use super::*;

const ACCOUNT: &str = "111111111111";

async fn run(age: Duration, governed: &[&str], rules: &[&Rule]) -> Result<StepOutcome<Regions>, StepError> {
    let client = mock_client!(aws_sdk_account, RuleMode::Sequential, rules, |config| config
        .retry_config(RetryConfig::disabled()));
    let record = fixtures::request_record(fixtures::account_request(), 1, "arn:jane");
    let mut validated = fixtures::validated();
    validated.settings.governed_regions = governed.iter().map(|region| (*region).to_owned()).collect();
    let bucket = Bucket::with_request(&record, &validated);
    bucket.put_account(&AccountRecord::new(&record, ACCOUNT.parse().unwrap(), "ou-target".to_owned()));
    let step = EnableRegions { client, recorded: RecordedInput::from_bucket(bucket.client(), "records".to_owned()) };
    let account_created_at = OffsetDateTime::now_utc() - age;
    let input = Input { account_id: ACCOUNT.parse().unwrap(), account_created_at };
    let done = step.run(&record.request_id, input).await;
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

/// One page of the list, with a token if another page follows.
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

fn enables(region: &'static str) -> Rule {
    mock!(Client::enable_region)
        .match_requests(move |enable| enable.account_id() == Some(ACCOUNT) && enable.region_name() == Some(region))
        .then_output(|| EnableRegionOutput::builder().build())
}

fn error_response(code: &str, message: &str) -> Response {
    let status = if code == "InternalServerException" { 500 } else { 400 };
    let body = format!(r#"{{"__type":"{code}","message":"{message}"}}"#);
    let mut response = Response::new(status.try_into().unwrap(), SdkBody::from(body));
    response.headers_mut().insert("x-amzn-errortype", code.to_owned());
    response
}

fn list_fails(code: &'static str, message: &'static str) -> Rule {
    mock!(Client::list_regions).then_http_response(move || error_response(code, message))
}

fn enable_fails(code: &'static str, message: &'static str) -> Rule {
    mock!(Client::enable_region).then_http_response(move || error_response(code, message))
}

#[tokio::test]
async fn enabled_regions_are_only_read() {
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
async fn disabled_region_is_enabled_and_not_ready() {
    let list = listed(&[("us-east-1", "ENABLED_BY_DEFAULT"), ("eu-south-1", "DISABLED"), ("me-south-1", "DISABLED")]);
    let message = waiting(&["us-east-1", "eu-south-1"], &[&list, &enables("eu-south-1")]).await;
    assert_eq!(message, "not enabled yet: eu-south-1 (requested now)");
}

#[tokio::test]
async fn changing_region_is_not_ready() {
    let list = listed(&[("eu-south-1", "ENABLING"), ("af-south-1", "DISABLING"), ("me-south-1", "SOMETHING_NEW")]);
    let message = waiting(&["eu-south-1", "af-south-1", "me-south-1"], &[&list]).await;
    assert_eq!(
        message,
        "not enabled yet: eu-south-1 (AWS is enabling it), af-south-1 (AWS is disabling it; it can be enabled after that), me-south-1 (AWS reports a status that this version does not know)"
    );
}

#[tokio::test]
async fn six_regions_change_at_a_time() {
    let others = ["r1", "r2", "r3", "r4"].map(|region| (region, "ENABLING"));
    let mut statuses = others.to_vec();
    statuses.extend([("r5", "DISABLING"), ("a", "DISABLED"), ("b", "DISABLED")]);
    let message = waiting(&["b", "a"], &[&listed(&statuses), &enables("b")]).await;
    assert_eq!(
        message,
        "not enabled yet: b (requested now), a (waiting: AWS changes six Regions of an account at a time)"
    );
}

#[tokio::test]
async fn all_pages_of_the_list_are_read() {
    let first = page(None, &[("us-east-1", "ENABLED_BY_DEFAULT")], Some("more"));
    let second = page(Some("more"), &[("eu-south-1", "ENABLED")], None);
    let done = run(Duration::ZERO, &["us-east-1", "eu-south-1"], &[&first, &second]).await.unwrap();
    assert_eq!(done.result.enabled_regions, ["eu-south-1", "us-east-1"]);
}

#[tokio::test]
async fn unknown_region_is_rejected_before_any_change() {
    let list = listed(&[("us-east-1", "ENABLED_BY_DEFAULT"), ("eu-south-1", "DISABLED")]);
    let error = run(Duration::ZERO, &["eu-south-1", "eu-nowhere-1"], &[&list]).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidConfiguration);
    assert_eq!(error.to_string(), "AWS has no Region `eu-nowhere-1`");
    assert!(error.remedy().contains("governedRegions"), "{}", error.remedy());
}

#[tokio::test]
async fn concurrently_changed_region_is_not_ready() {
    let is_enabled = "Unable to switch region status because of its current opt-in status.";
    for (code, message) in [("ConflictException", "no"), ("ValidationException", is_enabled)] {
        let list = listed(&[("a", "DISABLED"), ("b", "DISABLED")]);
        let reported = waiting(&["a", "b"], &[&list, &enable_fails(code, message), &enables("b")]).await;
        assert_eq!(reported, "not enabled yet: a (requested now), b (requested now)", "{code}");
    }
}

#[tokio::test]
async fn enable_region_errors_map_to_error_codes() {
    use ErrorCode::{AccessDenied, InvalidConfiguration, NotReady, ServiceUnavailable, Throttled, Unexpected};
    for (code, in_new_account, later) in [
        ("TooManyRequestsException", Throttled, Throttled),
        ("InternalServerException", ServiceUnavailable, ServiceUnavailable),
        ("AccessDeniedException", NotReady, AccessDenied),
        ("ValidationException", InvalidConfiguration, InvalidConfiguration),
        ("SomethingNew", Unexpected, Unexpected),
    ] {
        for (age, expected) in [(Duration::ZERO, in_new_account), (Duration::DAY, later)] {
            let rules = [&listed(&[("eu-south-1", "DISABLED")]), &enable_fails(code, "no")];
            let error = run(age, &["eu-south-1"], &rules).await.unwrap_err();
            assert_eq!(error.code(), expected, "{code} at the age of {age}");
            assert!(error.to_string().starts_with("could not enable the Region eu-south-1"), "{error}");
        }
    }
}

const NO_TRUST: &str = "not authorized to perform: account:ListRegions (Your organization must first enable trusted access with AWS Account Management.)";

#[tokio::test]
async fn access_denied_is_retried_unless_permanent() {
    for (message, age, expected) in [
        ("no", Duration::ZERO, ErrorCode::NotReady),
        ("no", Duration::DAY, ErrorCode::AccessDenied),
        (NO_TRUST, Duration::ZERO, ErrorCode::AccessDenied),
    ] {
        let denied = list_fails("AccessDeniedException", message);
        let error = run(age, &["us-east-1", "eu-south-1"], &[&denied]).await.unwrap_err();
        assert_eq!(error.code(), expected, "{message} at the age of {age}");
        let names_trusted_access = error.remedy().contains("account.amazonaws.com");
        assert_eq!(names_trusted_access, expected == ErrorCode::AccessDenied, "{}", error.remedy());
    }
}

#[tokio::test]
async fn denied_list_falls_back_to_default_regions() {
    for message in ["no", NO_TRUST] {
        let denied = list_fails("AccessDeniedException", message);
        let done = run(Duration::ZERO, &["us-east-1", "eu-west-1"], &[&denied]).await.unwrap();
        assert!(!done.changed);
        assert_eq!(done.result.enabled_regions.len(), 17);
        assert!(done.detail.contains(message), "{}", done.detail);
        assert!(done.detail.contains("enable-aws-service-access"), "{}", done.detail);
    }
}

#[tokio::test]
async fn other_list_errors_map_to_error_codes() {
    for (code, expected) in
        [("TooManyRequestsException", ErrorCode::Throttled), ("InternalServerException", ErrorCode::ServiceUnavailable)]
    {
        let failing = list_fails(code, "no");
        let error = run(Duration::DAY, &["us-east-1"], &[&failing]).await.unwrap_err();
        assert_eq!(error.code(), expected);
    }
}

#[test]
fn result_is_serialized_for_later_states() {
    let regions = Regions { enabled_regions: vec!["us-east-1".to_owned()] };
    assert_eq!(serde_json::to_value(regions).unwrap(), serde_json::json!({ "enabledRegions": ["us-east-1"] }));
}
