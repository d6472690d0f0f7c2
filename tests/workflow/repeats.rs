//! The same account asked for again: by the same or by another, with the same or another content.

use local_cloud::{Caller, Cloud, email, key_of, request};
use serde_json::json;
use strict::{Fault, Rule};

#[tokio::test]
async fn the_same_request_twice_is_one_request() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let body = request("twice");
    let first = caller.post(&body).await;
    let second = caller.post(&body).await;
    assert_eq!((first.status, second.status), (202, 202), "{second:?}");
    assert_eq!(first.location, second.location);
    caller.outcome(first.body["requestId"].as_str().unwrap()).await;

    let third = caller.post(&body).await;
    assert_eq!(third.status, 200, "{third:?}");
    assert_eq!(third.body["account"]["email"], email("twice"));
    assert_eq!(cloud.accounts_of(&email("twice")).await.len(), 1);
}

#[tokio::test]
async fn ten_at_once_make_one_account() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let tasks = (0..10).map(|_| {
        let caller = caller.clone();
        tokio::spawn(async move { caller.post(&request("ten-at-once")).await })
    });
    let mut locations = Vec::new();
    for task in tasks.collect::<Vec<_>>() {
        let answer = task.await.unwrap();
        assert_eq!(answer.status, 202, "{answer:?}");
        locations.push(answer.location.unwrap());
    }
    locations.dedup();
    let [location] = locations.as_slice() else { panic!("one request, not {locations:?}") };
    let outcome = caller.outcome(location.trim_start_matches("/accounts/")).await;
    assert_eq!(outcome["status"], "VENDED", "{outcome:#}");
    assert_eq!(cloud.accounts_of(&email("ten-at-once")).await.len(), 1);
}

#[tokio::test]
async fn other_content_while_running_names_the_running_request() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let slow = Fault::Delay { millis: 5_000 };
    let email = email("other-content");
    cloud
        .strict
        .add_rule(&Rule { parameter: Some(email.clone()), ..Rule::new("organizations", "CreateAccount", slow) })
        .await
        .unwrap();
    let running = caller.post(&request("other-content")).await;
    let mut other = request("other-content");
    other["organizationalUnit"] = json!("Workloads/Production");
    let refused = caller.post(&other).await;
    assert_eq!(refused.status, 409, "{refused:?}");
    let named = running.body["requestId"].as_str().unwrap();
    assert!(refused.body["detail"].as_str().unwrap().contains(named), "{refused:?}");
    caller.outcome(named).await;
}

#[tokio::test]
async fn an_account_that_stands_is_changed_by_its_requester_alone() {
    let cloud = Cloud::connect();
    let anyone = &["*"];
    let requester = Caller::user(&cloud, "changes-requester", anyone).await;
    let stranger = Caller::user(&cloud, "changes-stranger", anyone).await;
    let vended = requester.vend(&request("changes")).await;
    let key = key_of(&email("changes"));
    let mut changed = request("changes");
    changed["organizationalUnit"] = json!("Workloads/Production");
    changed["tags"] = json!({ "Stage": "production" });

    let by_post = stranger.post(&changed).await;
    assert_eq!(by_post.status, 409, "{by_post:?}");
    assert!(by_post.body["detail"].as_str().unwrap().contains(&format!("PUT /accounts/{key}")), "{by_post:?}");
    let by_stranger = stranger.put(&key, &changed).await;
    assert_eq!(by_stranger.status, 403, "{by_stranger:?}");
    let id = vended["account"]["id"].as_str().unwrap();
    assert_eq!(cloud.unit_of(id).await, "Development");

    let accepted = requester.put(&key, &changed).await;
    assert_eq!(accepted.status, 202, "{accepted:?}");
    let outcome = requester.outcome(accepted.body["requestId"].as_str().unwrap()).await;
    assert_eq!(outcome["status"], "VENDED", "{outcome:#}");
    assert_eq!(outcome["account"]["id"], id);
    assert_eq!(cloud.unit_of(id).await, "Production");
    assert_eq!(cloud.tags_of(id).await["Stage"], "production");
    assert_eq!(cloud.accounts_of(&email("changes")).await.len(), 1);
}
