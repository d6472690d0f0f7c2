//! Errors of IAM Identity Center.

use aws_sdk_ssoadmin::Client;
use aws_sdk_ssoadmin::operation::attach_managed_policy_to_permission_set::AttachManagedPolicyToPermissionSetError;
use aws_sdk_ssoadmin::operation::create_permission_set::CreatePermissionSetError;
use aws_sdk_ssoadmin::operation::list_permission_sets::ListPermissionSetsError;
use aws_smithy_mocks::mock;
use aws_smithy_types::error::ErrorMetadata;

use super::*;

/// Plans, and runs with a rule that responds first. Returns the code and the message of the error.
async fn error_of(rule: aws_smithy_mocks::Rule) -> (String, String) {
    let (world, bucket) = (World::new(), Bucket::default());
    plan(&bucket, &world, &sample()).await;
    invoke(&bucket, world.function_with(vec![rule]), PlanMode::Apply).await.unwrap_err()
}

fn metadata(code: &str, message: &str) -> ErrorMetadata {
    ErrorMetadata::builder().code(code).message(message).build()
}

#[tokio::test]
async fn error_of_a_creation_decides_what_is_next() {
    for (code, expected) in [
        ("ConflictException", "NotReady"),
        ("ThrottlingException", "Throttled"),
        ("InternalServerException", "ServiceUnavailable"),
        ("AccessDeniedException", "AccessDenied"),
        ("ValidationException", "InvalidConfiguration"),
        ("ServiceQuotaExceededException", "InvalidConfiguration"),
    ] {
        let failed = mock!(Client::create_permission_set)
            .then_error(move || CreatePermissionSetError::generic(metadata(code, "no")));
        assert_eq!(error_of(failed).await.0, expected, "{code}");
    }
}

#[tokio::test]
async fn unknown_policy_is_an_error_of_the_manifest() {
    for (message, expected) in [
        (format!("Policy {AUDIT} does not exist or is not attachable."), "InvalidConfiguration"),
        ("PermissionSet with id ps-1 not found".to_owned(), "NotReady"),
    ] {
        let failed = mock!(Client::attach_managed_policy_to_permission_set).then_error(move || {
            AttachManagedPolicyToPermissionSetError::generic(metadata("ResourceNotFoundException", &message))
        });
        assert_eq!(error_of(failed).await.0, expected);
    }
}

#[tokio::test]
async fn unreadable_permission_sets_are_an_error() {
    let denied = mock!(Client::list_permission_sets)
        .then_error(|| ListPermissionSetsError::generic(metadata("AccessDeniedException", "no")));
    assert_eq!(error_of(denied).await.0, "AccessDenied");
}
