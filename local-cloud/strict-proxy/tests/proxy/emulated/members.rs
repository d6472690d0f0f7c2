//! Members of GuardDuty and Security Hub. Account ONE is the administrator of both.

use serde_json::{Value, json};

use super::{Caller, ONE, TWO, cloud};
use crate::cloud::{LocalCloud, code};

const NON_MEMBER: &str = "999999999999";

async fn guardduty(caller: &Caller<'_>, method: &str, path: &str, body: Value) -> (u16, Value) {
    caller.rest("guardduty", method, &format!("/detector/d{path}"), body).await
}

#[tokio::test]
async fn guardduty_members_are_member_accounts() {
    let cloud = cloud().await;
    let one = Caller::in_account(&cloud, ONE).await;
    let get = async |caller: &Caller<'_>| {
        guardduty(caller, "POST", "/member/get", json!({"accountIds": [TWO, NON_MEMBER]})).await.1
    };
    let fresh = get(&one).await;
    assert_eq!((fresh["members"].clone(), fresh["unprocessedAccounts"].as_array().unwrap().len()), (json!([]), 2));
    let detail = |account| json!({"accountId": account, "email": "a@example.com"});
    let details = json!({"accountDetails": [detail(TWO), detail(NON_MEMBER)]});
    let (_, created) = guardduty(&one, "POST", "/member", details.clone()).await;
    assert_eq!(created["unprocessedAccounts"].as_array().unwrap().len(), 1);
    assert_eq!(created["unprocessedAccounts"][0]["accountId"], NON_MEMBER);
    let known = get(&one).await;
    let member = &known["members"][0];
    assert_eq!((&member["accountId"], &member["relationshipStatus"]), (&json!(TWO), &json!("Enabled")));
    assert_eq!(
        (&member["administratorId"], &known["unprocessedAccounts"][0]["accountId"]),
        (&json!(ONE), &json!(NON_MEMBER))
    );
    let (_, again) = guardduty(&one, "POST", "/member", details).await;
    assert_eq!(again["unprocessedAccounts"].as_array().unwrap().len(), 2);

    assert_eq!(get(&one.in_region("eu-west-1")).await["members"], json!([]));
    let (_, deleted) = guardduty(&one, "POST", "/member/delete", json!({"accountIds": [TWO]})).await;
    assert_eq!(deleted["unprocessedAccounts"], json!([]));
    assert_eq!(guardduty(&one, "GET", "/member", Value::Null).await.1["members"], json!([]));
}

#[tokio::test]
async fn call_is_retried_while_emulator_is_busy() {
    let cloud = cloud().await;
    let one = Caller::in_account(&cloud, ONE).await;
    let details = json!({"accountDetails": [{"accountId": TWO, "email": "a@example.com"}]});
    cloud.drop_connections(3);
    let (_, created) = guardduty(&one, "POST", "/member", details).await;
    assert_eq!(created["unprocessedAccounts"], json!([]));
    let (_, known) = guardduty(&one, "POST", "/member/get", json!({"accountIds": [TWO]})).await;
    assert_eq!(known["members"][0]["relationshipStatus"], "Enabled");
}

#[tokio::test]
async fn guardduty_auto_enables_accounts() {
    let cloud = cloud().await;
    let one = Caller::in_account(&cloud, ONE).await;
    let members = async || guardduty(&one, "GET", "/member", Value::Null).await.1["members"].as_array().unwrap().len();
    let configure = async |mode: &str| {
        let mode = json!({"autoEnableOrganizationMembers": mode});
        guardduty(&one, "POST", "/admin", mode).await
    };
    let (_, fresh) = guardduty(&one, "GET", "/admin", Value::Null).await;
    assert_eq!((&fresh["autoEnableOrganizationMembers"], members().await), (&json!("NONE"), 0));
    configure("NEW").await;
    cloud.create("three@example.com").await;
    assert_eq!(members().await, 1);
    configure("ALL").await;
    assert_eq!(members().await, 3, "the management account, TWO, and the new account");
    assert_eq!(guardduty(&one, "GET", "/admin", Value::Null).await.1["autoEnable"], true);
    assert_eq!(code(&configure("SOME").await), "BadRequestException");
}

#[tokio::test]
async fn guardduty_requires_detector_and_administrator() {
    let cloud = cloud().await;
    let (one, two) = (Caller::in_account(&cloud, ONE).await, Caller::in_account(&cloud, TWO).await);
    let missing = one.rest("guardduty", "GET", "/detector/missing/member", Value::Null).await;
    assert_eq!(code(&missing), "BadRequestException");
    assert_eq!(code(&guardduty(&two, "GET", "/admin", Value::Null).await), "BadRequestException");
    let details = json!({"accountDetails": [{"accountId": NON_MEMBER, "email": "a@example.com"}]});
    guardduty(&two, "POST", "/member", details).await;
    let (_, invited) = guardduty(&two, "POST", "/member/get", json!({"accountIds": [NON_MEMBER]})).await;
    assert_eq!(invited["members"][0]["relationshipStatus"], "Created");
}

async fn security_hub(caller: &Caller<'_>, path: &str, body: Value) -> (u16, Value) {
    caller.rest("securityhub", "POST", path, body).await
}

async fn with_hub() -> LocalCloud {
    let cloud = cloud().await;
    cloud.put_hub(ONE);
    cloud
}

#[tokio::test]
async fn security_hub_members_are_member_accounts() {
    let cloud = with_hub().await;
    let one = Caller::in_account(&cloud, ONE).await;
    let details = json!({"AccountDetails": [{"AccountId": TWO}, {"AccountId": NON_MEMBER}]});
    let (_, created) = security_hub(&one, "/members", details).await;
    assert_eq!(created["UnprocessedAccounts"].as_array().unwrap().len(), 1);
    assert_eq!(created["UnprocessedAccounts"][0]["AccountId"], NON_MEMBER);
    assert!(cloud.has_hub(TWO));
    let (_, known) = security_hub(&one, "/members/get", json!({"AccountIds": [TWO, NON_MEMBER]})).await;
    let member = &known["Members"][0];
    assert_eq!((&member["AccountId"], &member["MemberStatus"]), (&json!(TWO), &json!("Enabled")));
    assert_eq!((&member["Email"], &member["AdministratorId"]), (&json!("two@example.com"), &json!(ONE)));
    assert_eq!(known["UnprocessedAccounts"][0]["AccountId"], NON_MEMBER);
    security_hub(&one, "/members/delete", json!({"AccountIds": [TWO]})).await;
    assert_eq!(one.rest("securityhub", "GET", "/members", Value::Null).await.1["Members"], json!([]));
}

#[tokio::test]
async fn security_hub_must_be_enabled_exactly_once() {
    let cloud = with_hub().await;
    let (one, two) = (Caller::in_account(&cloud, ONE).await, Caller::in_account(&cloud, TWO).await);
    let rejected = security_hub(&one, "/accounts", json!({})).await;
    assert_eq!((rejected.0, code(&rejected)), (409, "ResourceConflictException"));
    let rejected = security_hub(&two, "/members/get", json!({"AccountIds": [ONE]})).await;
    assert_eq!((rejected.0, code(&rejected)), (401, "InvalidAccessException"));
}

#[tokio::test]
async fn security_hub_auto_enables_new_accounts() {
    let cloud = with_hub().await;
    let one = Caller::in_account(&cloud, ONE).await;
    security_hub(&one, "/organization/configuration", json!({"AutoEnable": true})).await;
    cloud.create("three@example.com").await;
    let (_, listed) = one.rest("securityhub", "GET", "/members", Value::Null).await;
    let members: Vec<&Value> = listed["Members"].as_array().unwrap().iter().map(|one| &one["AccountId"]).collect();
    assert_eq!(members, ["000000000003"]);
}
