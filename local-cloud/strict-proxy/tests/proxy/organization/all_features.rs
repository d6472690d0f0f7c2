//! The migration from consolidated billing to all features.

use serde_json::{Value, json};

use super::{SCP, enable};
use crate::cloud::{LocalCloud, code, reason};
use crate::emulated::{Caller, ONE, TWO};

/// An organization with consolidated billing, one invited account, and one created account.
async fn cloud() -> LocalCloud {
    let cloud = LocalCloud::start().await;
    cloud.complete_creations_at_once().await;
    cloud.strict.delete_organization().await.unwrap();
    cloud.organizations("CreateOrganization", json!({"FeatureSet": "CONSOLIDATED_BILLING"})).await;
    for email in ["one@example.com", "two@example.com"] {
        cloud.create(email).await;
    }
    cloud.organizations("RemoveAccountFromOrganization", json!({"AccountId": ONE})).await;
    let invite = json!({"Target": {"Type": "ACCOUNT", "Id": ONE}});
    let (_, invited) = cloud.organizations("InviteAccountToOrganization", invite).await;
    let one = Caller::in_account(&cloud, ONE).await;
    assert_eq!(one.json("organizations", "AcceptHandshake", handshake(&invited)).await.0, 200);
    cloud
}

fn handshake(response: &Value) -> Value {
    json!({"HandshakeId": response["Handshake"]["Id"]})
}

async fn state(cloud: &LocalCloud, handshake: &Value) -> Value {
    cloud.organizations("DescribeHandshake", handshake.clone()).await.1["Handshake"]["State"].take()
}

#[tokio::test]
async fn all_features_need_invited_accounts() {
    let cloud = cloud().await;
    let (status, requested) = cloud.organizations("EnableAllFeatures", json!({})).await;
    let handshake = handshake(&requested);
    assert_eq!((status, &requested["Handshake"]["Action"]), (200, &json!("ENABLE_ALL_FEATURES")));
    let arn = requested["Handshake"]["Arn"].as_str().unwrap();
    assert!(arn.starts_with("arn:aws:organizations::123456789012:handshake/o-a/enable_all_features/h-"), "{arn}");
    assert_eq!(state(&cloud, &handshake).await, "REQUESTED");
    let accept = async || cloud.organizations("AcceptHandshake", handshake.clone()).await;
    assert_eq!(code(&accept().await), "InvalidHandshakeTransitionException");
    assert_eq!(code(&enable(&cloud, SCP).await), "PolicyTypeNotAvailableForOrganizationException");

    assert_eq!(cloud.strict.approve_all_features().await.unwrap(), 1);
    assert_eq!(state(&cloud, &handshake).await, "OPEN");
    assert_eq!(accept().await.1["Handshake"]["State"], "ACCEPTED");
    let (_, described) = cloud.organizations("DescribeOrganization", json!({})).await;
    assert_eq!(described["Organization"]["FeatureSet"], "ALL");
    assert_eq!(cloud.organizations("ListRoots", json!({})).await.1["Roots"][0]["PolicyTypes"], json!([]));
    assert_eq!(enable(&cloud, SCP).await.0, 200);
}

#[tokio::test]
async fn invited_account_approves_by_its_handshake() {
    let cloud = cloud().await;
    let (_, requested) = cloud.organizations("EnableAllFeatures", json!({})).await;
    let (one, two) = (Caller::in_account(&cloud, ONE).await, Caller::in_account(&cloud, TWO).await);
    let filter = json!({"Filter": {"ActionType": "APPROVE_ALL_FEATURES"}});
    let received = async |caller: &Caller<'_>| {
        caller.json("organizations", "ListHandshakesForAccount", filter.clone()).await.1["Handshakes"].take()
    };
    assert_eq!(received(&two).await, json!([]), "a created account");
    let pending = received(&one).await;
    assert_eq!((&pending[0]["Action"], &pending[0]["State"]), (&json!("APPROVE_ALL_FEATURES"), &json!("OPEN")));
    let sent = cloud.organizations("ListHandshakesForOrganization", filter.clone()).await.1;
    assert_eq!(sent["Handshakes"], pending);

    let id = json!({"HandshakeId": pending[0]["Id"]});
    assert_eq!(one.json("organizations", "AcceptHandshake", id).await.1["Handshake"]["State"], "ACCEPTED");
    assert_eq!(state(&cloud, &handshake(&requested)).await, "OPEN");
    assert_eq!(cloud.strict.approve_all_features().await.unwrap(), 0);
}

#[tokio::test]
async fn migration_starts_once() {
    let cloud = cloud().await;
    cloud.organizations("EnableAllFeatures", json!({})).await;
    let again = cloud.organizations("EnableAllFeatures", json!({})).await;
    let pending = "ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION";
    assert_eq!(reason(&again), ("HandshakeConstraintViolationException", pending));
    let complete = LocalCloud::start().await;
    let rejected = complete.organizations("EnableAllFeatures", json!({})).await;
    assert_eq!(reason(&rejected).1, "ORGANIZATION_ALREADY_HAS_ALL_FEATURES");
}
