//! The organization's instance of IAM Identity Center.

use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::wire::Wire;

#[derive(Debug)]
pub struct IdentityCenter {
    management: Wire,
    /// The ARN of the instance.
    pub instance: String,
    /// The ID of its identity store.
    pub store: String,
}

impl Cloud {
    pub async fn identity_center(&self) -> IdentityCenter {
        let management = self.wire("123456789012");
        let instances = sso(&management, "ListInstances", &json!({})).await;
        let field = |name: &str| instances["Instances"][0][name].as_str().unwrap().to_owned();
        IdentityCenter { instance: field("InstanceArn"), store: field("IdentityStoreId"), management }
    }
}

impl IdentityCenter {
    pub async fn sso(&self, operation: &str, input: &Value) -> Value {
        sso(&self.management, operation, input).await
    }

    /// Calls the identity store.
    pub async fn identity_store(&self, operation: &str, input: &Value) -> Value {
        self.management.json("identitystore", &format!("AWSIdentityStore.{operation}"), input).await
    }

    /// The ARNs of the permission sets.
    pub async fn permission_sets(&self) -> Vec<Value> {
        let listed = self.sso("ListPermissionSets", &json!({ "InstanceArn": self.instance })).await;
        listed["PermissionSets"].as_array().unwrap().clone()
    }

    /// The ARN of the permission set with this name.
    pub async fn permission_set(&self, name: &str) -> Option<String> {
        for arn in self.permission_sets().await {
            let input = json!({ "InstanceArn": self.instance, "PermissionSetArn": arn });
            if self.sso("DescribePermissionSet", &input).await["PermissionSet"]["Name"] == name {
                return Some(arn.as_str().unwrap().to_owned());
            }
        }
        None
    }
}

async fn sso(management: &Wire, operation: &str, input: &Value) -> Value {
    management.json("sso", &format!("SWBExternalService.{operation}"), input).await
}
