//! Quotas and rates.

use local_cloud::strict::{Assignments, Limits, Outcome, Rate, Settings, Throttling};
use serde_json::json;

use crate::cloud::{LocalCloud, ROOT_KEY, account, code};

#[tokio::test]
async fn five_creations_can_be_in_flight() {
    let cloud = LocalCloud::start().await;
    cloud.plan("stuck@example.com", Outcome::NeverCompletes).await;
    cloud.create("stuck@example.com").await;
    for number in 0..5 {
        cloud.create(&format!("{number}@example.com")).await;
    }
    let rejected = cloud.organizations("CreateAccount", account("six@example.com")).await;
    assert_eq!(code(&rejected), "ConstraintViolationException");
    assert_eq!(rejected.1["Reason"], "ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED");
    cloud.advance(1_000);
    cloud.create("six@example.com").await;
}

#[tokio::test]
async fn account_quota_is_enforced() {
    let cloud = LocalCloud::start().await;
    cloud.strict.set_limits(&Limits { accounts: Some(2), ..Limits::default() }).await.unwrap();
    cloud.create("one@example.com").await;
    let rejected = cloud.organizations("CreateAccount", account("two@example.com")).await;
    assert_eq!(rejected.1["Reason"], "ACCOUNT_NUMBER_LIMIT_EXCEEDED");
}

#[tokio::test]
async fn calls_are_throttled_at_the_published_rates() {
    let cloud = LocalCloud::start_with(|config| strict_proxy::Config { throttle: true, ..config }).await;
    let create = async |number: u32| {
        let response = cloud.organizations("CreateAccount", account(&format!("{number}@example.com"))).await;
        code(&response).to_owned()
    };
    for number in 0..3 {
        assert_eq!(create(number).await, "none");
    }
    assert_eq!(create(3).await, "TooManyRequestsException");
    cloud.advance(10_000);
    assert_eq!(create(3).await, "none");
    assert_eq!(create(4).await, "TooManyRequestsException");
    assert_eq!(cloud.strict.throttled().await.unwrap(), [("CreateAccount".to_owned(), 2)].into());

    let rates = [("CreateAccount".to_owned(), Rate { per_second: 1.0, burst: 1.0 })].into();
    cloud.strict.set_throttling(&Throttling { enabled: true, rates }).await.unwrap();
    assert_eq!([create(5).await, create(6).await], ["none", "TooManyRequestsException"]);
    cloud.strict.set_throttling(&Throttling::default()).await.unwrap();
    assert_eq!(create(6).await, "none");
}

#[tokio::test]
async fn sixteenth_pending_assignment_is_throttled() {
    let cloud = LocalCloud::start().await;
    let assign = async || cloud.json(ROOT_KEY, "sso", "CreateAccountAssignment", json!({})).await.unwrap();
    for _ in 0..15 {
        assert_eq!(assign().await.1["AccountAssignmentCreationStatus"]["Status"], "IN_PROGRESS");
    }
    assert_eq!(code(&assign().await), "ThrottlingException");
    cloud.strict.set_assignments(&Assignments { in_progress_millis: 0, max_in_progress: Some(16) }).await.unwrap();
    assert_eq!(assign().await.1["AccountAssignmentCreationStatus"]["Status"], "SUCCEEDED");
}

#[tokio::test]
async fn realistic_proxy_delays_and_throttles() {
    let cloud = LocalCloud::start_with(|config| strict_proxy::Config { realistic: true, ..config }).await;
    let settings = cloud.strict.set_settings(&Settings::default()).await.unwrap();
    assert_eq!(settings.in_progress_millis, Some(20_000));
    for number in 0..3 {
        cloud.create(&format!("{number}@example.com")).await;
    }
    let rejected = cloud.organizations("CreateAccount", account("3@example.com")).await;
    assert_eq!(code(&rejected), "TooManyRequestsException");
}
