//! The whole proxy in front of a fake emulator, over loopback.

#![expect(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]
#![expect(clippy::disallowed_methods, reason = "a delay is what is tested")]

mod upstream;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use strict::{Fault, Rule, Settings};
use upstream::LocalCloud;

fn create(email: &str) -> Value {
    json!({"AccountName": "a", "Email": email})
}

#[tokio::test]
async fn calls_pass_unchanged_to_the_right_emulator_and_are_recorded() {
    let cloud = LocalCloud::start().await;
    let (status, _) = cloud.query("AKIDMANAGEMENT", "iam", "Action=GetRole&RoleName=a%20b").await.unwrap();
    assert_eq!(status, 200);
    cloud.query("AKIDMANAGEMENT", "sns", "Action=Publish&Message=m").await.unwrap();

    let seen = cloud.seen();
    assert_eq!((seen[0].emulator, seen[1].emulator), ("aws", "platform"));
    assert_eq!((seen[0].host.as_str(), seen[0].path.as_str()), ("service.example.com", "/"));
    assert_eq!(seen[0].body, "Action=GetRole&RoleName=a%20b");

    let calls = cloud.strict.calls_since(0).await.unwrap();
    assert_eq!((calls[0].sequence, calls[0].service.as_str(), calls[0].operation.as_str()), (1, "iam", "GetRole"));
    assert_eq!(calls[0].parameters, json!({"RoleName": "a b"}));
    assert_eq!((calls[0].status, calls[0].account.as_str()), (Some(200), "123456789012"));
    assert_eq!(cloud.strict.calls_since(1).await.unwrap(), calls[1..]);
}

#[tokio::test]
async fn the_account_of_an_assumed_role_is_known() {
    let cloud = LocalCloud::start().await;
    let assume = "Action=AssumeRole&RoleArn=arn%3Aaws%3Aiam%3A%3A111111111111%3Arole%2FAdmin&RoleSessionName=vend";
    cloud.query("AKIDMANAGEMENT", "sts", assume).await.unwrap();
    cloud.query("ASIAMEMBER", "iam", "Action=CreateRole").await.unwrap();
    let calls = cloud.strict.calls_since(1).await.unwrap();
    assert_eq!(calls[0].account, "111111111111");
    assert_eq!(calls[0].role_arn.as_deref(), Some("arn:aws:iam::111111111111:role/Admin"));
    assert_eq!(calls[0].session_name.as_deref(), Some("vend"));
}

#[tokio::test]
async fn ten_creations_at_once_make_one_account() {
    let cloud = LocalCloud::start().await;
    cloud.strict.set_settings(&Settings { settle_millis: Some(0), ..Settings::default() }).await.unwrap();
    let emails = ["New@example.com", "new@example.com"].into_iter().cycle().take(10);
    let cloud = std::sync::Arc::new(cloud);
    let creations: Vec<_> = emails
        .map(|email| {
            let cloud = std::sync::Arc::clone(&cloud);
            tokio::spawn(async move { cloud.organizations("CreateAccount", create(email)).await })
        })
        .collect();
    let mut outcomes = Vec::new();
    for creation in creations {
        let (status, answer) = creation.await.unwrap();
        assert_eq!((status, &answer["CreateAccountStatus"]["State"]), (200, &json!("IN_PROGRESS")));
        let id = &answer["CreateAccountStatus"]["Id"];
        let settled = json!({"CreateAccountRequestId": id});
        let (_, settled) = cloud.organizations("DescribeCreateAccountStatus", settled).await;
        outcomes.push(settled["CreateAccountStatus"]["State"].as_str().unwrap().to_owned());
    }
    assert_eq!(cloud.accounts(), 2);
    assert_eq!(outcomes.iter().filter(|state| *state == "SUCCEEDED").count(), 1);
    assert_eq!(outcomes.iter().filter(|state| *state == "FAILED").count(), 9);
}

#[tokio::test]
async fn emails_of_the_organization_and_of_strangers_are_taken() {
    let cloud = LocalCloud::start().await;
    let strangers = ["stranger@example.com".to_owned()].into();
    cloud.strict.set_settings(&Settings { settle_millis: Some(0), strangers }).await.unwrap();
    for email in ["MASTER@example.com", "Stranger@example.com"] {
        let (_, answer) = cloud.organizations("CreateAccount", create(email)).await;
        assert_eq!(answer["CreateAccountStatus"]["State"], "IN_PROGRESS");
    }
    let failed = json!({"States": ["FAILED"], "MaxResults": 1});
    let (_, listed) = cloud.organizations("ListCreateAccountStatus", failed).await;
    assert_eq!(listed["CreateAccountStatuses"][0]["FailureReason"], "EMAIL_ALREADY_EXISTS");
    let rest = json!({"States": ["FAILED"], "NextToken": listed["NextToken"]});
    let (_, rest) = cloud.organizations("ListCreateAccountStatus", rest).await;
    assert_eq!((rest["CreateAccountStatuses"].as_array().unwrap().len(), &rest["NextToken"]), (1, &Value::Null));
    assert_eq!(cloud.accounts(), 1);
}

#[tokio::test]
async fn a_creation_settles_after_the_delay() {
    let cloud = LocalCloud::start().await;
    cloud.strict.set_settings(&Settings { settle_millis: Some(150), ..Settings::default() }).await.unwrap();
    let started = Instant::now();
    let (_, answer) = cloud.organizations("CreateAccount", create("a@example.com")).await;
    assert_eq!(answer["CreateAccountStatus"].get("AccountId"), None);
    let id = json!({"CreateAccountRequestId": answer["CreateAccountStatus"]["Id"]});
    while cloud.organizations("DescribeCreateAccountStatus", id.clone()).await.1["CreateAccountStatus"]["State"]
        != "SUCCEEDED"
    {
        assert!(started.elapsed() < Duration::from_secs(10));
    }
    assert!(started.elapsed() >= Duration::from_millis(150));
    let (status, error) =
        cloud.organizations("DescribeCreateAccountStatus", json!({"CreateAccountRequestId": "car-x"})).await;
    assert_eq!((status, &error["__type"]), (400, &json!("CreateAccountStatusNotFoundException")));
}

#[tokio::test]
async fn a_move_needs_the_right_source_and_happens_once() {
    let cloud = LocalCloud::start().await;
    let from_to = |source: &str, destination: &str| json!({"AccountId": "111111111111", "SourceParentId": source, "DestinationParentId": destination});
    for (parameters, outcome) in [
        (from_to("ou-wrong", "ou-new"), json!("SourceParentNotFoundException")),
        (from_to("r-root", "ou-missing"), json!("DestinationParentNotFoundException")),
        (from_to("r-root", "ou-new"), Value::Null),
        (from_to("r-root", "ou-new"), json!("DuplicateAccountException")),
    ] {
        assert_eq!(cloud.organizations("MoveAccount", parameters).await.1["__type"], outcome);
    }
}

#[tokio::test]
async fn a_rule_refuses_its_calls_and_no_others() {
    let cloud = LocalCloud::start().await;
    let rule = Rule {
        parameter: Some("engineers".to_owned()),
        times: 2,
        ..Rule::new("iam", "CreateRole", Fault::error(403, "AccessDenied", "not yet"))
    };
    let id = cloud.strict.add_rule(&rule).await.unwrap();
    let (status, body) = cloud.query("AKID", "iam", "Action=CreateRole&RoleName=engineers").await.unwrap();
    assert_eq!(status, 403);
    assert!(body.contains("<Code>AccessDenied</Code><Message>not yet</Message>"));
    assert_eq!(cloud.query("AKID", "iam", "Action=CreateRole&RoleName=auditors").await.unwrap().0, 200);
    assert_eq!(cloud.seen().len(), 1);

    let calls = cloud.strict.calls_since(0).await.unwrap();
    assert_eq!((calls[0].rule, calls[0].error_code.as_deref()), (Some(id), Some("AccessDenied")));
    assert_eq!(calls[1].rule, None);
    assert_eq!(cloud.strict.remove_rule(id).await.unwrap(), 1);
    assert_eq!(cloud.query("AKID", "iam", "Action=CreateRole&RoleName=engineers").await.unwrap().0, 200);
    assert!(cloud.strict.remove_rule(id).await.is_err());
}

#[tokio::test]
async fn a_cut_connection_hides_whether_the_call_took_effect() {
    let cloud = LocalCloud::start().await;
    cloud.strict.add_rule(&Rule::new("iam", "CreateRole", Fault::CutBefore)).await.unwrap();
    assert_eq!(cloud.query("AKID", "iam", "Action=CreateRole").await, None);
    assert_eq!(cloud.seen().len(), 0);
    cloud.strict.add_rule(&Rule::new("iam", "CreateRole", Fault::CutAfter)).await.unwrap();
    assert_eq!(cloud.query("AKID", "iam", "Action=CreateRole").await, None);
    assert_eq!(cloud.seen().len(), 1);
    let calls = cloud.strict.calls_since(0).await.unwrap();
    assert_eq!((calls[0].status, calls[1].status), (None, None));
}

#[tokio::test]
async fn a_delayed_call_takes_effect_after_its_caller_has_given_up() {
    let cloud = LocalCloud::start().await;
    let delay = Fault::Delay { millis: 1000 };
    cloud.strict.add_rule(&Rule::new("iam", "CreateRole", delay)).await.unwrap();
    let call = cloud.query("AKID", "iam", "Action=CreateRole");
    assert!(tokio::time::timeout(Duration::from_millis(300), call).await.is_err());
    assert_eq!(cloud.seen().len(), 0);
    let given_up = Instant::now();
    while cloud.seen().is_empty() {
        assert!(given_up.elapsed() < Duration::from_secs(10));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
