//! What errors of AWS Config mean.

use aws_sdk_config::error::SdkError;
use vending_core::{ErrorCode, StepError};
use vending_runtime::{AwsError, error_code, sdk_error};

pub(super) fn map_error<E: AwsError>(action: &str, error: &SdkError<E>, bucket: &str) -> StepError {
    let failed = sdk_error(&format!("{action} in the management account"), error);
    match error_code(error) {
        // The service-linked role has not propagated to this Region yet, or another caller created or deleted a
        // recorder or a channel concurrently. The next attempt reads the state again.
        Some(
            "InvalidRoleException"
            | "MaxNumberOfConfigurationRecordersExceededException"
            | "MaxNumberOfDeliveryChannelsExceededException"
            | "NoAvailableConfigurationRecorderException"
            | "NoAvailableDeliveryChannelException"
            | "NoSuchConfigurationRecorderException",
        ) => failed.with_code(ErrorCode::NotReady),
        Some("InsufficientDeliveryPolicyException") => misconfigured(
            failed,
            &format!(
                "in the policy of the bucket {bucket}, allow config.amazonaws.com to call s3:GetBucketAcl and s3:ListBucket on the bucket and s3:PutObject on its AWSLogs/*/Config/*, where aws:SourceOrgID is the ID of the organization"
            ),
        ),
        Some("NoSuchBucketException") => {
            misconfigured(failed, &format!("create the bucket {bucket}, or correct config.bucket in the manifest"))
        }
        _ => failed,
    }
}

fn misconfigured(error: StepError, remedy: &str) -> StepError {
    error.with_code(ErrorCode::InvalidConfiguration).with_remedy(format!("{remedy}; then apply the plan again"))
}
