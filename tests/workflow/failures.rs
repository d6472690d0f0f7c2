//! Vends that fail, and how they are continued.

use cloud::{Caller, Cloud, email, key_of, request};
use local_cloud::strict::{Fault, Rule};

/// Fails a step of one request: AssumeRole is rejected with an error that is not retried.
async fn fail_session(cloud: &Cloud, name: &str, attempt: u32) {
    let session = format!("\"RoleSessionName\":\"{}-{attempt}\"", key_of(&email(name)));
    let fault = Fault::error(400, "PackedPolicyTooLarge", "injected by the test");
    let rule = Rule { parameter: Some(session), ..Rule::new("sts", "AssumeRole", fault) };
    cloud.strict.add_rule(&rule).await.unwrap();
}

#[tokio::test]
async fn resubmission_finishes_a_failed_vend() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    fail_session(&cloud, "middle", 1).await;
    let first = caller.post(&request("middle")).await;
    let failed = caller.outcome(first.body["requestId"].as_str().unwrap()).await;
    assert_eq!(failed["status"], "FAILED", "{failed:#}");
    assert_eq!(failed["failure"]["step"], "BootstrapRole");
    assert!(failed["failure"]["remedy"].is_string());
    let id = failed["account"]["id"].as_str().unwrap().to_owned();
    assert_eq!(cloud.tags_of(&id).await["account-vending:state"], "failed:BootstrapRole");

    let second = caller.post(&request("middle")).await;
    assert_eq!(second.status, 202, "{second:?}");
    assert_eq!(second.body["requestId"], format!("{}-2", key_of(&email("middle"))));
    let vended = caller.outcome(second.body["requestId"].as_str().unwrap()).await;
    assert_eq!(vended["status"], "VENDED", "{vended:#}");
    assert_eq!(vended["account"]["id"], id.as_str());
    assert_eq!(cloud.accounts_of(&email("middle")).await.len(), 1);
    assert_eq!(cloud.tags_of(&id).await["account-vending:state"], "vended");
}

/// A changed role has to propagate, just as a new account: soon after the change, a denial may mean "not yet".
#[tokio::test]
async fn changed_role_starts_a_propagation_window() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let vended = caller.vend(&request("old")).await;
    let id = vended["account"]["id"].as_str().unwrap();
    let long_ago = Fault::Rewrite { field: "JoinedTimestamp".to_owned(), value: "1600000000".to_owned() };
    let old = Rule { parameter: Some(id.to_owned()), ..Rule::new("organizations", "DescribeAccount", long_ago) };
    cloud.strict.add_rule(&Rule { function: Some("*".to_owned()), times: Rule::ALWAYS, ..old }).await.unwrap();
    let role = format!("arn:aws:iam::{id}:role/account-vending/AccountVending");
    let denied = Rule {
        parameter: Some(role),
        function: Some("*-harden-account".to_owned()),
        ..Rule::new("sts", "AssumeRole", Fault::AccessDenied)
    };

    cloud.strict.add_rule(&denied).await.unwrap();
    let failed = put(&caller, "old").await;
    assert_eq!(failed["failure"]["step"], "HardenAccount", "{failed:#}");
    assert_eq!(failed["failure"]["code"], "AccessDenied");

    cloud.wire(id).iam("DeleteRolePolicy", &[("RoleName", "AccountVending"), ("PolicyName", "baseline")]).await;
    cloud.strict.add_rule(&denied).await.unwrap();
    let repaired = put(&caller, "old").await;
    assert_eq!(repaired["status"], "VENDED", "{repaired:#}");
}

async fn put(caller: &Caller, name: &str) -> serde_json::Value {
    let accepted = caller.change(&request(name)).await;
    assert_eq!(accepted.status, 202, "{accepted:?}");
    caller.outcome(accepted.body["requestId"].as_str().unwrap()).await
}

#[tokio::test]
async fn no_access_is_granted_when_the_baseline_fails() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    // PutConfigurationRecorder is denied in this account: EnableConfig fails, the other steps of the Map do not.
    let slow = Fault::Delay { millis: 2_000 };
    let by_email = Some(email("no-baseline"));
    cloud
        .strict
        .add_rule(&Rule { parameter: by_email, ..Rule::new("organizations", "CreateAccount", slow) })
        .await
        .unwrap();
    let accepted = caller.post(&request("no-baseline")).await;
    let id = cloud.created_account(&email("no-baseline")).await;
    let denied = Fault::error(403, "AccessDeniedException", "with an explicit deny in a service control policy");
    let rule = Rule { account: Some(id.clone()), ..Rule::new("config", "PutConfigurationRecorder", denied) };
    cloud.strict.add_rule(&rule).await.unwrap();
    let failed = caller.outcome(accepted.body["requestId"].as_str().unwrap()).await;
    assert_eq!(failed["failure"]["step"], "EnableConfig", "{failed:#}");
    assert_eq!(failed["failure"]["code"], "AccessDenied");
    let steps: Vec<&str> = failed["steps"].as_array().unwrap().iter().map(|s| s["step"].as_str().unwrap()).collect();
    assert!(steps.contains(&"EnableCloudtrail") && !steps.contains(&"GrantAccess"), "{steps:?}");
    let iam = aws_sdk_iam::Client::new(&cloud.member(&id));
    assert!(iam.get_role().role_name("Engineer").send().await.is_err());
}

#[tokio::test]
async fn lost_response_creates_no_second_account() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let rule = Rule::new("organizations", "CreateAccount", Fault::CutAfter);
    cloud.strict.add_rule(&Rule { parameter: Some(email("lost-response")), ..rule }).await.unwrap();
    let vended = caller.vend(&request("lost-response")).await;
    let account = cloud.account_of(&email("lost-response")).await;
    assert_eq!(vended["account"]["id"], account.id().unwrap());
}

#[tokio::test]
async fn throttled_step_is_retried() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let throttle = Fault::error(400, "TooManyRequestsException", "injected by the test");
    let rule = Rule::new("organizations", "CreateAccount", throttle);
    cloud.strict.add_rule(&Rule { parameter: Some(email("throttled")), times: 2, ..rule }).await.unwrap();
    caller.vend(&request("throttled")).await;
    assert_eq!(cloud.accounts_of(&email("throttled")).await.len(), 1);
}
