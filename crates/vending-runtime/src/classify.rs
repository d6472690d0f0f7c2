//! Maps AWS errors to error codes.

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

/// Credentials or Regions of a new account that AWS has not propagated everywhere yet.
const NOT_PROPAGATED: &[&str] = &[
    "InvalidClientTokenId",
    "CloudTrailInvalidClientTokenIdException",
    "UnrecognizedClientException",
    "RegionDisabledException",
    "InvalidAccessKeyId",
];

/// Services that AWS has not activated in the account yet. AWS usually activates them within minutes of its creation.
const NOT_ACTIVATED: &[&str] =
    &["NotSignedUp", "OptInRequired", "PendingVerification", "SubscriptionRequiredException"];

/// Parts of the message of a denial by a policy of the organization. Such a denial is permanent.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>
const DENIED_BY_ORGANIZATION: &[&str] = &[
    "explicit deny in a service control policy",
    "no service control policy allows",
    "explicit deny in a resource control policy",
    "no resource control policy allows",
];

/// The code of an AWS error, or `None` if there is no valid response.
pub fn error_code<E: ProvideErrorMetadata>(error: &SdkError<E, Response>) -> Option<&str> {
    error.as_service_error().and_then(ProvideErrorMetadata::code)
}

/// The default error code of an AWS error.
fn classify<E: ProvideErrorMetadata>(error: &SdkError<E, Response>) -> ErrorCode {
    let Some(service_error) = error.as_service_error() else {
        return ErrorCode::ServiceUnavailable;
    };
    let status = error.raw_response().map_or(0, |raw| raw.status().as_u16());
    match service_error.code() {
        Some(code) if THROTTLED.contains(&code) => ErrorCode::Throttled,
        Some(code) if TRANSIENT.contains(&code) => ErrorCode::ServiceUnavailable,
        Some(code) if NOT_PROPAGATED.contains(&code) || NOT_ACTIVATED.contains(&code) => ErrorCode::NotReady,
        Some(code) if DENIED.contains(&code) => ErrorCode::AccessDenied,
        _ if status == 429 => ErrorCode::Throttled,
        _ if status >= 500 => ErrorCode::ServiceUnavailable,
        _ => ErrorCode::Unexpected,
    }
}

/// An error of an operation of the AWS SDK.
pub trait AwsError: ProvideErrorMetadata + Error + Send + Sync + 'static {}

impl<E: ProvideErrorMetadata + Error + Send + Sync + 'static> AwsError for E {}

/// Converts the error of an AWS call to a [`StepError`].
pub trait Context<T> {
    /// `action` completes "could not …".
    fn context(self, action: impl AsRef<str>) -> Result<T, StepError>;
}

impl<T, E: AwsError> Context<T> for Result<T, SdkError<E, Response>> {
    fn context(self, action: impl AsRef<str>) -> Result<T, StepError> {
        self.map_err(|error| sdk_error(action.as_ref(), &error))
    }
}

/// Makes errors of a new account retryable.
pub trait WhilePropagating {
    /// Applies [`retry_while_propagating`] to the error.
    #[must_use]
    fn retry_while_propagating(self, propagation_end: OffsetDateTime) -> Self;
}

impl<T> WhilePropagating for Result<T, StepError> {
    fn retry_while_propagating(self, propagation_end: OffsetDateTime) -> Self {
        self.map_err(|error| retry_while_propagating(error, propagation_end))
    }
}

/// Whether the call may have been executed although its result is unknown.
pub fn outcome_unknown<E: ProvideErrorMetadata>(error: &SdkError<E, Response>) -> bool {
    match error {
        SdkError::ConstructionFailure(_) => false,
        SdkError::ServiceError(_) => classify(error) == ErrorCode::ServiceUnavailable,
        _ => true,
    }
}

/// A [`StepError`] from an AWS error. `action` completes "could not …".
pub fn sdk_error<E: AwsError>(action: &str, error: &SdkError<E, Response>) -> StepError {
    let code = classify(error);
    let message = format!("could not {action}: {}", describe(error));
    StepError::new(code, message)
}

/// The code and the message of AWS, or why there was no response.
fn describe<E: ProvideErrorMetadata + Error + 'static>(error: &SdkError<E, Response>) -> String {
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

/// Makes a denial retryable until the end of the propagation window. After it, the denial is permanent.
///
/// A denial by a policy of the organization is permanent at once. A service that is not activated at the end of the
/// window becomes `ServiceNotActivated`, which only AWS can resolve.
pub fn retry_while_propagating(error: StepError, propagation_end: OffsetDateTime) -> StepError {
    let message = error.to_string();
    let contains = |phrases: &[&str]| phrases.iter().any(|phrase| message.contains(phrase));
    let is_propagating = OffsetDateTime::now_utc() < propagation_end;
    match error.code() {
        ErrorCode::AccessDenied if contains(DENIED_BY_ORGANIZATION) => error,
        ErrorCode::AccessDenied if is_propagating => error.with_code(ErrorCode::NotReady),
        ErrorCode::NotReady if !is_propagating && contains(NOT_ACTIVATED) => {
            error.with_code(ErrorCode::ServiceNotActivated)
        }
        ErrorCode::NotReady if !is_propagating => error.with_code(ErrorCode::AccessDenied),
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;
    use aws_smithy_types::error::ErrorMetadata;
    use time::Duration;
    use vending_core::Owner;

    use super::*;

    type AwsError = SdkError<ErrorMetadata, Response>;

    fn service_error(code: &str, status: u16) -> AwsError {
        let metadata = ErrorMetadata::builder().code(code).message("the message");
        SdkError::service_error(metadata.build(), response(status))
    }

    fn response(status: u16) -> Response {
        Response::new(StatusCode::try_from(status).unwrap(), SdkBody::empty())
    }

    fn timeout() -> AwsError {
        SdkError::timeout_error("timed out")
    }

    fn past() -> OffsetDateTime {
        OffsetDateTime::now_utc() - Duration::minutes(1)
    }

    fn future() -> OffsetDateTime {
        OffsetDateTime::now_utc() + Duration::minutes(1)
    }

    #[test]
    fn known_codes_map_to_error_codes() {
        for (codes, decision) in [
            (THROTTLED, ErrorCode::Throttled),
            (TRANSIENT, ErrorCode::ServiceUnavailable),
            (NOT_PROPAGATED, ErrorCode::NotReady),
            (NOT_ACTIVATED, ErrorCode::NotReady),
            (DENIED, ErrorCode::AccessDenied),
        ] {
            for code in codes {
                assert_eq!(classify(&service_error(code, 400)), decision, "{code}");
            }
        }
    }

    #[test]
    fn every_code_is_in_one_list() {
        let mut codes = [THROTTLED, TRANSIENT, NOT_PROPAGATED, NOT_ACTIVATED, DENIED].concat();
        let listed = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), listed);
    }

    #[test]
    fn unknown_code_is_mapped_by_http_status() {
        for (status, decision) in [
            (400, ErrorCode::Unexpected),
            (403, ErrorCode::Unexpected),
            (429, ErrorCode::Throttled),
            (500, ErrorCode::ServiceUnavailable),
            (503, ErrorCode::ServiceUnavailable),
        ] {
            let error = service_error("SomethingNew", status);
            assert_eq!(classify(&error), decision, "{status}");
            let without_code = SdkError::service_error(ErrorMetadata::default(), response(status));
            assert_eq!(classify(&without_code), decision, "{status} without a code");
        }
    }

    #[test]
    fn known_code_takes_precedence_over_status() {
        let error = service_error("ThrottlingException", 500);
        assert_eq!(classify(&error), ErrorCode::Throttled);
    }

    #[test]
    fn missing_response_is_service_unavailable() {
        let unread = SdkError::response_error("not XML", response(200));
        for error in [timeout(), unread, SdkError::construction_failure("no region")] {
            assert_eq!(classify(&error), ErrorCode::ServiceUnavailable, "{error:?}");
            assert_eq!(error_code(&error), None);
        }
    }

    #[test]
    fn outcome_is_unknown_if_call_may_have_run() {
        for (error, is_unknown) in [
            (timeout(), true),
            (SdkError::response_error("not XML", response(200)), true),
            (service_error("InternalFailure", 500), true),
            (service_error("SomethingNew", 502), true),
            (service_error("ThrottlingException", 400), false),
            (service_error("AccessDenied", 403), false),
            (SdkError::construction_failure("no region"), false),
        ] {
            assert_eq!(outcome_unknown(&error), is_unknown, "{error:?}");
        }
    }

    #[test]
    fn step_error_has_action_and_aws_message() {
        let error = sdk_error("create the role", &service_error("AccessDenied", 403));
        assert_eq!(error.code(), ErrorCode::AccessDenied);
        assert_eq!(error.to_string(), "could not create the role: AccessDenied: the message");
        let without_code = SdkError::service_error(ErrorMetadata::default(), response(400));
        assert_eq!(
            sdk_error("create the role", &without_code).to_string(),
            "could not create the role: unknown error: no message"
        );
        let error = sdk_error("create the role", &timeout()).to_string();
        assert!(error.ends_with("timed out"), "{error}");
    }

    #[test]
    fn access_denied_is_retried_while_propagating() {
        let classified =
            |code, propagation_end| retry_while_propagating(StepError::new(code, "no"), propagation_end).code();
        for denied in [ErrorCode::AccessDenied, ErrorCode::NotReady] {
            assert_eq!(classified(denied, future()), ErrorCode::NotReady);
            assert_eq!(classified(denied, past()), ErrorCode::AccessDenied);
        }
        for other in [ErrorCode::Throttled, ErrorCode::InvalidConfiguration, ErrorCode::OutcomeUnknown] {
            assert_eq!(classified(other, future()), other);
            assert_eq!(classified(other, past()), other);
        }
    }

    #[test]
    fn denials_by_organization_policies_are_final() {
        for reason in [
            "with an explicit deny in a service control policy",
            "because no service control policy allows the sts:AssumeRole action",
            "with an explicit deny in a resource control policy",
            "because no resource control policy allows the sts:AssumeRole action",
        ] {
            let message = format!("User: arn:… is not authorized to perform: sts:AssumeRole {reason}");
            let error = StepError::new(ErrorCode::AccessDenied, message);
            assert_eq!(retry_while_propagating(error, future()).code(), ErrorCode::AccessDenied, "{reason}");
        }
    }

    #[test]
    fn identity_policy_denial_is_retried() {
        let message = "not authorized because no identity-based policy allows the sts:AssumeRole action";
        let error = StepError::new(ErrorCode::AccessDenied, message);
        assert_eq!(retry_while_propagating(error, future()).code(), ErrorCode::NotReady);
    }

    #[test]
    fn late_service_activation_is_owned_by_aws() {
        for code in NOT_ACTIVATED {
            let failed = || sdk_error("read the role", &service_error(code, 403));
            assert_eq!(retry_while_propagating(failed(), future()).code(), ErrorCode::NotReady, "{code}");
            let late = retry_while_propagating(failed(), past());
            assert_eq!((late.code(), late.code().owner()), (ErrorCode::ServiceNotActivated, Owner::Aws), "{code}");
        }
    }
}
