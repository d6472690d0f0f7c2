//! The errors of AWS Budgets.

use crate::wire::AwsError;

pub(super) fn missing(message: &str) -> AwsError {
    AwsError::new(400, "NotFoundException", message)
}

pub(super) fn duplicate(message: &str) -> AwsError {
    AwsError::new(400, "DuplicateRecordException", message)
}

pub(super) fn invalid(message: &str) -> AwsError {
    AwsError::new(400, "InvalidParameterException", message)
}

pub(super) fn too_many(message: &str) -> AwsError {
    AwsError::new(400, "CreationLimitExceededException", message)
}
