//! One vend for each call that a vend makes and each fault that can happen to a call.
//!
//! Whatever happens to one call, the account ends as without the fault: at once, or after a failure that says what to
//! do, when the request is sent again. Of calls of one kind, as each region sees them, the first and the last are tried.

use std::collections::BTreeMap;
use std::sync::Arc;

use local_cloud::{Caller, Cloud, email, full_request, key_of, unique};
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
    is_last: bool,
    /// Whether the call tells which vend it is of. One that doesn't is tried alone.
    names_its_vend: bool,
    /// Where its vend takes place.
    unit: &'static str,
}

/// Units with all that vends do, most of it in a unit where vends are quick.
const UNIT: &str = "Workloads/Development";
/// What happens in this unit alone.
const FULL_UNIT: &str = "Workloads/Production";
const ONLY_IN_THE_FULL_UNIT: [&str; 2] = ["harden-compute", "run-customization"];

/// A clean vend, and what it called.
struct Sample {
    targets: Vec<Target>,
    end: Value,
}

impl Sample {
    async fn take(cloud: &Cloud, name: &str, unit: &'static str) -> Self {
        let caller = Caller::root(cloud);
        // Fills the caches, of the OUs say, that a later vend finds.
        vend(&caller, &full_request(&format!("{name}-warm"), unit)).await;
        let before = cloud.strict.last_sequence().await.unwrap();
        let vended = vend(&caller, &full_request(name, unit)).await;
        assert!(vended.failures.is_empty(), "{vended:?}");
        let calls = cloud.strict.calls_since(before).await.unwrap();
        let id = vended.outcome["account"]["id"].as_str().unwrap();
        let named = [email(name), key_of(&email(name)), id.to_owned()];
        Self { targets: targets(&calls, &named, unit), end: snapshot(cloud, &unique(name), &email(name)).await }
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
fn targets(calls: &[Call], named: &[String], unit: &'static str) -> Vec<Target> {
    let mut seen: BTreeMap<(String, String, String), u32> = BTreeMap::new();
    let mut targets: Vec<Target> = Vec::new();
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
            is_last: false,
            names_its_vend: named.iter().any(|text| call.mentions(text)),
            unit,
        });
    }
    for target in &mut targets {
        let kind = (target.function.clone(), target.service.clone(), target.operation.clone());
        target.is_last = target.nth == seen[&kind];
    }
    targets.retain(|target| target.nth == 1 || target.is_last);
    targets
}

/// Not of any one vend.
fn is_scheduled(function: &str) -> bool {
    function.ends_with("sweep-requests") || function.ends_with("adopt-account")
}

/// Which of the calls a fault happens to; `cargo xtask reliability` takes all.
#[derive(Clone, Copy)]
enum Share {
    /// The first of each kind.
    First,
    /// The last of each kind.
    Last,
    /// Every third, from this one on: of faults that leave nothing behind.
    Third(usize),
}

impl Share {
    fn has(self, index: usize, target: &Target) -> bool {
        std::env::var_os("WHOLE_CRASH_SWEEP").is_some()
            || match self {
                Self::First => target.nth == 1,
                Self::Last => target.is_last,
                Self::Third(first) => index % 3 == first,
            }
    }
}

async fn sweep(kind: &'static str, times: u32, share: Share, fault: Fault) {
    let cloud = Arc::new(Cloud::connect());
    calm(&cloud).await;
    let quick = Sample::take(&cloud, &format!("{kind}-clean"), UNIT).await;
    let full = Sample::take(&cloud, &format!("{kind}-full"), FULL_UNIT).await;
    let only_there = |target: &Target| ONLY_IN_THE_FULL_UNIT.iter().any(|name| target.function.ends_with(name));
    let targets: Vec<Target> = quick.targets.into_iter().filter(|target| !only_there(target)).collect();
    let targets = [targets, full.targets.into_iter().filter(only_there).collect()].concat();
    assert!(targets.len() >= 80, "{targets:#?}");
    let shared = targets.iter().cloned().enumerate().filter(|(index, target)| share.has(*index, target));
    let targets: Vec<Target> = shared.map(|(_, target)| target).collect();
    let ends_clean = Arc::new(BTreeMap::from([(UNIT, quick.end), (FULL_UNIT, full.end)]));
    let (side_by_side, alone): (Vec<_>, Vec<_>) =
        targets.iter().cloned().enumerate().partition(|(_, target)| target.names_its_vend);

    let mut ends = BTreeMap::new();
    for (index, target) in alone {
        let end = try_one(&cloud, &ends_clean, &format!("{kind}-{index}"), &target, times, &fault).await;
        ends.insert(index, end);
    }
    let permits = Arc::new(Semaphore::new(SIDE_BY_SIDE));
    let mut vends = JoinSet::new();
    for (index, target) in side_by_side {
        let (cloud, ends_clean, fault, permits) = (cloud.clone(), ends_clean.clone(), fault.clone(), permits.clone());
        vends.spawn(async move {
            let _permit = permits.acquire_owned().await.unwrap();
            let end = try_one(&cloud, &ends_clean, &format!("{kind}-{index}"), &target, times, &fault).await;
            (index, end)
        });
    }
    while let Some(vended) = vends.join_next().await {
        let (index, end) = vended.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()));
        ends.insert(index, end);
    }
    findings::keep(&format!("crash-sweep-{kind}"), &finding(kind, &targets, &ends));
}

/// Vends with the fault, and answers the failures on the way.
async fn try_one(
    cloud: &Cloud,
    ends_clean: &BTreeMap<&str, Value>,
    name: &str,
    target: &Target,
    times: u32,
    fault: &Fault,
) -> Vec<String> {
    let Target { function, service, operation, nth, names_its_vend, unit, .. } = target.clone();
    let vend = if names_its_vend { vec![email(name), key_of(&email(name))] } else { Vec::new() };
    let rule = Rule::new(&service, &operation, fault.clone());
    let rule = Rule { function: Some(function), vend, nth, times, ..rule };
    let rule = cloud.strict.add_rule(&rule).await.unwrap();
    let caller = Caller::root(cloud);
    let vended = client::vend(&caller, &full_request(name, unit)).await;
    settle(cloud, name).await;
    let left = cloud.strict.remove_rule(rule).await.unwrap();
    assert!(left < times, "{name}: {target:?} was not called");
    let end = snapshot(cloud, &unique(name), &email(name)).await;
    let differences = differences(&end, &ends_clean[unit]);
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
    sweep("answer-lost", 1, Share::First, Fault::CutAfter).await;
}

#[tokio::test]
async fn the_connection_is_cut_before_the_call() {
    sweep("cut-before", BEYOND_THE_SDK, Share::Third(0), Fault::CutBefore).await;
}

#[tokio::test]
async fn the_call_is_throttled() {
    let throttled = Fault::error(400, "ThrottlingException", "Rate exceeded");
    sweep("throttled", BEYOND_THE_SDK, Share::Third(1), throttled).await;
}

#[tokio::test]
async fn the_service_fails() {
    let failed = Fault::error(500, "InternalFailure", "We encountered an internal error.");
    sweep("server-error", BEYOND_THE_SDK, Share::Third(2), failed).await;
}

#[tokio::test]
async fn the_function_is_killed_right_after_the_call() {
    sweep("function-killed", 1, Share::Last, Fault::KillCaller).await;
}
