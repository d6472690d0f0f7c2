//! Cost anomaly detection.

use serde_json::{Value, json};

use super::{Caller, ONE, TWO, cloud};
use crate::cloud::code;

const EMAIL: &str = "finance@example.com";

#[tokio::test]
async fn account_has_one_monitor_per_dimension() {
    let cloud = cloud().await;
    let (one, two) = (Caller::in_account(&cloud, ONE).await, Caller::in_account(&cloud, TWO).await);
    let monitors = async |caller: &Caller<'_>| caller.json("ce", "GetAnomalyMonitors", json!({})).await.1;
    assert_eq!(monitors(&one).await["AnomalyMonitors"], json!([]));
    let monitor = json!({"MonitorName": "services", "MonitorType": "DIMENSIONAL", "MonitorDimension": "SERVICE"});
    let create = async || one.json("ce", "CreateAnomalyMonitor", json!({"AnomalyMonitor": monitor})).await;
    let arn = create().await.1["MonitorArn"].take();
    assert_eq!(code(&create().await), "ValidationException");
    assert_eq!(monitors(&one).await["AnomalyMonitors"][0]["MonitorArn"], arn);
    assert_eq!(monitors(&two).await["AnomalyMonitors"], json!([]));
    let unknown = json!({"MonitorArnList": ["arn:aws:ce::000000000001:anomalymonitor/x"]});
    assert_eq!(code(&one.json("ce", "GetAnomalyMonitors", unknown).await), "UnknownMonitorException");

    let subscribe = async |monitor: &Value, frequency: &str| {
        let subscribers = json!([{"Type": "EMAIL", "Address": EMAIL}]);
        let subscription = json!({"SubscriptionName": "daily", "MonitorArnList": [monitor], "Subscribers": subscribers,
            "Frequency": frequency, "Threshold": 100.0});
        one.json("ce", "CreateAnomalySubscription", json!({"AnomalySubscription": subscription})).await
    };
    assert_eq!(code(&subscribe(&json!("arn:x"), "DAILY").await), "UnknownMonitorException");
    assert_eq!(code(&subscribe(&arn, "IMMEDIATE").await), "ValidationException");
    let subscription = subscribe(&arn, "DAILY").await.1["SubscriptionArn"].take();
    let (_, listed) = one.json("ce", "GetAnomalySubscriptions", json!({"MonitorArn": arn})).await;
    let found = &listed["AnomalySubscriptions"][0];
    assert_eq!((&found["SubscriptionArn"], &found["AccountId"]), (&subscription, &json!(ONE)));
    for (operation, parameters, error) in [
        ("DeleteAnomalySubscription", json!({"SubscriptionArn": subscription}), "UnknownSubscriptionException"),
        ("DeleteAnomalyMonitor", json!({"MonitorArn": arn}), "UnknownMonitorException"),
    ] {
        assert_eq!(one.json("ce", operation, parameters.clone()).await.0, 200);
        assert_eq!(code(&one.json("ce", operation, parameters).await), error);
    }
}

async fn create_monitor(caller: &Caller<'_>) -> Value {
    let monitor = json!({"MonitorName": "services", "MonitorType": "DIMENSIONAL", "MonitorDimension": "SERVICE"});
    let parameters = json!({"AnomalyMonitor": monitor, "ResourceTags": [{"Key": "owner", "Value": "a"}]});
    caller.json("ce", "CreateAnomalyMonitor", parameters).await.1["MonitorArn"].take()
}

fn subscriber(email: &str) -> Value {
    json!({"Type": "EMAIL", "Address": email})
}

fn from_usd(amount: &str) -> Value {
    json!({"Dimensions": {
        "Key": "ANOMALY_TOTAL_IMPACT_ABSOLUTE", "MatchOptions": ["GREATER_THAN_OR_EQUAL"], "Values": [amount],
    }})
}

fn subscription(monitor: &Value) -> Value {
    json!({"AnomalySubscription": {
        "SubscriptionName": "daily", "MonitorArnList": [monitor], "Subscribers": [subscriber(EMAIL)],
        "Frequency": "DAILY", "ThresholdExpression": from_usd("100"),
    }})
}

async fn subscribe(caller: &Caller<'_>, monitor: &Value) -> Value {
    let (status, created) = caller.json("ce", "CreateAnomalySubscription", subscription(monitor)).await;
    assert_eq!(status, 200, "{created}");
    created["SubscriptionArn"].clone()
}

async fn subscriptions(caller: &Caller<'_>) -> Value {
    caller.json("ce", "GetAnomalySubscriptions", json!({})).await.1["AnomalySubscriptions"].take()
}

#[tokio::test]
async fn monitors_and_subscriptions_have_tags() {
    let cloud = cloud().await;
    let one = Caller::in_account(&cloud, ONE).await;
    let monitor = create_monitor(&one).await;
    let of_monitor = async |operation: &str, mut more: Value| {
        more["ResourceArn"] = monitor.clone();
        one.json("ce", operation, more).await
    };
    let tags = async || of_monitor("ListTagsForResource", json!({})).await.1["ResourceTags"].take();
    assert_eq!(tags().await, json!([{"Key": "owner", "Value": "a"}]));
    let more = json!({"ResourceTags": [{"Key": "team", "Value": "b"}]});
    assert_eq!(of_monitor("TagResource", more).await.0, 200);
    assert_eq!(of_monitor("UntagResource", json!({"ResourceTagKeys": ["owner"]})).await.0, 200);
    assert_eq!(tags().await, json!([{"Key": "team", "Value": "b"}]));
    let many: Vec<Value> = (0..50).map(|key| json!({"Key": key.to_string(), "Value": ""})).collect();
    assert_eq!(code(&of_monitor("TagResource", json!({"ResourceTags": many})).await), "TooManyTagsException");
    let reserved = json!({"ResourceTags": [{"Key": "aws:k", "Value": ""}]});
    assert_eq!(code(&of_monitor("TagResource", reserved).await), "ValidationException");
    one.json("ce", "DeleteAnomalyMonitor", json!({"MonitorArn": monitor})).await;
    assert_eq!(code(&of_monitor("ListTagsForResource", json!({})).await), "ResourceNotFoundException");
    let category = json!({"ResourceArn": format!("arn:aws:ce::{ONE}:costcategory/c")});
    one.json("ce", "ListTagsForResource", category).await;
    assert!(cloud.seen().last().unwrap().body.contains("costcategory"), "moto has the tags of cost categories");
}

#[tokio::test]
async fn subscription_is_updated_field_by_field() {
    let cloud = cloud().await;
    let one = Caller::in_account(&cloud, ONE).await;
    let monitor = create_monitor(&one).await;
    let arn = subscribe(&one, &monitor).await;
    let update = async |mut change: Value| {
        change["SubscriptionArn"] = arn.clone();
        one.json("ce", "UpdateAnomalySubscription", change).await
    };
    assert_eq!(update(json!({"ThresholdExpression": from_usd("5")})).await, (200, json!({"SubscriptionArn": arn})));
    let added = json!([subscriber(EMAIL), subscriber("team@example.com")]);
    assert_eq!(update(json!({"Subscribers": added, "Frequency": "WEEKLY"})).await.0, 200);
    let changed = subscriptions(&one).await[0].take();
    assert_eq!((&changed["ThresholdExpression"], &changed["Frequency"]), (&from_usd("5"), &json!("WEEKLY")));
    assert_eq!(
        (&changed["SubscriptionName"], &changed["Subscribers"][1]["Status"]),
        (&json!("daily"), &json!("CONFIRMED"))
    );
    assert_eq!(update(json!({"Threshold": 7.5})).await.0, 200);
    assert_eq!(subscriptions(&one).await[0]["ThresholdExpression"], from_usd("7.5"));
    for (change, error) in [
        (json!({"MonitorArnList": []}), "ValidationException"),
        (json!({"MonitorArnList": ["arn:x"]}), "UnknownMonitorException"),
        (json!({"Frequency": "IMMEDIATE"}), "ValidationException"),
        (json!({"Subscribers": [subscriber("nobody")]}), "ValidationException"),
        (json!({"Threshold": 1.0, "ThresholdExpression": from_usd("1")}), "ValidationException"),
        (json!({"ThresholdExpression": from_usd("-1")}), "ValidationException"),
        (json!({"SubscriptionName": ""}), "ValidationException"),
    ] {
        assert_eq!(code(&update(change.clone()).await), error, "{change}");
    }
    let unknown = json!({"SubscriptionArn": "arn:x"});
    assert_eq!(code(&one.json("ce", "UpdateAnomalySubscription", unknown).await), "UnknownSubscriptionException");
}

#[tokio::test]
async fn second_subscription_can_have_the_same_name() {
    let cloud = cloud().await;
    let one = Caller::in_account(&cloud, ONE).await;
    let monitor = create_monitor(&one).await;
    assert_ne!(subscribe(&one, &monitor).await, subscribe(&one, &monitor).await);
    let page = json!({"MaxResults": 1});
    let (_, listed) = one.json("ce", "GetAnomalySubscriptions", page).await;
    assert_eq!((listed["AnomalySubscriptions"].as_array().unwrap().len(), &listed["NextPageToken"]), (1, &json!("1")));
    let invalid = json!({"NextPageToken": "x"});
    assert_eq!(code(&one.json("ce", "GetAnomalySubscriptions", invalid).await), "InvalidNextTokenException");
    let mut without = subscription(&monitor);
    without["AnomalySubscription"]["ThresholdExpression"] = Value::Null;
    let rejected = one.json("ce", "CreateAnomalySubscription", without).await;
    assert_eq!(rejected.1["message"], "Threshold and ThresholdExpression cannot both be null");
}

#[tokio::test]
async fn only_the_name_of_a_monitor_is_updated() {
    let cloud = cloud().await;
    let one = Caller::in_account(&cloud, ONE).await;
    let monitor = create_monitor(&one).await;
    let update = async |arn: &Value, name: &str| {
        one.json("ce", "UpdateAnomalyMonitor", json!({"MonitorArn": arn, "MonitorName": name})).await
    };
    assert_eq!(update(&monitor, "all services").await, (200, json!({"MonitorArn": monitor})));
    let (_, listed) = one.json("ce", "GetAnomalyMonitors", json!({})).await;
    assert_eq!(listed["AnomalyMonitors"][0]["MonitorName"], "all services");
    assert_eq!(code(&update(&monitor, "").await), "ValidationException");
    assert_eq!(code(&update(&json!("arn:x"), "name").await), "UnknownMonitorException");
    for (monitor_type, more) in [("CUSTOM", json!({})), ("DIMENSIONAL", json!({"MonitorDimension": "AZ"}))] {
        let mut monitor = json!({"MonitorName": "m", "MonitorType": monitor_type});
        monitor.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let rejected = one.json("ce", "CreateAnomalyMonitor", json!({"AnomalyMonitor": monitor})).await;
        assert_eq!(code(&rejected), "ValidationException");
    }
}
