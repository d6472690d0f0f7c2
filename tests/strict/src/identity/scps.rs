//! The service control policies that bind an account: on itself, and on each OU above it up to the root.

use serde_json::{Value, json};

use super::library::Library;

/// The documents of each level, the account's own first. Every level has to allow what is done.
pub(super) async fn levels(library: &Library, account: &str) -> Vec<Vec<Value>> {
    let mut levels = Vec::new();
    let mut target = account.to_owned();
    // AWS allows OUs five deep; moto might have a ring.
    for _ in 0..7 {
        levels.push(attached(library, &target).await);
        let parents = library.organizations("ListParents", &json!({"ChildId": target})).await;
        match parents["Parents"][0]["Id"].as_str() {
            Some(parent) => parent.clone_into(&mut target),
            None => break,
        }
    }
    levels
}

async fn attached(library: &Library, target: &str) -> Vec<Value> {
    let mut documents = Vec::new();
    let mut parameters = json!({"TargetId": target, "Filter": "SERVICE_CONTROL_POLICY"});
    loop {
        let listed = library.organizations("ListPoliciesForTarget", &parameters).await;
        for policy in listed["Policies"].as_array().into_iter().flatten() {
            let described = library.organizations("DescribePolicy", &json!({"PolicyId": policy["Id"]})).await;
            let content = described["Policy"]["Content"].as_str().unwrap_or_default();
            documents.push(serde_json::from_str(content).unwrap_or_default());
        }
        match listed["NextToken"].as_str() {
            Some(token) => parameters["NextToken"] = token.into(),
            None => return documents,
        }
    }
}
