//! The organization itself: its OUs, policies, trusted services, and delegated administrators.

mod administrators;
mod all_features;
mod attachments;
mod effective;
mod existence;
mod members;
mod policies;
mod policy_types;
mod root_access;
mod snapshot;
mod trusted_access;
mod units;

use serde_json::{Value, json};

use crate::cloud::LocalCloud;

const ROOT: &str = "r-root";
const SCP: &str = "SERVICE_CONTROL_POLICY";
const RCP: &str = "RESOURCE_CONTROL_POLICY";
const S3: &str = "S3_POLICY";
const IAM: &str = "iam.amazonaws.com";

/// Valid content of a policy of this type.
fn content(kind: &str) -> String {
    let document = match kind {
        SCP => json!({"Statement": {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}}),
        RCP => json!({"Statement": {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}}),
        _ => json!({"s3_attributes": {"public_access_block_configuration": {"@@assign": "all"}}}),
    };
    document.to_string()
}

fn policy(kind: &str, name: &str) -> Value {
    json!({"Type": kind, "Name": name, "Description": "about it", "Content": content(kind)})
}

/// Creates a policy and returns its ID.
async fn create_policy(cloud: &LocalCloud, kind: &str, name: &str) -> String {
    let (status, created) = cloud.organizations("CreatePolicy", policy(kind, name)).await;
    assert_eq!(status, 200, "{created}");
    created["Policy"]["PolicySummary"]["Id"].as_str().unwrap().to_owned()
}

async fn attach(cloud: &LocalCloud, policy: &str, target: &str) -> (u16, Value) {
    cloud.organizations("AttachPolicy", json!({"PolicyId": policy, "TargetId": target})).await
}

async fn detach(cloud: &LocalCloud, policy: &str, target: &str) -> (u16, Value) {
    cloud.organizations("DetachPolicy", json!({"PolicyId": policy, "TargetId": target})).await
}

async fn enable(cloud: &LocalCloud, kind: &str) -> (u16, Value) {
    cloud.organizations("EnablePolicyType", json!({"RootId": ROOT, "PolicyType": kind})).await
}

/// Enables a policy type and waits for it.
async fn enabled(cloud: &LocalCloud, kind: &str) {
    let (status, response) = enable(cloud, kind).await;
    assert_eq!(status, 200, "{response}");
    cloud.advance(1_000);
}

async fn trust(cloud: &LocalCloud, service: &str) -> (u16, Value) {
    cloud.organizations("EnableAWSServiceAccess", json!({"ServicePrincipal": service})).await
}

/// Creates an OU and returns its ID.
async fn create_unit(cloud: &LocalCloud, parent: &str, name: &str) -> String {
    let (status, created) =
        cloud.organizations("CreateOrganizationalUnit", json!({"ParentId": parent, "Name": name})).await;
    assert_eq!(status, 200, "{created}");
    created["OrganizationalUnit"]["Id"].as_str().unwrap().to_owned()
}

/// Returns a field of each item.
fn each<'a>(items: &'a Value, field: &str) -> Vec<&'a str> {
    items.as_array().unwrap().iter().map(|item| item[field].as_str().unwrap()).collect()
}
