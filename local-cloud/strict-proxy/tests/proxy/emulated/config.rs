//! Recorders and delivery channels of AWS Config.

use serde_json::{Value, json};

use super::{Caller, ONE, cloud};
use crate::cloud::{LocalCloud, code};
use crate::emulator::Role;

const ROLE: &str = "arn:aws:iam::000000000001:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig";

/// A proxy in front of an account with the service-linked role of AWS Config, as moto names it.
async fn with_role() -> LocalCloud {
    let cloud = cloud().await;
    let arn = ROLE.replace("ForConfig", "Forconfig");
    cloud.put_role(Role { arn, trust: json!({}), policy: json!({}) });
    cloud
}

fn recorder(role: &str) -> Value {
    json!({"name": "default", "roleARN": role})
}

async fn put(caller: &Caller<'_>, recorder: Value, value: &str) -> (u16, Value) {
    let parameters = json!({"ConfigurationRecorder": recorder, "Tags": [{"Key": "owner", "Value": value}]});
    caller.json("config", "PutConfigurationRecorder", parameters).await
}

async fn described(caller: &Caller<'_>) -> Value {
    let (_, described) = caller.json("config", "DescribeConfigurationRecorders", json!({})).await;
    described["ConfigurationRecorders"][0].clone()
}

async fn tags(caller: &Caller<'_>, arn: &Value) -> (u16, Value) {
    caller.json("config", "ListTagsForResource", json!({"ResourceArn": arn})).await
}

#[tokio::test]
async fn recorder_has_an_arn_and_the_tags_of_its_creation() {
    let cloud = with_role().await;
    let one = Caller::in_account(&cloud, ONE).await;
    assert_eq!(put(&one, recorder(ROLE), "a").await.0, 200);
    assert_eq!(put(&one, recorder(ROLE), "b").await.0, 200);
    let found = described(&one).await;
    let prefix = "arn:aws:config:us-east-1:000000000001:configuration-recorder/default/";
    assert!(found["arn"].as_str().unwrap().starts_with(prefix), "{found}");
    assert_eq!(tags(&one, &found["arn"]).await.1["Tags"], json!([{"Key": "owner", "Value": "a"}]));
    let (_, status) = one.json("config", "DescribeConfigurationRecorderStatus", json!({})).await;
    assert_eq!(status["ConfigurationRecordersStatus"][0]["arn"], found["arn"]);

    let of_recorder = async |operation: &str, mut more: Value| {
        more["ResourceArn"] = found["arn"].clone();
        one.json("config", operation, more).await
    };
    let tag = json!({"Tags": [{"Key": "team", "Value": "c"}]});
    assert_eq!(of_recorder("TagResource", tag).await.0, 200);
    assert_eq!(of_recorder("UntagResource", json!({"TagKeys": ["owner"]})).await.0, 200);
    assert_eq!(tags(&one, &found["arn"]).await.1["Tags"], json!([{"Key": "team", "Value": "c"}]));
    let many: Vec<Value> = (0..50).map(|key| json!({"Key": key.to_string(), "Value": ""})).collect();
    assert_eq!(code(&of_recorder("TagResource", json!({"Tags": many})).await), "TooManyTagsException");

    let name = json!({"ConfigurationRecorderName": "default"});
    assert_eq!(one.json("config", "DeleteConfigurationRecorder", name).await.0, 200);
    assert_eq!(code(&tags(&one, &found["arn"]).await), "ResourceNotFoundException");
    put(&one, recorder(ROLE), "b").await;
    assert_ne!(described(&one).await["arn"], found["arn"], "another recorder");
}

#[tokio::test]
async fn recorder_needs_a_role_that_exists() {
    let cloud = with_role().await;
    let one = Caller::in_account(&cloud, ONE).await;
    let missing = ROLE.replace("ForConfig", "ForOthers");
    let elsewhere = ROLE.replace("000000000001", "000000000002");
    for role in ["", &missing, &elsewhere] {
        assert_eq!(code(&put(&one, recorder(role), "a").await), "InvalidRoleException", "{role}");
    }
    let invalid = json!({"ConfigurationRecorder": recorder(ROLE), "Tags": [{"Key": "aws:k", "Value": ""}]});
    assert_eq!(code(&one.json("config", "PutConfigurationRecorder", invalid).await), "ValidationException");
}

#[tokio::test]
async fn recording_mode_is_kept() {
    let cloud = with_role().await;
    let one = Caller::in_account(&cloud, ONE).await;
    put(&one, recorder(ROLE), "a").await;
    assert_eq!(described(&one).await["recordingMode"], json!({"recordingFrequency": "CONTINUOUS"}));
    let mut daily = recorder(ROLE);
    daily["recordingMode"] = json!({"recordingFrequency": "DAILY"});
    put(&one, daily, "a").await;
    put(&one, recorder(ROLE), "a").await;
    assert_eq!(described(&one).await["recordingMode"], json!({"recordingFrequency": "DAILY"}));
}

#[tokio::test]
async fn delivery_channel_keeps_what_a_put_leaves_out() {
    let cloud = with_role().await;
    let one = Caller::in_account(&cloud, ONE).await;
    let put =
        async |channel: Value| one.json("config", "PutDeliveryChannel", json!({"DeliveryChannel": channel})).await;
    put(json!({"name": "default", "s3BucketName": "a", "s3KeyPrefix": "config"})).await;
    assert_eq!(put(json!({"name": "default", "s3BucketName": "b"})).await.0, 200);
    let (_, described) = one.json("config", "DescribeDeliveryChannels", json!({})).await;
    let expected = json!([{"name": "default", "s3BucketName": "b", "s3KeyPrefix": "config"}]);
    assert_eq!(described["DeliveryChannels"], expected);
}
