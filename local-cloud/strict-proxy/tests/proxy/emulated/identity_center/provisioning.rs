use local_cloud::strict::AccountState;
use serde_json::{Value, json};

use super::{Caller, assign, call, create};
use crate::cloud::{LocalCloud, code};
use crate::emulated::{ONE, TWO, cloud};

const POLICY: &str = "{\"Statement\": []}";

async fn accounts(caller: &Caller<'_>, set: &Value, status: &str) -> Value {
    let parameters = json!({"PermissionSetArn": set, "ProvisioningStatus": status});
    call(caller, "ListAccountsForProvisionedPermissionSet", parameters).await.1["AccountIds"].take()
}

async fn latest(caller: &Caller<'_>, set: &Value) -> Value {
    accounts(caller, set, "LATEST_PERMISSION_SET_PROVISIONED").await
}

async fn behind(caller: &Caller<'_>, set: &Value) -> Value {
    accounts(caller, set, "LATEST_PERMISSION_SET_NOT_PROVISIONED").await
}

async fn provision(caller: &Caller<'_>, set: &Value) -> (u16, Value) {
    let parameters = json!({"PermissionSetArn": set, "TargetType": "ALL_PROVISIONED_ACCOUNTS"});
    call(caller, "ProvisionPermissionSet", parameters).await
}

async fn describe(caller: &Caller<'_>, started: &(u16, Value)) -> Value {
    let id = &started.1["PermissionSetProvisioningStatus"]["RequestId"];
    let parameters = json!({"ProvisionPermissionSetRequestId": id});
    let described = call(caller, "DescribePermissionSetProvisioningStatus", parameters).await;
    described.1["PermissionSetProvisioningStatus"].clone()
}

/// Creates a permission set, and assigns it in both accounts.
async fn assigned(cloud: &LocalCloud, caller: &Caller<'_>, name: &str) -> Value {
    let set = create(caller, name).await;
    for account in [ONE, TWO] {
        assert_eq!(assign(caller, "CreateAccountAssignment", &set, account).await.0, 200);
    }
    cloud.advance(1_000);
    set
}

#[tokio::test]
async fn assignment_provisions_the_permission_set() {
    let cloud = cloud().await;
    let caller = Caller::in_management_account(&cloud);
    let set = create(&caller, "Billing").await;
    assign(&caller, "CreateAccountAssignment", &set, ONE).await;
    assert_eq!(latest(&caller, &set).await, json!([]));
    cloud.advance(1_000);
    assert_eq!((latest(&caller, &set).await, behind(&caller, &set).await), (json!([ONE]), json!([])));
    let in_account = json!({"AccountId": ONE});
    let (_, sets) = call(&caller, "ListPermissionSetsProvisionedToAccount", in_account).await;
    assert_eq!(sets["PermissionSets"], json!([set]));
    assign(&caller, "DeleteAccountAssignment", &set, ONE).await;
    cloud.advance(1_000);
    assert_eq!(latest(&caller, &set).await, json!([]));
}

#[tokio::test]
async fn change_reaches_accounts_when_it_is_provisioned() {
    let cloud = cloud().await;
    let caller = Caller::in_management_account(&cloud);
    let set = assigned(&cloud, &caller, "Billing").await;
    let change = json!({"PermissionSetArn": set, "InlinePolicy": POLICY});
    assert_eq!(call(&caller, "PutInlinePolicyToPermissionSet", change).await.0, 200);
    assert_eq!((latest(&caller, &set).await, behind(&caller, &set).await), (json!([]), json!([ONE, TWO])));
    let started = provision(&caller, &set).await;
    assert_eq!(started.1["PermissionSetProvisioningStatus"]["Status"], "IN_PROGRESS");
    assert_eq!(describe(&caller, &started).await["Status"], "IN_PROGRESS");
    assert_eq!(behind(&caller, &set).await, json!([ONE, TWO]));
    assert_eq!(code(&provision(&caller, &set).await), "ConflictException");
    cloud.advance(1_000);
    let described = describe(&caller, &started).await;
    assert_eq!((&described["Status"], &described["PermissionSetArn"]), (&json!("SUCCEEDED"), &set));
    assert_eq!((latest(&caller, &set).await, behind(&caller, &set).await), (json!([ONE, TWO]), json!([])));
}

#[tokio::test]
async fn account_is_provisioned_without_an_assignment() {
    let cloud = cloud().await;
    let caller = Caller::in_management_account(&cloud);
    let set = create(&caller, "Billing").await;
    let target = async |more: Value| {
        let mut parameters = json!({"PermissionSetArn": set, "TargetType": "AWS_ACCOUNT"});
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        call(&caller, "ProvisionPermissionSet", parameters).await
    };
    for invalid in [json!({}), json!({"TargetId": "1"}), json!({"TargetType": "OU"})] {
        assert_eq!(code(&target(invalid).await), "ValidationException");
    }
    let started = target(json!({"TargetId": ONE})).await;
    assert_eq!(started.1["PermissionSetProvisioningStatus"]["AccountId"], ONE);
    cloud.advance(1_000);
    assert_eq!(latest(&caller, &set).await, json!([ONE]));
    let missing = json!({"PermissionSetArn": "arn:aws:sso:::instance/ssoins-1111111111111111/ps-missing"});
    assert_eq!(code(&target(missing).await), "ValidationException");
    assert_eq!(code(&provision(&caller, &json!("ps-missing")).await), "ResourceNotFoundException");
}

#[tokio::test]
async fn account_that_is_not_active_fails() {
    let cloud = cloud().await;
    let caller = Caller::in_management_account(&cloud);
    let set = assigned(&cloud, &caller, "Billing").await;
    call(&caller, "UpdatePermissionSet", json!({"PermissionSetArn": set})).await;
    cloud.strict.set_account_state(ONE, AccountState::Suspended).await.unwrap();
    let started = provision(&caller, &set).await;
    assert_eq!(started.1["PermissionSetProvisioningStatus"]["FailureReason"], Value::Null);
    cloud.advance(1_000);
    let described = describe(&caller, &started).await;
    assert_eq!((&described["Status"], &described["AccountId"]), (&json!("FAILED"), &json!(ONE)));
    assert!(described["FailureReason"].as_str().unwrap().contains("not active"), "{described}");
    assert_eq!((latest(&caller, &set).await, behind(&caller, &set).await), (json!([TWO]), json!([ONE])));
    let filter = json!({"Filter": {"Status": "FAILED"}});
    let (_, listed) = call(&caller, "ListPermissionSetProvisioningStatus", filter).await;
    assert_eq!(listed["PermissionSetsProvisioningStatus"][0]["RequestId"], described["RequestId"]);
}

#[tokio::test]
async fn three_permission_sets_are_provisioned_at_a_time() {
    let cloud = cloud().await;
    let caller = Caller::in_management_account(&cloud);
    for name in ["A", "B", "C"] {
        let set = create(&caller, name).await;
        assert_eq!(provision(&caller, &set).await.0, 200);
    }
    let set = create(&caller, "D").await;
    assert_eq!(code(&provision(&caller, &set).await), "ThrottlingException");
    cloud.advance(1_000);
    assert_eq!(provision(&caller, &set).await.0, 200);
    let list = async |status: &str| {
        let filter = json!({"Filter": {"Status": status}});
        let (_, mut listed) = call(&caller, "ListPermissionSetProvisioningStatus", filter).await;
        listed["PermissionSetsProvisioningStatus"].as_array_mut().map(|listed| listed.len())
    };
    assert_eq!((list("IN_PROGRESS").await, list("SUCCEEDED").await, list("DONE").await), (Some(1), Some(3), None));
}

#[tokio::test]
async fn pages_are_cut_before_they_are_filtered() {
    let cloud = cloud().await;
    let caller = Caller::in_management_account(&cloud);
    let set = assigned(&cloud, &caller, "Billing").await;
    call(&caller, "UpdatePermissionSet", json!({"PermissionSetArn": set})).await;
    assign(&caller, "CreateAccountAssignment", &set, ONE).await;
    cloud.advance(1_000);
    let page = async |token: Value| {
        let status = "LATEST_PERMISSION_SET_NOT_PROVISIONED";
        let parameters = json!({
            "PermissionSetArn": set, "ProvisioningStatus": status, "MaxResults": 1, "NextToken": token,
        });
        call(&caller, "ListAccountsForProvisionedPermissionSet", parameters).await.1
    };
    let first = page(Value::Null).await;
    assert_eq!(first, json!({"AccountIds": [], "NextToken": "1"}));
    assert_eq!(page(first["NextToken"].clone()).await, json!({"AccountIds": [TWO], "NextToken": null}));
}
