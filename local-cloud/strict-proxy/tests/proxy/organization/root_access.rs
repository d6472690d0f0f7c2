//! Centralized root access in IAM.

use serde_json::json;

use super::{IAM, trust};
use crate::cloud::{LocalCloud, ROOT_KEY};
use crate::emulated::{Caller, ONE, TWO, cloud};

const ENABLE: [&str; 2] = ["EnableOrganizationsRootCredentialsManagement", "EnableOrganizationsRootSessions"];

async fn call(cloud: &LocalCloud, operation: &str) -> (u16, String) {
    cloud.query(ROOT_KEY, "iam", &format!("Action={operation}")).await.unwrap()
}

/// Whether the response has these features, in this order.
fn has(response: &(u16, String), features: &[&str]) -> bool {
    let members: Vec<String> = features.iter().map(|feature| format!("<member>{feature}</member>")).collect();
    let id = "<OrganizationId>o-a</OrganizationId>";
    response.1.contains(&format!("{id}<EnabledFeatures>{}</EnabledFeatures>", members.concat()))
}

fn has_code(response: &(u16, String), code: &str) -> bool {
    response.0 == 400 && response.1.contains(&format!("<Code>{code}</Code>"))
}

#[tokio::test]
async fn features_need_trusted_access() {
    let cloud = cloud().await;
    for operation in ENABLE.into_iter().chain(["ListOrganizationsFeatures"]) {
        let rejected = call(&cloud, operation).await;
        assert!(has_code(&rejected, "ServiceAccessNotEnabledException"), "{operation}: {rejected:?}");
    }
    trust(&cloud, IAM).await;
    assert!(has(&call(&cloud, "ListOrganizationsFeatures").await, &[]));
    assert!(has(&call(&cloud, ENABLE[0]).await, &["RootCredentialsManagement"]));
    for _ in 0..2 {
        assert!(has(&call(&cloud, ENABLE[1]).await, &["RootCredentialsManagement", "RootSessions"]));
    }
    assert!(has(&call(&cloud, "ListOrganizationsFeatures").await, &["RootCredentialsManagement", "RootSessions"]));
    let disabled = call(&cloud, "DisableOrganizationsRootCredentialsManagement").await;
    assert!(has(&disabled, &["RootSessions"]), "{disabled:?}");
    assert!(has(&call(&cloud, "DisableOrganizationsRootSessions").await, &[]));
}

#[tokio::test]
async fn only_management_account_enables_features() {
    let cloud = cloud().await;
    trust(&cloud, IAM).await;
    let administrator = json!({"AccountId": ONE, "ServicePrincipal": IAM});
    cloud.organizations("RegisterDelegatedAdministrator", administrator).await;
    let (one, two) = (Caller::in_account(&cloud, ONE).await, Caller::in_account(&cloud, TWO).await);
    let rejected = one.query("iam", &format!("Action={}", ENABLE[1])).await;
    assert!(has_code(&rejected, "CallerIsNotManagementAccountException"), "{rejected:?}");
    assert!(has(&one.query("iam", "Action=ListOrganizationsFeatures").await, &[]));
    let rejected = two.query("iam", "Action=ListOrganizationsFeatures").await;
    assert!(has_code(&rejected, "AccountNotManagementOrDelegatedAdministratorException"), "{rejected:?}");
}

#[tokio::test]
async fn root_access_needs_all_features() {
    let cloud = LocalCloud::start().await;
    cloud.strict.delete_organization().await.unwrap();
    let rejected = call(&cloud, ENABLE[0]).await;
    assert!(has_code(&rejected, "OrganizationNotFoundException"), "{rejected:?}");
    cloud.organizations("CreateOrganization", json!({"FeatureSet": "CONSOLIDATED_BILLING"})).await;
    let rejected = call(&cloud, ENABLE[0]).await;
    assert!(has_code(&rejected, "OrganizationNotInAllFeaturesModeException"), "{rejected:?}");
}
