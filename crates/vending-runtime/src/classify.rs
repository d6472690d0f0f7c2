//! What an answer of AWS means for the state machine.

use std::error::Error;

use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use time::OffsetDateTime;
use vending_core::{ErrorCode, StepError};

const THROTTLED: &[&str] = &[
    "TooManyRequestsException",
    "ThrottlingException",
    "Throttling",
    "ThrottledException",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestLimitExceeded",
    "LimitExceededException",
    "SlowDown",
    "PriorRequestNotComplete",
    "KmsThrottlingException",
];

const TRANSIENT: &[&str] = &[
    "ServiceException",
    "ServiceFailure",
    "ServiceFailureException",
    "ServiceUnavailable",
    "ServiceUnavailableException",
    "InternalError",
    "InternalErrorException",
    "InternalFailure",
    "InternalServerError",
    "InternalServerException",
    "ConcurrentModification",
    "ConcurrentModificationException",
    "OperationAborted",
    "RequestTimeout",
    "FinalizingOrganizationException",
];

const DENIED: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "AuthFailure",
    "UnauthorizedOperation",
    "AuthorizationError",
    "AuthorizationErrorException",
    "ForbiddenException",
];

/// Credentials or services of a fresh account that AWS has not spread everywhere yet (aws-facts: "Assuming the role just after creation").
const NOT_READY: &[&str] = &[
    "InvalidClientTokenId",
    "CloudTrailInvalidClientTokenIdException",
    "UnrecognizedClientException",
    "NotSignedUp",
    "OptInRequired",
    "PendingVerification",
    "SubscriptionRequiredException",
    "RegionDisabledException",
    "InvalidAccessKeyId",
];

/// The code of an AWS error, or `None` where no answer of AWS was understood.
pub fn error_code<E: ProvideErrorMetadata>(error: &SdkError<E, Response>) -> Option<&str> {
    error.as_service_error().and_then(ProvideErrorMetadata::code)
}

/// The decision that an AWS error stands for, wherever the caller knows no better.
fn classify<E: ProvideErrorMetadata>(error: &SdkError<E, Response>) -> ErrorCode {
    let Some(service_error) = error.as_service_error() else {
        return ErrorCode::ServiceUnavailable;
    };
    let status = error.raw_response().map_or(0, |raw| raw.status().as_u16());
    match service_error.code() {
        Some(code) if THROTTLED.contains(&code) => ErrorCode::Throttled,
        Some(code) if TRANSIENT.contains(&code) => ErrorCode::ServiceUnavailable,
        Some(code) if NOT_READY.contains(&code) => ErrorCode::NotReady,
        Some(code) if DENIED.contains(&code) => ErrorCode::AccessDenied,
        _ if status == 429 => ErrorCode::Throttled,
        _ if status >= 500 => ErrorCode::ServiceUnavailable,
        _ => ErrorCode::Unexpected,
    }
}

/// Whether the call may have been executed although we do not know its result.
pub fn answer_was_lost<E: ProvideErrorMetadata>(error: &SdkError<E, Response>) -> bool {
    match error {
        SdkError::ConstructionFailure(_) => false,
        SdkError::ServiceError(_) => classify(error) == ErrorCode::ServiceUnavailable,
        _ => true,
    }
}

/// A [`StepError`] that says what could not be done and what AWS answered.
pub fn from_sdk<E>(doing: &str, error: &SdkError<E, Response>) -> StepError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let code = classify(error);
    let message = format!("could not {doing}: {}", answer(error));
    StepError::new(code, message)
}

/// AWS's own words: its code and message, or why there was no answer.
fn answer<E: ProvideErrorMetadata + Error + 'static>(error: &SdkError<E, Response>) -> String {
    match error.as_service_error() {
        Some(service) => {
            format!("{}: {}", service.code().unwrap_or("unknown error"), service.message().unwrap_or("no message"))
        }
        None => chain(error),
    }
}

fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        source = inner.source();
    }
    text
}

/// In a fresh account a denial may only mean "not yet": until the deadline it is retried, after it, it is final.
///
/// A denial that a service control policy states in so many words never heals.
pub fn settling(error: StepError, ready_by: OffsetDateTime) -> StepError {
    let message = error.to_string();
    match error.code() {
        ErrorCode::AccessDenied if message.contains("explicit deny in a service control policy") => error,
        ErrorCode::AccessDenied if OffsetDateTime::now_utc() < ready_by => error.with_code(ErrorCode::NotReady),
        ErrorCode::NotReady if OffsetDateTime::now_utc() >= ready_by => error.with_code(ErrorCode::AccessDenied),
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;
    use aws_smithy_types::error::ErrorMetadata;
    use time::Duration;

    use super::*;

    type Answer = SdkError<ErrorMetadata, Response>;

    fn answered(code: &str, status: u16) -> Answer {
        let metadata = ErrorMetadata::builder().code(code).message("AWS says so");
        SdkError::service_error(metadata.build(), response(status))
    }

    fn response(status: u16) -> Response {
        Response::new(StatusCode::try_from(status).unwrap(), SdkBody::empty())
    }

    fn unanswered() -> Answer {
        SdkError::timeout_error("no answer in time")
    }

    fn past() -> OffsetDateTime {
        OffsetDateTime::now_utc() - Duration::minutes(1)
    }

    fn future() -> OffsetDateTime {
        OffsetDateTime::now_utc() + Duration::minutes(1)
    }

    #[test]
    fn each_known_code_has_its_decision() {
        for (codes, decision) in [
            (THROTTLED, ErrorCode::Throttled),
            (TRANSIENT, ErrorCode::ServiceUnavailable),
            (NOT_READY, ErrorCode::NotReady),
            (DENIED, ErrorCode::AccessDenied),
        ] {
            for code in codes {
                assert_eq!(classify(&answered(code, 400)), decision, "{code}");
            }
        }
    }

    #[test]
    fn no_code_stands_for_two_decisions() {
        let mut codes = [THROTTLED, TRANSIENT, NOT_READY, DENIED].concat();
        let listed = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), listed);
    }

    #[test]
    fn an_unknown_code_is_judged_by_its_status() {
        for (status, decision) in [
            (400, ErrorCode::Unexpected),
            (403, ErrorCode::Unexpected),
            (429, ErrorCode::Throttled),
            (500, ErrorCode::ServiceUnavailable),
            (503, ErrorCode::ServiceUnavailable),
        ] {
            let error = answered("SomethingNew", status);
            assert_eq!(classify(&error), decision, "{status}");
            let nameless = SdkError::service_error(ErrorMetadata::default(), response(status));
            assert_eq!(classify(&nameless), decision, "{status} without a code");
        }
    }

    #[test]
    fn a_known_code_counts_more_than_its_status() {
        let error = answered("ThrottlingException", 500);
        assert_eq!(classify(&error), ErrorCode::Throttled);
    }

    #[test]
    fn no_answer_is_an_unavailable_service() {
        let unread = SdkError::response_error("not XML", response(200));
        for error in [unanswered(), unread, SdkError::construction_failure("no region")] {
            assert_eq!(classify(&error), ErrorCode::ServiceUnavailable, "{error:?}");
            assert_eq!(error_code(&error), None);
        }
    }

    #[test]
    fn only_a_call_that_may_have_been_executed_is_lost() {
        for (error, lost) in [
            (unanswered(), true),
            (SdkError::response_error("not XML", response(200)), true),
            (answered("InternalFailure", 500), true),
            (answered("SomethingNew", 502), true),
            (answered("ThrottlingException", 400), false),
            (answered("AccessDenied", 403), false),
            (SdkError::construction_failure("no region"), false),
        ] {
            assert_eq!(answer_was_lost(&error), lost, "{error:?}");
        }
    }

    #[test]
    fn a_step_error_says_what_failed_and_what_aws_answered() {
        let error = from_sdk("create the role", &answered("AccessDenied", 403));
        assert_eq!(error.code(), ErrorCode::AccessDenied);
        assert_eq!(error.to_string(), "could not create the role: AccessDenied: AWS says so");
        let nameless = SdkError::service_error(ErrorMetadata::default(), response(400));
        assert_eq!(
            from_sdk("create the role", &nameless).to_string(),
            "could not create the role: unknown error: no message"
        );
        let error = from_sdk("create the role", &unanswered()).to_string();
        assert!(error.ends_with("no answer in time"), "{error}");
    }

    #[test]
    fn a_denial_is_final_only_when_the_account_has_settled() {
        let settled = |code, ready_by| settling(StepError::new(code, "no"), ready_by).code();
        for denied in [ErrorCode::AccessDenied, ErrorCode::NotReady] {
            assert_eq!(settled(denied, future()), ErrorCode::NotReady);
            assert_eq!(settled(denied, past()), ErrorCode::AccessDenied);
        }
        for other in [ErrorCode::Throttled, ErrorCode::InvalidConfiguration, ErrorCode::OutcomeUnknown] {
            assert_eq!(settled(other, future()), other);
            assert_eq!(settled(other, past()), other);
        }
    }

    #[test]
    fn a_service_control_policy_never_heals() {
        let message = "not authorized with an explicit deny in a service control policy";
        let error = StepError::new(ErrorCode::AccessDenied, message);
        assert_eq!(settling(error, future()).code(), ErrorCode::AccessDenied);
    }
}
