//! A world without an organization, and a new organization.

use local_cloud::strict::{Delays, OrganizationSnapshot};
use serde_json::{Value, json};

use super::{ROOT, S3, SCP, attach, create_policy, create_unit, each, enabled, trust};
use crate::cloud::{LocalCloud, account, code, reason};
use crate::emulated::{ONE, cloud};

const NOT_IN_USE: &str = "AWSOrganizationsNotInUseException";

async fn create(cloud: &LocalCloud, feature_set: &str) -> (u16, Value) {
    cloud.organizations("CreateOrganization", json!({"FeatureSet": feature_set})).await
}

#[tokio::test]
async fn deleted_organization_is_not_in_use() {
    let cloud = cloud().await;
    cloud.strict.delete_organization().await.unwrap();
    for (operation, parameters) in [
        ("DescribeOrganization", json!({})),
        ("ListRoots", json!({})),
        ("ListAccounts", json!({})),
        ("CreateAccount", account("new@example.com")),
        ("CreatePolicy", super::policy(SCP, "one")),
        ("EnableAWSServiceAccess", json!({"ServicePrincipal": "config.amazonaws.com"})),
        ("EnablePolicyType", json!({"RootId": ROOT, "PolicyType": S3})),
        ("DeleteOrganization", json!({})),
    ] {
        assert_eq!(code(&cloud.organizations(operation, parameters).await), NOT_IN_USE, "{operation}");
    }
    assert_eq!(cloud.strict.organization().await.unwrap(), OrganizationSnapshot::default());
    cloud.strict.delete_organization().await.unwrap();
}

#[tokio::test]
async fn new_organization_is_empty() {
    let cloud = cloud().await;
    enabled(&cloud, S3).await;
    let unit = create_unit(&cloud, ROOT, "Sandbox").await;
    let policy = create_policy(&cloud, S3, "one").await;
    attach(&cloud, &policy, &unit).await;
    trust(&cloud, "iam.amazonaws.com").await;
    cloud.strict.delete_organization().await.unwrap();

    let (status, created) = create(&cloud, "ALL").await;
    assert_eq!((status, &created["Organization"]["FeatureSet"]), (200, &json!("ALL")));
    assert_eq!(code(&create(&cloud, "ALL").await), "AlreadyInOrganizationException");
    let snapshot = cloud.strict.organization().await.unwrap();
    assert_eq!(snapshot.policy_types, [(SCP.to_owned(), "ENABLED".to_owned())].into());
    assert_eq!((snapshot.units.len(), snapshot.accounts.len(), snapshot.trusted_services.len()), (1, 1, 0));
    let policies: Vec<&str> = snapshot.policies.iter().map(|policy| policy.name.as_str()).collect();
    assert_eq!(policies, ["FullAWSAccess"]);
    let attached = json!({"TargetId": ROOT, "Filter": SCP});
    let (_, attached) = cloud.organizations("ListPoliciesForTarget", attached).await;
    assert_eq!(each(&attached["Policies"], "Name"), ["FullAWSAccess"]);

    let id = cloud.create("one@example.com").await;
    assert_eq!(cloud.creation(&id).await["State"], "SUCCEEDED", "the email is free again");
}

#[tokio::test]
async fn new_organization_initializes_first() {
    let cloud = LocalCloud::start().await;
    cloud.strict.set_delays(&Delays { organization_millis: 60_000, ..Delays::default() }).await.unwrap();
    cloud.strict.delete_organization().await.unwrap();
    create(&cloud, "ALL").await;
    let invite = json!({"Target": {"Type": "ACCOUNT", "Id": "999999999999"}});
    for (operation, parameters) in
        [("CreateAccount", account("new@example.com")), ("InviteAccountToOrganization", invite)]
    {
        let rejected = cloud.organizations(operation, parameters).await;
        assert_eq!(code(&rejected), "FinalizingOrganizationException", "{operation}");
    }
    create_unit(&cloud, ROOT, "Sandbox").await;
    cloud.advance(60_000);
    cloud.create("new@example.com").await;
}

#[tokio::test]
async fn billing_organization_has_no_policies() {
    let cloud = LocalCloud::start().await;
    cloud.strict.delete_organization().await.unwrap();
    assert_eq!(reason(&create(&cloud, "SOME").await), ("InvalidInputException", "INVALID_ENUM"));
    create(&cloud, "CONSOLIDATED_BILLING").await;
    let (_, described) = cloud.organizations("DescribeOrganization", json!({})).await;
    assert_eq!(described["Organization"]["FeatureSet"], "CONSOLIDATED_BILLING");
    assert_eq!(cloud.organizations("ListRoots", json!({})).await.1["Roots"][0]["PolicyTypes"], json!([]));
    let unavailable = "PolicyTypeNotAvailableForOrganizationException";
    assert_eq!(code(&super::enable(&cloud, SCP).await), unavailable);
    assert_eq!(code(&cloud.organizations("CreatePolicy", super::policy(SCP, "one")).await), unavailable);
    let rejected = trust(&cloud, "config.amazonaws.com").await;
    assert_eq!(reason(&rejected), ("ConstraintViolationException", "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE"));
}

#[tokio::test]
async fn organization_with_members_is_not_deleted() {
    let cloud = cloud().await;
    let delete = async || cloud.organizations("DeleteOrganization", json!({})).await;
    assert_eq!(code(&delete().await), "OrganizationNotEmptyException");
    for id in [ONE, "000000000002"] {
        cloud.organizations("RemoveAccountFromOrganization", json!({"AccountId": id})).await;
    }
    assert_eq!(delete().await, (200, json!({})));
    assert_eq!(code(&cloud.organizations("DescribeOrganization", json!({})).await), NOT_IN_USE);
}
