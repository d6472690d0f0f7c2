//! The effective policies of accounts.

use serde_json::{Value, json};

use super::{ROOT, S3, SCP, attach, create_policy, create_unit, enabled};
use crate::cloud::{LocalCloud, code, reason};
use crate::emulated::{Caller, ONE, TWO, cloud};

async fn describe(cloud: &LocalCloud, kind: &str, target: &str) -> (u16, Value) {
    let parameters = json!({"PolicyType": kind, "TargetId": target});
    cloud.organizations("DescribeEffectivePolicy", parameters).await
}

#[tokio::test]
async fn levels_are_merged() {
    let cloud = cloud().await;
    enabled(&cloud, S3).await;
    let unit = create_unit(&cloud, ROOT, "Websites").await;
    let to_unit = json!({"AccountId": ONE, "SourceParentId": ROOT, "DestinationParentId": unit});
    cloud.organizations("MoveAccount", to_unit).await;
    attach(&cloud, &create_policy(&cloud, S3, "block").await, ROOT).await;
    let effective = async || describe(&cloud, S3, ONE).await.1["EffectivePolicy"].take();
    let content = |policy: &Value| serde_json::from_str::<Value>(policy["PolicyContent"].as_str().unwrap()).unwrap();
    let inherited = effective().await;
    assert_eq!((&inherited["TargetId"], &inherited["PolicyType"]), (&json!(ONE), &json!(S3)));
    assert!(inherited["LastUpdatedTimestamp"].is_i64(), "{inherited}");
    assert_eq!(content(&inherited), json!({"s3_attributes": {"public_access_block_configuration": "all"}}));

    let allow = create_policy(&cloud, S3, "allow").await;
    let none = json!({"s3_attributes": {"public_access_block_configuration": {"@@assign": "none"}}}).to_string();
    cloud.organizations("UpdatePolicy", json!({"PolicyId": allow, "Content": none})).await;
    attach(&cloud, &allow, &unit).await;
    let overridden = json!({"s3_attributes": {"public_access_block_configuration": "none"}});
    assert_eq!(content(&effective().await), overridden);
}

#[tokio::test]
async fn account_without_policies_has_no_effective_one() {
    let cloud = cloud().await;
    assert_eq!(code(&describe(&cloud, S3, ONE).await), "EffectivePolicyNotFoundException", "not enabled");
    enabled(&cloud, S3).await;
    assert_eq!(code(&describe(&cloud, S3, ONE).await), "EffectivePolicyNotFoundException");
    attach(&cloud, &create_policy(&cloud, S3, "block").await, TWO).await;
    assert_eq!(code(&describe(&cloud, S3, ONE).await), "EffectivePolicyNotFoundException");
    assert_eq!(describe(&cloud, S3, TWO).await.0, 200);
}

#[tokio::test]
async fn only_accounts_have_effective_policies() {
    let cloud = cloud().await;
    enabled(&cloud, S3).await;
    let unit = create_unit(&cloud, ROOT, "Sandbox").await;
    for target in [ROOT, &unit] {
        let rejected = describe(&cloud, S3, target).await;
        assert_eq!(reason(&rejected), ("InvalidInputException", "TARGET_NOT_SUPPORTED"), "{target}");
    }
    assert_eq!(code(&describe(&cloud, S3, "999999999999").await), "TargetNotFoundException");
    assert_eq!(reason(&describe(&cloud, SCP, ONE).await).1, "INVALID_ENUM_POLICY_TYPE");
}

#[tokio::test]
async fn account_describes_its_own_policy() {
    let cloud = cloud().await;
    enabled(&cloud, S3).await;
    attach(&cloud, &create_policy(&cloud, S3, "block").await, ROOT).await;
    let one = Caller::in_account(&cloud, ONE).await;
    let own = one.json("organizations", "DescribeEffectivePolicy", json!({"PolicyType": S3})).await;
    assert_eq!((own.0, &own.1["EffectivePolicy"]["TargetId"]), (200, &json!(ONE)));
    let other = json!({"PolicyType": S3, "TargetId": TWO});
    assert_eq!(code(&one.json("organizations", "DescribeEffectivePolicy", other).await), "AccessDeniedException");
}

#[tokio::test]
async fn effective_policies_are_valid() {
    let cloud = cloud().await;
    let invalid =
        async || cloud.organizations("ListAccountsWithInvalidEffectivePolicy", json!({"PolicyType": S3})).await;
    assert_eq!(code(&invalid().await), "EffectivePolicyNotFoundException");
    enabled(&cloud, S3).await;
    assert_eq!(invalid().await, (200, json!({"Accounts": [], "PolicyType": S3})));
    let account = json!({"PolicyType": S3, "AccountId": ONE});
    let (_, errors) = cloud.organizations("ListEffectivePolicyValidationErrors", account).await;
    assert_eq!((&errors["EffectivePolicyValidationErrors"], &errors["AccountId"]), (&json!([]), &json!(ONE)));
    assert_eq!(errors["Path"], format!("o-a/{ROOT}/{ONE}/"));
}
