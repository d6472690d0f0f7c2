//! Trusted access of AWS services.

use serde_json::json;

use super::{each, enable, trust};
use crate::cloud::{LocalCloud, reason};

async fn trusted(cloud: &LocalCloud) -> Vec<String> {
    let (_, listed) = cloud.organizations("ListAWSServiceAccessForOrganization", json!({})).await;
    each(&listed["EnabledServicePrincipals"], "ServicePrincipal").into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn services_that_moto_rejects_are_trusted() {
    let cloud = LocalCloud::start().await;
    let services = ["cloudtrail", "ec2", "iam", "malware-protection.guardduty"];
    let services = services.map(|service| format!("{service}.amazonaws.com"));
    for service in services.iter().chain(&services) {
        assert_eq!(trust(&cloud, service).await, (200, json!({})), "{service}");
    }
    assert_eq!(trusted(&cloud).await, services);
    let (_, listed) = cloud.organizations("ListAWSServiceAccessForOrganization", json!({})).await;
    assert!(listed["EnabledServicePrincipals"][1]["DateEnabled"].is_i64(), "{listed}");
    for service in &services {
        let disable = json!({"ServicePrincipal": service});
        assert_eq!(cloud.organizations("DisableAWSServiceAccess", disable).await.0, 200, "{service}");
    }
    assert_eq!(trusted(&cloud).await, Vec::<String>::new());
}

#[tokio::test]
async fn unknown_service_is_rejected() {
    let cloud = LocalCloud::start().await;
    for operation in ["EnableAWSServiceAccess", "DisableAWSServiceAccess"] {
        let rejected = cloud.organizations(operation, json!({"ServicePrincipal": "iam"})).await;
        assert_eq!(reason(&rejected), ("InvalidInputException", "UNRECOGNIZED_SERVICE_PRINCIPAL"), "{operation}");
    }
}

#[tokio::test]
async fn trusted_access_stays_while_a_type_needs_it() {
    let cloud = LocalCloud::start().await;
    trust(&cloud, "ec2.amazonaws.com").await;
    enable(&cloud, "DECLARATIVE_POLICY_EC2").await;
    cloud.advance(1_000);
    let rejected =
        cloud.organizations("DisableAWSServiceAccess", json!({"ServicePrincipal": "ec2.amazonaws.com"})).await;
    assert_eq!(reason(&rejected), ("ConstraintViolationException", "POLICY_TYPE_ENABLED_FOR_THIS_SERVICE"));
}
