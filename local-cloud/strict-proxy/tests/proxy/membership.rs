//! Accounts that leave the organization and return by invitation.

use local_cloud::strict::{AccountState, Delivery, Limits};
use serde_json::{Value, json};

use crate::cloud::{LocalCloud, ROOT_KEY, account, code, reason};
use crate::emulated::{Caller, ONE, TWO, cloud};
use crate::emulator::MANAGEMENT;

const NOT_IN_USE: &str = "AWSOrganizationsNotInUseException";

async fn remove(cloud: &LocalCloud, id: &str) -> (u16, Value) {
    cloud.organizations("RemoveAccountFromOrganization", json!({"AccountId": id})).await
}

async fn invite(cloud: &LocalCloud, kind: &str, id: &str) -> (u16, Value) {
    let target = json!({"Target": {"Type": kind, "Id": id}, "Tags": [{"Key": "again", "Value": "yes"}]});
    cloud.organizations("InviteAccountToOrganization", target).await
}

async fn tag(cloud: &LocalCloud, id: &str) {
    let tags = json!({"ResourceId": id, "Tags": [{"Key": "account-vending:key", "Value": "k"}]});
    assert_eq!(cloud.organizations("TagResource", tags).await.0, 200);
}

async fn accept(caller: &Caller<'_>, handshake: &str) -> (u16, Value) {
    caller.json("organizations", "AcceptHandshake", json!({"HandshakeId": handshake})).await
}

#[tokio::test]
async fn account_that_left_is_unknown() {
    let cloud = cloud().await;
    assert_eq!(remove(&cloud, ONE).await, (200, json!({})));
    for (operation, field, expected) in [
        ("DescribeAccount", "AccountId", "AccountNotFoundException"),
        ("MoveAccount", "AccountId", "AccountNotFoundException"),
        ("RemoveAccountFromOrganization", "AccountId", "AccountNotFoundException"),
        ("ListParents", "ChildId", "ChildNotFoundException"),
        ("ListTagsForResource", "ResourceId", "TargetNotFoundException"),
    ] {
        assert_eq!(code(&cloud.organizations(operation, json!({field: ONE})).await), expected, "{operation}");
    }
    let (_, listed) = cloud.organizations("ListAccounts", json!({})).await;
    assert!(!listed.to_string().contains(ONE), "{listed}");
    let one = Caller::in_account(&cloud, ONE).await;
    let outside = one.json("organizations", "DescribeOrganization", json!({})).await;
    assert_eq!(code(&outside), NOT_IN_USE);
    let contact = json!({"AccountId": ONE, "AlternateContactType": "SECURITY"});
    let management = Caller::in_management_account(&cloud);
    let rejected = management.rest("account", "POST", "/getAlternateContact", contact).await;
    assert_eq!(code(&rejected), "AccessDeniedException");
}

#[tokio::test]
async fn account_that_left_frees_its_place_not_email() {
    let cloud = cloud().await;
    cloud.strict.set_limits(&Limits { accounts: Some(3), ..Limits::default() }).await.unwrap();
    let rejected = cloud.organizations("CreateAccount", account("three@example.com")).await;
    assert_eq!(rejected.1["Reason"], "ACCOUNT_NUMBER_LIMIT_EXCEEDED");
    remove(&cloud, ONE).await;
    let taken = cloud.create("one@example.com").await;
    assert_eq!(cloud.creation(&taken).await["FailureReason"], "EMAIL_ALREADY_EXISTS");
    cloud.create("three@example.com").await;
}

#[tokio::test]
async fn invited_account_joins_root_without_old_tags() {
    let cloud = cloud().await;
    tag(&cloud, ONE).await;
    let to = json!({"AccountId": ONE, "SourceParentId": "r-root", "DestinationParentId": "ou-a"});
    cloud.organizations("MoveAccount", to).await;
    let one = Caller::in_account(&cloud, ONE).await;
    assert_eq!(one.json("organizations", "LeaveOrganization", json!({})).await, (200, json!({})));
    assert_eq!(code(&one.json("organizations", "LeaveOrganization", json!({})).await), NOT_IN_USE);

    let (_, invited) = invite(&cloud, "EMAIL", "One@example.com").await;
    let handshake = invited["Handshake"]["Id"].as_str().unwrap();
    assert_eq!(cloud.code_of("DescribeAccount", ONE).await, "AccountNotFoundException");
    let (_, accepted) = accept(&one, handshake).await;
    assert_eq!(accepted["Handshake"]["State"], "ACCEPTED");

    let joined = cloud.account(ONE).await;
    assert_eq!((&joined["JoinedMethod"], &joined["Email"]), (&json!("INVITED"), &json!("one@example.com")));
    assert!(joined["JoinedTimestamp"].as_i64().unwrap() > 1_700_000_000, "{joined}");
    let (_, tags) = cloud.organizations("ListTagsForResource", json!({"ResourceId": ONE})).await;
    assert_eq!(tags["Tags"], json!([{"Key": "again", "Value": "yes"}]));
    let (_, parents) = cloud.organizations("ListParents", json!({"ChildId": ONE})).await;
    assert_eq!(parents["Parents"], json!([{"Id": "r-root"}]));
}

#[tokio::test]
async fn invitation_is_accepted_once_by_its_account() {
    let cloud = cloud().await;
    let rejected = invite(&cloud, "ACCOUNT", ONE).await;
    assert_eq!(reason(&rejected), ("HandshakeConstraintViolationException", "ALREADY_IN_AN_ORGANIZATION"));
    remove(&cloud, ONE).await;
    let (_, invited) = invite(&cloud, "ACCOUNT", ONE).await;
    let handshake = invited["Handshake"]["Id"].as_str().unwrap();
    assert_eq!(code(&invite(&cloud, "ACCOUNT", ONE).await), "DuplicateHandshakeException");
    let (one, two) = (Caller::in_account(&cloud, ONE).await, Caller::in_account(&cloud, TWO).await);
    assert_eq!(code(&accept(&two, handshake).await), "HandshakeNotFoundException");
    assert_eq!(accept(&one, handshake).await.0, 200);
    assert_eq!(code(&accept(&one, handshake).await), "HandshakeAlreadyInStateException");
}

#[tokio::test]
async fn joining_by_invitation_is_announced() {
    let cloud = cloud().await;
    cloud.strict.set_events(Delivery::BeforeResponse).await.unwrap();
    remove(&cloud, ONE).await;
    let (_, invited) = invite(&cloud, "ACCOUNT", ONE).await;
    let handshake = invited["Handshake"]["Id"].as_str().unwrap();
    accept(&Caller::in_account(&cloud, ONE).await, handshake).await;
    let delivered = cloud.strict.delivered_events().await.unwrap();
    let [event] = delivered.as_slice() else { panic!("one event, not {delivered:?}") };
    assert_eq!((event.event.as_str(), event.creation.as_str()), ("AccountJoinedOrganization", handshake));
}

#[tokio::test]
async fn some_accounts_cannot_leave() {
    let cloud = cloud().await;
    cloud.put_administrator(ONE);
    let rejected = remove(&cloud, ONE).await;
    assert_eq!(reason(&rejected).1, "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG");
    for rejected in [
        remove(&cloud, MANAGEMENT).await,
        cloud.json(ROOT_KEY, "organizations", "LeaveOrganization", json!({})).await.unwrap(),
    ] {
        assert_eq!(code(&rejected), "MasterCannotLeaveOrganizationException");
    }
    cloud.strict.set_account_state(TWO, AccountState::Closed).await.unwrap();
    assert_eq!(code(&remove(&cloud, TWO).await), "ConstraintViolationException");
    assert_eq!(code(&remove(&cloud, "999999999999").await), "AccountNotFoundException");
}
