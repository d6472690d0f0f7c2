//! One account, requested through every entry point at once.

use cloud::{Caller, Cloud, email, key_of, request, unique};
use serde_json::{Value, json};

use crate::adopt::deliver;
use crate::stack::{Stack, parameters};

/// Delivers AWS's event of the new account as soon as the account exists.
async fn deliver_account_event(cloud: &Cloud, email: &str) -> Value {
    deliver(cloud, &cloud.created_account(email).await).await
}

#[tokio::test]
async fn three_entry_points_create_one_account() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let (name, email) = (unique("entry-points"), email("entry-points"));
    let parameters = parameters(&name, &email);
    let body = request("entry-points");
    let response = caller.post(&body);
    let stack = Stack::create(&cloud, "entry-points", &parameters);
    let (response, stack, event) = tokio::join!(response, stack, deliver_account_event(&cloud, &email));

    let request_id = format!("{}-1", key_of(&email));
    assert_eq!(event, json!({ "adopted": 0, "leftAlone": 1, "failed": 0 }));
    let outcome = caller.outcome(&request_id).await;
    assert_eq!(outcome["status"], "VENDED", "{outcome:#}");
    let account = cloud.account_of(&email).await;
    let id = account.id().unwrap();
    assert_eq!(outcome["account"]["id"], id);
    // The account belongs to the first requester, and the response to the other one names the owner.
    if response.status == 202 {
        assert_eq!(response.body["requestId"], request_id);
        stack.fails_because(&format!("request {request_id} of")).await;
        assert!(!cloud.tags_of(id).await.contains_key("account-vending:stack"));
    } else {
        assert_eq!(response.status, 409, "{response:?}");
        assert!(response.body["detail"].as_str().unwrap().contains(":cloudformation:"), "{response:?}");
        assert_eq!(stack.ends_as("CREATE_COMPLETE").await["AccountId"], id);
    }
    assert_eq!(cloud.unit_of(id).await, "Development");
    assert!(!cloud.execution_exists(&format!("{}-2", key_of(&email))).await);
}
