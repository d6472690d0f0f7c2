use aws_sdk_servicequotas::operation::get_aws_default_service_quota::GetAwsDefaultServiceQuotaOutput;
use aws_sdk_servicequotas::operation::get_service_quota::GetServiceQuotaOutput;
use aws_sdk_servicequotas::operation::list_requested_service_quota_change_history_by_quota::ListRequestedServiceQuotaChangeHistoryByQuotaOutput;
use aws_sdk_servicequotas::operation::request_service_quota_increase::RequestServiceQuotaIncreaseOutput;
use aws_sdk_servicequotas::types::RequestStatus;
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::body::SdkBody;
use time::Duration;

use super::*;
use crate::plan::tests::request;

pub(crate) fn error_response(code: &str) -> Response {
    let body = format!(r#"{{"__type":"{code}","message":"no"}}"#);
    Response::new(400.try_into().unwrap(), SdkBody::from(body))
}

fn quota(value: Option<f64>) -> ServiceQuota {
    ServiceQuota::builder().set_value(value).adjustable(true).build()
}

pub(crate) fn applied(value: f64) -> Rule {
    shows(quota(Some(value)))
}

fn shows(quota: ServiceQuota) -> Rule {
    mock!(Client::get_service_quota)
        .match_requests(|request| request.service_code() == Some("ec2") && request.quota_code() == Some("L-1216C47A"))
        .then_output(move || GetServiceQuotaOutput::builder().quota(quota.clone()).build())
}

fn quota_fails(code: &'static str) -> Rule {
    mock!(Client::get_service_quota).then_http_response(move || error_response(code))
}

fn default(value: f64) -> Rule {
    mock!(Client::get_aws_default_service_quota)
        .match_requests(|request| request.service_code() == Some("ec2") && request.quota_code() == Some("L-1216C47A"))
        .then_output(move || GetAwsDefaultServiceQuotaOutput::builder().quota(quota(Some(value))).build())
}

pub(crate) fn history(requests: Vec<(f64, RequestStatus)>) -> Rule {
    mock!(Client::list_requested_service_quota_change_history_by_quota)
        .match_requests(|request| request.service_code() == Some("ec2") && request.quota_code() == Some("L-1216C47A"))
        .then_output(move || {
            let requests = requests.iter().map(|(value, status)| request(*value, status.clone())).collect();
            ListRequestedServiceQuotaChangeHistoryByQuotaOutput::builder().set_requested_quotas(Some(requests)).build()
        })
}

pub(crate) fn requested() -> Rule {
    mock!(Client::request_service_quota_increase)
        .match_requests(|request| {
            request.service_code() == Some("ec2")
                && request.quota_code() == Some("L-1216C47A")
                && request.desired_value() == Some(64.0)
        })
        .then_output(|| {
            let requested = request(64.0, RequestStatus::Pending);
            RequestServiceQuotaIncreaseOutput::builder().requested_quota(requested).build()
        })
}

pub(crate) fn request_fails(code: &'static str) -> Rule {
    mock!(Client::request_service_quota_increase).then_http_response(move || error_response(code))
}

/// Asserts that each rule is called once.
pub(crate) fn assert_each_called_once<'a>(rules: impl Iterator<Item = &'a Rule>) {
    for (index, rule) in rules.enumerate() {
        assert_eq!(rule.num_calls(), 1, "calls of rule {index}");
    }
}

fn increase(age: Duration, rules: &[Rule]) -> Increase {
    let client = mock_client!(aws_sdk_servicequotas, RuleMode::Sequential, rules);
    let propagation_end = vending_core::propagation_end(OffsetDateTime::now_utc() - age);
    Increase::new(crate::tests::wanted("us-east-1"), client, propagation_end)
}

async fn converge(age: Duration, rules: &[Rule]) -> Result<(State, Vec<String>), StepError> {
    let changes = Changes::apply();
    let state = increase(age, rules).converge(&changes).await;
    assert_each_called_once(rules.iter());
    state.map(|state| (state, changes.into_names()))
}

async fn run_old_account(rules: &[Rule]) -> (State, Vec<String>) {
    converge(Duration::DAY, rules).await.unwrap()
}

#[tokio::test]
async fn sufficient_quota_takes_one_call() {
    let (state, made) = run_old_account(&[applied(64.0)]).await;
    assert_eq!(state, State::Enough("ec2/L-1216C47A in us-east-1 is 64".to_owned()));
    assert!(made.is_empty());
}

#[tokio::test]
async fn new_request_takes_three_calls() {
    let (state, made) = run_old_account(&[applied(5.0), history(vec![]), requested()]).await;
    assert_eq!(made, ["requested 64 for ec2/L-1216C47A in us-east-1"]);
    assert!(matches!(state, State::Open(_)));
}

#[tokio::test]
async fn open_request_is_not_repeated() {
    let (state, made) = run_old_account(&[applied(5.0), history(vec![(64.0, RequestStatus::CaseOpened)])]).await;
    assert_eq!(state.found(), Some("the request of 64 for ec2/L-1216C47A in us-east-1 is CASE_OPENED"));
    assert!(made.is_empty());
}

#[tokio::test]
async fn rejected_request_is_not_repeated() {
    let (state, made) = run_old_account(&[applied(5.0), history(vec![(64.0, RequestStatus::Denied)])]).await;
    let note = "the request of 64 for ec2/L-1216C47A in us-east-1 is DENIED; contact AWS Support for the reason";
    assert_eq!(state.note(), Some(note));
    assert!(made.is_empty());
}

#[tokio::test]
async fn quota_without_applied_value_uses_default() {
    let (state, _) = run_old_account(&[quota_fails(NOT_FOUND), default(100.0)]).await;
    assert!(matches!(state, State::Enough(_)));
    let (_, made) = run_old_account(&[quota_fails(NOT_FOUND), default(5.0), history(vec![]), requested()]).await;
    assert_eq!(made.len(), 1);
    let approved = history(vec![(64.0, RequestStatus::Approved)]);
    let (state, _) = run_old_account(&[quota_fails(NOT_FOUND), default(5.0), approved]).await;
    assert!(matches!(state, State::Enough(_)));
}

#[tokio::test]
async fn unknown_quota_is_noted() {
    let unknown = mock!(Client::get_aws_default_service_quota).then_http_response(|| error_response(NOT_FOUND));
    let (state, made) = run_old_account(&[quota_fails(NOT_FOUND), unknown]).await;
    let note = state.note().unwrap();
    assert!(note.contains("ec2/L-1216C47A in us-east-1: NoSuchResourceException"), "{note}");
    assert!(made.is_empty());
}

#[tokio::test]
async fn missing_value_does_not_prevent_the_request() {
    let (_, made) = run_old_account(&[shows(quota(None)), history(vec![]), requested()]).await;
    assert_eq!(made.len(), 1);
    let unlisted = mock!(Client::list_requested_service_quota_change_history_by_quota)
        .then_http_response(|| error_response(NOT_FOUND));
    let (_, made) = run_old_account(&[shows(quota(None)), unlisted, requested()]).await;
    assert_eq!(made.len(), 1);
}

#[tokio::test]
async fn plan_requests_nothing() {
    let rules = [applied(5.0), history(vec![])];
    let changes = Changes::plan();
    increase(Duration::DAY, &rules).converge(&changes).await.unwrap();
    assert_each_called_once(rules.iter());
    assert_eq!(changes.into_names(), ["requested 64 for ec2/L-1216C47A in us-east-1"]);
}

#[tokio::test]
async fn existing_request_counts_as_made() {
    let rules = [applied(5.0), history(vec![]), request_fails("ResourceAlreadyExistsException")];
    let (state, made) = run_old_account(&rules).await;
    assert!(matches!(state, State::Open(_)));
    assert_eq!(made.len(), 1);
}

#[tokio::test]
async fn permanent_errors_are_only_noted() {
    for code in [
        "AccessDeniedException",
        "DependencyAccessDeniedException",
        "IllegalArgumentException",
        "InvalidResourceStateException",
        "NoSuchResourceException",
    ] {
        let (state, made) = run_old_account(&[applied(5.0), history(vec![]), request_fails(code)]).await;
        assert!(state.note().is_some_and(|note| note.contains(code)), "{state:?}");
        assert!(made.is_empty(), "{code}");
    }
    for code in ["AccessDeniedException", "IllegalArgumentException", "UnrecognizedClientException"] {
        let (state, _) = run_old_account(&[quota_fails(code)]).await;
        assert!(state.note().is_some_and(|note| note.contains(code)), "{state:?}");
    }
}

#[tokio::test]
async fn transient_errors_are_retried() {
    use ErrorCode::{NotReady, ServiceUnavailable};
    for (code, expected) in [
        ("AccessDeniedException", NotReady),
        ("DependencyAccessDeniedException", NotReady),
        ("OptInRequired", NotReady),
        ("SubscriptionRequiredException", NotReady),
        ("ServiceUnavailableException", ServiceUnavailable),
    ] {
        let read = converge(Duration::ZERO, &[quota_fails(code)]).await.unwrap_err();
        assert_eq!(read.code(), expected, "{code}");
        let rules = [applied(5.0), history(vec![]), request_fails(code)];
        assert_eq!(converge(Duration::ZERO, &rules).await.unwrap_err().code(), expected, "{code}");
    }
}

#[tokio::test]
async fn transient_errors_are_noted_in_old_account() {
    let code = "ServiceUnavailableException";
    for rules in [vec![quota_fails(code)], vec![applied(5.0), history(vec![]), request_fails(code)]] {
        let (state, made) = run_old_account(&rules).await;
        assert!(state.note().is_some_and(|note| note.contains(code) && note.contains("tries again")), "{state:?}");
        assert!(made.is_empty());
    }
}

#[tokio::test]
async fn request_over_the_limit_is_pending() {
    for age in [Duration::ZERO, Duration::DAY] {
        let rules = [applied(5.0), history(vec![]), request_fails(TOO_MANY_OPEN_REQUESTS)];
        let (state, made) = converge(age, &rules).await.unwrap();
        let text =
            "the request of 64 for ec2/L-1216C47A in us-east-1 waits: the account has the maximum of open requests";
        assert_eq!(state, State::Open(text.to_owned()));
        assert!(made.is_empty());
    }
}

/// A run and its read-back. Asserts that each rule is called once in both together.
async fn read_back(rules: &[Rule]) -> State {
    let increase = &increase(Duration::DAY, rules);
    let converge = |changes| async move { increase.converge(&changes).await };
    let (state, _) = Changes::apply_and_read_back(converge).await.unwrap();
    assert_each_called_once(rules.iter());
    state
}

#[tokio::test]
async fn returned_state_is_not_read_back() {
    let state = read_back(&[applied(5.0), history(vec![]), requested()]).await;
    assert_eq!(state.found(), Some("the request of 64 for ec2/L-1216C47A in us-east-1 is PENDING"));
    assert!(matches!(read_back(&[applied(64.0)]).await, State::Enough(_)));
    let open = history(vec![(64.0, RequestStatus::CaseOpened)]);
    assert!(matches!(read_back(&[applied(5.0), open]).await, State::Open(_)));
    let rejected = request_fails("IllegalArgumentException");
    assert!(matches!(read_back(&[applied(5.0), history(vec![]), rejected]).await, State::Stuck(_)));
    let queued = request_fails(TOO_MANY_OPEN_REQUESTS);
    assert!(matches!(read_back(&[applied(5.0), history(vec![]), queued]).await, State::Open(_)));
}

#[tokio::test]
async fn request_without_status_is_read_back() {
    let without_status = || {
        let output = || RequestServiceQuotaIncreaseOutput::builder().build();
        mock!(Client::request_service_quota_increase).then_output(output)
    };
    for made in [without_status(), request_fails("ResourceAlreadyExistsException")] {
        let shown = history(vec![(64.0, RequestStatus::Pending)]);
        let state = read_back(&[applied(5.0), history(vec![]), made, applied(5.0), shown]).await;
        assert!(matches!(state, State::Open(_)), "{state:?}");
    }
}
