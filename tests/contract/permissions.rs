//! The vending role in the accounts can do what the steps do with it, and nothing else.

use std::collections::BTreeSet;

use serde_json::Value;

/// Every step that works over the vending role. One that is missing here finds its own actions denied.
const SESSIONS: [&[&str]; 3] =
    [enable_cloudtrail::SESSION_ACTIONS, enable_config::SESSION_ACTIONS, grant_access::SESSION_ACTIONS];

#[test]
fn the_vending_role_allows_what_the_steps_do_and_nothing_else() {
    let permissions = bootstrap_role::permissions(&"111111111111".parse().unwrap());
    let statements = permissions["Statement"].as_array().unwrap().iter();
    let allowed: BTreeSet<&str> = statements.flat_map(|statement| actions(&statement["Action"])).collect();
    let used: BTreeSet<&str> = SESSIONS.concat().into_iter().collect();
    assert_eq!(allowed, used);
}

/// One action, or a list of them.
fn actions(action: &Value) -> Vec<&str> {
    match action {
        Value::Array(actions) => actions.iter().map(|action| action.as_str().unwrap()).collect(),
        one => vec![one.as_str().unwrap()],
    }
}
