//! Maps errors of AWS Budgets to step errors.

use aws_sdk_budgets::error::{BuildError, SdkError};
use vending_core::{ErrorCode, StepError};
use vending_runtime::{AwsError, PROPAGATION_COMPLETE, error_code, retry_while_propagating, sdk_error};

/// Maps an error of AWS Budgets, and removes the emails that its message may contain.
///
/// The call is made in the management account, which is not new. So a denial is permanent.
pub(crate) fn map_error<E: AwsError>(action: &str, error: &SdkError<E>) -> StepError {
    let failed = retry_while_propagating(sdk_error(action, error), PROPAGATION_COMPLETE).without_emails();
    match error_code(error) {
        // Another caller, or an earlier call whose response was lost, made the change: a retry reads the state again.
        Some("DuplicateRecordException" | "NotFoundException") => failed.with_code(ErrorCode::NotReady),
        Some("InternalErrorException" | "BillingViewHealthStatusException") => {
            failed.with_code(ErrorCode::ServiceUnavailable)
        }
        Some("CreationLimitExceededException") => failed
            .with_code(ErrorCode::InvalidConfiguration)
            .with_remedy("remove unneeded notifications or subscribers from the budget in the management account; then send the same request again"),
        Some("ServiceQuotaExceededException") => failed
            .with_code(ErrorCode::InvalidConfiguration)
            .with_remedy("remove unneeded budgets from the management account, or request a higher quota of AWS Budgets; then send the same request again"),
        Some("InvalidParameterException") => failed
            .with_code(ErrorCode::InvalidRequest)
            .with_remedy("correct monthlyBudgetUsd or owner in the request, or monthlyBudgetUsd and budgetSubscribers in the manifest; then send the request again"),
        _ => failed,
    }
}

pub(crate) fn invalid_input(error: BuildError) -> StepError {
    StepError::new(ErrorCode::Unexpected, "could not build a request to AWS Budgets").with_source(error)
}
