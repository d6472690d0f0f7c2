//! Events of CloudFormation for `Custom::Account`.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::requests::unique;
use crate::wait::wait_for;

const FUNCTION: &str = "account-vending-cfn-account-resource";

const UNKNOWN_STACK: &str = "arn:aws:cloudformation:us-east-1:123456789012:stack/foreign/0a1b2c3d";

/// An event as CloudFormation sends it, for a stack that does not exist on the local cloud: the response is ignored.
pub fn stack_event(cloud: &Cloud, kind: &str, physical_id: Option<&str>, properties: &Value) -> Value {
    let name = properties["AccountName"].as_str().unwrap_or_default();
    let mut id = format!("{kind}-{}-{name}", physical_id.unwrap_or_default());
    // The ID is part of a URL.
    id.retain(|character| character == '-' || character.is_ascii_alphanumeric());
    json!({
        "RequestType": kind, "RequestId": id, "StackId": UNKNOWN_STACK, "LogicalResourceId": "Account",
        "ResponseURL": format!("{}/_ministack/cfn-response/{id}", cloud.stack.platform_endpoint),
        "ResourceType": "Custom::Account", "PhysicalResourceId": physical_id, "ResourceProperties": properties,
        "OldResourceProperties": properties
    })
}

/// Sends the events of one stack to the function that CloudFormation sends and the local cloud does not.
///
/// The physical ID of a resource is its account key, after `not-created/` if the creation failed. Each method returns
/// the result of the function: null, or its error. No stack reads the responses at the URL of the events.
#[derive(Debug)]
pub struct StackEvents<'a> {
    cloud: &'a Cloud,
    pub stack_id: String,
    sent: AtomicU32,
}

impl<'a> StackEvents<'a> {
    /// For a stack that does not exist on the local cloud.
    pub fn new(cloud: &'a Cloud, name: &str) -> Self {
        let stack_id = format!("arn:aws:cloudformation:us-east-1:123456789012:stack/{}/0a1b2c3d", unique(name));
        Self::for_stack(cloud, &stack_id)
    }

    /// For a stack of the local cloud.
    pub fn for_stack(cloud: &'a Cloud, stack_id: &str) -> Self {
        Self { cloud, stack_id: stack_id.to_owned(), sent: AtomicU32::new(0) }
    }

    pub async fn create(&self, logical_id: &str, properties: &Value) -> Value {
        self.send("Create", logical_id, properties, &json!({})).await
    }

    pub async fn update(&self, logical_id: &str, physical_id: &str, from: &Value, to: &Value) -> Value {
        let more = json!({ "PhysicalResourceId": physical_id, "OldResourceProperties": from });
        self.send("Update", logical_id, to, &more).await
    }

    pub async fn delete(&self, logical_id: &str, physical_id: &str, properties: &Value) -> Value {
        self.send("Delete", logical_id, properties, &json!({ "PhysicalResourceId": physical_id })).await
    }

    /// Creates the resource and deletes it again: because its creation failed, because another resource of the stack
    /// failed, or because an update that gave it its logical ID is rolled back. The physical ID is that of the response
    /// to the creation. The local cloud sends no deletion after a failed creation.
    pub async fn create_and_roll_back(&self, logical_id: &str, physical_id: &str, properties: &Value) -> [Value; 2] {
        let created = self.create(logical_id, properties).await;
        self.responded(physical_id).await;
        [created, self.delete(logical_id, physical_id, properties).await]
    }

    /// Gives the resource another logical ID: a new resource is created, and the clean-up phase of the update deletes
    /// the old one, with the same physical ID.
    pub async fn rename(&self, from: &str, to: &str, physical_id: &str, properties: &Value) -> [Value; 2] {
        let created = self.create(to, properties).await;
        self.responded(physical_id).await;
        [created, self.delete(from, physical_id, properties).await]
    }

    /// Updates the resource; another one fails, and a second update restores the old properties.
    pub async fn roll_back_update(&self, logical_id: &str, physical_id: &str, old: &Value, new: &Value) -> [Value; 2] {
        let updated = self.update(logical_id, physical_id, old, new).await;
        self.responded(physical_id).await;
        [updated, self.update(logical_id, physical_id, new, old).await]
    }

    /// Waits until no response about the account is pending.
    pub async fn responded(&self, physical_id: &str) {
        let (s3, bucket) = (self.cloud.s3(), self.cloud.records_bucket().await);
        let key = physical_id.trim_start_matches("not-created/");
        wait_for(&format!("the response about {physical_id} to {}", self.stack_id), || async {
            let list = s3.list_objects_v2().bucket(&bucket).prefix(format!("responses/{key}/"));
            list.send().await.unwrap().contents().is_empty().then_some(())
        })
        .await;
    }

    async fn send(&self, kind: &str, logical_id: &str, properties: &Value, more: &Value) -> Value {
        self.cloud.invoke(FUNCTION, &self.event(kind, logical_id, properties, more)).await
    }

    /// Each event has its own ID, which is part of a URL.
    fn event(&self, kind: &str, logical_id: &str, properties: &Value, more: &Value) -> Value {
        let stack = self.stack_id.rsplit('/').nth(1).unwrap_or_default();
        let id = format!("{kind}-{stack}-{logical_id}-{}", self.sent.fetch_add(1, Ordering::Relaxed));
        let mut event = json!({
            "RequestType": kind, "RequestId": id, "StackId": self.stack_id, "LogicalResourceId": logical_id,
            "ResponseURL": format!("{}/_ministack/cfn-response/{id}", self.cloud.stack.platform_endpoint),
            "ResourceType": "Custom::Account", "ResourceProperties": with_service_token(properties),
        });
        for (field, value) in more.as_object().into_iter().flatten() {
            event[field] = if field == "OldResourceProperties" { with_service_token(value) } else { value.clone() };
        }
        event
    }
}

/// Adds the `ServiceToken`, which CloudFormation repeats in the properties.
fn with_service_token(properties: &Value) -> Value {
    let mut properties = properties.clone();
    properties["ServiceToken"] = format!("arn:aws:lambda:us-east-1:123456789012:function:{FUNCTION}").into();
    properties
}
