//! One vend, and what it configures in the account.

use cloud::{Caller, Cloud, email, key_of, request, unique};
use serde_json::{Value, json};
use strum::IntoEnumIterator;
use vending_core::StepName;

/// Steps whose requests AWS completes after the vend.
const MAY_BE_PENDING: [&str; 2] = ["EnrollSecurityServices", "RequestQuotaIncreases"];

/// The steps of a vend, except the one that reports the outcome.
fn steps() -> Vec<&'static str> {
    let steps = StepName::iter().filter(|step| *step != StepName::ReportOutcome);
    let mut names: Vec<&str> = steps.map(Into::into).collect();
    names.sort_unstable();
    names
}

pub(crate) fn document(encoded: &str) -> Value {
    let decoded = percent_encoding::percent_decode_str(encoded).decode_utf8().unwrap();
    serde_json::from_str(&decoded).unwrap()
}

#[tokio::test]
async fn request_creates_an_account_with_its_baseline() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let mut body = request("vend-whole");
    body["owner"] = json!("team@example.com");
    body["tags"] = json!({ "CostCenter": "1234" });

    let accepted = caller.post(&body).await;
    let request_id = format!("{}-1", key_of(&email("vend-whole")));
    assert_eq!(accepted.status, 202, "{accepted:?}");
    assert_eq!(accepted.location.as_deref(), Some(format!("/v1/requests/{request_id}").as_str()));
    let outcome = caller.outcome(&request_id).await;
    assert_eq!(outcome["status"], "VENDED", "{outcome:#}");
    let mut steps: Vec<&str> =
        outcome["steps"].as_array().unwrap().iter().map(|s| s["step"].as_str().unwrap()).collect();
    steps.sort_unstable();
    assert_eq!(steps, self::steps());
    for step in outcome["steps"].as_array().unwrap() {
        let may_be_pending = MAY_BE_PENDING.iter().any(|name| step["step"] == *name);
        assert!(step["status"] == "SUCCEEDED" || may_be_pending && step["status"] == "PENDING", "{step}");
        assert!(step["durationMs"].is_u64() && step["startedAt"].is_string() && step["changed"].is_boolean(), "{step}");
    }

    let account = cloud.account_of(&email("vend-whole")).await;
    let id = account.id().unwrap();
    assert_eq!(account.name(), Some(unique("vend-whole").as_str()));
    assert_eq!(outcome["account"]["id"], id);
    assert_eq!(cloud.unit_of(id).await, "Development");
    let tags = cloud.tags_of(id).await;
    assert_eq!(tags["account-vending:key"], key_of(&email("vend-whole")));
    assert_eq!(tags["account-vending:state"], "vended");
    assert_eq!(tags["account-vending:owner"], "team@example.com");
    assert_eq!(tags["CostCenter"], "1234");
    check_vending_role(&cloud, id).await;
    check_config_recorder(&cloud, id).await;
    check_engineer_role(&cloud, id, &outcome).await;
}

async fn check_vending_role(cloud: &Cloud, account_id: &str) {
    let iam = aws_sdk_iam::Client::new(&cloud.member(account_id));
    let role = iam.get_role().role_name("AccountVending").send().await.unwrap().role.unwrap();
    assert_eq!(role.path(), "/account-vending/");
    let trust = document(role.assume_role_policy_document().unwrap());
    // By account and path: IAM would replace the ARN of a role with its ID, which changes when the role is recreated.
    let statement = &trust["Statement"][0];
    assert_eq!(statement["Principal"], json!({ "AWS": "arn:aws:iam::123456789012:root" }));
    assert_eq!(
        statement["Condition"]["ArnLike"]["aws:PrincipalArn"],
        "arn:aws:iam::123456789012:role/account-vending/account-vending/*"
    );
    let users = iam.list_users().send().await.unwrap();
    assert!(users.users().is_empty(), "the account has IAM users");
}

async fn check_config_recorder(cloud: &Cloud, account_id: &str) {
    let config = aws_sdk_config::Client::new(&cloud.member(account_id));
    let recorders = config.describe_configuration_recorders().send().await.unwrap();
    let [recorder] = recorders.configuration_recorders() else { panic!("one recorder, not {recorders:?}") };
    let group = recorder.recording_group().unwrap();
    assert!(group.all_supported && group.include_global_resource_types);
    let channels = config.describe_delivery_channels().send().await.unwrap();
    assert_eq!(channels.delivery_channels()[0].s3_bucket_name(), Some("org-config-123456789012"));
    let status = config.describe_configuration_recorder_status().send().await.unwrap();
    assert!(status.configuration_recorders_status()[0].recording);
}

async fn check_engineer_role(cloud: &Cloud, account_id: &str, outcome: &Value) {
    let iam = aws_sdk_iam::Client::new(&cloud.member(account_id));
    let role = iam.get_role().role_name("Engineer").send().await.unwrap().role.unwrap();
    assert_eq!(outcome["account"]["engineerRoleArn"], role.arn());
    let trust = document(role.assume_role_policy_document().unwrap());
    assert!(trust.to_string().contains("arn:aws:iam::123456789012:role/engineers"), "{trust}");
    let attached = iam.list_attached_role_policies().role_name("Engineer").send().await.unwrap();
    assert_eq!(attached.attached_policies()[0].policy_name(), Some("PowerUserAccess"));
}

#[tokio::test]
async fn requests_are_listed_newest_first_by_status() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let first = caller.vend(&request("listed-first")).await;
    let second = caller.vend(&request("listed-second")).await;
    let (mut seen, mut path) = (Vec::new(), "/requests?status=VENDED&limit=2".to_owned());
    loop {
        let page = caller.get(&path).await;
        assert_eq!(page.status, 200, "{page:?}");
        let items = page.body["requests"].as_array().unwrap();
        assert!(items.len() <= 2, "{page:?}");
        assert!(items.iter().all(|item| item["status"] == "VENDED"), "{page:?}");
        seen.extend(items.iter().map(|item| item["requestId"].as_str().unwrap().to_owned()));
        let Some(token) = page.body["nextToken"].as_str() else { break };
        path = format!("/requests?status=VENDED&limit=2&nextToken={token}");
    }
    let position = |outcome: &Value| seen.iter().position(|id| outcome["requestId"] == id.as_str());
    assert!(position(&second).unwrap() < position(&first).unwrap(), "{seen:?}");
}
