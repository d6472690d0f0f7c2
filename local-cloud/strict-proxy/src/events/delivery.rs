//! Finds the functions that are targets of matching EventBridge rules, and invokes them.

use serde_json::{Value, json};

use crate::emulators::Upstreams;
use crate::wire::AwsResponse;

/// Returns the functions that received the event. If an emulator does not respond, the event is lost.
pub(super) async fn deliver(upstreams: &Upstreams, event: &Value) -> Vec<String> {
    let mut functions = Vec::new();
    for function in targets(upstreams, event).await.unwrap_or_default() {
        if upstreams.invoke_async(&function, event).await.is_ok() {
            functions.push(function);
        }
    }
    functions
}

async fn targets(upstreams: &Upstreams, event: &Value) -> Result<Vec<String>, AwsResponse> {
    let mut functions = Vec::new();
    for rule in rules(upstreams).await? {
        if matches_rule(upstreams, &rule, event).await? {
            let listed = upstreams.events("ListTargetsByRule", &json!({"Rule": rule["Name"]})).await?;
            let targets = listed["Targets"].as_array().into_iter().flatten();
            functions.extend(targets.filter_map(|target| function_name(target["Arn"].as_str()?)));
        }
    }
    Ok(functions)
}

async fn rules(upstreams: &Upstreams) -> Result<Vec<Value>, AwsResponse> {
    let (mut rules, mut parameters) = (Vec::new(), json!({}));
    loop {
        let listed = upstreams.events("ListRules", &parameters).await?;
        rules.extend(listed["Rules"].as_array().into_iter().flatten().cloned());
        match listed["NextToken"].as_str() {
            Some(token) => parameters = json!({"NextToken": token}),
            None => return Ok(rules),
        }
    }
}

async fn matches_rule(upstreams: &Upstreams, rule: &Value, event: &Value) -> Result<bool, AwsResponse> {
    let (Some("ENABLED"), Some(pattern)) = (rule["State"].as_str(), rule["EventPattern"].as_str()) else {
        return Ok(false);
    };
    let test = json!({"EventPattern": pattern, "Event": event.to_string()});
    Ok(upstreams.events("TestEventPattern", &test).await?["Result"] == true)
}

/// Returns `None` if the target is not a function.
fn function_name(arn: &str) -> Option<String> {
    let (_, name) = arn.strip_prefix("arn:aws:lambda:")?.split_once(":function:")?;
    name.split(':').next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_function_arns_are_targets() {
        let name = |arn: &str| function_name(arn);
        let function = "arn:aws:lambda:us-east-1:123456789012:function:adopt-account";
        assert_eq!(name(function).as_deref(), Some("adopt-account"));
        assert_eq!(name(&format!("{function}:live")).as_deref(), Some("adopt-account"));
        assert_eq!(name("arn:aws:sqs:us-east-1:123456789012:queue"), None);
    }
}
