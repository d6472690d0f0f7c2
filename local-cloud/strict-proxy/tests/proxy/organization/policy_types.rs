//! Enabling policy types.

use local_cloud::strict::Delays;
use serde_json::{Value, json};

use super::{ROOT, S3, SCP, enable, trust};
use crate::cloud::{LocalCloud, code, reason};

async fn statuses(cloud: &LocalCloud) -> Value {
    cloud.organizations("ListRoots", json!({})).await.1["Roots"][0]["PolicyTypes"].take()
}

#[tokio::test]
async fn enabling_a_type_takes_time() {
    let cloud = LocalCloud::start().await;
    let scp = json!({"Type": SCP, "Status": "ENABLED"});
    assert_eq!(statuses(&cloud).await, json!([scp]));
    let (status, response) = enable(&cloud, S3).await;
    let pending = json!([{"Type": S3, "Status": "PENDING_ENABLE"}, scp]);
    assert_eq!((status, &response["Root"]["Id"], &response["Root"]["PolicyTypes"]), (200, &json!(ROOT), &pending));
    assert_eq!(code(&enable(&cloud, S3).await), "PolicyChangesInProgressException");
    cloud.advance(999);
    assert_eq!(statuses(&cloud).await, pending);
    cloud.advance(1);
    assert_eq!(statuses(&cloud).await, json!([{"Type": S3, "Status": "ENABLED"}, scp]));
    assert_eq!(code(&enable(&cloud, S3).await), "PolicyTypeAlreadyEnabledException");
    assert_eq!(code(&enable(&cloud, SCP).await), "PolicyTypeAlreadyEnabledException");
}

#[tokio::test]
async fn types_can_be_enabled_at_once() {
    let cloud = LocalCloud::start().await;
    cloud.strict.set_delays(&Delays { policy_type_millis: 0, ..Delays::default() }).await.unwrap();
    let (_, response) = enable(&cloud, "TAG_POLICY").await;
    assert_eq!(response["Root"]["PolicyTypes"][1], json!({"Type": "TAG_POLICY", "Status": "ENABLED"}));
}

#[tokio::test]
async fn some_types_need_trusted_access_first() {
    let cloud = LocalCloud::start().await;
    for (kind, service) in [
        ("DECLARATIVE_POLICY_EC2", "ec2.amazonaws.com"),
        ("BACKUP_POLICY", "backup.amazonaws.com"),
        ("GUARDDUTY_POLICY", "guardduty.amazonaws.com"),
    ] {
        let expected = ("ConstraintViolationException", "SERVICE_ACCESS_NOT_ENABLED");
        assert_eq!(reason(&enable(&cloud, kind).await), expected, "{kind}");
        trust(&cloud, service).await;
        assert_eq!(enable(&cloud, kind).await.0, 200, "{kind}");
    }
    for kind in [S3, "TAG_POLICY", "AISERVICES_OPT_OUT_POLICY"] {
        assert_eq!(enable(&cloud, kind).await.0, 200, "{kind}");
    }
}

#[tokio::test]
async fn unknown_roots_and_types_are_rejected() {
    let cloud = LocalCloud::start().await;
    let other = json!({"RootId": "r-other", "PolicyType": S3});
    assert_eq!(code(&cloud.organizations("EnablePolicyType", other).await), "RootNotFoundException");
    assert_eq!(reason(&enable(&cloud, "S3").await), ("InvalidInputException", "INVALID_ENUM_POLICY_TYPE"));
}

#[tokio::test]
async fn disabling_a_type_is_refused_loudly() {
    let cloud = LocalCloud::start().await;
    let disable = json!({"RootId": ROOT, "PolicyType": SCP});
    let refused = cloud.organizations("DisablePolicyType", disable).await;
    assert_eq!((refused.0, code(&refused)), (400, "DisablePolicyTypeRefused"));
    let calls = cloud.strict.calls_since(0).await.unwrap();
    assert_eq!(calls[0].error_code.as_deref(), Some("DisablePolicyTypeRefused"));
}
