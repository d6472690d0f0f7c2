//! The logs of the functions, which the platform stores as CloudWatch Logs does.

use serde_json::{Value, json};

use crate::cloud::Cloud;

impl Cloud {
    /// Every log line of every function, each with the name of its log group.
    pub async fn logs(&self) -> Vec<(String, String)> {
        let groups = self.logs_call("DescribeLogGroups", &json!({})).await;
        let mut lines = Vec::new();
        for group in groups["logGroups"].as_array().unwrap() {
            let name = group["logGroupName"].as_str().unwrap();
            let mut input = json!({ "logGroupName": name });
            loop {
                let page = self.logs_call("FilterLogEvents", &input).await;
                let messages =
                    page["events"].as_array().into_iter().flatten().filter_map(|one| one["message"].as_str());
                lines.extend(messages.map(|message| (name.to_owned(), message.to_owned())));
                if !page["nextToken"].is_string() || page["nextToken"] == input["nextToken"] {
                    break;
                }
                input["nextToken"] = page["nextToken"].clone();
            }
        }
        lines
    }

    async fn logs_call(&self, operation: &str, input: &Value) -> Value {
        self.platform_wire().json("logs", &format!("Logs_20140328.{operation}"), input).await
    }
}
