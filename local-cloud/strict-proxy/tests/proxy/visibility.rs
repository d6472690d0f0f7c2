//! New accounts become visible gradually.

use local_cloud::strict::{CreationPlan, Outcome, Visibility};
use serde_json::json;

use crate::cloud::{LocalCloud, ROOT_KEY, code};

const NEW: &str = "000000000001";
const ROLE: &str = "arn:aws:iam::000000000001:role/OrganizationAccountAccessRole";

#[tokio::test]
async fn new_account_becomes_visible_in_stages() {
    let cloud = LocalCloud::start().await;
    cloud.complete_creations_at_once().await;
    let visibility =
        Visibility { account_millis: 1_000, role_millis: 2_000, services_millis: 3_000, services_code: None };
    cloud.strict.set_visibility(&visibility).await.unwrap();
    cloud.create("new@example.com").await;

    let describe = async || cloud.organizations("DescribeAccount", json!({"AccountId": NEW})).await;
    let listed = async || cloud.organizations("ListAccounts", json!({})).await.1["Accounts"].as_array().unwrap().len();
    assert_eq!((code(&describe().await), listed().await), ("AccountNotFoundException", 1));
    cloud.advance(1_000);
    assert_eq!((code(&describe().await), listed().await), ("none", 2));

    let (status, denied) = cloud.try_assume(ROOT_KEY, ROLE, "").await;
    assert!(status == 403 && denied.contains("<Code>AccessDenied</Code>"), "{denied}");
    cloud.advance(1_000);
    let key = cloud.assume(ROOT_KEY, ROLE, "").await;

    let (_, rejected) = cloud.query(&key, "iam", "Action=ListRoles").await.unwrap();
    assert!(rejected.contains("<Code>InvalidClientTokenId</Code>"), "{rejected}");
    let rejected = cloud.json(&key, "config", "DescribeConfigurationRecorders", json!({})).await.unwrap();
    assert_eq!(code(&rejected), "UnrecognizedClientException");
    cloud.advance(1_000);
    assert_eq!(cloud.query(&key, "iam", "Action=ListRoles").await.unwrap().0, 200);
}

#[tokio::test]
async fn plan_overrides_visibility_of_one_account() {
    let cloud = LocalCloud::start().await;
    cloud.complete_creations_at_once().await;
    let visibility = Some(Visibility { account_millis: 1_000, ..Visibility::default() });
    let plan = CreationPlan { visibility, ..CreationPlan::for_email("slow@example.com", Outcome::Succeeds) };
    cloud.strict.plan_creation(&plan).await.unwrap();
    cloud.create("slow@example.com").await;
    cloud.create("fast@example.com").await;
    let parents = async |id: &str| cloud.organizations("ListParents", json!({"ChildId": id})).await;
    assert_eq!(code(&parents(NEW).await), "ChildNotFoundException");
    assert_eq!(code(&parents("000000000002").await), "none");
}
