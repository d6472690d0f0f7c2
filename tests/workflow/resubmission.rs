//! Requests for an account that was requested before: by the same or another caller, with the same or other settings.

use cloud::{Caller, Cloud, email, request};
use local_cloud::strict::{Fault, Rule};
use serde_json::{Value, json};

use crate::adopt::operator;

#[tokio::test]
async fn same_request_twice_is_one_request() {
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
async fn ten_concurrent_requests_create_one_account() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let tasks = (0..10).map(|_| {
        let caller = caller.clone();
        tokio::spawn(async move { caller.post(&request("ten-at-once")).await })
    });
    let mut locations = Vec::new();
    for task in tasks.collect::<Vec<_>>() {
        let response = task.await.unwrap();
        assert_eq!(response.status, 202, "{response:?}");
        locations.push(response.location.unwrap());
    }
    locations.dedup();
    let [location] = locations.as_slice() else { panic!("one request, not {locations:?}") };
    let outcome = caller.outcome(location.trim_start_matches("/v1/requests/")).await;
    assert_eq!(outcome["status"], "VENDED", "{outcome:#}");
    assert_eq!(cloud.accounts_of(&email("ten-at-once")).await.len(), 1);
}

#[tokio::test]
async fn conflict_names_the_running_request() {
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
    let rejected = caller.post(&other).await;
    assert_eq!(rejected.status, 409, "{rejected:?}");
    let named = running.body["requestId"].as_str().unwrap();
    assert!(rejected.body["detail"].as_str().unwrap().contains(named), "{rejected:?}");
    caller.outcome(named).await;
}

#[tokio::test]
async fn operator_hands_an_account_over() {
    let cloud = Cloud::connect();
    let requester = Caller::user(&cloud, "former-owner", &["*"]).await;
    let successor = Caller::user(&cloud, "new-owner", &["*"]).await;
    let operator = operator(&cloud, "hand-over").await;
    let body = request("handed-over");
    let vended = requester.vend(&body).await;
    let id = vended["account"]["id"].as_str().unwrap();
    let new_requester = successor.user_arn.clone().unwrap();

    let refused = requester.hand_over(id, &new_requester).await;
    assert_eq!(refused.status, 403, "{refused:?}");
    let accepted = operator.hand_over(id, &new_requester).await;
    assert_eq!(accepted.status, 202, "{accepted:?}");
    let outcome = operator.outcome(accepted.body["requestId"].as_str().unwrap()).await;
    assert_eq!((&outcome["status"], &outcome["requestedBy"]), (&json!("VENDED"), &json!(new_requester)), "{outcome:#}");
    let shown = operator.get(&format!("/accounts/{id}")).await.body;
    assert_eq!((&shown["requestedBy"], &shown["state"]), (&json!(new_requester), &json!("ACTIVE")));

    let by_former = requester.put(id, &body).await;
    assert_eq!(by_former.status, 403, "{by_former:?}");
    let by_new = successor.put(id, &body).await;
    assert_eq!(by_new.status, 202, "{by_new:?}");
    successor.outcome(by_new.body["requestId"].as_str().unwrap()).await;
    let again = operator.hand_over(id, &new_requester).await;
    assert_eq!(again.status, 200, "the requester is unchanged: {again:?}");
}

#[tokio::test]
async fn accounts_are_listed_by_owner_ou_and_state() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let mut body = request("listed-account");
    let owner = email("listed-owner");
    body["owner"] = owner.clone().into();
    let vended = caller.vend(&body).await;
    let query = format!(
        "owner={}&organizationalUnit=Workloads&state=ACTIVE&limit=100",
        owner.replace('@', "%40").replace('+', "%2B")
    );
    let (mut seen, mut path) = (Vec::new(), format!("/accounts?{query}"));
    loop {
        let page = caller.get(&path).await;
        assert_eq!(page.status, 200, "{page:?}");
        seen.extend(page.body["accounts"].as_array().unwrap().clone());
        let Some(token) = page.body["nextToken"].as_str() else { break };
        path = format!("/accounts?{query}&nextToken={token}");
    }
    let ids: Vec<&Value> = seen.iter().map(|account| &account["accountId"]).collect();
    assert_eq!(ids, [&vended["account"]["id"]]);
    assert_eq!(seen[0]["baselineVersion"], env!("CARGO_PKG_VERSION"));
}

#[tokio::test]
async fn only_the_requester_changes_an_account() {
    let cloud = Cloud::connect();
    let all_routes = &["*"];
    let requester = Caller::user(&cloud, "changes-requester", all_routes).await;
    let other = Caller::user(&cloud, "changes-other", all_routes).await;
    let vended = requester.vend(&request("changes")).await;
    let id = vended["account"]["id"].as_str().unwrap();
    let mut changed = request("changes");
    changed["organizationalUnit"] = json!("Workloads/Production");
    changed["tags"] = json!({ "Stage": "production" });

    let by_post = other.post(&changed).await;
    assert_eq!(by_post.status, 409, "{by_post:?}");
    assert!(by_post.body["detail"].as_str().unwrap().contains("belongs to"), "{by_post:?}");
    let by_other = other.put(id, &changed).await;
    assert_eq!(by_other.status, 403, "{by_other:?}");
    assert_eq!(cloud.unit_of(id).await, "Development");

    let accepted = requester.put(id, &changed).await;
    assert_eq!(accepted.status, 202, "{accepted:?}");
    let outcome = requester.outcome(accepted.body["requestId"].as_str().unwrap()).await;
    assert_eq!(outcome["status"], "VENDED", "{outcome:#}");
    assert_eq!(outcome["account"]["id"], id);
    assert_eq!(cloud.unit_of(id).await, "Production");
    assert_eq!(cloud.tags_of(id).await["Stage"], "production");
    assert_eq!(cloud.accounts_of(&email("changes")).await.len(), 1);
}
