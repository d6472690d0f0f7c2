//! AWS tells of creations that ended: on time, late, twice, too early, or not at all.

use strict::{CreationPlan, Delivery, Outcome};

use crate::cloud::{LocalCloud, until};

async fn delivered(cloud: &LocalCloud) -> Vec<String> {
    let delivered = cloud.strict.delivered_events().await.unwrap();
    delivered.into_iter().map(|event| format!("{} {}", event.event, event.function)).collect()
}

const BOTH: [&str; 2] = ["CreateAccountResult adopt-account", "AccountJoinedOrganization adopt-account"];

#[tokio::test]
async fn an_event_arrives_as_the_creation_settles() {
    let cloud = LocalCloud::start().await;
    cloud.strict.set_events(Delivery::OnTime).await.unwrap();
    let id = cloud.create("a@example.com").await;
    assert_eq!(delivered(&cloud).await, [""; 0]);
    cloud.pass(1_000);
    until(async || delivered(&cloud).await == BOTH).await;
    assert_eq!(cloud.strict.delivered_events().await.unwrap()[0].creation, id);
}

#[tokio::test]
async fn an_event_may_be_late_or_come_twice() {
    let cloud = LocalCloud::start().await;
    cloud.strict.set_events(Delivery::Late { millis: 5_000 }).await.unwrap();
    cloud.create("late@example.com").await;
    cloud.strict.set_events(Delivery::Twice).await.unwrap();
    cloud.create("twice@example.com").await;
    cloud.pass(1_000);
    until(async || delivered(&cloud).await == [BOTH, BOTH].concat()).await;
    cloud.pass(5_000);
    until(async || delivered(&cloud).await == [BOTH, BOTH, BOTH].concat()).await;
}

#[tokio::test]
async fn an_event_may_come_before_the_callers_answer_or_never() {
    let cloud = LocalCloud::start().await;
    cloud.create("silent@example.com").await;
    let events = Some(Delivery::BeforeAnswer);
    let plan = CreationPlan { events, ..CreationPlan::of_email("early@example.com", Outcome::Succeeds) };
    cloud.strict.plan_creation(&plan).await.unwrap();
    let id = cloud.create("early@example.com").await;
    assert_eq!(delivered(&cloud).await, BOTH);
    assert!(cloud.strict.delivered_events().await.unwrap().iter().all(|event| event.creation == id));
}

#[tokio::test]
async fn a_creation_that_fails_is_told_of_once() {
    let cloud = LocalCloud::start().await;
    cloud.strict.set_events(Delivery::OnTime).await.unwrap();
    cloud.plan("failing@example.com", Outcome::Fails { reason: "INVALID_EMAIL".to_owned() }).await;
    cloud.create("failing@example.com").await;
    cloud.pass(1_000);
    until(async || delivered(&cloud).await == BOTH[..1]).await;
}
