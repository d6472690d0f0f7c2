//! Determines the state of a quota. It makes no AWS calls.

use aws_sdk_servicequotas::types::{RequestStatus, RequestedServiceQuotaChange};
use time::OffsetDateTime;
use vending_core::{QuotaIncrease, StepError};

/// A quota as AWS returns it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Quota {
    /// `None` if the service of the quota does not report a value to Service Quotas.
    pub(crate) value: Option<f64>,
    /// Whether the value is the default. For some quotas, AWS returns only the default.
    pub(crate) is_default: bool,
    pub(crate) is_adjustable: bool,
}

/// The state of a quota, with its text for the report.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum State {
    /// The value is high enough.
    Enough(String),
    /// A request is open, or waits for other open requests.
    Open(String),
    /// AWS does not raise the quota, or returned an error. The report notes it.
    Stuck(String),
    /// There is no request yet.
    Missing,
}

impl State {
    pub(crate) fn found(&self) -> Option<&str> {
        match self {
            Self::Enough(text) | Self::Open(text) => Some(text),
            Self::Stuck(_) | Self::Missing => None,
        }
    }

    pub(crate) fn note(&self) -> Option<&str> {
        if let Self::Stuck(text) = self { Some(text) } else { None }
    }
}

/// The state from the value of the quota, if the value is enough to decide.
pub(crate) fn from_value(wanted: &QuotaIncrease, quota: Quota) -> Option<State> {
    match quota.value {
        Some(value) if value >= wanted.value() => Some(State::Enough(format!("{wanted} is {value}"))),
        Some(value) if !quota.is_adjustable => {
            Some(State::Stuck(format!("{wanted} is {value}: this quota is not adjustable")))
        }
        None if !quota.is_adjustable => Some(State::Stuck(format!("{wanted}: this quota is not adjustable"))),
        _ => None,
    }
}

/// The state from all requests for the quota.
///
/// A rejected request is not repeated, because AWS would reject it again.
pub(crate) fn from_history(wanted: &QuotaIncrease, quota: Quota, history: &[RequestedServiceQuotaChange]) -> State {
    let any = |statuses: &[RequestStatus]| history.iter().find(|request| is_one_of(request, statuses));
    let as_high = |statuses: &[RequestStatus]| {
        let mut requests = history.iter().filter(|request| request.desired_value() >= Some(wanted.value()));
        requests.find(|request| is_one_of(request, statuses))
    };
    // AWS allows one open request for a quota, so an open request for a lower value also counts.
    if let Some(request) = any(&[RequestStatus::Pending, RequestStatus::CaseOpened]) {
        return State::Open(described(wanted, request));
    }
    if let Some(request) = as_high(&[RequestStatus::Approved]) {
        let described = described(wanted, request);
        return if quota.is_default { State::Enough(described) } else { State::Open(described) };
    }
    match as_high(&REJECTED) {
        Some(request) => rejected(wanted, request),
        None => State::Missing,
    }
}

/// The state from the response to a request. An increase that AWS approves at once is not applied yet.
pub(crate) fn from_response(wanted: &QuotaIncrease, request: &RequestedServiceQuotaChange) -> State {
    if is_one_of(request, &REJECTED) { rejected(wanted, request) } else { State::Open(described(wanted, request)) }
}

/// The state when the account has the maximum of open requests. The next run of the step requests the increase again.
pub(crate) fn queued(wanted: &QuotaIncrease) -> State {
    let value = wanted.value();
    State::Open(format!("the request of {value} for {wanted} waits: the account has the maximum of open requests"))
}

/// The state after an error. Transient errors are returned, so that the call is retried, until `retry_until`.
pub(crate) fn from_error(error: StepError, retry_until: OffsetDateTime) -> Result<State, StepError> {
    if !error.code().is_retryable() {
        return Ok(State::Stuck(error.to_string()));
    }
    if OffsetDateTime::now_utc() < retry_until {
        return Err(error);
    }
    Ok(State::Stuck(format!("{error}; the next run of the step tries again")))
}

const REJECTED: [RequestStatus; 4] =
    [RequestStatus::CaseClosed, RequestStatus::Denied, RequestStatus::InvalidRequest, RequestStatus::NotApproved];

fn is_one_of(request: &RequestedServiceQuotaChange, statuses: &[RequestStatus]) -> bool {
    request.status().is_some_and(|status| statuses.contains(status))
}

fn rejected(wanted: &QuotaIncrease, request: &RequestedServiceQuotaChange) -> State {
    State::Stuck(format!("{}; contact AWS Support for the reason", described(wanted, request)))
}

fn described(wanted: &QuotaIncrease, request: &RequestedServiceQuotaChange) -> String {
    let value = request.desired_value().unwrap_or_default();
    let status = request.status().map_or("unknown", RequestStatus::as_str);
    format!("the request of {value} for {wanted} is {status}")
}

#[cfg(test)]
pub(crate) mod tests {
    use time::Duration;
    use vending_core::ErrorCode;

    use super::*;

    const QUOTA: Quota = Quota { value: Some(32.0), is_default: false, is_adjustable: true };

    fn wanted() -> QuotaIncrease {
        crate::tests::wanted("us-east-1")
    }

    pub(crate) fn request(value: f64, status: RequestStatus) -> RequestedServiceQuotaChange {
        RequestedServiceQuotaChange::builder().desired_value(value).status(status).build()
    }

    fn evaluate(history: &[(f64, RequestStatus)]) -> State {
        let history: Vec<_> = history.iter().map(|(value, status)| request(*value, status.clone())).collect();
        from_history(&wanted(), QUOTA, &history)
    }

    #[test]
    fn sufficient_quota_needs_no_history() {
        for (value, expected) in [(64.0, true), (128.0, true), (63.9, false)] {
            let state = from_value(&wanted(), Quota { value: Some(value), ..QUOTA });
            assert_eq!(matches!(state, Some(State::Enough(_))), expected, "{value}");
        }
        let enough = from_value(&wanted(), Quota { value: Some(64.0), is_adjustable: false, ..QUOTA });
        assert_eq!(enough, Some(State::Enough("ec2/L-1216C47A in us-east-1 is 64".to_owned())));
    }

    #[test]
    fn quota_that_is_not_adjustable_is_noted() {
        for value in [Some(32.0), None] {
            let state = from_value(&wanted(), Quota { value, is_adjustable: false, ..QUOTA });
            assert!(matches!(state, Some(State::Stuck(_))), "{state:?}");
        }
    }

    #[test]
    fn unknown_value_does_not_decide() {
        assert_eq!(from_value(&wanted(), Quota { value: None, ..QUOTA }), None);
    }

    #[test]
    fn open_request_of_any_value_is_pending() {
        for status in [RequestStatus::Pending, RequestStatus::CaseOpened] {
            for value in [48.0, 64.0, 96.0] {
                let state = evaluate(&[(64.0, RequestStatus::Denied), (value, status.clone())]);
                let text = format!("the request of {value} for ec2/L-1216C47A in us-east-1 is {status}");
                assert_eq!(state, State::Open(text));
            }
        }
    }

    #[test]
    fn approved_request_is_open_until_applied() {
        assert!(matches!(evaluate(&[(64.0, RequestStatus::Approved)]), State::Open(_)));
        assert_eq!(evaluate(&[(48.0, RequestStatus::Approved)]), State::Missing);
    }

    #[test]
    fn approval_is_enough_for_default_only_quota() {
        let history = [request(64.0, RequestStatus::Approved)];
        let state = from_history(&wanted(), Quota { is_default: true, ..QUOTA }, &history);
        assert!(matches!(state, State::Enough(_)), "{state:?}");
    }

    #[test]
    fn rejected_request_is_not_repeated() {
        for status in REJECTED {
            for value in [64.0, 96.0] {
                let state = evaluate(&[(value, status.clone())]);
                assert!(state.note().is_some_and(|note| note.contains(status.as_str())), "{state:?}");
            }
            assert_eq!(evaluate(&[(48.0, status)]), State::Missing);
        }
    }

    #[test]
    fn response_decides_whether_to_wait() {
        for status in REJECTED {
            let state = from_response(&wanted(), &request(64.0, status));
            assert!(matches!(state, State::Stuck(_)), "{state:?}");
        }
        for status in [RequestStatus::Pending, RequestStatus::CaseOpened, RequestStatus::Approved] {
            let state = from_response(&wanted(), &request(64.0, status));
            assert!(matches!(state, State::Open(_)), "{state:?}");
        }
    }

    #[test]
    fn transient_errors_are_retried_until_the_limit() {
        let evaluate = |code, retry_until: Duration| {
            from_error(StepError::new(code, "no"), OffsetDateTime::now_utc() + retry_until)
        };
        for code in [ErrorCode::Throttled, ErrorCode::ServiceUnavailable, ErrorCode::NotReady] {
            assert_eq!(evaluate(code, Duration::MINUTE).unwrap_err().code(), code);
            let text = "no; the next run of the step tries again";
            assert_eq!(evaluate(code, -Duration::MINUTE).unwrap(), State::Stuck(text.to_owned()));
        }
        for retry_until in [Duration::MINUTE, -Duration::MINUTE] {
            assert_eq!(evaluate(ErrorCode::AccessDenied, retry_until).unwrap(), State::Stuck("no".to_owned()));
        }
    }

    #[test]
    fn quota_without_request_is_missing() {
        assert_eq!(evaluate(&[]), State::Missing);
        assert_eq!(evaluate(&[(64.0, RequestStatus::from("SOMETHING_NEW"))]), State::Missing);
        assert_eq!(from_history(&wanted(), QUOTA, &[RequestedServiceQuotaChange::builder().build()]), State::Missing);
    }
}
