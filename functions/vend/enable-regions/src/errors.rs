//! Maps the errors of Account Management: which ones are transient, and what to do about them.

use aws_sdk_account::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_account::operation::enable_region::EnableRegionError;
use time::OffsetDateTime;
use vending_core::{ErrorCode, StepError};
use vending_runtime::{error_code, retry_while_propagating, sdk_error};

pub(crate) const ALLOW: &str = "enable trusted access with `aws organizations enable-aws-service-access --service-principal account.amazonaws.com`, and make sure that no policy denies account:ListRegions or account:EnableRegion";

/// Part of the message of the AccessDeniedException that AWS returns if trusted access is not enabled. It is permanent,
/// even in a new account.
const NO_TRUSTED_ACCESS: &str = "must first enable trusted access";

/// Part of the message of the ValidationException that AWS returns for a Region that is enabled or being enabled
/// (<https://github.com/hashicorp/terraform-provider-aws/issues/41430>).
const ALREADY_OPTED_IN: &str = "current opt-in status";

pub(crate) fn is_denial(error: &StepError) -> bool {
    matches!(error.code(), ErrorCode::AccessDenied | ErrorCode::NotReady)
}

/// Makes a denial retryable during the propagation window of the account, unless its message says that it is permanent.
pub(crate) fn map_denial(error: StepError, propagation_end: OffsetDateTime) -> StepError {
    let is_permanent = error.to_string().contains(NO_TRUSTED_ACCESS);
    let error = if is_permanent { error } else { retry_while_propagating(error, propagation_end) };
    match error.code() {
        ErrorCode::AccessDenied => error.with_remedy(format!("{ALLOW}; then send the same request again")),
        _ => error,
    }
}

/// Whether the status of the Region is changing or has changed: by another caller, or by an earlier try of the SDK
/// whose response was lost.
pub(crate) fn is_concurrent_change(error: &SdkError<EnableRegionError>) -> bool {
    match error_code(error) {
        Some("ConflictException") => true,
        Some("ValidationException") => {
            let message = error.as_service_error().and_then(|error| error.message());
            message.is_some_and(|message| message.contains(ALREADY_OPTED_IN))
        }
        _ => false,
    }
}

/// Maps an error of EnableRegion. A Region that AWS lists but rejects is an error in the configuration: an account can
/// opt in to every listed Region.
pub(crate) fn map_enable_error(region: &str, error: &SdkError<EnableRegionError>) -> StepError {
    let failed = sdk_error(&format!("enable the Region {region}"), error);
    match error_code(error) {
        Some("ValidationException") => failed.with_code(ErrorCode::InvalidConfiguration).with_remedy(
            "check whether `governedRegions` of the manifest should name this Region; then send the same request again",
        ),
        _ => failed,
    }
}
