//! Decides which errors of the security account are only noted.

use time::OffsetDateTime;
use vending_core::{ErrorCode, StepError};

/// The reason for the note. Transient errors are returned until `retry_until`, so that the step is retried. After that,
/// they are noted, too: they must not fail the vend.
pub(crate) fn reason(error: StepError, retry_until: OffsetDateTime) -> Result<String, StepError> {
    if error.code().is_retryable() && OffsetDateTime::now_utc() < retry_until {
        return Err(error);
    }
    Ok(error.to_string())
}

/// The error for an account that the service did not add. The response of both services lists such accounts.
///
/// The account may already be a member: a response was lost, or the service enrolls all accounts automatically. Then
/// the next run reads the status.
pub(crate) fn unprocessed(reason: Option<&str>) -> StepError {
    let reason = reason.unwrap_or("no reason given");
    let code = if reason.contains("already") { ErrorCode::NotReady } else { ErrorCode::InvalidConfiguration };
    StepError::new(code, format!("could not add the account as a member: {reason}"))
}
