use serde_json::{Value, json};

use super::{Caller, assign, call, create};
use crate::cloud::code;
use crate::emulated::{ONE, cloud};
use crate::emulator::INSTANCE;

const TAGS: &str = "ListTagsForResource";

fn tag(key: &str, value: &str) -> Value {
    json!({"Key": key, "Value": value})
}

#[tokio::test]
async fn name_of_a_permission_set_is_unique() {
    let cloud = cloud().await;
    let caller = Caller::in_management_account(&cloud);
    let create = async |name: &str| call(&caller, "CreatePermissionSet", json!({"Name": name})).await;
    let created = create("Billing").await.1;
    assert_eq!(created["PermissionSet"]["SessionDuration"], "PT1H");
    let rejected = create("Billing").await;
    assert_eq!((rejected.0, code(&rejected)), (400, "ConflictException"));
    assert_eq!(rejected.1["message"], "PermissionSet with name Billing already exists.");
    assert_eq!(create("Billing2").await.0, 200);
    let arn = json!({"PermissionSetArn": created["PermissionSet"]["PermissionSetArn"]});
    assert_eq!(call(&caller, "DeletePermissionSet", arn).await.0, 200);
    assert_eq!(create("Billing").await.0, 200);
}

#[tokio::test]
async fn fields_of_a_permission_set_are_checked() {
    let cloud = cloud().await;
    let caller = Caller::in_management_account(&cloud);
    let arn = create(&caller, "Billing").await;
    for (field, value) in [
        ("Name", json!("")),
        ("Name", json!("n".repeat(33))),
        ("Name", json!("a b")),
        ("Description", json!("")),
        ("SessionDuration", json!("PT59M")),
        ("SessionDuration", json!("PT13H")),
        ("RelayState", json!("r".repeat(241))),
        ("Tags", json!([tag("aws:k", "v")])),
    ] {
        let mut parameters = json!({"Name": "Other", "PermissionSetArn": arn});
        parameters[field] = value.clone();
        let rejected = call(&caller, "CreatePermissionSet", parameters.clone()).await;
        assert_eq!(code(&rejected), "ValidationException", "{field} {value}");
        if !["Name", "Tags"].contains(&field) {
            let rejected = call(&caller, "UpdatePermissionSet", parameters).await;
            assert_eq!(code(&rejected), "ValidationException", "{field} {value}");
        }
    }
    let policy = json!({"PermissionSetArn": arn, "InlinePolicy": "{}"});
    assert_eq!(code(&call(&caller, "PutInlinePolicyToPermissionSet", policy).await), "ValidationException");
}

#[tokio::test]
async fn tags_are_set_at_creation_and_later() {
    let cloud = cloud().await;
    let caller = Caller::in_management_account(&cloud);
    let new = json!({"Name": "Billing", "Tags": [tag("a", "1")]});
    let created = call(&caller, "CreatePermissionSet", new).await.1;
    let arn = &created["PermissionSet"]["PermissionSetArn"];
    let of_resource = async |operation: &str, mut more: Value| {
        more["ResourceArn"] = arn.clone();
        call(&caller, operation, more).await
    };
    assert_eq!(of_resource(TAGS, json!({})).await.1["Tags"], json!([tag("a", "1")]));
    assert_eq!(of_resource("TagResource", json!({"Tags": [tag("b", "2"), tag("a", "3")]})).await.0, 200);
    assert_eq!(of_resource("UntagResource", json!({"TagKeys": ["b", "c"]})).await.0, 200);
    assert_eq!(of_resource(TAGS, json!({})).await.1["Tags"], json!([tag("a", "3")]));
    let tags: Vec<Value> = (0..50).map(|number| tag(&number.to_string(), "")).collect();
    let rejected = of_resource("TagResource", json!({"Tags": tags})).await;
    assert_eq!(code(&rejected), "ServiceQuotaExceededException");
    assert_eq!(call(&caller, TAGS, json!({"ResourceArn": INSTANCE})).await.1["Tags"], json!([]));
    let missing = json!({"ResourceArn": format!("{INSTANCE}/ps-missing")});
    assert_eq!(code(&call(&caller, TAGS, missing).await), "ResourceNotFoundException");
}

#[tokio::test]
async fn assigned_permission_set_is_not_deleted() {
    let cloud = cloud().await;
    let caller = Caller::in_management_account(&cloud);
    let arn = create(&caller, "Billing").await;
    let delete = async || call(&caller, "DeletePermissionSet", json!({"PermissionSetArn": arn})).await;
    assign(&caller, "CreateAccountAssignment", &arn, ONE).await;
    assert_eq!(code(&delete().await), "ConflictException");
    cloud.advance(1_000);
    assign(&caller, "DeleteAccountAssignment", &arn, ONE).await;
    assert_eq!(code(&delete().await), "ConflictException", "the account still has the permission set");
    cloud.advance(1_000);
    assert_eq!(delete().await.0, 200);
    assert_eq!(code(&delete().await), "ResourceNotFoundException");
}
