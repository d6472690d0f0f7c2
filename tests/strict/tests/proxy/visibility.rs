//! A new account is not there for everybody at once.

use serde_json::json;
use strict::{CreationPlan, Outcome, Visibility};

use crate::cloud::{LocalCloud, ROOT_KEY, code};

const NEW: &str = "000000000001";
const ROLE: &str = "arn:aws:iam::000000000001:role/OrganizationAccountAccessRole";

#[tokio::test]
async fn organizations_then_roles_then_services_know_a_new_account() {
    let cloud = LocalCloud::start().await;
    cloud.settle_at_once().await;
    let visibility =
        Visibility { account_millis: 1_000, role_millis: 2_000, services_millis: 3_000, services_code: None };
    cloud.strict.set_visibility(&visibility).await.unwrap();
    cloud.create("new@example.com").await;

    let describe = async || cloud.organizations("DescribeAccount", json!({"AccountId": NEW})).await;
    let listed = async || cloud.organizations("ListAccounts", json!({})).await.1["Accounts"].as_array().unwrap().len();
    assert_eq!((code(&describe().await), listed().await), ("AccountNotFoundException", 1));
    cloud.pass(1_000);
    assert_eq!((code(&describe().await), listed().await), ("none", 2));

    let (status, denied) = cloud.try_assume(ROOT_KEY, ROLE, "").await;
    assert!(status == 403 && denied.contains("<Code>AccessDenied</Code>"), "{denied}");
    cloud.pass(1_000);
    let key = cloud.assume(ROOT_KEY, ROLE, "").await;

    let (_, refused) = cloud.query(&key, "iam", "Action=ListRoles").await.unwrap();
    assert!(refused.contains("<Code>InvalidClientTokenId</Code>"), "{refused}");
    let refused = cloud.json(&key, "config", "DescribeConfigurationRecorders", json!({})).await.unwrap();
    assert_eq!(code(&refused), "UnrecognizedClientException");
    cloud.pass(1_000);
    assert_eq!(cloud.query(&key, "iam", "Action=ListRoles").await.unwrap().0, 200);
}

#[tokio::test]
async fn one_account_can_be_slower_than_the_rest() {
    let cloud = LocalCloud::start().await;
    cloud.settle_at_once().await;
    let visibility = Some(Visibility { account_millis: 1_000, ..Visibility::default() });
    let plan = CreationPlan { visibility, ..CreationPlan::of_email("slow@example.com", Outcome::Succeeds) };
    cloud.strict.plan_creation(&plan).await.unwrap();
    cloud.create("slow@example.com").await;
    cloud.create("fast@example.com").await;
    let parents = async |id: &str| cloud.organizations("ListParents", json!({"ChildId": id})).await;
    assert_eq!(code(&parents(NEW).await), "ChildNotFoundException");
    assert_eq!(code(&parents("000000000002").await), "none");
}
