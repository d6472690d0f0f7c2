//! Creating and moving accounts.

use std::sync::Arc;

use local_cloud::strict::{Outcome, Settings};
use serde_json::{Value, json};

use crate::cloud::{LocalCloud, code};

#[tokio::test]
async fn creation_completes_after_the_delay() {
    let cloud = LocalCloud::start().await;
    cloud.strict.set_settings(&Settings { in_progress_millis: Some(2_000), ..Settings::default() }).await.unwrap();
    let id = cloud.create("a@example.com").await;
    cloud.advance(1_999);
    let pending = cloud.creation(&id).await;
    assert_eq!((&pending["State"], pending.get("AccountId")), (&json!("IN_PROGRESS"), None));
    cloud.advance(1);
    let completed = cloud.creation(&id).await;
    assert_eq!((&completed["State"], &completed["AccountId"]), (&json!("SUCCEEDED"), &json!("000000000001")));
    let unknown = json!({"CreateAccountRequestId": "car-x"});
    let rejected = cloud.organizations("DescribeCreateAccountStatus", unknown).await;
    assert_eq!(code(&rejected), "CreateAccountStatusNotFoundException");
}

#[tokio::test]
async fn creation_ends_as_planned() {
    let cloud = LocalCloud::start().await;
    cloud.complete_creations_at_once().await;
    cloud.plan("failing@*", Outcome::Fails { reason: "INTERNAL_FAILURE".to_owned() }).await;
    cloud.plan("stuck@*", Outcome::NeverCompletes).await;
    cloud.plan("new@*", Outcome::Completes { state: "PENDING_REVIEW".to_owned() }).await;
    for (email, state, reason) in [
        ("failing@example.com", "FAILED", json!("INTERNAL_FAILURE")),
        ("stuck@example.com", "IN_PROGRESS", Value::Null),
        ("new@example.com", "PENDING_REVIEW", Value::Null),
        ("plain@example.com", "SUCCEEDED", Value::Null),
    ] {
        let id = cloud.create(email).await;
        cloud.advance(3_600_000);
        let completed = cloud.creation(&id).await;
        assert_eq!((&completed["State"], &completed["FailureReason"]), (&json!(state), &reason), "{email}");
    }
    assert_eq!(cloud.accounts(), 2);
}

#[tokio::test]
async fn ten_concurrent_creations_create_one_account() {
    let cloud = Arc::new(LocalCloud::start().await);
    cloud.complete_creations_at_once().await;
    let emails = ["New@example.com", "new@example.com"].into_iter().cycle().take(10);
    let create = |email| {
        let cloud = Arc::clone(&cloud);
        tokio::spawn(async move {
            let id = cloud.create(email).await;
            cloud.creation(&id).await["State"].as_str().unwrap().to_owned()
        })
    };
    let creations: Vec<_> = emails.map(create).collect();
    let mut outcomes = Vec::new();
    for creation in creations {
        outcomes.push(creation.await.unwrap());
    }
    assert_eq!(cloud.accounts(), 2);
    assert_eq!(outcomes.iter().filter(|state| *state == "SUCCEEDED").count(), 1);
    assert_eq!(outcomes.iter().filter(|state| *state == "FAILED").count(), 9);
}

#[tokio::test]
async fn taken_emails_are_rejected() {
    let cloud = LocalCloud::start().await;
    let external_emails = ["external@example.com".to_owned()].into();
    cloud.strict.set_settings(&Settings { in_progress_millis: Some(0), external_emails }).await.unwrap();
    for email in ["MASTER@example.com", "External@example.com"] {
        cloud.create(email).await;
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
async fn move_requires_the_right_source_parent() {
    let cloud = LocalCloud::start().await;
    for (source, destination, outcome) in [
        ("ou-wrong", "ou-new", "SourceParentNotFoundException"),
        ("r-root", "ou-missing", "DestinationParentNotFoundException"),
        ("r-root", "ou-new", "none"),
        ("r-root", "ou-new", "DuplicateAccountException"),
    ] {
        let parameters =
            json!({"AccountId": "111111111111", "SourceParentId": source, "DestinationParentId": destination});
        assert_eq!(code(&cloud.organizations("MoveAccount", parameters).await), outcome);
    }
}
