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

pub(crate) fn refusal(code: &str) -> Response {
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

fn not_applied(code: &'static str) -> Rule {
    mock!(Client::get_service_quota).then_http_response(move || refusal(code))
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

pub(crate) fn request_refused(code: &'static str) -> Rule {
    mock!(Client::request_service_quota_increase).then_http_response(move || refusal(code))
}

/// Every rule is called once, in order, and nothing else is called.
pub(crate) fn assert_each_called_once<'a>(rules: impl Iterator<Item = &'a Rule>) {
    for (index, rule) in rules.enumerate() {
        assert_eq!(rule.num_calls(), 1, "calls of rule {index}");
    }
}

fn increase(age: Duration, rules: &[Rule]) -> Increase {
    let client = mock_client!(aws_sdk_servicequotas, RuleMode::Sequential, rules);
    let wanted = crate::wanted::parse(&["ec2/L-1216C47A=64".to_owned()], "us-east-1").unwrap();
    let ready_by = vending_core::ready_by(OffsetDateTime::now_utc() - age);
    Increase::new(wanted.into_iter().next().unwrap(), client, ready_by)
}

async fn converge(age: Duration, rules: &[Rule]) -> Result<(State, Vec<String>), StepError> {
    let changes = Changes::to_make();
    let state = increase(age, rules).converge(&changes).await;
    assert_each_called_once(rules.iter());
    state.map(|state| (state, changes.into_list()))
}

async fn settled(rules: &[Rule]) -> (State, Vec<String>) {
    converge(Duration::DAY, rules).await.unwrap()
}

#[tokio::test]
async fn a_quota_that_is_high_enough_takes_one_call() {
    let (state, made) = settled(&[applied(64.0)]).await;
    assert_eq!(state, State::Enough("ec2/L-1216C47A in us-east-1 is 64".to_owned()));
    assert!(made.is_empty());
}

#[tokio::test]
async fn a_quota_that_nobody_asked_for_takes_three_calls() {
    let (state, made) = settled(&[applied(5.0), history(vec![]), requested()]).await;
    assert_eq!(made, ["requested 64 for ec2/L-1216C47A in us-east-1"]);
    assert!(matches!(state, State::Open(_)));
}

#[tokio::test]
async fn an_open_request_is_left_to_aws() {
    let (state, made) = settled(&[applied(5.0), history(vec![(64.0, RequestStatus::CaseOpened)])]).await;
    assert_eq!(state.found(), Some("the request of 64 for ec2/L-1216C47A in us-east-1 is CASE_OPENED"));
    assert!(made.is_empty());
}

#[tokio::test]
async fn a_refused_request_is_not_made_again() {
    let (state, made) = settled(&[applied(5.0), history(vec![(64.0, RequestStatus::Denied)])]).await;
    let note = "the request of 64 for ec2/L-1216C47A in us-east-1 is DENIED; AWS Support knows more";
    assert_eq!(state.note(), Some(note));
    assert!(made.is_empty());
}

#[tokio::test]
async fn a_quota_without_an_applied_value_has_its_default() {
    let (state, _) = settled(&[not_applied(NOT_THERE), default(100.0)]).await;
    assert!(matches!(state, State::Enough(_)));
    let (_, made) = settled(&[not_applied(NOT_THERE), default(5.0), history(vec![]), requested()]).await;
    assert_eq!(made.len(), 1);
    let approved = history(vec![(64.0, RequestStatus::Approved)]);
    let (state, _) = settled(&[not_applied(NOT_THERE), default(5.0), approved]).await;
    assert!(matches!(state, State::Enough(_)));
}

#[tokio::test]
async fn a_quota_that_aws_does_not_know_is_told() {
    let unknown = mock!(Client::get_aws_default_service_quota).then_http_response(|| refusal(NOT_THERE));
    let (state, made) = settled(&[not_applied(NOT_THERE), unknown]).await;
    let note = state.note().unwrap();
    assert!(note.contains("ec2/L-1216C47A in us-east-1: NoSuchResourceException"), "{note}");
    assert!(made.is_empty());
}

#[tokio::test]
async fn a_value_that_aws_cannot_read_does_not_keep_us_from_asking() {
    let (_, made) = settled(&[shows(quota(None)), history(vec![]), requested()]).await;
    assert_eq!(made.len(), 1);
    let unlisted =
        mock!(Client::list_requested_service_quota_change_history_by_quota).then_http_response(|| refusal(NOT_THERE));
    let (_, made) = settled(&[shows(quota(None)), unlisted, requested()]).await;
    assert_eq!(made.len(), 1);
}

#[tokio::test]
async fn a_look_alone_requests_nothing() {
    let rules = [applied(5.0), history(vec![])];
    let changes = Changes::to_list();
    increase(Duration::DAY, &rules).converge(&changes).await.unwrap();
    assert_each_called_once(rules.iter());
    assert_eq!(changes.into_list(), ["requested 64 for ec2/L-1216C47A in us-east-1"]);
}

#[tokio::test]
async fn a_request_that_aws_has_already_is_made() {
    let rules = [applied(5.0), history(vec![]), request_refused("ResourceAlreadyExistsException")];
    let (state, made) = settled(&rules).await;
    assert!(matches!(state, State::Open(_)));
    assert_eq!(made.len(), 1);
}

#[tokio::test]
async fn what_will_not_heal_is_told_and_fails_nothing() {
    for code in [
        "AccessDeniedException",
        "DependencyAccessDeniedException",
        "IllegalArgumentException",
        "InvalidResourceStateException",
        "NoSuchResourceException",
    ] {
        let (state, made) = settled(&[applied(5.0), history(vec![]), request_refused(code)]).await;
        assert!(state.note().is_some_and(|note| note.contains(code)), "{state:?}");
        assert!(made.is_empty(), "{code}");
    }
    for code in ["AccessDeniedException", "IllegalArgumentException", "UnrecognizedClientException"] {
        let (state, _) = settled(&[not_applied(code)]).await;
        assert!(state.note().is_some_and(|note| note.contains(code)), "{state:?}");
    }
}

#[tokio::test]
async fn what_may_heal_is_tried_again() {
    use ErrorCode::{NotReady, ServiceUnavailable};
    for (code, expected) in [
        ("AccessDeniedException", NotReady),
        ("DependencyAccessDeniedException", NotReady),
        ("OptInRequired", NotReady),
        ("SubscriptionRequiredException", NotReady),
        ("ServiceUnavailableException", ServiceUnavailable),
    ] {
        let look = converge(Duration::ZERO, &[not_applied(code)]).await.unwrap_err();
        assert_eq!(look.code(), expected, "{code}");
        let rules = [applied(5.0), history(vec![]), request_refused(code)];
        assert_eq!(converge(Duration::ZERO, &rules).await.unwrap_err().code(), expected, "{code}");
    }
}

#[tokio::test]
async fn a_service_that_does_not_answer_holds_back_no_account_that_has_settled() {
    let code = "ServiceUnavailableException";
    for rules in [vec![not_applied(code)], vec![applied(5.0), history(vec![]), request_refused(code)]] {
        let (state, made) = settled(&rules).await;
        assert!(state.note().is_some_and(|note| note.contains(code) && note.contains("asks again")), "{state:?}");
        assert!(made.is_empty());
    }
}

#[tokio::test]
async fn a_request_that_waits_for_others_is_open_and_not_made() {
    for age in [Duration::ZERO, Duration::DAY] {
        let rules = [applied(5.0), history(vec![]), request_refused(TOO_MANY_OPEN)];
        let (state, made) = converge(age, &rules).await.unwrap();
        let words =
            "the request of 64 for ec2/L-1216C47A in us-east-1 waits for other open requests, since AWS takes no more";
        assert_eq!(state, State::Open(words.to_owned()));
        assert!(made.is_empty());
    }
}

/// A run and its reading back, by the calls of `rules` in all.
async fn read_back(rules: &[Rule]) -> State {
    let increase = increase(Duration::DAY, rules);
    increase.converge(&Changes::to_make()).await.unwrap();
    let differences = Changes::to_list();
    let state = increase.converge(&differences).await.unwrap();
    assert!(differences.into_list().is_empty());
    assert_each_called_once(rules.iter());
    state
}

#[tokio::test]
async fn what_aws_said_in_this_run_is_not_asked_for_when_it_is_read_back() {
    let state = read_back(&[applied(5.0), history(vec![]), requested()]).await;
    assert_eq!(state.found(), Some("the request of 64 for ec2/L-1216C47A in us-east-1 is PENDING"));
    assert!(matches!(read_back(&[applied(64.0)]).await, State::Enough(_)));
    let open = history(vec![(64.0, RequestStatus::CaseOpened)]);
    assert!(matches!(read_back(&[applied(5.0), open]).await, State::Open(_)));
    let refused = request_refused("IllegalArgumentException");
    assert!(matches!(read_back(&[applied(5.0), history(vec![]), refused]).await, State::Stuck(_)));
    let queued = request_refused(TOO_MANY_OPEN);
    assert!(matches!(read_back(&[applied(5.0), history(vec![]), queued]).await, State::Open(_)));
}

#[tokio::test]
async fn a_request_that_aws_did_not_show_is_read_back() {
    let unshown = || {
        let answer = || RequestServiceQuotaIncreaseOutput::builder().build();
        mock!(Client::request_service_quota_increase).then_output(answer)
    };
    for made in [unshown(), request_refused("ResourceAlreadyExistsException")] {
        let shown = history(vec![(64.0, RequestStatus::Pending)]);
        let state = read_back(&[applied(5.0), history(vec![]), made, applied(5.0), shown]).await;
        assert!(matches!(state, State::Open(_)), "{state:?}");
    }
}
