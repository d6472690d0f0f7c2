//! Where a quota stands, decided without a call.

use aws_sdk_servicequotas::types::{RequestStatus, RequestedServiceQuotaChange};
use time::OffsetDateTime;
use vending_core::StepError;

use crate::wanted::Wanted;

/// A quota as AWS shows it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Quota {
    /// Not shown of a quota whose service does not answer Service Quotas.
    pub(crate) value: Option<f64>,
    /// Of some quotas only the default is shown, whatever is applied.
    pub(crate) is_default: bool,
    pub(crate) is_adjustable: bool,
}

/// Where a quota stands, in words.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum State {
    /// As high as wanted, or higher.
    Enough(String),
    /// AWS is at it, or at as many others as it takes at a time.
    Open(String),
    /// AWS does not raise it, or gave no answer; the reader of the report decides what becomes of it.
    Stuck(String),
    /// Nobody has asked yet.
    Missing,
}

impl State {
    pub(crate) fn found(&self) -> Option<&str> {
        match self {
            Self::Enough(words) | Self::Open(words) => Some(words),
            Self::Stuck(_) | Self::Missing => None,
        }
    }

    pub(crate) fn note(&self) -> Option<&str> {
        if let Self::Stuck(words) = self { Some(words) } else { None }
    }
}

/// What the quota alone tells, if that is enough.
pub(crate) fn by_value(wanted: &Wanted, quota: Quota) -> Option<State> {
    match quota.value {
        Some(value) if value >= wanted.value => Some(State::Enough(format!("{wanted} is {value}"))),
        Some(value) if !quota.is_adjustable => {
            Some(State::Stuck(format!("{wanted} is {value}, and AWS raises it for nobody")))
        }
        None if !quota.is_adjustable => Some(State::Stuck(format!("{wanted} is raised for nobody"))),
        _ => None,
    }
}

/// What the requests for the quota tell, our own and anybody's.
///
/// A request that AWS refused is not made again: the answer would be the same each night.
pub(crate) fn by_history(wanted: &Wanted, quota: Quota, history: &[RequestedServiceQuotaChange]) -> State {
    let any = |statuses: &[RequestStatus]| history.iter().find(|request| is_one_of(request, statuses));
    let as_high = |statuses: &[RequestStatus]| {
        let mut requests = history.iter().filter(|request| request.desired_value() >= Some(wanted.value));
        requests.find(|request| is_one_of(request, statuses))
    };
    // AWS takes one request for a quota at a time, so that a lower one has to be waited for, too.
    if let Some(request) = any(&[RequestStatus::Pending, RequestStatus::CaseOpened]) {
        return State::Open(described(wanted, request));
    }
    if let Some(request) = as_high(&[RequestStatus::Approved]) {
        let described = described(wanted, request);
        return if quota.is_default { State::Enough(described) } else { State::Open(described) };
    }
    match as_high(&REFUSED) {
        Some(request) => refused(wanted, request),
        None => State::Missing,
    }
}

/// What AWS says of a request as it takes it. An increase that it approves at once still has to be applied.
pub(crate) fn by_answer(wanted: &Wanted, request: &RequestedServiceQuotaChange) -> State {
    if is_one_of(request, &REFUSED) { refused(wanted, request) } else { State::Open(described(wanted, request)) }
}

/// AWS has as many other open requests as it takes of an account: the next run of the request asks again.
pub(crate) fn queued(wanted: &Wanted) -> State {
    let value = wanted.value;
    State::Open(format!("the request of {value} for {wanted} waits for other open requests, since AWS takes no more"))
}

/// What is left where AWS told nothing of the quota. What may heal is tried again, but not for ever: `patience` is its
/// end, and comes before that of the vend.
pub(crate) fn by_failure(error: StepError, patience: OffsetDateTime) -> Result<State, StepError> {
    if !error.code().is_retryable() {
        return Ok(State::Stuck(error.to_string()));
    }
    if OffsetDateTime::now_utc() < patience {
        return Err(error);
    }
    Ok(State::Stuck(format!("{error}; AWS has no answer for now, and the next run of the request asks again")))
}

const REFUSED: [RequestStatus; 4] =
    [RequestStatus::CaseClosed, RequestStatus::Denied, RequestStatus::InvalidRequest, RequestStatus::NotApproved];

fn is_one_of(request: &RequestedServiceQuotaChange, statuses: &[RequestStatus]) -> bool {
    request.status().is_some_and(|status| statuses.contains(status))
}

fn refused(wanted: &Wanted, request: &RequestedServiceQuotaChange) -> State {
    State::Stuck(format!("{}; AWS Support knows more", described(wanted, request)))
}

fn described(wanted: &Wanted, request: &RequestedServiceQuotaChange) -> String {
    let value = request.desired_value().unwrap_or_default();
    let status = request.status().map_or("unknown", RequestStatus::as_str);
    format!("the request of {value} for {wanted} is {status}")
}

#[cfg(test)]
pub(crate) mod tests {
    use time::Duration;
    use vending_core::ErrorCode;

    use super::*;

    const SHOWN: Quota = Quota { value: Some(32.0), is_default: false, is_adjustable: true };

    fn wanted() -> Wanted {
        let (region, service_code) = ("us-east-1".to_owned(), "ec2".to_owned());
        Wanted { region, service_code, quota_code: "L-1216C47A".to_owned(), value: 64.0 }
    }

    pub(crate) fn request(value: f64, status: RequestStatus) -> RequestedServiceQuotaChange {
        RequestedServiceQuotaChange::builder().desired_value(value).status(status).build()
    }

    fn judged(history: &[(f64, RequestStatus)]) -> State {
        let history: Vec<_> = history.iter().map(|(value, status)| request(*value, status.clone())).collect();
        by_history(&wanted(), SHOWN, &history)
    }

    #[test]
    fn a_quota_that_is_high_enough_needs_no_history() {
        for (value, expected) in [(64.0, true), (128.0, true), (63.9, false)] {
            let state = by_value(&wanted(), Quota { value: Some(value), ..SHOWN });
            assert_eq!(matches!(state, Some(State::Enough(_))), expected, "{value}");
        }
        let enough = by_value(&wanted(), Quota { value: Some(64.0), is_adjustable: false, ..SHOWN });
        assert_eq!(enough, Some(State::Enough("ec2/L-1216C47A in us-east-1 is 64".to_owned())));
    }

    #[test]
    fn a_quota_that_nobody_gets_raised_is_not_asked_for() {
        for value in [Some(32.0), None] {
            let state = by_value(&wanted(), Quota { value, is_adjustable: false, ..SHOWN });
            assert!(matches!(state, Some(State::Stuck(_))), "{state:?}");
        }
    }

    #[test]
    fn an_unknown_value_is_no_answer() {
        assert_eq!(by_value(&wanted(), Quota { value: None, ..SHOWN }), None);
    }

    #[test]
    fn an_open_request_is_waited_for_whatever_its_value() {
        for status in [RequestStatus::Pending, RequestStatus::CaseOpened] {
            for value in [48.0, 64.0, 96.0] {
                let state = judged(&[(64.0, RequestStatus::Denied), (value, status.clone())]);
                let words = format!("the request of {value} for ec2/L-1216C47A in us-east-1 is {status}");
                assert_eq!(state, State::Open(words));
            }
        }
    }

    #[test]
    fn an_approved_request_is_waited_for_until_it_is_applied() {
        assert!(matches!(judged(&[(64.0, RequestStatus::Approved)]), State::Open(_)));
        assert_eq!(judged(&[(48.0, RequestStatus::Approved)]), State::Missing);
    }

    #[test]
    fn where_only_the_default_is_shown_an_approval_is_all_there_is_to_see() {
        let history = [request(64.0, RequestStatus::Approved)];
        let state = by_history(&wanted(), Quota { is_default: true, ..SHOWN }, &history);
        assert!(matches!(state, State::Enough(_)), "{state:?}");
    }

    #[test]
    fn what_was_refused_is_not_asked_for_again() {
        for status in REFUSED {
            for value in [64.0, 96.0] {
                let state = judged(&[(value, status.clone())]);
                assert!(state.note().is_some_and(|note| note.contains(status.as_str())), "{state:?}");
            }
            assert_eq!(judged(&[(48.0, status)]), State::Missing);
        }
    }

    #[test]
    fn the_answer_to_a_request_tells_whether_to_wait() {
        for status in REFUSED {
            let state = by_answer(&wanted(), &request(64.0, status));
            assert!(matches!(state, State::Stuck(_)), "{state:?}");
        }
        for status in [RequestStatus::Pending, RequestStatus::CaseOpened, RequestStatus::Approved] {
            let state = by_answer(&wanted(), &request(64.0, status));
            assert!(matches!(state, State::Open(_)), "{state:?}");
        }
    }

    #[test]
    fn what_may_heal_is_tried_again_but_not_for_ever() {
        let judged =
            |code, patience: Duration| by_failure(StepError::new(code, "no"), OffsetDateTime::now_utc() + patience);
        for code in [ErrorCode::Throttled, ErrorCode::ServiceUnavailable, ErrorCode::NotReady] {
            assert_eq!(judged(code, Duration::MINUTE).unwrap_err().code(), code);
            let words = "no; AWS has no answer for now, and the next run of the request asks again";
            assert_eq!(judged(code, -Duration::MINUTE).unwrap(), State::Stuck(words.to_owned()));
        }
        for patience in [Duration::MINUTE, -Duration::MINUTE] {
            assert_eq!(judged(ErrorCode::AccessDenied, patience).unwrap(), State::Stuck("no".to_owned()));
        }
    }

    #[test]
    fn what_nobody_asked_for_is_missing() {
        assert_eq!(judged(&[]), State::Missing);
        assert_eq!(judged(&[(64.0, RequestStatus::from("SOMETHING_NEW"))]), State::Missing);
        assert_eq!(by_history(&wanted(), SHOWN, &[RequestedServiceQuotaChange::builder().build()]), State::Missing);
    }
}
