//! The service-linked role of AWS Config. All Regions of the account use the same role.

use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};
use serde_json::{Value, json};
use vending_core::StepError;
use vending_plans::PlannedChanges;
use vending_runtime::{Context, error_code};

use crate::{ConfigureManagement, TARGET};

const NAME: &str = "AWSServiceRoleForConfig";
const SERVICE: &str = "config.amazonaws.com";

impl ConfigureManagement {
    pub(crate) fn config_role_arn(&self) -> String {
        format!("arn:aws:iam::{}:role/aws-service-role/{SERVICE}/{NAME}", self.management_account)
    }

    pub(crate) async fn converge_config_role(&self, changes: &PlannedChanges) -> Result<(), StepError> {
        match self.iam.get_role().role_name(NAME).send().await {
            Err(error) if error_code(&error) == Some("NoSuchEntity") => {
                let change = changes.change(TARGET, "recordChanges.role", Value::Null, json!(NAME));
                changes.make(change, self.create_config_role()).await?;
                Ok(())
            }
            read => read.context(format!("read the role {NAME}")).map(drop),
        }
    }

    async fn create_config_role(&self) -> Result<(), StepError> {
        match self.iam.create_service_linked_role().aws_service_name(SERVICE).send().await {
            Err(error) if already_exists(&error) => Ok(()),
            created => created.context(format!("create the role {NAME}")).map(drop),
        }
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
