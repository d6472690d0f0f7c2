use local_cloud::strict::{IdentityCenterInstance, InstanceStatus};
use serde_json::{Value, json};

use super::{Caller, call};
use crate::cloud::code;
use crate::emulated::{ONE, cloud};
use crate::emulator::{INSTANCE, MANAGEMENT, STORE};

async fn instances(caller: &Caller<'_>) -> Vec<Value> {
    let (_, mut listed) = caller.json("sso", "ListInstances", json!({})).await;
    listed["Instances"].as_array_mut().map(std::mem::take).unwrap()
}

#[tokio::test]
async fn instance_is_in_one_region_and_seen_by_all_accounts() {
    let cloud = cloud().await;
    let management = Caller::in_management_account(&cloud);
    for caller in [&management, &Caller::in_account(&cloud, ONE).await] {
        let listed = instances(caller).await.remove(0);
        assert_eq!((&listed["InstanceArn"], &listed["OwnerAccountId"]), (&json!(INSTANCE), &json!(MANAGEMENT)));
        assert_eq!((&listed["Status"], &listed["PrimaryRegion"]), (&json!("ACTIVE"), &json!("us-east-1")));
    }
    let elsewhere = management.in_region("eu-west-1");
    assert_eq!(instances(&elsewhere).await, [] as [Value; 0]);
    assert_eq!(code(&call(&elsewhere, "ListPermissionSets", json!({})).await), "AccessDeniedException");
}

#[tokio::test]
async fn instance_can_be_missing_or_being_created() {
    let cloud = cloud().await;
    let caller = Caller::in_management_account(&cloud);
    let set = async |instance: IdentityCenterInstance| cloud.strict.set_identity_center(&instance).await.unwrap();
    let instance = IdentityCenterInstance::default;
    set(IdentityCenterInstance { region: None, ..instance() }).await;
    assert_eq!(instances(&caller).await, [] as [Value; 0]);
    let group = json!({"IdentityStoreId": STORE, "DisplayName": "developers"});
    let rejected = caller.json("identitystore", "CreateGroup", group.clone()).await;
    assert_eq!((code(&rejected), &rejected.1["ResourceType"]), ("ResourceNotFoundException", &json!("IDENTITY_STORE")));
    set(IdentityCenterInstance { status: InstanceStatus::CreateInProgress, ..instance() }).await;
    assert_eq!(instances(&caller).await[0]["Status"], "CREATE_IN_PROGRESS");
    set(IdentityCenterInstance { region: Some("eu-west-1".to_owned()), ..instance() }).await;
    assert_eq!(instances(&caller.in_region("eu-west-1")).await.len(), 1);
    set(instance()).await;
    assert_eq!(caller.json("identitystore", "CreateGroup", group).await.0, 200);
}

#[tokio::test]
async fn instance_without_multi_account_permissions_has_no_permission_sets() {
    let cloud = cloud().await;
    let caller = Caller::in_management_account(&cloud);
    let instance = IdentityCenterInstance { multi_account_permissions: false, ..IdentityCenterInstance::default() };
    cloud.strict.set_identity_center(&instance).await.unwrap();
    for operation in ["ListPermissionSets", "CreatePermissionSet", "CreateAccountAssignment"] {
        let rejected = call(&caller, operation, json!({"Name": "Billing"})).await;
        assert_eq!(code(&rejected), "ValidationException");
        assert_eq!(rejected.1["message"], "The operation is not supported for this Identity Center instance");
    }
    assert_eq!(instances(&caller).await.len(), 1);
}

#[tokio::test]
async fn group_is_found_by_its_display_name_only() {
    let cloud = cloud().await;
    let caller = Caller::in_management_account(&cloud);
    let get = async |store: &str, path: &str, name: &str| {
        let attribute = json!({"AttributePath": path, "AttributeValue": name});
        let identifier = json!({"UniqueAttribute": attribute});
        let parameters = json!({"IdentityStoreId": store, "AlternateIdentifier": identifier});
        caller.json("identitystore", "GetGroupId", parameters).await
    };
    assert_eq!(get(STORE, "displayName", "developers").await.0, 200);
    assert_eq!(code(&get(STORE, "description", "developers").await), "ValidationException");
    assert_eq!(code(&get(STORE, "displayName", "").await), "ValidationException");
    assert_eq!(code(&get("d-2222222222", "displayName", "developers").await), "ResourceNotFoundException");
    for invalid in [json!({}), json!({"DisplayName": "g".repeat(1025)})] {
        let mut parameters = json!({"IdentityStoreId": STORE});
        parameters.as_object_mut().unwrap().extend(invalid.as_object().unwrap().clone());
        assert_eq!(code(&caller.json("identitystore", "CreateGroup", parameters).await), "ValidationException");
    }
}
