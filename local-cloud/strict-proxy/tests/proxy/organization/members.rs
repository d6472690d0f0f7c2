//! What member accounts can do in the organization.

use serde_json::json;
use strict_proxy::Config;

use super::{IAM, ROOT, S3, SCP, create_policy, trust};
use crate::cloud::{LocalCloud, code};
use crate::emulated::{Caller, ONE, TWO, cloud};

#[tokio::test]
async fn members_describe_only_the_organization() {
    let cloud = cloud().await;
    let one = Caller::in_account(&cloud, ONE).await;
    let call = async |operation: &str| one.json("organizations", operation, json!({"Filter": SCP})).await;
    let (_, described) = call("DescribeOrganization").await;
    assert_eq!(described["Organization"]["Id"], "o-a");
    for operation in ["ListRoots", "ListPolicies", "CreatePolicy", "EnablePolicyType", "DeleteOrganization"] {
        assert_eq!(code(&call(operation).await), "AccessDeniedException", "{operation}");
    }
}

#[tokio::test]
async fn delegated_administrators_only_read() {
    let cloud = cloud().await;
    trust(&cloud, IAM).await;
    create_policy(&cloud, S3, "block").await;
    let administrator = json!({"AccountId": TWO, "ServicePrincipal": IAM});
    cloud.organizations("RegisterDelegatedAdministrator", administrator).await;
    let two = Caller::in_account(&cloud, TWO).await;
    let (_, listed) = two.json("organizations", "ListPolicies", json!({"Filter": S3})).await;
    assert_eq!(listed["Policies"][0]["Name"], "block");
    let (_, roots) = two.json("organizations", "ListRoots", json!({})).await;
    assert_eq!(roots["Roots"][0]["PolicyTypes"][0]["Type"], SCP);
    let unit = json!({"ParentId": ROOT, "Name": "Sandbox"});
    let rejected = two.json("organizations", "CreateOrganizationalUnit", unit).await;
    assert_eq!(code(&rejected), "AccessDeniedException");
}

#[tokio::test]
async fn emulate_only_proxy_has_what_moto_lacks() {
    let cloud = LocalCloud::start_with(|config| Config { emulate_only: true, ..config }).await;
    super::enabled(&cloud, S3).await;
    let id = create_policy(&cloud, S3, "block").await;
    assert_eq!(super::attach(&cloud, &id, ROOT).await.0, 200);
    trust(&cloud, IAM).await;
    let (status, _) =
        cloud.query(crate::cloud::ROOT_KEY, "iam", "Action=EnableOrganizationsRootSessions").await.unwrap();
    assert_eq!(status, 200);
}
