//! The service control policies of an account.

use serde_json::{Value, json};

use super::policy_cache::PolicyCache;

/// Returns the documents of each level: account, OUs, root. Every level must allow an action.
pub(super) async fn levels(policy_cache: &PolicyCache, account: &str) -> Vec<Vec<Value>> {
    let mut levels = Vec::new();
    let mut target = account.to_owned();
    // OUs are nested up to five levels. The limit also ends a cycle in the emulator.
    for _ in 0..7 {
        levels.push(attached(policy_cache, &target).await);
        let parents = policy_cache.organizations("ListParents", &json!({"ChildId": target})).await;
        match parents["Parents"][0]["Id"].as_str() {
            Some(parent) => parent.clone_into(&mut target),
            None => break,
        }
    }
    levels
}

async fn attached(policy_cache: &PolicyCache, target: &str) -> Vec<Value> {
    let mut documents = Vec::new();
    let mut parameters = json!({"TargetId": target, "Filter": "SERVICE_CONTROL_POLICY"});
    loop {
        let listed = policy_cache.organizations("ListPoliciesForTarget", &parameters).await;
        for policy in listed["Policies"].as_array().into_iter().flatten() {
            let described = policy_cache.organizations("DescribePolicy", &json!({"PolicyId": policy["Id"]})).await;
            let content = described["Policy"]["Content"].as_str().unwrap_or_default();
            documents.push(serde_json::from_str(content).unwrap_or_default());
        }
        match listed["NextToken"].as_str() {
            Some(token) => parameters["NextToken"] = token.into(),
            None => return documents,
        }
    }
}
