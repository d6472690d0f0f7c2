//! The service-linked role of AWS Config. All Regions of an account use the same role.

use aws_sdk_iam::Client;
use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_iam::types::Role;
use vending_core::{AccountId, StepError};
use vending_runtime::{Context, error_code};

pub const NAME: &str = "AWSServiceRoleForConfig";
pub const SERVICE: &str = "config.amazonaws.com";

pub fn arn(account: &AccountId) -> String {
    format!("arn:aws:iam::{account}:role/aws-service-role/{SERVICE}/{NAME}")
}

pub async fn exists(iam: &Client) -> Result<bool, StepError> {
    match iam.get_role().role_name(NAME).send().await {
        Err(error) if error_code(&error) == Some("NoSuchEntity") => Ok(false),
        read => read.context(format!("read the role {NAME}")).map(|_| true),
    }
}

/// Creates the role and returns it, unless another caller has created it.
pub async fn create(iam: &Client) -> Result<Option<Role>, StepError> {
    match iam.create_service_linked_role().aws_service_name(SERVICE).send().await {
        Err(error) if already_exists(&error) => Ok(None),
        created => Ok(created.context(format!("create the role {NAME}"))?.role),
    }
}

/// CreateServiceLinkedRole has no error code for a role that already exists: AWS returns `InvalidInput`, and moto
/// returns the error of CreateRole.
fn already_exists<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    let message = error.as_service_error().and_then(|error| error.message());
    match error_code(error) {
        Some("InvalidInput") => message.is_some_and(|message| message.contains("has been taken")),
        code => code == Some("EntityAlreadyExists"),
    }
}
