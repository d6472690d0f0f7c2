//! Events of completed creations: on time, late, twice, early, or never.

use local_cloud::strict::{CreationPlan, Delivery, Outcome};

use crate::cloud::{LocalCloud, until};

async fn delivered(cloud: &LocalCloud) -> Vec<String> {
    let delivered = cloud.strict.delivered_events().await.unwrap();
    delivered.into_iter().map(|event| format!("{} {}", event.event, event.function)).collect()
}

const BOTH_EVENTS: [&str; 2] = ["CreateAccountResult adopt-account", "AccountJoinedOrganization adopt-account"];

#[tokio::test]
async fn event_is_delivered_when_creation_completes() {
    let cloud = LocalCloud::start().await;
    cloud.strict.set_events(Delivery::OnTime).await.unwrap();
    let id = cloud.create("a@example.com").await;
    assert_eq!(delivered(&cloud).await, [""; 0]);
    cloud.advance(1_000);
    until(async || delivered(&cloud).await == BOTH_EVENTS).await;
    assert_eq!(cloud.strict.delivered_events().await.unwrap()[0].creation, id);
}

#[tokio::test]
async fn event_can_be_late_or_delivered_twice() {
    let cloud = LocalCloud::start().await;
    cloud.strict.set_events(Delivery::Late { millis: 5_000 }).await.unwrap();
    cloud.create("late@example.com").await;
    cloud.strict.set_events(Delivery::Twice).await.unwrap();
    cloud.create("twice@example.com").await;
    cloud.advance(1_000);
    until(async || delivered(&cloud).await == [BOTH_EVENTS, BOTH_EVENTS].concat()).await;
    cloud.advance(5_000);
    until(async || delivered(&cloud).await == [BOTH_EVENTS, BOTH_EVENTS, BOTH_EVENTS].concat()).await;
}

#[tokio::test]
async fn event_can_precede_the_response_or_never_come() {
    let cloud = LocalCloud::start().await;
    cloud.create("silent@example.com").await;
    let events = Some(Delivery::BeforeResponse);
    let plan = CreationPlan { events, ..CreationPlan::for_email("early@example.com", Outcome::Succeeds) };
    cloud.strict.plan_creation(&plan).await.unwrap();
    let id = cloud.create("early@example.com").await;
    assert_eq!(delivered(&cloud).await, BOTH_EVENTS);
    assert!(cloud.strict.delivered_events().await.unwrap().iter().all(|event| event.creation == id));
}

#[tokio::test]
async fn failed_creation_has_one_event() {
    let cloud = LocalCloud::start().await;
    cloud.strict.set_events(Delivery::OnTime).await.unwrap();
    cloud.plan("failing@example.com", Outcome::Fails { reason: "INVALID_EMAIL".to_owned() }).await;
    cloud.create("failing@example.com").await;
    cloud.advance(1_000);
    until(async || delivered(&cloud).await == BOTH_EVENTS[..1]).await;
}
