//! One vend for each call that a vend makes and each fault that can happen to a call.
//!
//! Whatever happens to one call, the account ends as without the fault: at once, or after a failure that says what to
//! do, when the request is sent again.

use std::collections::BTreeMap;
use std::sync::Arc;

use local_cloud::{Caller, Cloud, email, key_of, request, unique};
use serde_json::{Value, json};
use strict::{Call, Delivery, Fault, Rule, Settings, Throttling, Visibility};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::client::{self, vend};
use crate::findings;
use crate::snapshot::{differences, snapshot};

/// Vends at a time: the machine's cores, and what they wait for.
const SIDE_BY_SIDE: usize = 4;
/// Outlasts the SDK's own retries, so that the fault reaches the state machine.
const BEYOND_THE_SDK: u32 = 4;

/// The call of a vend that a fault happens to: the nth of its kind.
#[derive(Clone, Debug)]
struct Target {
    function: String,
    service: String,
    operation: String,
    nth: u32,
    /// Whether the call tells which vend it is of. One that doesn't is tried alone.
    names_its_vend: bool,
}

/// A clean vend, and what it called.
struct Sample {
    targets: Vec<Target>,
    end: Value,
}

impl Sample {
    async fn take(cloud: &Cloud, name: &str) -> Self {
        calm(cloud).await;
        let caller = Caller::root(cloud);
        // Fills the caches, of the OUs say, that a later vend finds.
        vend(&caller, &request(&format!("{name}-warm"))).await;
        let before = cloud.strict.last_sequence().await.unwrap();
        let vended = vend(&caller, &request(name)).await;
        assert!(vended.failures.is_empty(), "{vended:?}");
        let calls = cloud.strict.calls_since(before).await.unwrap();
        let id = vended.outcome["account"]["id"].as_str().unwrap();
        let named = [email(name), key_of(&email(name)), id.to_owned()];
        Self { targets: targets(&calls, &named), end: snapshot(cloud, &unique(name), &email(name)).await }
    }
}

/// No delays and throttles beside the fault: each vend makes the same calls.
async fn calm(cloud: &Cloud) {
    cloud.strict.set_throttling(&Throttling::default()).await.unwrap();
    cloud.strict.set_visibility(&Visibility::default()).await.unwrap();
    cloud.strict.set_events(Delivery::Never).await.unwrap();
    let settings = Settings { settle_millis: Some(0), ..Settings::default() };
    cloud.strict.set_settings(&settings).await.unwrap();
}

/// The calls of the functions of a vend, in their order.
fn targets(calls: &[Call], named: &[String]) -> Vec<Target> {
    let mut seen: BTreeMap<(String, String, String), u32> = BTreeMap::new();
    let mut targets = Vec::new();
    let mut asked = false;
    for call in calls {
        let Some(function) = call.function.clone() else { continue };
        // Once the request is accepted, the API is only looked at.
        if is_scheduled(&function) || (asked && function.ends_with("accounts-api")) {
            continue;
        }
        asked |= call.operation == "StartExecution";
        let kind = (function.clone(), call.service.clone(), call.operation.clone());
        let nth = seen.entry(kind).and_modify(|nth| *nth += 1).or_insert(1);
        targets.push(Target {
            function,
            service: call.service.clone(),
            operation: call.operation.clone(),
            nth: *nth,
            names_its_vend: named.iter().any(|text| call.mentions(text)),
        });
    }
    targets
}

/// Not of any one vend.
fn is_scheduled(function: &str) -> bool {
    function.ends_with("sweep-requests") || function.ends_with("adopt-account")
}

async fn sweep(kind: &'static str, times: u32, fault: Fault) {
    let cloud = Arc::new(Cloud::connect());
    let sample = Arc::new(Sample::take(&cloud, &format!("{kind}-clean")).await);
    assert!(sample.targets.len() >= 25, "{:#?}", sample.targets);
    let (side_by_side, alone): (Vec<_>, Vec<_>) =
        sample.targets.iter().cloned().enumerate().partition(|(_, target)| target.names_its_vend);

    let mut ends = BTreeMap::new();
    for (index, target) in alone {
        let end = try_one(&cloud, &sample, &format!("{kind}-{index}"), &target, times, &fault).await;
        ends.insert(index, end);
    }
    let permits = Arc::new(Semaphore::new(SIDE_BY_SIDE));
    let mut vends = JoinSet::new();
    for (index, target) in side_by_side {
        let (cloud, sample, fault, permits) = (cloud.clone(), sample.clone(), fault.clone(), permits.clone());
        vends.spawn(async move {
            let _permit = permits.acquire_owned().await.unwrap();
            let end = try_one(&cloud, &sample, &format!("{kind}-{index}"), &target, times, &fault).await;
            (index, end)
        });
    }
    while let Some(vended) = vends.join_next().await {
        let (index, end) = vended.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()));
        ends.insert(index, end);
    }
    findings::keep(&format!("crash-sweep-{kind}"), &finding(kind, &sample.targets, &ends));
}

/// Vends with the fault, and answers the failures on the way.
async fn try_one(
    cloud: &Cloud,
    sample: &Sample,
    name: &str,
    target: &Target,
    times: u32,
    fault: &Fault,
) -> Vec<String> {
    let Target { function, service, operation, nth, names_its_vend } = target.clone();
    let vend = if names_its_vend { vec![email(name), key_of(&email(name))] } else { Vec::new() };
    let rule = Rule::new(&service, &operation, fault.clone());
    let rule = Rule { function: Some(function), vend, nth, times, ..rule };
    let rule = cloud.strict.add_rule(&rule).await.unwrap();
    let caller = Caller::root(cloud);
    let vended = client::vend(&caller, &request(name)).await;
    settle(cloud, name).await;
    let left = cloud.strict.remove_rule(rule).await.unwrap();
    assert!(left < times, "{name}: {target:?} was not called");
    let end = snapshot(cloud, &unique(name), &email(name)).await;
    let differences = differences(&end, &sample.end);
    assert!(differences.is_empty(), "{name}: {target:?}: {differences:#?} after {vended:?}");
    vended.failures
}

/// What the report could not write, the hourly sweep does.
async fn settle(cloud: &Cloud, name: &str) {
    let id = cloud.last_request_id(&email(name)).await;
    cloud.end_of_execution(&id).await;
    if cloud.record(&id).await["outcome"].is_null() {
        cloud.run_scheduled("account-vending-sweep-requests").await;
    }
}

fn finding(kind: &str, targets: &[Target], ends: &BTreeMap<usize, Vec<String>>) -> Value {
    let mut failures: BTreeMap<&str, u32> = BTreeMap::new();
    for failure in ends.values().flatten() {
        *failures.entry(failure).or_default() += 1;
    }
    json!({
        "fault": kind,
        "calls": targets.len(),
        "vendedAtOnce": ends.values().filter(|failures| failures.is_empty()).count(),
        "vendedWhenRepeated": ends.values().filter(|failures| !failures.is_empty()).count(),
        "failures": failures,
    })
}

#[tokio::test]
async fn an_answer_is_lost_after_the_call_took_effect() {
    sweep("answer-lost", 1, Fault::CutAfter).await;
}

#[tokio::test]
async fn the_connection_is_cut_before_the_call() {
    sweep("cut-before", BEYOND_THE_SDK, Fault::CutBefore).await;
}

#[tokio::test]
async fn the_call_is_throttled() {
    sweep("throttled", BEYOND_THE_SDK, Fault::error(400, "ThrottlingException", "Rate exceeded")).await;
}

#[tokio::test]
async fn the_service_fails() {
    sweep("server-error", BEYOND_THE_SDK, Fault::error(500, "InternalFailure", "We encountered an internal error."))
        .await;
}

#[tokio::test]
async fn the_function_is_killed_right_after_the_call() {
    sweep("function-killed", 1, Fault::KillCaller).await;
}
