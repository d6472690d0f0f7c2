//! `Idempotency-Key`: the answer of the first time, and nothing done a second time.

use local_cloud::{Caller, Cloud, email, key_of, request, unique};
use serde_json::json;
use strict::{Fault, Rule};

#[tokio::test]
async fn the_same_key_and_request_get_the_first_answer_even_when_the_account_stands() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let (key, body) = (unique("key"), request("key"));
    let first = caller.send_with_key(&key, "POST", "/accounts", &body).await;
    assert_eq!(first.status, 202, "{first:?}");
    caller.outcome(first.body["requestId"].as_str().unwrap()).await;
    let again = caller.send_with_key(&key, "POST", "/accounts", &body).await;
    assert_eq!((again.status, &again.location, &again.body), (202, &first.location, &first.body));
    let without_key = caller.post(&body).await;
    assert_eq!(without_key.status, 200, "{without_key:?}");
}

#[tokio::test]
async fn a_change_with_a_key_runs_once() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let (key, body) = (unique("change"), request("key-change"));
    caller.vend(&body).await;
    let path = format!("/accounts/{}", key_of(&email("key-change")));
    let change = || caller.send_with_key(&key, "PUT", &path, &body);
    let first = change().await;
    assert_eq!(first.status, 202, "{first:?}");
    caller.outcome(first.body["requestId"].as_str().unwrap()).await;
    assert_eq!(change().await.body, first.body);
    assert!(!cloud.execution_exists(&format!("{}-3", key_of(&email("key-change")))).await);
}

#[tokio::test]
async fn a_key_is_for_one_request() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let key = unique("one-request");
    let refused = caller.send_with_key(&key, "POST", "/accounts", &json!({ "accountName": "" })).await;
    assert_eq!(refused.status, 400, "{refused:?}");
    let other = caller.send_with_key(&key, "POST", "/accounts", &request("one-request")).await;
    assert_eq!(other.status, 422, "{other:?}");
    assert!(cloud.accounts_of(&email("one-request")).await.is_empty());
}

#[tokio::test]
async fn of_ten_with_the_same_key_at_once_one_is_processed() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let (key, body) = (unique("at-once"), request("at-once"));
    let calls: Vec<_> = (0..10)
        .map(|_| {
            let (caller, key, body) = (caller.clone(), key.clone(), body.clone());
            tokio::spawn(async move { caller.send_with_key(&key, "POST", "/accounts", &body).await })
        })
        .collect();
    let mut accepted = 0;
    for call in calls {
        let answer = call.await.unwrap();
        assert!([202, 409].contains(&answer.status), "{answer:?}");
        accepted += usize::from(answer.status == 202);
    }
    assert!(accepted > 0);
    let last = caller.send_with_key(&key, "POST", "/accounts", &body).await;
    assert_eq!(last.status, 202, "{last:?}");
    let outcome = caller.outcome(last.body["requestId"].as_str().unwrap()).await;
    assert_eq!(outcome["status"], "VENDED", "{outcome:#}");
    assert_eq!(cloud.accounts_of(&email("at-once")).await.len(), 1);
}

#[tokio::test]
async fn a_request_that_could_not_be_taken_is_taken_with_the_same_key() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let (key, body) = (unique("not-taken"), request("not-taken"));
    let claim = format!("requests/{}/1.json", key_of(&email("not-taken")));
    let busy = Rule::new("s3", "PutObject", Fault::error(503, "SlowDown", "made by the test"));
    let rule = cloud.strict.add_rule(&Rule { parameter: Some(claim), times: Rule::ALWAYS, ..busy }).await.unwrap();
    let refused = caller.send_with_key(&key, "POST", "/accounts", &body).await;
    assert_eq!(refused.status, 503, "{refused:?}");
    cloud.strict.remove_rule(rule).await.unwrap();
    let taken = caller.send_with_key(&key, "POST", "/accounts", &body).await;
    assert_eq!(taken.status, 202, "{taken:?}");
}
