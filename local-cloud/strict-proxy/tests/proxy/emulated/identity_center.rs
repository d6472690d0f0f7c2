//! Permission sets, the instance, and the identity store of IAM Identity Center.

mod instance;
mod permission_sets;
mod provisioning;

use serde_json::{Value, json};

use super::Caller;
use crate::emulator::INSTANCE;

/// Calls IAM Identity Center with the ARN of the instance.
async fn call(caller: &Caller<'_>, operation: &str, more: Value) -> (u16, Value) {
    let mut parameters = json!({"InstanceArn": INSTANCE});
    parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    caller.json("sso", operation, parameters).await
}

/// Creates a permission set and returns its ARN.
async fn create(caller: &Caller<'_>, name: &str) -> Value {
    let (status, created) = call(caller, "CreatePermissionSet", json!({"Name": name})).await;
    assert_eq!(status, 200, "{created}");
    created["PermissionSet"]["PermissionSetArn"].clone()
}

async fn assign(caller: &Caller<'_>, operation: &str, set: &Value, account: &str) -> (u16, Value) {
    let parameters = json!({
        "PermissionSetArn": set, "TargetType": "AWS_ACCOUNT", "TargetId": account, "PrincipalType": "GROUP",
        "PrincipalId": "g-1",
    });
    call(caller, operation, parameters).await
}
