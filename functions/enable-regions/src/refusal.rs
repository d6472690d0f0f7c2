//! What Account Management refuses, and whether that heals.

use aws_sdk_account::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_account::operation::enable_region::EnableRegionError;
use time::OffsetDateTime;
use vending_core::{ErrorCode, StepError};
use vending_runtime::{error_code, from_sdk, settling};

pub(crate) const ALLOW: &str = "turn on trusted access with `aws organizations enable-aws-service-access --service-principal account.amazonaws.com`, and let nothing deny account:ListRegions and account:EnableRegion";

/// In the message of the AccessDeniedException that AWS answers where trusted access is off. It never heals by
/// itself, whatever the age of the account.
const NO_TRUSTED_ACCESS: &str = "must first enable trusted access";

/// In the message of the ValidationException that AWS answers for a Region that is enabled, or is being enabled
/// (<https://github.com/hashicorp/terraform-provider-aws/issues/41430>).
const NOTHING_TO_SWITCH: &str = "current opt-in status";

pub(crate) fn is_denial(error: &StepError) -> bool {
    matches!(error.code(), ErrorCode::AccessDenied | ErrorCode::NotReady)
}

/// A denial is final when it says so, or when the account has settled.
pub(crate) fn settled(error: StepError, ready_by: OffsetDateTime) -> StepError {
    let is_final = error.to_string().contains(NO_TRUSTED_ACCESS);
    let error = if is_final { error } else { settling(error, ready_by) };
    match error.code() {
        ErrorCode::AccessDenied => error.with_remedy(format!("{ALLOW}; then send the same request again")),
        _ => error,
    }
}

/// Somebody enables or disables the Region, or the SDK has tried twice: the first answer was lost, and the call had
/// worked.
pub(crate) fn is_changed_meanwhile(error: &SdkError<EnableRegionError>) -> bool {
    match error_code(error) {
        Some("ConflictException") => true,
        Some("ValidationException") => {
            let message = error.as_service_error().and_then(|error| error.message());
            message.is_some_and(|message| message.contains(NOTHING_TO_SWITCH))
        }
        _ => false,
    }
}

/// A Region that AWS lists and does not enable was named in error: there is none that an account cannot opt in to.
pub(crate) fn of_region(region: &str, error: &SdkError<EnableRegionError>) -> StepError {
    let failed = from_sdk(&format!("enable the Region {region}"), error);
    match error_code(error) {
        Some("ValidationException") => failed.with_code(ErrorCode::InvalidConfiguration).with_remedy(
            "see whether the stack's parameter GovernedRegions should name this Region; then send the same request again",
        ),
        _ => failed,
    }
}
