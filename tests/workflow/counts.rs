//! What a vend costs in states and calls, whatever the size of the organization.
//!
//! Runs alone (see .config/nextest.toml): every call that is seen is this vend's.

use aws_sdk_sfn::types::{HistoryEvent, HistoryEventType};
use local_cloud::{Caller, Cloud, email, request};

const MOST_STATES: usize = 25;
const MOST_CALLS: usize = 36;

#[tokio::test]
async fn a_vend_costs_the_same_in_a_small_and_a_large_organization() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let mut measured = Vec::new();
    for (name, more) in [("counts-warm", 0), ("counts-small", 0), ("counts-51", 50), ("counts-251", 200)] {
        add_accounts(&cloud, name, more).await;
        measured.push(vend(&cloud, &caller, name).await);
    }
    for (states, calls) in &measured {
        println!("states: {states}, AWS calls: {} {calls:#?}", calls.len());
        assert!(*states <= MOST_STATES, "{states} states");
        assert!(calls.len() <= MOST_CALLS, "{} calls: {calls:#?}", calls.len());
    }
    let warm = &measured[1..];
    assert!(warm.iter().all(|one| *one == warm[0]), "the cost grows with the organization: {warm:#?}");
}

/// Straight into the emulated AWS: the functions know nothing of them.
async fn add_accounts(cloud: &Cloud, name: &str, more: usize) {
    for number in 0..more {
        let email = email(&format!("{name}-{number}"));
        cloud.organizations().create_account().email(email).account_name(name).send().await.unwrap();
    }
}

async fn vend(cloud: &Cloud, caller: &Caller, name: &str) -> (usize, Vec<String>) {
    let before = cloud.strict.last_sequence().await.unwrap();
    let accepted = caller.post(&request(name)).await;
    let id = accepted.body["requestId"].as_str().unwrap();
    let end = cloud.end_of_execution(id).await;
    assert!(end.starts_with("SUCCEEDED"), "{end}");
    let calls = cloud.strict.calls_since(before).await.unwrap();
    let mut names: Vec<String> = calls.iter().map(|call| format!("{}:{}", call.service, call.operation)).collect();
    names.sort();
    (states(cloud, id).await, names)
}

async fn states(cloud: &Cloud, request_id: &str) -> usize {
    let history = cloud.step_functions().get_execution_history().execution_arn(cloud.execution_arn(request_id));
    let mut pages = history.into_paginator().send();
    let mut events = Vec::new();
    while let Some(page) = pages.next().await {
        events.extend(page.unwrap().events);
    }
    let of = |kind: HistoryEventType| events.iter().filter(|event| event.r#type == kind).count();
    let entered = |event: &&HistoryEvent| event.r#type.as_str().ends_with("StateEntered");
    // The local cloud shows tasks inside a Map without their states.
    let hidden = of(HistoryEventType::TaskScheduled).saturating_sub(of(HistoryEventType::TaskStateEntered));
    events.iter().filter(entered).count() + hidden
}
