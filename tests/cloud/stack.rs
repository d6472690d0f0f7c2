//! CloudFormation's side of `Custom::Account`.

use serde_json::{Value, json};

use crate::Cloud;

const A_STACK: &str = "arn:aws:cloudformation:us-east-1:123456789012:stack/foreign/0a1b2c3d";

/// An event as CloudFormation sends it, about a stack that the local cloud does not know: nobody hears the answer.
pub fn stack_event(cloud: &Cloud, kind: &str, physical_id: Option<&str>, properties: &Value) -> Value {
    let name = properties["AccountName"].as_str().unwrap_or_default();
    let mut id = format!("{kind}-{}-{name}", physical_id.unwrap_or_default());
    // It becomes part of a URL.
    id.retain(|character| character == '-' || character.is_ascii_alphanumeric());
    json!({
        "RequestType": kind, "RequestId": id, "StackId": A_STACK, "LogicalResourceId": "Account",
        "ResponseURL": format!("{}/_ministack/cfn-response/{id}", cloud.text("platformEndpoint")),
        "ResourceType": "Custom::Account", "PhysicalResourceId": physical_id, "ResourceProperties": properties,
        "OldResourceProperties": properties
    })
}
