//! What a request would come to, without doing it.

use local_cloud::{Caller, Cloud, email, key_of, request, unique};
use serde_json::Value;

async fn dry_run(caller: &Caller, body: &Value) -> Value {
    let answer = caller.send("POST", "/accounts?dryRun=true", body.to_string()).await;
    assert_eq!((answer.status, &answer.body["dryRun"]), (200, &Value::Bool(true)), "{answer:?}");
    answer.body
}

#[tokio::test]
async fn a_dry_run_says_what_would_be_done_and_does_nothing() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let body = request("dry");
    let before = dry_run(&caller, &body).await;
    assert_eq!((&before["action"], before["obstacles"].as_array().unwrap().len()), (&"VEND".into(), 0), "{before:#}");
    let id = before["requestId"].as_str().unwrap();
    assert!(!cloud.execution_exists(id).await);
    assert_eq!(caller.get(&format!("/accounts/{id}")).await.status, 404);
    assert!(cloud.accounts_of(&email("dry")).await.is_empty());

    let vended = caller.vend(&body).await;
    assert_eq!(vended["requestId"], id);
    assert_eq!(dry_run(&caller, &body).await["action"], "SHOW");
    let mut other = body;
    other["organizationalUnit"] = "Workloads/Production".into();
    let refused = dry_run(&caller, &other).await;
    assert_eq!(refused["action"], "REFUSE");
    assert!(refused["obstacles"][0]["detail"].as_str().unwrap().contains(&key_of(&email("dry"))), "{refused:#}");
}

/// A dry run looks at the first 500 accounts; a cloud that has served many runs has more.
#[tokio::test]
async fn an_email_that_another_account_of_the_organization_has_stands_in_the_way() {
    let cloud = Cloud::connect();
    let created = cloud.organizations().create_account().email(email("held")).account_name(unique("held"));
    let theirs = created.send().await.unwrap().create_account_status.unwrap().account_id.unwrap();
    let looked_at = cloud.account_ids().await.iter().take(500).any(|id| *id == theirs);
    let shown = dry_run(&Caller::root(&cloud), &request("held")).await;
    let obstacle = shown["obstacles"][0]["detail"].as_str().unwrap_or_default();
    assert_eq!(obstacle.contains(&theirs), looked_at, "{shown:#}");
    assert_eq!(shown["obstacles"][0]["code"] == "EmailAlreadyExists", looked_at, "{shown:#}");
}

/// Runs alone: for a moment Account Management is trusted nowhere.
#[tokio::test]
async fn alone_trusted_access_that_is_missing_is_found_before_an_account_is_spent() {
    let cloud = Cloud::connect();
    let organizations = cloud.organizations();
    let service = "account.amazonaws.com";
    organizations.disable_aws_service_access().service_principal(service).send().await.unwrap();
    let shown = dry_run(&Caller::root(&cloud), &request("untrusted")).await;
    organizations.enable_aws_service_access().service_principal(service).send().await.unwrap();
    let obstacles = shown["obstacles"].as_array().unwrap();
    assert!(obstacles.iter().any(|one| one["remedy"].as_str().unwrap().contains(service)), "{shown:#}");
}
