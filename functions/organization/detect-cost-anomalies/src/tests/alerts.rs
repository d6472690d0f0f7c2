//! The monitor and the subscription.

use aws_sdk_costexplorer::types::{
    AnomalySubscription, AnomalySubscriptionFrequency, Dimension, DimensionValues, Expression, MatchOption, Subscriber,
    SubscriberStatus, SubscriberType,
};

use super::*;

fn subscriber(address: &str, of: SubscriberType, status: SubscriberStatus) -> Subscriber {
    Subscriber::builder().address(address).r#type(of).status(status).build()
}

fn threshold(key: Dimension, amount: &str) -> Expression {
    let values = DimensionValues::builder().key(key).match_options(MatchOption::GreaterThanOrEqual).values(amount);
    Expression::builder().dimensions(values.build()).build()
}

#[tokio::test]
async fn alerts_are_created_once() {
    let (world, bucket) = (World::default(), Bucket::default());
    let plan = plan(&bucket, &world, &sample()).await;
    let changes = by_name(&plan.changes);
    assert_eq!(changes["organization:costs.anomalies.monitor"], r#"null → "AWS services""#);
    assert_eq!(changes["organization:costs.anomalies.subscribers"], r#"null → ["finance@example.com"]"#);
    assert_eq!(changes["organization:costs.anomalies.fromUsd"], "null → 100");
    assert_eq!(changes.len(), 3);
    assert!(world.state().writes.is_empty());

    assert_eq!(run(&bucket, &world).await.unwrap().changes, plan.changes);
    let created = world.ours();
    assert_eq!(created.threshold_expression, Some(threshold(Dimension::AnomalyTotalImpactAbsolute, "100")));
    assert_eq!(created.frequency, AnomalySubscriptionFrequency::Daily);
    assert_eq!(created.monitor_arn_list, ["arn:aws:ce::123456789012:anomalymonitor/ours"]);
    assert!(world.state().tags.values().all(|tag| tag == "account-vending/cost-anomalies"));

    let writes = world.state().writes.len();
    assert_eq!(applied(&world, &sample()).await.changes, []);
    assert_eq!(world.state().writes.len(), writes);
}

#[tokio::test]
async fn monitor_of_others_is_used_and_noted() {
    let world = World::with_monitor_of_others();
    world.add_subscription(MONITOR_OF_OTHERS);
    let report = applied(&world, &sample()).await;
    assert_eq!(names(&report), ["subscribers", "fromUsd"]);
    assert_eq!(report.notes.len(), 1);
    assert!(report.notes[0].message.contains("monitor `others`"), "{:?}", report.notes);
    assert_eq!(world.ours().monitor_arn_list, [MONITOR_OF_OTHERS]);
    assert_eq!(world.state().writes, ["CreateAnomalySubscription"]);
}

#[tokio::test]
async fn changed_subscribers_and_amount_are_updated() {
    let world = World::default();
    applied(&world, &sample()).await;
    let changed = manifest(&["Ops@example.com", "finance@example.com"], &json!(99.5));
    let report = applied(&world, &changed).await;
    assert_eq!(names(&report), ["subscribers", "fromUsd"]);
    let ours = world.ours();
    assert_eq!(ours.threshold_expression, Some(threshold(Dimension::AnomalyTotalImpactAbsolute, "99.5")));
    let addresses: Vec<_> = ours.subscribers.iter().map(|one| one.address().unwrap()).collect();
    assert_eq!(addresses, ["finance@example.com", "ops@example.com"]);
    assert_eq!(world.state().writes.last(), Some(&"UpdateAnomalySubscription"));
}

#[tokio::test]
async fn drift_is_put_back() {
    let topic = subscriber("arn:aws:sns:us-east-1:1:t", SubscriberType::Sns, SubscriberStatus::Confirmed);
    for (drift, expected) in [
        (Box::new(|ours: &mut AnomalySubscription| ours.subscribers.clear()) as Drift, "subscribers"),
        (Box::new(move |ours: &mut AnomalySubscription| ours.subscribers.push(topic)), "subscribers"),
        (Box::new(|ours| ours.threshold_expression = None), "fromUsd"),
        (
            Box::new(|ours| {
                ours.threshold_expression = Some(threshold(Dimension::AnomalyTotalImpactPercentage, "100"));
            }),
            "fromUsd",
        ),
        (
            Box::new(|ours| {
                let amount = threshold(Dimension::AnomalyTotalImpactAbsolute, "100");
                ours.threshold_expression = Some(Expression::builder().or(amount.clone()).or(amount).build());
            }),
            "fromUsd",
        ),
        (Box::new(|ours| ours.frequency = AnomalySubscriptionFrequency::Weekly), "frequency"),
        (Box::new(|ours| ours.monitor_arn_list.clear()), "monitors"),
    ] {
        let world = World::default();
        applied(&world, &sample()).await;
        let before = world.ours();
        world.change_ours(drift);
        assert_eq!(names(&applied(&world, &sample()).await), [expected]);
        assert_eq!(world.ours(), before);
    }
}

type Drift = Box<dyn FnOnce(&mut AnomalySubscription)>;

#[tokio::test]
async fn form_of_stored_values_does_not_matter() {
    let world = World::default();
    applied(&world, &manifest(&["a@example.com", "b@example.com"], &json!(100))).await;
    world.change_ours(|ours| {
        ours.subscribers.reverse();
        ours.subscribers[0].address = Some("B@Example.com".to_owned());
        ours.threshold_expression = Some(threshold(Dimension::AnomalyTotalImpactAbsolute, "100.0"));
    });
    let report = applied(&world, &manifest(&["a@example.com", "b@example.com"], &json!(100))).await;
    assert_eq!(report.changes, []);
}

#[tokio::test]
async fn deleted_monitor_is_created_and_used() {
    let world = World::default();
    applied(&world, &sample()).await;
    world.state().monitors.clear();
    world.change_ours(|ours| ours.monitor_arn_list.clear());
    assert_eq!(names(&applied(&world, &sample()).await), ["monitor", "monitors"]);
    assert_eq!(world.ours().monitor_arn_list, ["arn:aws:ce::123456789012:anomalymonitor/ours"]);
}

#[tokio::test]
async fn declined_alerts_are_noted() {
    let world = World::default();
    applied(&world, &sample()).await;
    world.change_ours(|ours| ours.subscribers[0].status = Some(SubscriberStatus::Declined));
    let report = applied(&world, &sample()).await;
    assert_eq!(report.changes, []);
    assert!(report.notes[0].message.starts_with("1 subscriber of costs.anomalies declined"), "{:?}", report.notes);
}
