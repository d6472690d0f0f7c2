//! The session policies of the steps, and the permissions of the vending role that are generated from them.

use std::fs;

use serde_json::{Value, json};
use vending_core::fill_policy;

use crate::project::{functions, read, root};

/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
const MAX_SESSION_POLICY: usize = 2_048;
/// For all inline policies of a role: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const MAX_INLINE_POLICIES: usize = 10_240;

const VALUES: [(&str, &str); 3] = [
    ("AccountId", "111122223333"),
    ("GithubPermissionsBoundary", "arn:aws:iam::aws:policy/PowerUserAccess"),
    ("OrganizationAccessRoleName", "OrganizationAccountAccessRole"),
];

/// The session policies of all functions, each with the path of its file.
fn session_policies() -> Vec<(String, Value)> {
    let files = functions().into_iter().flat_map(|function| {
        let folder = function.path();
        let names =
            fs::read_dir(root().join(&folder)).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
        let names = names.filter(|name| name.starts_with("session-policy"));
        names.map(|name| format!("{folder}/{name}")).collect::<Vec<_>>()
    });
    files.map(|file| (file.clone(), fill_policy(&read(&file), &VALUES).unwrap())).collect()
}

fn statements(policy: &Value) -> &Vec<Value> {
    policy["Statement"].as_array().unwrap()
}

/// A function can combine all of its files in one session.
#[test]
fn session_policies_fit_into_a_session() {
    for function in functions() {
        let own = session_policies().into_iter().filter(|(file, _)| file.starts_with(&format!("{}/", function.path())));
        let all: Vec<Value> = own.flat_map(|(_, policy)| statements(&policy).clone()).collect();
        let size = json!({ "Version": "2012-10-17", "Statement": all }).to_string().len();
        assert!(size <= MAX_SESSION_POLICY, "{}: {size} characters", function.path());
    }
}

#[test]
fn session_policies_have_no_wildcard_actions() {
    for (file, policy) in session_policies() {
        for statement in statements(&policy) {
            let actions: Vec<&str> = statement["Action"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
            assert!(!actions.is_empty() && actions.is_sorted(), "{file}: {actions:?} are not sorted");
            assert!(actions.iter().all(|action| !action.contains('*')), "{file}: {actions:?}");
            assert!(statement["Sid"].is_string(), "{file}: {statement}");
        }
    }
}

#[test]
fn permissions_fit_into_an_inline_policy() {
    let permissions = fill_policy(&read("functions/vend/bootstrap-role/permissions.json"), &VALUES).unwrap();
    let size = permissions.to_string().len();
    assert!(size <= MAX_INLINE_POLICIES, "{size} characters");
}
