//! What left the manifest, and what is there twice.

use super::*;

#[tokio::test]
async fn alerts_that_left_the_manifest_are_deleted() {
    let world = World::default();
    applied(&world, &sample()).await;
    let report = applied(&world, &without_alerts()).await;
    assert_eq!(names(&report), ["subscribers", "monitor"]);
    assert_eq!(by_name(&report.changes)["organization:costs.anomalies.monitor"], r#""AWS services" → null"#);
    let state = world.state();
    assert!(state.monitors.is_empty() && state.subscriptions.is_empty(), "{state:?}");
}

#[tokio::test]
async fn alerts_of_others_are_left_alone() {
    let world = World::with_monitor_of_others();
    world.add_subscription(MONITOR_OF_OTHERS);
    world.state().tags.insert(MONITOR_OF_OTHERS.to_owned(), "another-deployment/cost-anomalies".to_owned());
    assert_eq!(applied(&world, &without_alerts()).await.changes, []);
    assert!(world.state().writes.is_empty());
}

#[tokio::test]
async fn monitor_that_others_use_is_kept() {
    let world = World::default();
    applied(&world, &sample()).await;
    let monitor = world.ours().monitor_arn_list[0].clone();
    world.add_subscription(&monitor);
    let report = applied(&world, &without_alerts()).await;
    assert_eq!(names(&report), ["subscribers"]);
    assert!(report.notes[0].message.contains("is not deleted"), "{:?}", report.notes);
    assert!(world.state().monitors.contains_key(&monitor));
}

#[tokio::test]
async fn duplicate_subscription_is_deleted() {
    let world = World::default();
    applied(&world, &sample()).await;
    let mut copy = world.ours();
    let arn = "arn:aws:ce::123456789012:anomalysubscription/z".to_owned();
    copy.subscription_arn = Some(arn.clone());
    world.state().subscriptions.insert(arn.clone(), copy);
    world.state().tags.insert(arn.clone(), "account-vending/cost-anomalies".to_owned());
    assert_eq!(names(&applied(&world, &sample()).await), ["duplicates"]);
    assert!(!world.state().subscriptions.contains_key(&arn));
    assert_eq!(world.state().subscriptions.len(), 1);
}
