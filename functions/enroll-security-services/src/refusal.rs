//! What the security account refuses, and when that is taken for an answer.

use std::error::Error;

use aws_sdk_guardduty::error::{ProvideErrorMetadata, SdkError};
use time::OffsetDateTime;
use vending_core::{ErrorCode, StepError};
use vending_runtime::{LONG_SETTLED, from_sdk, settling};

/// Why nothing can be done now. What may heal is tried again, but not for ever: `patience` is its end, and comes before
/// that of the vend, since a service that does not answer fails no vend either.
pub(crate) fn reason(error: StepError, patience: OffsetDateTime) -> Result<String, StepError> {
    if error.code().is_retryable() && OffsetDateTime::now_utc() < patience {
        return Err(error);
    }
    Ok(error.to_string())
}

/// What either service answered instead. The security account is not new: a denial there is a refusal.
pub(crate) fn failed<E>(doing: &str, error: &SdkError<E>) -> StepError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    settling(from_sdk(doing, error), LONG_SETTLED)
}

/// Both services answer a call that they took with the accounts that they did not take, and why.
///
/// An account may have become a member meanwhile, by a call whose answer was lost or because the service takes in all
/// accounts (`is already a member`): the next look shows how it stands.
pub(crate) fn unprocessed(why: Option<&str>) -> StepError {
    let why = why.unwrap_or("no reason given");
    let code = if why.contains("already") { ErrorCode::NotReady } else { ErrorCode::InvalidConfiguration };
    StepError::new(code, format!("could not make the account a member: {why}"))
}
