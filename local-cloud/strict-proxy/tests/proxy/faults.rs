//! Rules and their faults.

use std::sync::Arc;

use local_cloud::strict::{Fault, Rule};
use serde_json::json;
use strict_proxy::Config;

use crate::cloud::{LocalCloud, ROOT_KEY, account, code, until};

const CREATE_ROLE: &str = "Action=CreateRole&RoleName=engineers";

#[tokio::test]
async fn rule_affects_only_matching_calls() {
    let cloud = LocalCloud::start().await;
    let fault = Fault::error(403, "AccessDenied", "not yet");
    let parameter = Some("engineers".to_owned());
    let rule = Rule { parameter, times: 2, ..Rule::new("iam", "CreateRole", fault) };
    let id = cloud.strict.add_rule(&rule).await.unwrap();
    let (status, body) = cloud.query(ROOT_KEY, "iam", CREATE_ROLE).await.unwrap();
    assert_eq!(status, 403);
    assert!(body.contains("<Code>AccessDenied</Code><Message>not yet</Message>"));
    assert_eq!(cloud.query(ROOT_KEY, "iam", "Action=CreateRole&RoleName=auditors").await.unwrap().0, 200);
    assert_eq!(cloud.seen().len(), 1);

    let calls = cloud.strict.calls_since(0).await.unwrap();
    assert_eq!((calls[0].rule, calls[0].error_code.as_deref()), (Some(id), Some("AccessDenied")));
    assert_eq!(calls[1].rule, None);
    let rules = cloud.strict.rules().await.unwrap();
    assert_eq!((rules[0].id, rules[0].matched, rules[0].applied), (id, 1, 1));
    assert_eq!(cloud.strict.remove_rule(id).await.unwrap(), 1);
    assert_eq!(cloud.query(ROOT_KEY, "iam", CREATE_ROLE).await.unwrap().0, 200);
    assert!(cloud.strict.remove_rule(id).await.is_err());
}

#[tokio::test]
async fn cut_connection_hides_the_effect_of_the_call() {
    let cloud = LocalCloud::start().await;
    cloud.strict.add_rule(&Rule::new("iam", "CreateRole", Fault::CutBefore)).await.unwrap();
    assert_eq!(cloud.query(ROOT_KEY, "iam", CREATE_ROLE).await, None);
    assert_eq!(cloud.seen().len(), 0);
    cloud.strict.add_rule(&Rule::new("iam", "CreateRole", Fault::CutAfter)).await.unwrap();
    assert_eq!(cloud.query(ROOT_KEY, "iam", CREATE_ROLE).await, None);
    assert_eq!(cloud.seen().len(), 1);
    let calls = cloud.strict.calls_since(0).await.unwrap();
    assert_eq!((calls[0].status, calls[1].status), (None, None));
}

#[tokio::test]
async fn delayed_call_takes_effect_without_its_client() {
    let cloud = Arc::new(LocalCloud::start().await);
    let delay = Fault::Delay { millis: 1_000 };
    let id = cloud.strict.add_rule(&Rule::new("iam", "CreateRole", delay)).await.unwrap();
    let caller = Arc::clone(&cloud);
    let call = tokio::spawn(async move { caller.query(ROOT_KEY, "iam", CREATE_ROLE).await });
    until(async || cloud.strict.rules().await.unwrap()[0].applied == 1).await;
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    assert_eq!(cloud.seen().len(), 0);
    // The proxy may not be waiting yet, so the clock advances until it is.
    until(async || {
        cloud.advance(1_000);
        cloud.seen().len() == 1
    })
    .await;
    assert_eq!(cloud.strict.remove_rule(id).await.unwrap(), 0);
}

#[tokio::test]
async fn queued_call_without_client_has_no_effect() {
    let cloud = Arc::new(LocalCloud::start_with(|config| Config { max_concurrent_calls: 1, ..config }).await);
    let delay = Fault::Delay { millis: 1_000 };
    cloud.strict.add_rule(&Rule::new("iam", "CreateRole", delay)).await.unwrap();
    let caller = Arc::clone(&cloud);
    let first = tokio::spawn(async move { caller.query(ROOT_KEY, "iam", CREATE_ROLE).await });
    until(async || cloud.strict.rules().await.unwrap()[0].applied == 1).await;
    let caller = Arc::clone(&cloud);
    let second = tokio::spawn(async move { caller.query(ROOT_KEY, "iam", "Action=CreateRole&RoleName=second").await });
    // Gives the second call time to enter the queue, which nothing shows.
    let mut turns = 0..20;
    until(async || turns.next().is_none()).await;
    second.abort();
    until(async || {
        cloud.advance(1_000);
        first.is_finished()
    })
    .await;
    cloud.query(ROOT_KEY, "iam", "Action=CreateRole&RoleName=third").await.unwrap();
    let seen: Vec<_> = cloud.seen().into_iter().map(|seen| seen.body).collect();
    assert_eq!(seen, [CREATE_ROLE, "Action=CreateRole&RoleName=third"]);
}

#[tokio::test]
async fn call_with_slow_response_takes_effect_at_once() {
    let cloud = Arc::new(LocalCloud::start().await);
    let slow = Fault::SlowResponse { millis: 1_000 };
    cloud.strict.add_rule(&Rule::new("iam", "CreateRole", slow)).await.unwrap();
    let caller = Arc::clone(&cloud);
    let call = tokio::spawn(async move { caller.query(ROOT_KEY, "iam", CREATE_ROLE).await });
    until(async || cloud.seen().len() == 1).await;
    assert!(!call.is_finished());
    until(async || {
        cloud.advance(1_000);
        call.is_finished()
    })
    .await;
    assert_eq!(call.await.unwrap().unwrap().0, 200);
}

#[tokio::test]
async fn access_is_denied_temporarily_or_permanently() {
    let cloud = LocalCloud::start().await;
    let rule = Rule { times: Rule::ALWAYS, ..Rule::new("config", "PutConfigurationRecorder", Fault::AccessDenied) };
    cloud.strict.add_rule(&Rule { for_millis: Some(5_000), ..rule }).await.unwrap();
    let put = async || cloud.json(ROOT_KEY, "config", "PutConfigurationRecorder", json!({})).await.unwrap();
    let denied = put().await;
    assert_eq!(code(&denied), "AccessDeniedException");
    let message = "because no identity-based policy allows the config:PutConfigurationRecorder action";
    assert!(denied.1["Message"].as_str().unwrap().ends_with(message), "{denied:?}");
    cloud.advance(5_000);
    assert_eq!(code(&put().await), "InvalidRoleException");

    let rule = Rule { times: Rule::ALWAYS, ..Rule::new("config", "*", Fault::DeniedByScp) };
    cloud.strict.add_rule(&rule).await.unwrap();
    cloud.advance(3_600_000);
    let denied = put().await;
    let message = "with an explicit deny in a service control policy";
    assert!(denied.1["Message"].as_str().unwrap().ends_with(message), "{denied:?}");
}

#[tokio::test]
async fn response_field_is_rewritten() {
    let cloud = LocalCloud::start().await;
    let rewrite = Fault::Rewrite { field: "State".to_owned(), value: "HIBERNATING".to_owned() };
    cloud.strict.add_rule(&Rule::new("organizations", "CreateAccount", rewrite)).await.unwrap();
    let (status, response) = cloud.organizations("CreateAccount", account("a@example.com")).await;
    assert_eq!((status, &response["CreateAccountStatus"]["State"]), (200, &json!("HIBERNATING")));
}

#[tokio::test]
async fn third_related_call_fails() {
    let cloud = LocalCloud::start().await;
    cloud.complete_creations_at_once().await;
    let (related_to, fault) = (vec!["team@example.com".to_owned()], Fault::error(500, "ServiceException", "third"));
    cloud.strict.add_rule(&Rule { related_to, nth: 3, ..Rule::new("*", "*", fault) }).await.unwrap();
    cloud.create("team@example.com").await;
    cloud.create("other@example.com").await;
    let describe = async |id: &str| cloud.organizations("DescribeAccount", json!({"AccountId": id})).await.0;
    assert_eq!([describe("000000000001").await, describe("000000000002").await], [200, 200]);
    let key = cloud.assume(ROOT_KEY, "arn:aws:iam::000000000002:role/Other", "").await;
    assert_eq!(cloud.query(&key, "iam", CREATE_ROLE).await.unwrap().0, 200);
    assert_eq!(cloud.try_assume(ROOT_KEY, "arn:aws:iam::000000000001:role/Admin", "").await.0, 500);
}
