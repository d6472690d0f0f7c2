//! `Idempotency-Key`: a repeated call returns the first response and does nothing.

use cloud::{Caller, Cloud, email, key_of, request, unique};
use local_cloud::strict::{Fault, Rule};
use serde_json::json;

#[tokio::test]
async fn same_key_returns_the_first_response() {
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
async fn change_with_a_key_runs_once() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let (key, body) = (unique("change"), request("key-change"));
    let vended = caller.vend(&body).await;
    let path = format!("/accounts/{}", vended["account"]["id"].as_str().unwrap());
    let change = || caller.send_with_key(&key, "PUT", &path, &body);
    let first = change().await;
    assert_eq!(first.status, 202, "{first:?}");
    caller.outcome(first.body["requestId"].as_str().unwrap()).await;
    assert_eq!(change().await.body, first.body);
    assert!(!cloud.execution_exists(&format!("{}-3", key_of(&email("key-change")))).await);
}

#[tokio::test]
async fn key_with_another_request_is_rejected() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let key = unique("one-request");
    let rejected = caller.send_with_key(&key, "POST", "/accounts", &json!({ "accountName": "" })).await;
    assert_eq!(rejected.status, 400, "{rejected:?}");
    let other = caller.send_with_key(&key, "POST", "/accounts", &request("one-request")).await;
    assert_eq!(other.status, 422, "{other:?}");
    assert!(cloud.accounts_of(&email("one-request")).await.is_empty());
}

#[tokio::test]
async fn ten_concurrent_calls_with_one_key_run_once() {
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
        let response = call.await.unwrap();
        assert!([202, 409].contains(&response.status), "{response:?}");
        accepted += usize::from(response.status == 202);
    }
    assert!(accepted > 0);
    let last = caller.send_with_key(&key, "POST", "/accounts", &body).await;
    assert_eq!(last.status, 202, "{last:?}");
    let outcome = caller.outcome(last.body["requestId"].as_str().unwrap()).await;
    assert_eq!(outcome["status"], "VENDED", "{outcome:#}");
    assert_eq!(cloud.accounts_of(&email("at-once")).await.len(), 1);
}

#[tokio::test]
async fn unaccepted_request_can_reuse_its_key() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let (key, body) = (unique("not-accepted"), request("not-accepted"));
    let claim = format!("requests/{}/1.json", key_of(&email("not-accepted")));
    let busy = Rule::new("s3", "PutObject", Fault::error(503, "SlowDown", "injected by the test"));
    let rule = cloud.strict.add_rule(&Rule { parameter: Some(claim), times: Rule::ALWAYS, ..busy }).await.unwrap();
    let rejected = caller.send_with_key(&key, "POST", "/accounts", &body).await;
    assert_eq!(rejected.status, 503, "{rejected:?}");
    cloud.strict.remove_rule(rule).await.unwrap();
    let accepted = caller.send_with_key(&key, "POST", "/accounts", &body).await;
    assert_eq!(accepted.status, 202, "{accepted:?}");
}
