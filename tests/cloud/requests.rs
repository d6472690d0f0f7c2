//! Requests for accounts.

use serde_json::{Value, json};

/// A request for an account that no other test and no other run requests.
pub fn request(name: &str) -> Value {
    json!({ "accountName": unique(name), "accountEmail": email(name), "organizationalUnit": "Workloads/Development" })
}

/// A request with every field.
pub fn full_request(name: &str, unit: &str) -> Value {
    json!({
        "accountName": unique(name), "accountEmail": email(name), "organizationalUnit": unit,
        "owner": "team@example.com", "tags": { "CostCenter": "1234" },
        "access": [
            { "group": "payments-developers", "permissionSet": "PowerUserAccess" },
            { "user": "lead@example.com", "permissionSet": "ViewOnlyAccess" },
        ],
        "githubDeploy": [{
            "repository": "acme/payments", "ownerId": 1, "repositoryId": 2, "branches": ["main"],
            "environments": ["production"], "policyArns": ["arn:aws:iam::aws:policy/PowerUserAccess"],
        }],
        "monthlyBudgetUsd": 500,
        "contacts": { "operations": { "name": "Sam", "title": "On call", "email": "sam@example.com", "phone": "+1 555 0100" } },
    })
}

pub fn email(name: &str) -> String {
    format!("aws+{}@example.com", unique(name))
}

/// Adds the ID of the run to a name: a local cloud can serve many runs, and keeps their accounts.
pub fn unique(name: &str) -> String {
    let run = std::env::var_os("NEXTEST_RUN_ID").and_then(|id| id.into_string().ok()).unwrap_or_default();
    format!("{name}-{}", run.split('-').next().unwrap_or_default())
}
