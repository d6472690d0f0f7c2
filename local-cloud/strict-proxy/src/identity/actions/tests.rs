//! Calls in each protocol, and their required actions.

use hyper::Uri;
use std::sync::Arc;

use super::*;
use crate::emulators::{Emulator, Upstreams};
use crate::identity::caller::Session;
use crate::wire::Protocol;

/// No server listens there, so no role exists.
fn policy_cache() -> PolicyCache {
    let nowhere = Uri::from_static("http://127.0.0.1:9");
    PolicyCache::new(Arc::new(Upstreams::new(nowhere.clone(), nowhere)))
}

async fn required_actions(service: &str, operation: &str, parameters: Value) -> Vec<(String, String)> {
    let role_arn = "arn:aws:iam::111111111111:role/A".to_owned();
    let caller = Caller::from_session(Session {
        role_arn,
        name: "s".to_owned(),
        policy: None,
        emulator: Emulator::Aws,
        function: None,
    });
    let (service, operation) = (service.to_owned(), operation.to_owned());
    let (region, protocol) = (Some("eu-west-1".to_owned()), Protocol::Json);
    let request = AwsRequest { service, operation, region, access_key_id: None, protocol, parameters };
    let (management_account, organization, policy_cache) = ("123456789012", "o-a", &policy_cache());
    let context =
        AuthorizationContext { request: &request, caller: &caller, management_account, organization, policy_cache };
    let actions = context.required_actions().await.into_iter();
    actions.map(|required| (required.action, required.resource.unwrap_or_else(|| "*".to_owned()))).collect()
}

async fn check(service: &str, operation: &str, parameters: Value, expected: &[(&str, &str)]) {
    let actions = required_actions(service, operation, parameters).await;
    let actions: Vec<(&str, &str)> =
        actions.iter().map(|(action, resource)| (action.as_str(), resource.as_str())).collect();
    assert_eq!(actions, expected);
}

#[tokio::test]
async fn organizations_actions_name_accounts_and_ous() {
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
async fn organizations_actions_name_what_is_created_and_tagged() {
    let tags = json!([{"Key": "k", "Value": "v"}]);
    let unit = json!({"ParentId": "r-b", "Name": "Sandbox", "Tags": tags});
    let expected = [
        ("organizations:CreateOrganizationalUnit", "arn:aws:organizations::123456789012:root/o-a/r-b"),
        ("organizations:TagResource", "arn:aws:organizations::123456789012:ou/o-a/ou-*"),
    ];
    check("organizations", "CreateOrganizationalUnit", unit, &expected).await;
    let root = [("organizations:EnablePolicyType", "arn:aws:organizations::123456789012:root/o-a/r-b")];
    check("organizations", "EnablePolicyType", json!({"RootId": "r-b", "PolicyType": "TAG_POLICY"}), &root).await;
    let policy = required_actions("organizations", "CreatePolicy", json!({"Name": "a", "Tags": tags})).await;
    assert_eq!(policy[0], ("organizations:CreatePolicy".to_owned(), "*".to_owned()));
    assert!(policy[1].1.starts_with("arn:aws:organizations::123456789012:policy/o-a/"), "{policy:?}");
}

#[tokio::test]
async fn sts_actions_include_tags_and_source_identity() {
    let role = "arn:aws:iam::222222222222:role/B";
    check("sts", "AssumeRole", json!({"RoleArn": role}), &[("sts:AssumeRole", role)]).await;
    let more = json!({"RoleArn": role, "SourceIdentity": "me", "Tags.member.1.Key": "k"});
    let expected = [("sts:AssumeRole", role), ("sts:TagSession", role), ("sts:SetSourceIdentity", role)];
    check("sts", "AssumeRole", more, &expected).await;
    check("sts", "GetCallerIdentity", json!({}), &[]).await;
}

#[tokio::test]
async fn iam_actions_name_roles_with_their_paths() {
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
async fn recorder_requires_pass_role() {
    let role = "arn:aws:iam::111111111111:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig";
    let mut recorder = json!({"ConfigurationRecorder": {"name": "default", "roleARN": role}});
    let arn = "arn:aws:config:eu-west-1:111111111111:configuration-recorder/default/*";
    let expected = [("config:PutConfigurationRecorder", arn), ("iam:PassRole", role), ("config:TagResource", arn)];
    check("config", "PutConfigurationRecorder", recorder.clone(), &expected[..2]).await;
    recorder["Tags"] = json!([{"Key": "k", "Value": "v"}]);
    check("config", "PutConfigurationRecorder", recorder, &expected).await;
    let start = json!({"ConfigurationRecorderName": "default"});
    check("config", "StartConfigurationRecorder", start, &[("config:StartConfigurationRecorder", arn)]).await;
    check("config", "ListTagsForResource", json!({"ResourceArn": arn}), &[("config:ListTagsForResource", arn)]).await;
    check("config", "PutDeliveryChannel", json!({}), &[("config:PutDeliveryChannel", "*")]).await;
}

#[tokio::test]
async fn s3_operations_map_to_actions() {
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
async fn resources_are_read_from_one_parameter() {
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

#[tokio::test]
async fn baseline_services_map_to_their_actions() {
    let analyzer = "arn:aws:access-analyzer:eu-west-1:111111111111:analyzer/a";
    let role =
        "arn:aws:iam::111111111111:role/aws-service-role/access-analyzer.amazonaws.com/AWSServiceRoleForAccessAnalyzer";
    let expected = [("access-analyzer:CreateAnalyzer", analyzer), ("iam:CreateServiceLinkedRole", role)];
    check("access-analyzer", "CreateAnalyzer", json!({"analyzerName": "a"}), &expected).await;
    check("access-analyzer", "ListAnalyzers", json!({}), &[("access-analyzer:ListAnalyzers", "*")]).await;

    let budget = "arn:aws:budgets::111111111111:budget/b";
    check("budgets", "DescribeBudget", json!({"BudgetName": "b"}), &[("budgets:ViewBudget", budget)]).await;
    let create = json!({"Budget": {"BudgetName": "b"}});
    check("budgets", "CreateBudget", create, &[("budgets:ModifyBudget", budget)]).await;

    let block = json!({"AccountId": "111111111111"});
    check("s3-control", "GetPublicAccessBlock", block.clone(), &[("s3:GetAccountPublicAccessBlock", "*")]).await;
    check("s3-control", "DeletePublicAccessBlock", block, &[("s3:PutAccountPublicAccessBlock", "*")]).await;

    let quota = json!({"ServiceCode": "vpc", "QuotaCode": "L-1"});
    let arn = "arn:aws:servicequotas:eu-west-1:111111111111:vpc/L-1";
    let expected = [("servicequotas:RequestServiceQuotaIncrease", arn)];
    check("servicequotas", "RequestServiceQuotaIncrease", quota, &expected).await;
    let arn = "arn:aws:ssm:eu-west-1:111111111111:servicesetting/ssm/a";
    for setting in ["/ssm/a", arn] {
        check("ssm", "GetServiceSetting", json!({"SettingId": setting}), &[("ssm:GetServiceSetting", arn)]).await;
    }
    check("guardduty", "ListDetectors", json!({}), &[("guardduty:ListDetectors", "*")]).await;
    let tagged = [
        ("guardduty:CreateDetector", "*"),
        ("guardduty:TagResource", "arn:aws:guardduty:eu-west-1:111111111111:detector/*"),
    ];
    check("guardduty", "CreateDetector", json!({"enable": true, "tags": {"k": "v"}}), &tagged).await;
    let detector = [("guardduty:GetDetector", "arn:aws:guardduty:eu-west-1:111111111111:detector/d")];
    check("guardduty", "GetDetector", json!({"DetectorId": "d"}), &detector).await;
}

#[tokio::test]
async fn identity_center_actions_name_all_resources() {
    let (store, user) = ("arn:aws:identitystore::123456789012:identitystore/d-1", "arn:aws:identitystore:::user/*");
    let action = "identitystore:GetUserId";
    check("identitystore", "GetUserId", json!({"IdentityStoreId": "d-1"}), &[(action, store), (action, user)]).await;
    let (instance, set) = ("arn:aws:sso:::instance/ssoins-1", "arn:aws:sso:::permissionSet/ssoins-1/ps-1");
    let assignment = json!({"InstanceArn": instance, "PermissionSetArn": set, "TargetId": "222222222222"});
    let action = "sso:CreateAccountAssignment";
    let expected = [(action, instance), (action, set), (action, "arn:aws:sso:::account/222222222222")];
    check("sso", "CreateAccountAssignment", assignment, &expected).await;
    check("sso", "ListInstances", json!({}), &[("sso:ListInstances", "*")]).await;
}

#[tokio::test]
async fn sso_actions_name_permission_sets_and_accounts() {
    let (instance, sets) = ("arn:aws:sso:::instance/ssoins-1", "arn:aws:sso:::permissionSet/ssoins-1");
    let of_moto = format!("{instance}/ps-1");
    let tagged = json!({"InstanceArn": instance, "Name": "A", "Tags": [{"Key": "k", "Value": "v"}]});
    let new = format!("{sets}/*");
    let expected = [
        ("sso:CreatePermissionSet", instance),
        ("sso:CreatePermissionSet", new.as_str()),
        ("sso:TagResource", new.as_str()),
    ];
    check("sso", "CreatePermissionSet", tagged, &expected).await;
    let set = format!("{sets}/ps-1");
    let all = json!({"InstanceArn": instance, "PermissionSetArn": of_moto, "TargetType": "ALL_PROVISIONED_ACCOUNTS"});
    let expected = [
        ("sso:ProvisionPermissionSet", instance),
        ("sso:ProvisionPermissionSet", set.as_str()),
        ("sso:ProvisionPermissionSet", "arn:aws:sso:::account/*"),
    ];
    check("sso", "ProvisionPermissionSet", all, &expected).await;
    let tags = json!({"InstanceArn": instance, "ResourceArn": of_moto});
    check("sso", "ListTagsForResource", tags, &[("sso:ListTagsForResource", set.as_str())]).await;
}

#[tokio::test]
async fn account_actions_name_own_or_member_account() {
    let own = "arn:aws:account::111111111111:account";
    check("account", "ListRegions", json!({}), &[("account:ListRegions", own)]).await;
    let member = "arn:aws:account::123456789012:account/o-a/222222222222";
    let region = json!({"AccountId": "222222222222", "RegionName": "eu-south-1"});
    check("account", "EnableRegion", region, &[("account:EnableRegion", member)]).await;
}

#[tokio::test]
async fn ec2_and_oidc_actions_name_their_resources() {
    let arn = |kind: &str| format!("arn:aws:ec2:eu-west-1:111111111111:{kind}");
    let detach = json!({"InternetGatewayId": "igw-1", "VpcId": "vpc-1"});
    let (gateway, vpc) = (arn("internet-gateway/igw-1"), arn("vpc/vpc-1"));
    let expected = [("ec2:DetachInternetGateway", gateway.as_str()), ("ec2:DetachInternetGateway", vpc.as_str())];
    check("ec2", "DetachInternetGateway", detach, &expected).await;
    check("ec2", "DescribeVpcs", json!({}), &[("ec2:DescribeVpcs", "*")]).await;

    let provider = "arn:aws:iam::111111111111:oidc-provider/token.example.com";
    let create = json!({"Url": "https://token.example.com"});
    check("iam", "CreateOpenIDConnectProvider", create, &[("iam:CreateOpenIDConnectProvider", provider)]).await;
    let get = json!({"OpenIDConnectProviderArn": provider});
    check("iam", "GetOpenIDConnectProvider", get, &[("iam:GetOpenIDConnectProvider", provider)]).await;
}

#[tokio::test]
async fn cost_explorer_actions_name_monitors_and_subscriptions() {
    let tagged = json!({"ResourceTags": [{"Key": "k", "Value": "v"}]});
    let expected = [("ce:CreateAnomalyMonitor", "*"), ("ce:TagResource", "arn:aws:ce::111111111111:anomalymonitor/*")];
    check("ce", "CreateAnomalyMonitor", tagged, &expected).await;
    check("ce", "CreateAnomalySubscription", json!({}), &[("ce:CreateAnomalySubscription", "*")]).await;
    let all = [("ce:GetAnomalyMonitors", "arn:aws:ce::111111111111:anomalymonitor/*")];
    check("ce", "GetAnomalyMonitors", json!({}), &all).await;
    let all = [("ce:GetAnomalySubscriptions", "arn:aws:ce::111111111111:anomalysubscription/*")];
    check("ce", "GetAnomalySubscriptions", json!({"MonitorArn": "arn:m"}), &all).await;
    for (operation, field) in [
        ("UpdateAnomalySubscription", "SubscriptionArn"),
        ("DeleteAnomalyMonitor", "MonitorArn"),
        ("ListTagsForResource", "ResourceArn"),
    ] {
        let expected = format!("ce:{operation}");
        check("ce", operation, json!({field: "arn:x"}), &[(expected.as_str(), "arn:x")]).await;
    }
    check("ce", "GetCostAndUsage", json!({}), &[("ce:GetCostAndUsage", "*")]).await;
}
