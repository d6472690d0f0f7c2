//! The instance of the organization. It is in one Region, and a test can take it away.

use local_cloud::strict::IdentityCenterInstance;
use serde_json::{Value, json};

use super::{IdentityCenter, invalid, region};
use crate::sync::lock;
use crate::wire::{AwsError, AwsRequest, AwsResponse, Outcome};

impl IdentityCenter {
    /// Every account of the organization sees the instance of the organization:
    /// <https://github.com/cartography-cncf/cartography/pull/2381>.
    pub(super) async fn list_instances(&self, request: &AwsRequest) -> Outcome {
        let instance = self.emulator_instance(region(request)).await?;
        let mut instances: Vec<Value> = instance.into_iter().collect();
        for listed in &mut instances {
            listed["OwnerAccountId"] = json!(self.management_account);
            listed["PrimaryRegion"] = json!(region(request));
            listed["Status"] = json!(self.instance().status);
        }
        Ok(json!({"Instances": instances}))
    }

    /// Returns the instance of moto, which has one in each Region, or `None` in a Region without one.
    pub(super) async fn emulator_instance(&self, region: &str) -> Result<Option<Value>, AwsResponse> {
        if !is_in(&lock(&self.instance), region) {
            return Ok(None);
        }
        let mut listed = self.upstreams.identity_center(region, "ListInstances", &json!({})).await?;
        Ok(Some(listed["Instances"][0].take()).filter(Value::is_object))
    }

    /// AWS denies calls where there is no instance: <https://github.com/cartography-cncf/cartography/issues/1415>.
    pub(super) fn check_instance(&self, request: &AwsRequest) -> Result<(), AwsError> {
        let (operation, instance) = (request.operation.as_str(), lock(&self.instance));
        if operation == "ListInstances" {
            return Ok(());
        }
        if !is_in(&instance, region(request)) {
            let message = "You do not have sufficient access to perform this action.";
            return Err(AwsError::new(400, "AccessDeniedException", message));
        }
        let is_about_accounts = operation.contains("PermissionSet") || operation.contains("AccountAssignment");
        if is_about_accounts && !instance.multi_account_permissions {
            // <https://github.com/cartography-cncf/cartography/issues/1999>
            return Err(invalid("The operation is not supported for this Identity Center instance"));
        }
        Ok(())
    }
}

fn is_in(instance: &IdentityCenterInstance, region: &str) -> bool {
    instance.region.as_deref() == Some(region)
}
