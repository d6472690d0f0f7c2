//! One call of each kind that the functions make.

use hyper::Uri;
use std::sync::Arc;

use super::*;
use crate::emulators::{Emulator, Upstreams};
use crate::identity::caller::Session;
use crate::wire::Protocol;

/// Nobody listens there: no role is known.
fn library() -> Library {
    let nowhere = Uri::from_static("http://127.0.0.1:9");
    Library::new(Arc::new(Upstreams::new(nowhere.clone(), nowhere)))
}

async fn asks(service: &str, operation: &str, parameters: Value) -> Vec<(String, String)> {
    let role_arn = "arn:aws:iam::111111111111:role/A".to_owned();
    let caller =
        Caller::of(Session { role_arn, name: "s".to_owned(), policy: None, home: Emulator::Aws, function: None });
    let (service, operation) = (service.to_owned(), operation.to_owned());
    let (region, protocol) = (Some("eu-west-1".to_owned()), Protocol::Json);
    let request = AwsRequest { service, operation, region, access_key_id: None, protocol, parameters };
    let (management_account, organization, library) = ("123456789012", "o-a", &library());
    let scene = Scene { request: &request, caller: &caller, management_account, organization, library };
    let asks = scene.asks().await.into_iter();
    asks.map(|ask| (ask.action, ask.resource.unwrap_or_else(|| "*".to_owned()))).collect()
}

async fn check(service: &str, operation: &str, parameters: Value, expected: &[(&str, &str)]) {
    let asks = asks(service, operation, parameters).await;
    let asks: Vec<(&str, &str)> = asks.iter().map(|(action, resource)| (action.as_str(), resource.as_str())).collect();
    assert_eq!(asks, expected);
}

#[tokio::test]
async fn organizations_names_accounts_and_units() {
    let parent = json!({"AccountId": "222222222222", "SourceParentId": "r-b", "DestinationParentId": "ou-b-c"});
    check(
        "organizations",
        "MoveAccount",
        parent,
        &[
            ("organizations:MoveAccount", "arn:aws:organizations::123456789012:account/o-a/222222222222"),
            ("organizations:MoveAccount", "arn:aws:organizations::123456789012:root/o-a/r-b"),
            ("organizations:MoveAccount", "arn:aws:organizations::123456789012:ou/o-a/ou-b-c"),
        ],
    )
    .await;
    check("organizations", "ListRoots", json!({}), &[("organizations:ListRoots", "*")]).await;
    let tagged = json!({"Email": "a@example.com", "Tags": [{"Key": "k", "Value": "v"}]});
    check(
        "organizations",
        "CreateAccount",
        tagged,
        &[
            ("organizations:CreateAccount", "*"),
            ("organizations:TagResource", "arn:aws:organizations::123456789012:account/o-a/*"),
        ],
    )
    .await;
}

#[tokio::test]
async fn sts_names_the_role_and_what_is_passed_on() {
    let role = "arn:aws:iam::222222222222:role/B";
    check("sts", "AssumeRole", json!({"RoleArn": role}), &[("sts:AssumeRole", role)]).await;
    let more = json!({"RoleArn": role, "SourceIdentity": "me", "Tags.member.1.Key": "k"});
    let expected = [("sts:AssumeRole", role), ("sts:TagSession", role), ("sts:SetSourceIdentity", role)];
    check("sts", "AssumeRole", more, &expected).await;
    check("sts", "GetCallerIdentity", json!({}), &[]).await;
}

#[tokio::test]
async fn iam_names_roles_with_their_paths() {
    let role = "arn:aws:iam::111111111111:role/account-vending/AccountVending";
    let create = json!({"RoleName": "AccountVending", "Path": "/account-vending/", "Tags.member.1.Key": "k"});
    check("iam", "CreateRole", create, &[("iam:CreateRole", role), ("iam:TagRole", role)]).await;
    let missing = "arn:aws:iam::111111111111:role/Missing";
    check("iam", "GetRole", json!({"RoleName": "Missing"}), &[("iam:GetRole", missing)]).await;
    let linked = "arn:aws:iam::111111111111:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig";
    let config = json!({"AWSServiceName": "config.amazonaws.com"});
    check("iam", "CreateServiceLinkedRole", config, &[("iam:CreateServiceLinkedRole", linked)]).await;
    check("iam", "ListRoles", json!({}), &[("iam:ListRoles", "*")]).await;
}

#[tokio::test]
async fn config_passes_the_recorders_role_on() {
    let role = "arn:aws:iam::111111111111:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig";
    let recorder = json!({"ConfigurationRecorder": {"name": "default", "roleARN": role}});
    let expected = [("config:PutConfigurationRecorder", "*"), ("iam:PassRole", role)];
    check("config", "PutConfigurationRecorder", recorder, &expected).await;
}

#[tokio::test]
async fn s3_actions_are_not_named_as_its_operations() {
    let bucket = |more: Value| {
        let mut parameters = json!({"Bucket": "records"});
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        parameters
    };
    let object = "arn:aws:s3:::records/requests/a.json";
    let key = || bucket(json!({"Key": "requests/a.json"}));
    check("s3", "ListObjectsV2", bucket(json!({})), &[("s3:ListBucket", "arn:aws:s3:::records")]).await;
    check("s3", "HeadObject", key(), &[("s3:GetObject", object)]).await;
    check("s3", "PutObject", key(), &[("s3:PutObject", object)]).await;
    let version = bucket(json!({"Key": "requests/a.json", "versionId": "1"}));
    check("s3", "GetObject", version, &[("s3:GetObjectVersion", object)]).await;
}

#[tokio::test]
async fn other_services_name_their_resource_in_one_parameter() {
    let machine = "arn:aws:states:eu-west-1:111111111111:stateMachine:vend";
    check("states", "StartExecution", json!({"stateMachineArn": machine}), &[("states:StartExecution", machine)]).await;
    let topic = "arn:aws:sns:eu-west-1:111111111111:outcomes";
    check("sns", "Publish", json!({"TopicArn": topic}), &[("sns:Publish", topic)]).await;
    let trail = "arn:aws:cloudtrail:eu-west-1:111111111111:trail/t";
    check("cloudtrail", "GetTrail", json!({"Name": "t"}), &[("cloudtrail:GetTrail", trail)]).await;
    let bus = "arn:aws:events:eu-west-1:111111111111:event-bus/default";
    check("events", "PutEvents", json!({"Entries": [{"Source": "x"}]}), &[("events:PutEvents", bus)]).await;
    let path = json!({"path": "/2015-03-31/functions/adopt/invocations"});
    let function = "arn:aws:lambda:eu-west-1:111111111111:function:adopt";
    check("lambda", "Invoke", path, &[("lambda:InvokeFunction", function)]).await;
    check("monitoring", "PutMetricData", Value::Null, &[("cloudwatch:PutMetricData", "*")]).await;
    check("servicequotas", "GetServiceQuota", json!({}), &[("servicequotas:GetServiceQuota", "*")]).await;
}
