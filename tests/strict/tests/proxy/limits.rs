//! How many, and how fast.

use serde_json::json;
use strict::{Assignments, Limits, Outcome, Rate, Settings, Throttling};

use crate::cloud::{LocalCloud, ROOT_KEY, account, code};

#[tokio::test]
async fn five_creations_may_be_in_flight() {
    let cloud = LocalCloud::start().await;
    cloud.plan("stuck@example.com", Outcome::NeverSettles).await;
    cloud.create("stuck@example.com").await;
    for number in 0..5 {
        cloud.create(&format!("{number}@example.com")).await;
    }
    let refused = cloud.organizations("CreateAccount", account("six@example.com")).await;
    assert_eq!(code(&refused), "ConstraintViolationException");
    assert_eq!(refused.1["Reason"], "ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED");
    cloud.pass(1_000);
    cloud.create("six@example.com").await;
}

#[tokio::test]
async fn an_organization_has_so_many_accounts() {
    let cloud = LocalCloud::start().await;
    cloud.strict.set_limits(&Limits { accounts: Some(2), ..Limits::default() }).await.unwrap();
    cloud.create("one@example.com").await;
    let refused = cloud.organizations("CreateAccount", account("two@example.com")).await;
    assert_eq!(refused.1["Reason"], "ACCOUNT_NUMBER_LIMIT_EXCEEDED");
}

#[tokio::test]
async fn calls_are_throttled_at_the_published_rates() {
    let cloud = LocalCloud::start_with(|config| strict::Config { throttle: true, ..config }).await;
    let create = async |number: u32| {
        let answer = cloud.organizations("CreateAccount", account(&format!("{number}@example.com"))).await;
        code(&answer).to_owned()
    };
    for number in 0..3 {
        assert_eq!(create(number).await, "none");
    }
    assert_eq!(create(3).await, "TooManyRequestsException");
    cloud.pass(10_000);
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
async fn fifteen_assignments_of_people_may_be_under_way() {
    let cloud = LocalCloud::start().await;
    let assign = async || cloud.json(ROOT_KEY, "sso", "CreateAccountAssignment", json!({})).await.unwrap();
    for _ in 0..15 {
        assert_eq!(assign().await.1["AccountAssignmentCreationStatus"]["Status"], "IN_PROGRESS");
    }
    assert_eq!(code(&assign().await), "ThrottlingException");
    cloud.strict.set_assignments(&Assignments { settle_millis: 0, outstanding: Some(16) }).await.unwrap();
    assert_eq!(assign().await.1["AccountAssignmentCreationStatus"]["Status"], "SUCCEEDED");
}

#[tokio::test]
async fn a_proxy_can_start_with_what_aws_is_known_for() {
    let cloud = LocalCloud::start_with(|config| strict::Config { as_on_aws: true, ..config }).await;
    let settings = cloud.strict.set_settings(&Settings::default()).await.unwrap();
    assert_eq!(settings.settle_millis, Some(20_000));
    for number in 0..3 {
        cloud.create(&format!("{number}@example.com")).await;
    }
    let refused = cloud.organizations("CreateAccount", account("3@example.com")).await;
    assert_eq!(code(&refused), "TooManyRequestsException");
}
