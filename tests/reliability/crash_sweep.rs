//! One vend for each call of a vend and each fault of a call.
//!
//! After a fault at one call, the account is in the same state as without the fault: at once, or, after a failure with
//! a remedy, when the request is sent again. For each kind of call, the first and the last call get the fault.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cloud::{Caller, Cloud, email, full_request, key_of, unique};
use local_cloud::strict::{Call, Delivery, Fault, Pages, Rule, Settings, Throttling, Visibility};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::client::{self, vend};
use crate::findings;
use crate::snapshot::{differences, snapshot};

/// Concurrent vends: more than cores, because a vend with a fault mostly waits.
const CONCURRENT_VENDS: usize = 8;
/// More faults than the SDK retries, so that the error reaches the state machine.
pub(crate) const MORE_THAN_SDK_RETRIES: u32 = 4;

/// The call of a vend that gets the fault: the nth call of its kind.
#[derive(Clone, Debug)]
struct Target {
    function: String,
    service: String,
    operation: String,
    nth: u32,
    is_last: bool,
    /// Whether the call contains something that identifies its vend. If not, the vend runs alone.
    identifies_vend: bool,
    /// The OU of the vend.
    unit: &'static str,
}

/// The OU of most vends, which are fast there.
const UNIT: &str = "Workloads/Development";
/// The OU in which the local stack runs every optional part of the baseline.
const FULL_UNIT: &str = "Workloads/Production";
const FUNCTIONS_OF_FULL_UNIT: [&str; 2] = ["harden-ec2", "run-customization"];

/// A vend without faults: its calls, and the state of its account.
struct Sample {
    targets: Vec<Target>,
    end: Value,
}

impl Sample {
    async fn take(cloud: &Cloud, name: &str, unit: &'static str) -> Self {
        // The first vend fills the caches (for example of OUs) that later vends use.
        let (first, _) = calls_of_vend(cloud, &format!("{name}-warm"), unit).await;
        let (calls, id) = calls_of_vend(cloud, name, unit).await;
        let named = [email(name), key_of(&email(name)), id];
        let targets = targets(&calls, &counts(&first), &named, unit);
        Self { targets, end: snapshot(cloud, &unique(name), &email(name)).await }
    }
}

/// The calls of the functions of a vend, and the ID of its account.
async fn calls_of_vend(cloud: &Cloud, name: &str, unit: &str) -> (Vec<Call>, String) {
    let before = cloud.strict.last_sequence().await.unwrap();
    let vended = vend(&Caller::root(cloud), &full_request(name, unit)).await;
    assert!(vended.failures.is_empty(), "{vended:?}");
    let calls = cloud.strict.calls_since(before).await.unwrap();
    (of_vend(calls), vended.outcome["account"]["id"].as_str().unwrap().to_owned())
}

/// After the request is accepted, the API only serves polls.
fn of_vend(calls: Vec<Call>) -> Vec<Call> {
    let mut accepted = false;
    let is_of_vend = |call: &Call| {
        let Some(function) = &call.function else { return false };
        let is_poll = accepted && function.ends_with("accounts-api");
        accepted |= call.operation == "StartExecution";
        !is_poll && !is_scheduled(function)
    };
    calls.into_iter().filter(is_of_vend).collect()
}

/// A kind of call: its function, its service, and its operation.
pub(crate) type Kind = (String, String, String);

pub(crate) fn kind(call: &Call) -> Kind {
    (call.function.clone().unwrap_or_default(), call.service.clone(), call.operation.clone())
}

fn counts(calls: &[Call]) -> BTreeMap<Kind, u32> {
    let mut counts = BTreeMap::new();
    for call in calls {
        *counts.entry(kind(call)).or_default() += 1;
    }
    counts
}

/// Turns off all delays and throttles except the fault, so that each vend makes the same calls.
pub(crate) async fn disable_delays(cloud: &Cloud) {
    cloud.strict.set_throttling(&Throttling::default()).await.unwrap();
    cloud.strict.set_visibility(&Visibility::default()).await.unwrap();
    cloud.strict.set_events(Delivery::Never).await.unwrap();
    cloud.strict.set_pages(&Pages::default()).await.unwrap();
    let settings = Settings { in_progress_millis: Some(0), ..Settings::default() };
    cloud.strict.set_settings(&settings).await.unwrap();
}

/// The first and the last call of each kind, in order. On a busy machine, the SDK can repeat a call whose response is
/// late: what only one of two vends did is no target.
fn targets(calls: &[Call], other: &BTreeMap<Kind, u32>, named: &[String], unit: &'static str) -> Vec<Target> {
    let own = counts(calls);
    let last = |kind: &Kind| own[kind].min(other.get(kind).copied().unwrap_or_default());
    let mut seen: BTreeMap<Kind, u32> = BTreeMap::new();
    let mut targets = Vec::new();
    for call in calls {
        let kind = kind(call);
        let nth = *seen.entry(kind.clone()).and_modify(|nth| *nth += 1).or_insert(1);
        let is_last = nth == last(&kind);
        if is_last || (nth == 1 && last(&kind) > 1) {
            let (function, service, operation) = kind;
            let identifies_vend = named.iter().any(|text| call.mentions(text));
            targets.push(Target { function, service, operation, nth, is_last, identifies_vend, unit });
        }
    }
    targets
}

/// Whether the function belongs to no single vend.
fn is_scheduled(function: &str) -> bool {
    function.ends_with("sweep-requests") || function.ends_with("adopt-account")
}

/// Which of the calls get the fault; `cargo xtask reliability` uses all.
#[derive(Clone, Copy)]
enum Share {
    /// The first change of each kind. A lost response to a read is the same as a cut connection.
    FirstChanges,
    /// The last change of each kind. A function that is killed before a change has done what an earlier change did.
    LastChanges,
    /// Every third call, from this index on: for faults without an effect on AWS.
    Third(usize),
}

impl Share {
    fn of(self, targets: Vec<Target>) -> Vec<Target> {
        if std::env::var_os("WHOLE_CRASH_SWEEP").is_some() {
            return targets;
        }
        let changes = |target: &Target| !is_read(&target.operation);
        match self {
            Self::FirstChanges => targets.into_iter().filter(|one| changes(one) && one.nth == 1).collect(),
            Self::LastChanges => targets.into_iter().filter(|one| changes(one) && one.is_last).collect(),
            Self::Third(first) => without_shared_code(targets).into_iter().skip(first).step_by(3).collect(),
        }
    }
}

/// Whether the operation changes nothing.
pub(crate) fn is_read(operation: &str) -> bool {
    ["Get", "List", "Describe", "Head", "AssumeRole"].iter().any(|prefix| operation.starts_with(prefix))
}

/// Keeps two functions for each of the calls that most functions make with the code of the runtime: sessions in the
/// member account, and the records.
fn without_shared_code(targets: Vec<Target>) -> Vec<Target> {
    let mut functions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut is_tried = |target: &Target| {
        let tried = functions.entry(target.operation.clone()).or_default();
        let is_shared = ["AssumeRole", "GetObject"].contains(&target.operation.as_str());
        !is_shared || tried.contains(&target.function) || (tried.len() < 2 && tried.insert(target.function.clone()))
    };
    targets.into_iter().filter(|target| is_tried(target)).collect()
}

async fn sweep(kind: &'static str, times: u32, share: Share, fault: Fault) {
    let cloud = Arc::new(Cloud::connect());
    disable_delays(&cloud).await;
    let quick = Sample::take(&cloud, &format!("{kind}-clean"), UNIT).await;
    let full = Sample::take(&cloud, &format!("{kind}-full"), FULL_UNIT).await;
    let only_in_full_unit = |target: &Target| FUNCTIONS_OF_FULL_UNIT.iter().any(|name| target.function.ends_with(name));
    let targets: Vec<Target> = quick.targets.into_iter().filter(|target| !only_in_full_unit(target)).collect();
    let targets = [targets, full.targets.into_iter().filter(only_in_full_unit).collect()].concat();
    assert!(targets.len() >= 80, "{targets:#?}");
    let targets = share.of(targets);
    let clean_ends = Arc::new(BTreeMap::from([(UNIT, quick.end), (FULL_UNIT, full.end)]));
    let (concurrent, alone): (Vec<_>, Vec<_>) =
        targets.iter().cloned().enumerate().partition(|(_, target)| target.identifies_vend);

    let mut ends = BTreeMap::new();
    for (index, target) in alone {
        let end = try_one(&cloud, &clean_ends, &format!("{kind}-{index}"), &target, times, &fault).await;
        ends.insert(index, end);
    }
    let permits = Arc::new(Semaphore::new(CONCURRENT_VENDS));
    let mut vends = JoinSet::new();
    for (index, target) in concurrent {
        let (cloud, clean_ends, fault, permits) = (cloud.clone(), clean_ends.clone(), fault.clone(), permits.clone());
        vends.spawn(async move {
            let _permit = permits.acquire_owned().await.unwrap();
            let end = try_one(&cloud, &clean_ends, &format!("{kind}-{index}"), &target, times, &fault).await;
            (index, end)
        });
    }
    while let Some(vended) = vends.join_next().await {
        let (index, end) = vended.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()));
        ends.insert(index, end);
    }
    findings::save(&format!("crash-sweep-{kind}"), &finding(kind, &targets, &ends));
}

/// Vends with the fault, and returns the failed attempts before.
async fn try_one(
    cloud: &Cloud,
    clean_ends: &BTreeMap<&str, Value>,
    name: &str,
    target: &Target,
    times: u32,
    fault: &Fault,
) -> Vec<String> {
    let Target { function, service, operation, nth, identifies_vend, unit, .. } = target.clone();
    let vend = if identifies_vend { vec![email(name), key_of(&email(name))] } else { Vec::new() };
    let rule = Rule::new(&service, &operation, fault.clone());
    let rule = Rule { function: Some(function), related_to: vend, nth, times, ..rule };
    let rule = cloud.strict.add_rule(&rule).await.unwrap();
    let caller = Caller::root(cloud);
    let vended = client::vend(&caller, &full_request(name, unit)).await;
    record_outcome(cloud, name).await;
    let left = cloud.strict.remove_rule(rule).await.unwrap();
    assert!(left < times, "{name}: {target:?} did not get the fault");
    let end = snapshot(cloud, &unique(name), &email(name)).await;
    let differences = differences(&end, &clean_ends[unit]);
    assert!(differences.is_empty(), "{name}: {target:?}: {differences:#?} after {vended:?}");
    vended.failures
}

/// Runs the hourly sweep if the outcome could not be recorded.
async fn record_outcome(cloud: &Cloud, name: &str) {
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
async fn vend_survives_a_lost_response() {
    sweep("response-lost", 1, Share::FirstChanges, Fault::CutAfter).await;
}

#[tokio::test]
async fn vend_survives_a_cut_connection() {
    sweep("cut-before", MORE_THAN_SDK_RETRIES, Share::Third(0), Fault::CutBefore).await;
}

#[tokio::test]
async fn vend_survives_throttling() {
    let throttled = Fault::error(400, "ThrottlingException", "Rate exceeded");
    sweep("throttled", MORE_THAN_SDK_RETRIES, Share::Third(1), throttled).await;
}

#[tokio::test]
async fn vend_survives_server_errors() {
    let failed = Fault::error(500, "InternalFailure", "We encountered an internal error.");
    sweep("server-error", MORE_THAN_SDK_RETRIES, Share::Third(2), failed).await;
}

#[tokio::test]
async fn vend_survives_a_killed_function() {
    sweep("function-killed", 1, Share::LastChanges, Fault::KillCaller).await;
}
