//! Plans: what requests would do. They change nothing.

use cloud::{Caller, Cloud, email, request, unique, wait_for};
use serde_json::{Value, json};

/// Repeats a plan until it is the expected one: a plan may use lists of AWS that are cached for a minute.
async fn plan_until(caller: &Caller, body: &Value, is_expected: impl Fn(&Value) -> bool) -> Value {
    wait_for(&format!("the plan of {body}"), || async { Some(caller.plan(body).await).filter(&is_expected) }).await
}

#[tokio::test]
async fn plan_says_what_a_request_would_do() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let body = request("planned");
    let before = caller.plan(&body).await;
    let plan = &before["requests"][0];
    assert_eq!((&plan["action"], &plan["basis"], &plan["blockers"]), (&json!("CREATE"), &Value::Null, &json!([])));
    assert_eq!((&before["accountQuota"]["limit"], &before["blockers"]), (&json!(10_000), &json!([])), "{before:#}");
    let id = plan["requestId"].as_str().unwrap();
    assert!(!cloud.execution_exists(id).await);
    assert_eq!(caller.get(&format!("/requests/{id}")).await.status, 404);
    assert!(cloud.accounts_of(&email("planned")).await.is_empty());

    let vended = caller.vend(&body).await;
    assert_eq!(vended["requestId"], id);
    assert_eq!(caller.plan(&body).await["requests"][0]["action"], "NONE");
    let mut other = body;
    other["organizationalUnit"] = "Workloads/Production".into();
    let plan = caller.plan(&other).await["requests"][0].clone();
    assert_eq!((&plan["action"], &plan["basis"]), (&json!("CHANGE"), &json!(id)), "{plan:#}");
    assert_eq!(plan["accountId"], vended["account"]["id"]);
    let change =
        json!({ "pointer": "/organizationalUnit", "from": "Workloads/Development", "to": "Workloads/Production" });
    assert_eq!(plan["changes"], json!([change]));
    assert_eq!(caller.change(&other).await.body["requestId"], plan["requestId"]);
    assert_eq!(caller.plan(&other).await["requests"][0]["action"], "WAIT");
    caller.outcome(plan["requestId"].as_str().unwrap()).await;
    let stranger = Caller::user(&cloud, "stranger", &["*"]).await;
    assert_eq!(stranger.plan(&other).await["requests"][0]["action"], "REFUSE");
}

/// A plan reads the first 500 accounts; a local cloud that has served many test runs has more.
#[tokio::test]
async fn email_of_another_account_is_a_blocker() {
    let cloud = Cloud::connect();
    let created = cloud.organizations().create_account().email(email("held")).account_name(unique("held"));
    let account_id = created.send().await.unwrap().create_account_status.unwrap().account_id.unwrap();
    let is_listed = cloud.account_ids().await.iter().take(500).any(|id| *id == account_id);
    let blocker = |plan: &Value| plan["requests"][0]["blockers"][0].clone();
    let is_named = |plan: &Value| blocker(plan)["detail"].as_str().unwrap_or_default().contains(&account_id);
    let is_expected = |response: &Value| is_named(response) == is_listed;
    let response = plan_until(&Caller::root(&cloud), &request("held"), is_expected).await;
    assert_eq!(is_named(&response), is_listed, "{response:#}");
    assert_eq!(blocker(&response)["code"] == "EmailAlreadyExists", is_listed, "{response:#}");
}

/// Runs alone: for a moment, trusted access of Account Management is off.
#[tokio::test]
async fn alone_missing_trusted_access_is_a_blocker() {
    let cloud = Cloud::connect();
    let organizations = cloud.organizations();
    let service = "account.amazonaws.com";
    organizations.disable_aws_service_access().service_principal(service).send().await.unwrap();
    let is_named = |response: &Value| {
        let mut blockers = response["blockers"].as_array().unwrap().iter();
        blockers.any(|one| one["remedy"].as_str().unwrap().contains(service))
    };
    let response = plan_until(&Caller::root(&cloud), &request("untrusted"), is_named).await;
    organizations.enable_aws_service_access().service_principal(service).send().await.unwrap();
    assert!(is_named(&response), "{response:#}");
}
