//! A vend that stops in the middle, and what finishes it.

use local_cloud::{Caller, Cloud, email, key_of, request};
use strict::{Fault, Rule};

/// Fails a step of one request for good: its session in the account is refused with an error that is not retried.
async fn fail_session(cloud: &Cloud, name: &str, attempt: u32) {
    let session = format!("\"RoleSessionName\":\"{}-{attempt}\"", key_of(&email(name)));
    let fault = Fault::error(400, "PackedPolicyTooLarge", "made by the test");
    let rule = Rule { parameter: Some(session), ..Rule::new("sts", "AssumeRole", fault) };
    cloud.strict.add_rule(&rule).await.unwrap();
}

#[tokio::test]
async fn a_repeated_request_finishes_what_failed_in_the_middle() {
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

/// AWS spreads a role that was changed as it spreads a new account: soon after, a denial may only mean "not yet".
#[tokio::test]
async fn an_old_account_is_given_time_when_its_role_has_changed() {
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
    let put_right = put(&caller, "old").await;
    assert_eq!(put_right["status"], "VENDED", "{put_right:#}");
}

async fn put(caller: &Caller, name: &str) -> serde_json::Value {
    let accepted = caller.put(&key_of(&email(name)), &request(name)).await;
    assert_eq!(accepted.status, 202, "{accepted:?}");
    caller.outcome(accepted.body["requestId"].as_str().unwrap()).await
}

#[tokio::test]
async fn nobody_enters_an_account_whose_baseline_failed() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    // No recorder for this account: the Config step fails, its neighbour in the stage does not.
    let slow = Fault::Delay { millis: 2_000 };
    let by_email = Some(email("no-baseline"));
    cloud
        .strict
        .add_rule(&Rule { parameter: by_email, ..Rule::new("organizations", "CreateAccount", slow) })
        .await
        .unwrap();
    let accepted = caller.post(&request("no-baseline")).await;
    let id = loop {
        if let Some(account) = cloud.accounts_of(&email("no-baseline")).await.pop() {
            break account.id.unwrap();
        }
        local_cloud::pause(std::time::Duration::from_millis(50)).await;
    };
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
async fn an_answer_that_is_lost_after_the_account_was_created_makes_no_second_one() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let rule = Rule::new("organizations", "CreateAccount", Fault::CutAfter);
    cloud.strict.add_rule(&Rule { parameter: Some(email("lost-answer")), ..rule }).await.unwrap();
    let vended = caller.vend(&request("lost-answer")).await;
    let account = cloud.account_of(&email("lost-answer")).await;
    assert_eq!(vended["account"]["id"], account.id().unwrap());
}

#[tokio::test]
async fn a_throttled_step_is_retried() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let throttle = Fault::error(400, "TooManyRequestsException", "made by the test");
    let rule = Rule::new("organizations", "CreateAccount", throttle);
    cloud.strict.add_rule(&Rule { parameter: Some(email("throttled")), times: 2, ..rule }).await.unwrap();
    caller.vend(&request("throttled")).await;
    assert_eq!(cloud.accounts_of(&email("throttled")).await.len(), 1);
}
