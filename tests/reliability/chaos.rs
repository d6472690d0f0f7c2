//! Many valid, invalid, and repeated requests while one call in ten fails.
//!
//! `CHAOS_REQUESTS`, `CHAOS_FAULTS` (percent), and `CHAOS_SEED` set how many requests are sent, how often a call fails,
//! and which requests and faults are drawn; `cargo xtask chaos` sets them. Which call gets which fault depends on the
//! timing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use cloud::{ApiResponse, Caller, Cloud, key_of, request, stack_event, wait_for};
use local_cloud::strict::{Delivery, Fault, Rule};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::client::{self, MAX_ATTEMPTS, check_failure, submit, wait_for_end};
use crate::findings;
use crate::logs;

const CONCURRENT_CLIENTS: usize = 8;

/// A request and how it is sent.
#[derive(Clone, Debug)]
struct Submission {
    body: Value,
    /// Whether the request can be vended.
    valid: bool,
    /// Whether a CloudFormation stack sends it, instead of a caller of the API.
    by_stack: bool,
}

impl Submission {
    fn through_api(body: Value, valid: bool) -> Self {
        Self { body, valid, by_stack: false }
    }
}

fn setting(name: &str, default: u64) -> u64 {
    #[expect(clippy::disallowed_methods, reason = "the settings of a run")]
    std::env::var(name).ok().map_or(default, |text| text.parse().unwrap())
}

/// About half of the requests are new; the others are duplicates, conflicts, or invalid.
fn requests(count: u64, random: &mut fastrand::Rng) -> Vec<Submission> {
    let mut submissions: Vec<Submission> = Vec::new();
    for number in 0..count {
        let earlier = submissions.iter().filter(|one| one.valid).map(|one| one.body.clone()).collect::<Vec<_>>();
        let earlier = (!earlier.is_empty()).then(|| earlier[random.usize(..earlier.len())].clone());
        let new = request(&format!("chaos-{number}"));
        submissions.push(match (random.u32(..10), earlier) {
            (5..=6, Some(body)) => Submission::through_api(body, true),
            (7, Some(mut body)) => {
                body["organizationalUnit"] = json!("Workloads/Production");
                Submission::through_api(body, true)
            }
            (8..=9, _) => Submission::through_api(invalid_request(new, random), false),
            _ => Submission::through_api(new, true),
        });
    }
    for number in 0..count.div_ceil(20) {
        let body = request(&format!("chaos-stack-{number}"));
        submissions.push(Submission { by_stack: true, ..Submission::through_api(body, true) });
    }
    random.shuffle(&mut submissions);
    submissions
}

fn invalid_request(mut body: Value, random: &mut fastrand::Rng) -> Value {
    match random.u32(..5) {
        0 => body["accountName"] = json!("x".repeat(51)),
        1 => body["accountEmail"] = json!("not an email"),
        2 => body["color"] = json!("red"),
        3 => body["organizationalUnit"] = json!("Security"),
        _ => body["organizationalUnit"] = json!("Workloads/Nowhere"),
    }
    body
}

/// A rule for each kind of fault; together they affect `percent` of the functions' calls.
fn faults(percent: u64, random: &mut fastrand::Rng) -> Vec<(&'static str, Rule)> {
    let kinds = [
        ("throttled", Fault::error(400, "ThrottlingException", "Rate exceeded")),
        ("server error", Fault::error(500, "InternalFailure", "We encountered an internal error.")),
        ("connection cut before the call", Fault::CutBefore),
        ("response lost after the call", Fault::CutAfter),
        ("function killed after the call", Fault::KillCaller),
        ("slow response", Fault::SlowResponse { millis: 20_000 }),
        ("access denied", Fault::AccessDenied),
        ("denied by a service control policy", Fault::DeniedByScp),
        ("unknown state", Fault::Rewrite { field: "State".to_owned(), value: "SOMETHING_NEW".to_owned() }),
    ];
    #[expect(clippy::cast_precision_loss, reason = "a percentage")]
    let probability = percent as f64 / 100.0 / kinds.len() as f64;
    let mut rule = |fault| Rule {
        function: Some("*".to_owned()),
        times: Rule::ALWAYS,
        probability: Some(probability),
        seed: Some(random.u64(..)),
        ..Rule::new("*", "*", fault)
    };
    kinds.into_iter().map(|(kind, fault)| (kind, rule(fault))).collect()
}

#[tokio::test]
async fn chaos_loses_and_duplicates_nothing() {
    let (count, percent) = (setting("CHAOS_REQUESTS", 60), setting("CHAOS_FAULTS", 10));
    let seed = setting("CHAOS_SEED", fastrand::u64(..1_000_000));
    println!("seed {seed}: {count} requests, faults in {percent}% of the calls");
    let mut random = fastrand::Rng::with_seed(seed);
    let cloud = Arc::new(Cloud::connect());
    cloud.strict.set_events(Delivery::Twice).await.unwrap();
    let submissions = requests(count, &mut random);
    let mut rules = Vec::new();
    for (kind, rule) in faults(percent, &mut random) {
        rules.push((kind, cloud.strict.add_rule(&rule).await.unwrap()));
    }
    let responses = submit_all(&cloud, &submissions).await;
    let ends = wait_for_all(&cloud, &responses).await;
    let faults = applied(&cloud, &rules).await;
    for (_, rule) in rules {
        cloud.strict.remove_rule(rule).await.unwrap();
    }
    cloud.strict.set_events(Delivery::Never).await.unwrap();

    let repeated = finish(&cloud, &responses).await;
    check_consistency(&cloud, &responses).await;
    logs::check_for_secrets(&cloud).await;
    let mut found = finding(&responses, &ends, repeated, &faults);
    found["seed"] = json!(seed);
    found["faultPercent"] = json!(percent);
    findings::save("chaos", &found);
}

/// How often each kind of fault was applied.
async fn applied(cloud: &Cloud, rules: &[(&'static str, u64)]) -> BTreeMap<&'static str, u32> {
    let status = cloud.strict.rules().await.unwrap();
    let of = |id: u64| status.iter().find(|one| one.id == id).map_or(0, |one| one.applied);
    rules.iter().map(|(kind, id)| (*kind, of(*id))).collect()
}

/// Sends every request from its own client, and returns the responses.
async fn submit_all(cloud: &Arc<Cloud>, submissions: &[Submission]) -> Vec<(Submission, ApiResponse)> {
    let permits = Arc::new(Semaphore::new(CONCURRENT_CLIENTS));
    let mut clients = JoinSet::new();
    for one in submissions.iter().cloned() {
        let (cloud, permits) = (cloud.clone(), permits.clone());
        clients.spawn(async move {
            let _permit = permits.acquire_owned().await.unwrap();
            let response = if one.by_stack {
                submit_through_stack(&cloud, &one.body).await
            } else {
                submit(&Caller::root(&cloud), &one.body).await
            };
            (one, response)
        });
    }
    clients.join_all().await
}

/// Sends creations of a stack until the execution of its request exists: a creation that failed is repeated.
async fn submit_through_stack(cloud: &Cloud, body: &Value) -> ApiResponse {
    let event = creation(cloud, body);
    let id = format!("{}-1", key_of(body["accountEmail"].as_str().unwrap()));
    let number = AtomicU32::new(0);
    wait_for(&format!("the execution of the stack's request {id}"), || async {
        let mut event = event.clone();
        event["RequestId"] = format!("{id}-{}", number.fetch_add(1, Ordering::Relaxed)).into();
        cloud.invoke("account-vending-cfn-account-resource", &event).await;
        // A claim alone is not enough: if its execution could not be started, the stack got the response that it
        // failed.
        cloud.executions().await.contains_key(&id).then_some(())
    })
    .await;
    ApiResponse { status: 202, body: json!({ "requestId": id }), ..ApiResponse::default() }
}

/// The event that creates the resource of an account.
fn creation(cloud: &Cloud, body: &Value) -> Value {
    let properties = json!({
        "AccountName": body["accountName"], "AccountEmail": body["accountEmail"],
        "OrganizationalUnit": body["organizationalUnit"],
    });
    stack_event(cloud, "Create", None, &properties)
}

/// Waits until every accepted request has ended, and checks that each failure has a remedy.
async fn wait_for_all(cloud: &Arc<Cloud>, responses: &[(Submission, ApiResponse)]) -> BTreeMap<String, Value> {
    let accepted: BTreeSet<String> = responses.iter().filter_map(accepted_id).collect();
    let mut waits = JoinSet::new();
    for id in accepted {
        let cloud = cloud.clone();
        waits.spawn(async move {
            let outcome = wait_for_end(&Caller::root(&cloud), &id).await;
            (id, outcome)
        });
    }
    let ends: BTreeMap<_, _> = waits.join_all().await.into_iter().collect();
    for outcome in ends.values().filter(|outcome| outcome["status"] != "VENDED") {
        check_failure(outcome);
    }
    ends
}

fn accepted_id((submission, response): &(Submission, ApiResponse)) -> Option<String> {
    match (response.status, submission.valid) {
        (200 | 202, true) => {}
        // The API could not check the OU, so the execution rejects it.
        (200 | 202, false) => assert_eq!(submission.body["organizationalUnit"], "Workloads/Nowhere", "{response:?}"),
        (409, true) | (400, false) => return None,
        _ => panic!("{response:?} for {submission:?}"),
    }
    Some(response.body["requestId"].as_str().unwrap().to_owned())
}

/// After the faults, the sweep ends the remaining requests, and each accepted account that is not vended is requested
/// again by its requester. Returns the number of those accounts.
async fn finish(cloud: &Arc<Cloud>, responses: &[(Submission, ApiResponse)]) -> usize {
    cloud.run_scheduled("account-vending-sweep-requests").await;
    let caller = Caller::root(cloud);
    let mut repeated = 0;
    for (key, accepted) in accepted(responses) {
        let vended = cloud.records().await.iter().any(|record| vended_key(record) == Some(&key));
        if vended {
            continue;
        }
        repeated += 1;
        for submission in accepted {
            if submission.by_stack {
                vend_through_stack(cloud, &key, &submission.body).await;
            // Of conflicting requests for one account, one is accepted, and the others are rejected.
            } else if submit(&caller, &submission.body).await.status != 409 {
                client::vend(&caller, &submission.body).await;
            }
        }
    }
    repeated
}

/// Repeats the request of a stack until its account is vended.
async fn vend_through_stack(cloud: &Cloud, key: &str, body: &Value) {
    let mut event = creation(cloud, body);
    for number in 0..MAX_ATTEMPTS {
        event["RequestId"] = format!("{key}-again-{number}").into();
        cloud.invoke("account-vending-cfn-account-resource", &event).await;
        let outcome = wait_for_end(&Caller::root(cloud), &last_attempt(cloud, key).await).await;
        if outcome["status"] == "VENDED" {
            return;
        }
        check_failure(&outcome);
    }
    panic!("the stack's account {key} is not vended");
}

async fn last_attempt(cloud: &Cloud, key: &str) -> String {
    let records = cloud.records().await;
    let ids = records.iter().filter_map(|record| record["requestId"].as_str());
    let attempt = |id: &str| id.strip_prefix(key)?.strip_prefix('-')?.parse::<u32>().ok();
    let last = ids.filter_map(attempt).max().unwrap();
    format!("{key}-{last}")
}

/// The first submission of each accepted content, by account key.
fn accepted(responses: &[(Submission, ApiResponse)]) -> BTreeMap<String, Vec<&Submission>> {
    let mut accepted = BTreeMap::<String, Vec<&Submission>>::new();
    for (submission, response) in
        responses.iter().filter(|(submission, response)| submission.valid && response.status < 400)
    {
        let id = response.body["requestId"].as_str().unwrap();
        let known = accepted.entry(id.split('-').next().unwrap().to_owned()).or_default();
        if !known.iter().any(|earlier| earlier.body == submission.body) {
            known.push(submission);
        }
    }
    accepted
}

fn key(record: &Value) -> &str {
    record["requestId"].as_str().unwrap().split('-').next().unwrap()
}

fn vended_key(record: &Value) -> Option<&str> {
    (record["outcome"]["status"] == "VENDED").then(|| key(record))
}

/// Checks that requests, executions, accounts, tags, and records agree.
async fn check_consistency(cloud: &Cloud, responses: &[(Submission, ApiResponse)]) {
    let (records, executions, accounts) = tokio::join!(cloud.records(), cloud.executions(), cloud.accounts());
    for (key, submissions) in accepted(responses) {
        let email = submissions[0].body["accountEmail"].as_str().unwrap();
        let accounts: Vec<_> = accounts.iter().filter(|account| account.email() == Some(email)).collect();
        assert_eq!(accounts.len(), 1, "{email}: {accounts:?}");
        let vended: Vec<_> = records.iter().filter(|record| vended_key(record) == Some(&key)).collect();
        assert_eq!(vended.len(), 1, "{email}: {vended:#?}");
        let id = accounts[0].id().unwrap();
        assert_eq!(vended[0]["outcome"]["account"]["id"], id);
        let tags = cloud.tags_of(id).await;
        assert_eq!((tags["account-vending:key"].as_str(), tags["account-vending:state"].as_str()), (&*key, "vended"));
        let unit = vended[0]["request"]["organizationalUnit"].as_str().unwrap();
        assert!(unit.ends_with(&cloud.unit_of(id).await), "{email} is not in {unit}");
    }
    for record in &records {
        let id = record["requestId"].as_str().unwrap();
        assert!(!record["outcome"].is_null(), "{id} has no outcome");
        assert!(executions.contains_key(id), "{id} has no execution");
    }
    for (name, status) in executions {
        assert!(status != "RUNNING" && records.iter().any(|record| record["requestId"] == *name), "{name}: {status}");
    }
}

fn finding(
    responses: &[(Submission, ApiResponse)],
    ends: &BTreeMap<String, Value>,
    repeated: usize,
    faults: &BTreeMap<&str, u32>,
) -> Value {
    let with_status = |status: u16| responses.iter().filter(|(_, response)| response.status == status).count();
    let ended = |status: &str| ends.values().filter(|outcome| outcome["status"] == status).count();
    json!({
        "requests": responses.len(), "faults": faults,
        "accepted": with_status(202), "shown": with_status(200),
        "conflicts": with_status(409), "invalid": with_status(400),
        "vended": ended("VENDED"), "failed": ended("FAILED"), "accountsRepeated": repeated,
    })
}
