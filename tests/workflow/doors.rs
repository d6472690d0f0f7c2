//! One account, asked for through every door at once.

use std::time::Duration;

use local_cloud::{Caller, Cloud, email, key_of, pause, request, unique};
use serde_json::{Value, json};

use crate::adopt::deliver;
use crate::stack::{Stack, parameters};

/// AWS's event of the new account, as early as there is an account.
async fn event_of_the_account(cloud: &Cloud, email: &str) -> Value {
    loop {
        match cloud.accounts_of(email).await.first() {
            Some(account) => return deliver(cloud, account.id().unwrap()).await,
            None => pause(Duration::from_millis(50)).await,
        }
    }
}

#[tokio::test]
async fn three_doors_at_once_lead_to_one_account() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let (name, email) = (unique("three-doors"), email("three-doors"));
    let parameters = parameters(&name, &email);
    let body = request("three-doors");
    let asked = caller.post(&body);
    let stack = Stack::create(&cloud, "three-doors", &parameters);
    let (asked, stack, event) = tokio::join!(asked, stack, event_of_the_account(&cloud, &email));

    let request_id = format!("{}-1", key_of(&email));
    assert_eq!((asked.status, &asked.body["requestId"]), (202, &json!(request_id)), "{asked:?}");
    assert_eq!(event, json!({ "adopted": 0, "leftAlone": 1, "failed": 0 }));
    let outputs = stack.ends_as("CREATE_COMPLETE").await;
    let outcome = caller.outcome(&request_id).await;
    assert_eq!(outcome["status"], "VENDED", "{outcome:#}");

    let account = cloud.account_of(&email).await;
    let id = account.id().unwrap();
    assert_eq!((&outcome["account"]["id"], &outputs["AccountId"]), (&json!(id), &id.to_owned()));
    assert_eq!(outputs["RequestId"], request_id);
    assert_eq!(cloud.unit_of(id).await, "Development");
    assert!(!cloud.execution_exists(&format!("{}-2", key_of(&email))).await);
}
