//! Delegated administrators.

use local_cloud::strict::AccountState;
use serde_json::{Value, json};

use super::{IAM, each, trust};
use crate::cloud::{LocalCloud, code, reason};
use crate::emulated::{ONE, TWO, cloud};
use crate::emulator::MANAGEMENT;

const CONFIG: &str = "config.amazonaws.com";
const ANALYZER: &str = "access-analyzer.amazonaws.com";

async fn register(cloud: &LocalCloud, account: &str, service: &str) -> (u16, Value) {
    let administrator = json!({"AccountId": account, "ServicePrincipal": service});
    cloud.organizations("RegisterDelegatedAdministrator", administrator).await
}

async fn administrators(cloud: &LocalCloud, service: Option<&str>) -> Vec<String> {
    let parameters = service.map_or(json!({}), |service| json!({"ServicePrincipal": service}));
    let (_, listed) = cloud.organizations("ListDelegatedAdministrators", parameters).await;
    each(&listed["DelegatedAdministrators"], "Id").into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn administrators_are_registered_by_service() {
    let cloud = cloud().await;
    for service in [CONFIG, IAM, "securityhub.amazonaws.com", "account.amazonaws.com", "inspector2.amazonaws.com"] {
        let rejected = register(&cloud, ONE, service).await;
        assert_eq!(reason(&rejected), ("ConstraintViolationException", "SERVICE_ACCESS_NOT_ENABLED"), "{service}");
        trust(&cloud, service).await;
        assert_eq!(register(&cloud, ONE, service).await, (200, json!({})), "{service}");
        assert_eq!(code(&register(&cloud, ONE, service).await), "AccountAlreadyRegisteredException");
    }
    register(&cloud, TWO, CONFIG).await;
    assert_eq!(administrators(&cloud, None).await, [ONE, TWO]);
    assert_eq!(administrators(&cloud, Some(IAM)).await, [ONE]);
    let (_, listed) = cloud.organizations("ListDelegatedAdministrators", json!({"ServicePrincipal": IAM})).await;
    let listed = &listed["DelegatedAdministrators"][0];
    assert_eq!((&listed["Email"], listed["DelegationEnabledDate"].is_i64()), (&json!("one@example.com"), true));

    let (_, services) = cloud.organizations("ListDelegatedServicesForAccount", json!({"AccountId": TWO})).await;
    assert_eq!(each(&services["DelegatedServices"], "ServicePrincipal"), [CONFIG]);
    let deregister = json!({"AccountId": TWO, "ServicePrincipal": CONFIG});
    assert_eq!(cloud.organizations("DeregisterDelegatedAdministrator", deregister.clone()).await.0, 200);
    let rejected = cloud.organizations("DeregisterDelegatedAdministrator", deregister).await;
    assert_eq!(code(&rejected), "AccountNotRegisteredException");
    assert_eq!(cloud.code_of("ListDelegatedServicesForAccount", TWO).await, "AccountNotRegisteredException");
}

#[tokio::test]
async fn number_of_administrators_is_limited() {
    let cloud = cloud().await;
    for email in ["three@example.com", "four@example.com"] {
        cloud.create(email).await;
    }
    let accounts = [ONE, TWO, "000000000003"];
    trust(&cloud, CONFIG).await;
    for account in accounts {
        assert_eq!(register(&cloud, account, CONFIG).await.0, 200);
    }
    let rejected = register(&cloud, "000000000004", CONFIG).await;
    let expected = ("ConstraintViolationException", "MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED");
    assert_eq!(reason(&rejected), expected);

    trust(&cloud, ANALYZER).await;
    register(&cloud, ONE, ANALYZER).await;
    let rejected = register(&cloud, TWO, ANALYZER).await;
    assert_eq!(reason(&rejected).1, "DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE");
}

#[tokio::test]
async fn some_accounts_cannot_be_administrators() {
    let cloud = cloud().await;
    trust(&cloud, CONFIG).await;
    cloud.strict.set_account_state(TWO, AccountState::Closed).await.unwrap();
    let expected = "CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR";
    assert_eq!(reason(&register(&cloud, TWO, CONFIG).await).1, expected);
    let expected = "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR";
    assert_eq!(reason(&register(&cloud, MANAGEMENT, CONFIG).await).1, expected);
    assert_eq!(code(&register(&cloud, "999999999999", CONFIG).await), "AccountNotFoundException");
    let rejected = register(&cloud, ONE, "config").await;
    assert_eq!(reason(&rejected), ("InvalidInputException", "UNRECOGNIZED_SERVICE_PRINCIPAL"));
}

#[tokio::test]
async fn administrator_cannot_leave() {
    let cloud = cloud().await;
    trust(&cloud, CONFIG).await;
    register(&cloud, ONE, CONFIG).await;
    let rejected = cloud.organizations("RemoveAccountFromOrganization", json!({"AccountId": ONE})).await;
    assert_eq!(reason(&rejected).1, "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG");
}
