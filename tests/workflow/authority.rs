//! Ownership of an account whose email changes, that is closed, that leaves and returns, or that is moved to an OU
//! without requests.

use cloud::{Caller, Cloud, email, key_of, request};
use local_cloud::strict::{AccountState, Settings};
use serde_json::{Value, json};
use strum::IntoEnumIterator;
use vending_core::{AccountSettings, Stage, StepName};

use crate::adopt::{operator, unmanaged_account};

async fn vended(cloud: &Cloud, caller: &Caller, name: &str) -> String {
    let outcome = caller.vend(&request(name)).await;
    let id = outcome["account"]["id"].as_str().unwrap().to_owned();
    let record = cloud.document(&format!("accounts/{id}.json")).await;
    assert_eq!(record["requestId"], format!("{}-1", key_of(&email(name))));
    id
}

fn changed(name: &str) -> Value {
    let mut body = request(name);
    body["reason"] = "CHG-2".into();
    body
}

#[tokio::test]
async fn account_with_changed_email_keeps_its_request() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let id = vended(&cloud, &caller, "renamed").await;
    cloud.strict.change_email(&id, &email("renamed-since")).await.unwrap();

    let again = caller.post(&request("renamed")).await;
    assert_eq!((again.status, &again.body["account"]["id"]), (200, &json!(id)), "{again:?}");
    let change = caller.put(&id, &changed("renamed")).await;
    assert_eq!(change.status, 202, "{change:?}");
    let outcome = caller.outcome(change.body["requestId"].as_str().unwrap()).await;
    assert_eq!((&outcome["status"], &outcome["account"]["id"]), (&json!("VENDED"), &json!(id)), "{outcome:#}");
    assert_eq!(cloud.accounts_of(&email("renamed")).await.len(), 1, "no second account was created");
}

#[tokio::test]
async fn closed_account_cannot_be_requested_or_changed() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let id = vended(&cloud, &caller, "closed").await;
    cloud.close_account(&id).await;
    for state in ["is pending closure", "is closed"] {
        if state == "is closed" {
            cloud.strict.set_account_state(&id, AccountState::Closed).await.unwrap();
        }
        let again = caller.post(&request("closed")).await;
        let change = caller.put(&id, &changed("closed")).await;
        for response in [again, change] {
            assert_eq!(response.status, 409, "{response:?}");
            assert!(
                response.body["detail"].as_str().unwrap().contains(&format!("account {id} {state}")),
                "{response:?}"
            );
        }
        let shown = caller.get(&format!("/accounts/{id}")).await.body["state"].clone();
        assert_eq!(shown.as_str().unwrap().to_lowercase().replace('_', " "), state.trim_start_matches("is "));
    }
    assert!(!cloud.execution_exists(&format!("{}-2", key_of(&email("closed")))).await);
}

#[tokio::test]
async fn returned_account_is_adopted_only_by_operators() {
    let cloud = Cloud::connect();
    let caller = Caller::user(&cloud, "leaver", &["arn:aws:execute-api:us-east-1:*:*"]).await;
    let id = vended(&cloud, &caller, "leaver").await;
    cloud.remove_account(&id).await;
    let gone = caller.post(&request("leaver")).await;
    assert_eq!(gone.status, 409, "{gone:?}");
    assert!(gone.body["detail"].as_str().unwrap().contains("no longer in the organization"), "{gone:?}");

    // AWS removes the tags of an account that leaves the organization.
    cloud.invite_back(&id).await;
    let change = caller.put(&id, &changed("leaver")).await;
    let outcome = caller.outcome(change.body["requestId"].as_str().unwrap()).await;
    assert_eq!(outcome["failure"]["code"], "InvalidRequest", "{outcome:#}");
    assert!(
        outcome["failure"]["remedy"].as_str().unwrap().contains("POST /accounts/{accountId}/adoption"),
        "{outcome:#}"
    );
    assert!(!cloud.tags_of(&id).await.contains_key("account-vending:key"));

    let operator = operator(&cloud, "leaver").await;
    let adopted = operator.adopt(&id, &json!({})).await;
    assert_eq!(adopted.status, 202, "{adopted:?}");
    let outcome = operator.outcome(adopted.body["requestId"].as_str().unwrap()).await;
    assert_eq!((&outcome["status"], &outcome["account"]["id"]), (&json!("VENDED"), &json!(id)), "{outcome:#}");
    assert_eq!(cloud.tags_of(&id).await["account-vending:key"], key_of(&email("leaver")));
    let mine = caller.put(&id, &request("leaver")).await;
    assert_eq!(mine.status, 202, "the requester is still the owner: {mine:?}");
}

#[tokio::test]
async fn operator_must_name_the_other_deployment() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let id = unmanaged_account(&cloud, "other-deployment", "Sandbox").await;
    cloud.tag_as_vended_by("test", &id, &email("other-deployment")).await;
    let external_emails = [email("other-deployment")].into();
    cloud.strict.set_settings(&Settings { in_progress_millis: None, external_emails }).await.unwrap();

    let accepted = caller.post(&request("other-deployment")).await;
    let outcome = caller.outcome(accepted.body["requestId"].as_str().unwrap()).await;
    assert_eq!(outcome["failure"]["code"], "EmailAlreadyExists", "{outcome:#}");
    assert!(outcome["failure"]["message"].as_str().unwrap().contains("another request of test"), "{outcome:#}");
    let left = crate::adopt::deliver(&cloud, &id).await;
    assert_eq!(left, json!({ "adopted": 0, "leftAlone": 1, "failed": 0 }));
    assert_eq!(cloud.unit_of(&id).await, "Sandbox");
    assert_eq!(cloud.tags_of(&id).await["account-vending:deployment"], "test");

    let operator = operator(&cloud, "deployment").await;
    let unnamed = operator.adopt(&id, &json!({})).await;
    assert_eq!(unnamed.status, 409, "{unnamed:?}");
    let named = operator.adopt(&id, &json!({ "deployment": "test" })).await;
    assert_eq!(named.status, 202, "{named:?}");
    let outcome = operator.outcome(named.body["requestId"].as_str().unwrap()).await;
    assert_eq!(outcome["status"], "VENDED", "{outcome:#}");
    assert_eq!(cloud.tags_of(&id).await["account-vending:deployment"], "account-vending");
}

#[tokio::test]
async fn only_operators_move_account_out_of_ou_without_requests() {
    let cloud = Cloud::connect();
    let caller = Caller::user(&cloud, "quarantined", &["arn:aws:execute-api:us-east-1:*:*"]).await;
    let id = vended(&cloud, &caller, "quarantined").await;
    cloud.move_to(&id, "Security").await;

    let change = caller.put(&id, &request("quarantined")).await;
    let outcome = caller.outcome(change.body["requestId"].as_str().unwrap()).await;
    assert_eq!(
        (&outcome["failure"]["step"], &outcome["failure"]["code"]),
        (&json!("MoveAccount"), &json!("InvalidRequest"))
    );
    let again = caller.post(&request("quarantined")).await;
    let outcome = caller.outcome(again.body["requestId"].as_str().unwrap()).await;
    assert_eq!(outcome["status"], "FAILED", "{outcome:#}");
    assert_eq!(cloud.unit_of(&id).await, "Security");

    let operator = operator(&cloud, "quarantine").await;
    let moved = operator.put(&id, &request("quarantined")).await;
    let outcome = operator.outcome(moved.body["requestId"].as_str().unwrap()).await;
    assert_eq!(outcome["status"], "VENDED", "{outcome:#}");
    assert_eq!(cloud.unit_of(&id).await, "Development");
}

/// A caller with `lambda:InvokeFunction` can write any payload: the functions trust only the stored records.
#[tokio::test]
async fn direct_invocation_cannot_bypass_authority() {
    let cloud = Cloud::connect();
    let id = vended(&cloud, &Caller::root(&cloud), "forged").await;
    let request_id = format!("{}-1", key_of(&email("forged")));
    let assignment = json!({
        "instanceArn": "arn:aws:sso:::instance/ssoins-1111111111111111", "permissionSetArn": "arn:aws:sso:::permissionSet/x/y",
        "principalType": "USER", "principalId": "mallory", "label": "mallory",
    });
    let baseline = json!({
        "accountId": id, "accountCreatedAt": "2026-11-22T10:00:00Z", "propagationStartedAt": "2026-11-22T10:00:00Z",
        "request": request("forged"), "roleArn": format!("arn:aws:iam::{id}:role/account-vending/AccountVending"),
        "settings": AccountSettings::default(), "enabledRegions": [], "assignments": [assignment], "pendingAccess": [],
    });
    let steps = StepName::iter().filter(|step| step.stage() != Stage::Vend);
    let mut invocations: Vec<(&str, Value)> = steps.map(|step| (step.folder(), baseline.clone())).collect();
    invocations.extend([
        ("move-account", json!({ "accountId": id })),
        ("create-account", json!({ "mayHaveBeenTried": false })),
        ("validate-request", json!({})),
        ("enable-regions", json!({ "accountId": id, "accountCreatedAt": "2026-11-22T10:00:00Z" })),
        ("run-customization", json!({ "accountId": id, "vendingRoleArn": baseline["roleArn"] })),
    ]);
    for (function, input) in invocations {
        for request_id in [request_id.clone(), format!("{}-7", key_of(&email("forged")))] {
            let payload = json!({ "requestId": request_id, "deadline": "2036-11-22T10:00:00Z", "input": input });
            let response = cloud.invoke(&format!("account-vending-{function}"), &payload).await;
            assert_eq!(response["errorType"], "InvalidRequest", "{function}: {response}");
            let why = response["errorMessage"].as_str().unwrap();
            assert!(why.contains("has ended") || why.contains("there is no request"), "{function}: {why}");
        }
    }
    let unchanged = cloud.document(&format!("accounts/{id}.json")).await;
    assert_eq!(unchanged["requestId"], request_id);
    assert_eq!(cloud.accounts_of(&email("forged")).await.len(), 1);
}
