//! What a refusal of AWS Budgets means.

use std::error::Error;

use aws_sdk_budgets::error::{BuildError, ProvideErrorMetadata, SdkError};
use vending_core::{ErrorCode, StepError};
use vending_runtime::{LONG_SETTLED, error_code, from_sdk, settling};

/// The answer to a call about the budget of an account, without the emails that AWS may have repeated.
///
/// The call is made in the management account, which is not new: a denial is final, whatever the age of the account.
pub(crate) fn failed<E>(doing: &str, error: &SdkError<E>) -> StepError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let failed = settling(from_sdk(doing, error), LONG_SETTLED);
    let failed = StepError::new(failed.code(), without_emails(&failed.to_string()));
    match error_code(error) {
        // Somebody else, or a call of ours whose answer was lost, was quicker: look again.
        Some("DuplicateRecordException" | "NotFoundException") => failed.with_code(ErrorCode::NotReady),
        Some("InternalErrorException" | "BillingViewHealthStatusException") => {
            failed.with_code(ErrorCode::ServiceUnavailable)
        }
        Some("CreationLimitExceededException") => failed
            .with_code(ErrorCode::InvalidConfiguration)
            .with_remedy("remove notifications or subscribers that are not needed from the budget in the management account; then send the same request again"),
        Some("ServiceQuotaExceededException") => failed
            .with_code(ErrorCode::InvalidConfiguration)
            .with_remedy("remove budgets that are not needed from the management account, or raise its quota of AWS Budgets; then send the same request again"),
        Some("InvalidParameterException") => failed
            .with_code(ErrorCode::InvalidRequest)
            .with_remedy("correct monthlyBudgetUsd or owner of the request, or MONTHLY_BUDGETS_USD or BUDGET_SUBSCRIBERS of the stack; then send the request again"),
        _ => failed,
    }
}

pub(crate) fn not_built(error: BuildError) -> StepError {
    StepError::new(ErrorCode::Unexpected, "could not write a call to AWS Budgets").with_source(error)
}

fn without_emails(text: &str) -> String {
    let words = text.split(' ').map(|word| if word.contains('@') { "(an email)" } else { word });
    words.collect::<Vec<_>>().join(" ")
}
