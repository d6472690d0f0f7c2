//! Many requests, right, wrong and repeated, while one call in ten goes wrong.
//!
//! `CHAOS_REQUESTS`, `CHAOS_FAULTS` (percent) and `CHAOS_SEED` say how many, how often, and which; `cargo xtask chaos`
//! sets them. The same seed asks the same and draws the same faults; which call meets which is up to the machine.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use local_cloud::{Answer, Caller, Cloud, key_of, pause, request, stack_event};
use serde_json::{Value, json};
use strict::{Delivery, Fault, Rule};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::client::{self, ask, clean_failure, end};
use crate::findings;
use crate::logs;

const SIDE_BY_SIDE: usize = 8;

/// One thing that a caller asks for.
#[derive(Clone, Debug)]
struct Asked {
    body: Value,
    /// Whether it can be vended at all.
    valid: bool,
    /// Whether a stack asks, and not a caller of the API.
    by_stack: bool,
}

impl Asked {
    fn through_api(body: Value, valid: bool) -> Self {
        Self { body, valid, by_stack: false }
    }
}

fn setting(name: &str, otherwise: u64) -> u64 {
    #[expect(clippy::disallowed_methods, reason = "how a run is asked for")]
    std::env::var(name).ok().map_or(otherwise, |text| text.parse().unwrap())
}

/// Half of them new, the others duplicates, conflicts and nonsense.
fn requests(count: u64, chance: &mut fastrand::Rng) -> Vec<Asked> {
    let mut asked: Vec<Asked> = Vec::new();
    for number in 0..count {
        let earlier = asked.iter().filter(|one| one.valid).map(|one| one.body.clone()).collect::<Vec<_>>();
        let earlier = (!earlier.is_empty()).then(|| earlier[chance.usize(..earlier.len())].clone());
        let new = request(&format!("chaos-{number}"));
        asked.push(match (chance.u32(..10), earlier) {
            (5..=6, Some(body)) => Asked::through_api(body, true),
            (7, Some(mut body)) => {
                body["organizationalUnit"] = json!("Workloads/Production");
                Asked::through_api(body, true)
            }
            (8..=9, _) => Asked::through_api(nonsense(new, chance), false),
            _ => Asked::through_api(new, true),
        });
    }
    for number in 0..count.div_ceil(20) {
        let body = request(&format!("chaos-stack-{number}"));
        asked.push(Asked { by_stack: true, ..Asked::through_api(body, true) });
    }
    chance.shuffle(&mut asked);
    asked
}

fn nonsense(mut body: Value, chance: &mut fastrand::Rng) -> Value {
    match chance.u32(..5) {
        0 => body["accountName"] = json!("x".repeat(51)),
        1 => body["accountEmail"] = json!("no email"),
        2 => body["colour"] = json!("red"),
        3 => body["organizationalUnit"] = json!("Security"),
        _ => body["organizationalUnit"] = json!("Workloads/Nowhere"),
    }
    body
}

/// All kinds of faults, together in so many percent of the functions' calls.
fn faults(percent: u64, chance: &mut fastrand::Rng) -> Vec<(&'static str, Rule)> {
    let kinds = [
        ("throttled", Fault::error(400, "ThrottlingException", "Rate exceeded")),
        ("server error", Fault::error(500, "InternalFailure", "We encountered an internal error.")),
        ("connection cut before the call", Fault::CutBefore),
        ("answer lost after the call", Fault::CutAfter),
        ("function killed after the call", Fault::KillCaller),
        ("slow answer", Fault::SlowAnswer { millis: 20_000 }),
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
        seed: Some(chance.u64(..)),
        ..Rule::new("*", "*", fault)
    };
    kinds.into_iter().map(|(kind, fault)| (kind, rule(fault))).collect()
}

#[tokio::test]
async fn nothing_is_lost_and_nothing_is_done_twice() {
    let (count, percent) = (setting("CHAOS_REQUESTS", 60), setting("CHAOS_FAULTS", 10));
    let seed = setting("CHAOS_SEED", fastrand::u64(..1_000_000));
    println!("seed {seed}: {count} requests, faults in {percent} % of the calls");
    let mut chance = fastrand::Rng::with_seed(seed);
    let cloud = Arc::new(Cloud::connect());
    cloud.strict.set_events(Delivery::Twice).await.unwrap();
    let asked = requests(count, &mut chance);
    let mut rules = Vec::new();
    for (kind, rule) in faults(percent, &mut chance) {
        rules.push((kind, cloud.strict.add_rule(&rule).await.unwrap()));
    }
    let answers = ask_all(&cloud, &asked).await;
    let ends = end_all(&cloud, &answers).await;
    let faults = applied(&cloud, &rules).await;
    for (_, rule) in rules {
        cloud.strict.remove_rule(rule).await.unwrap();
    }
    cloud.strict.set_events(Delivery::Never).await.unwrap();

    let repeated = settle(&cloud, &answers).await;
    check_books(&cloud, &answers).await;
    logs::hold_no_secrets(&cloud).await;
    let mut found = finding(&answers, &ends, repeated, &faults);
    found["seed"] = json!(seed);
    found["faultPercent"] = json!(percent);
    findings::keep("chaos", &found);
}

/// How often each kind of fault happened.
async fn applied(cloud: &Cloud, rules: &[(&'static str, u64)]) -> BTreeMap<&'static str, u32> {
    let status = cloud.strict.rules().await.unwrap();
    let of = |id: u64| status.iter().find(|one| one.id == id).map_or(0, |one| one.applied);
    rules.iter().map(|(kind, id)| (*kind, of(*id))).collect()
}

/// Every request, each by a client of its own; answers what the door said.
async fn ask_all(cloud: &Arc<Cloud>, asked: &[Asked]) -> Vec<(Asked, Answer)> {
    let permits = Arc::new(Semaphore::new(SIDE_BY_SIDE));
    let mut clients = JoinSet::new();
    for one in asked.iter().cloned() {
        let (cloud, permits) = (cloud.clone(), permits.clone());
        clients.spawn(async move {
            let _permit = permits.acquire_owned().await.unwrap();
            let answer = if one.by_stack {
                ask_by_stack(&cloud, &one.body).await
            } else {
                ask(&Caller::root(&cloud), &one.body).await
            };
            (one, answer)
        });
    }
    clients.join_all().await
}

/// Creates stacks until one has brought the request in: one that was refused for a denied call is created again.
async fn ask_by_stack(cloud: &Cloud, body: &Value) -> Answer {
    let properties = json!({
        "AccountName": body["accountName"], "AccountEmail": body["accountEmail"],
        "OrganizationalUnit": body["organizationalUnit"],
    });
    let mut event = stack_event(cloud, "Create", None, &properties);
    let id = format!("{}-1", key_of(body["accountEmail"].as_str().unwrap()));
    for number in 0..40 {
        event["RequestId"] = format!("{id}-{number}").into();
        if cloud.invoke("account-vending-account-resource", &event).await.is_null() && cloud.is_claimed(&id).await {
            return Answer { status: 202, location: None, body: json!({ "requestId": id }) };
        }
        pause(Duration::from_millis(500)).await;
    }
    panic!("the stack's request {id} was not taken")
}

/// Every accepted request ends, and a failure says what to do.
async fn end_all(cloud: &Arc<Cloud>, answers: &[(Asked, Answer)]) -> BTreeMap<String, Value> {
    let accepted: BTreeSet<String> = answers.iter().filter_map(accepted_id).collect();
    let mut waits = JoinSet::new();
    for id in accepted {
        let cloud = cloud.clone();
        waits.spawn(async move {
            let outcome = end(&Caller::root(&cloud), &id).await;
            (id, outcome)
        });
    }
    let ends: BTreeMap<_, _> = waits.join_all().await.into_iter().collect();
    for outcome in ends.values().filter(|outcome| outcome["status"] != "VENDED") {
        clean_failure(outcome);
    }
    ends
}

fn accepted_id((asked, answer): &(Asked, Answer)) -> Option<String> {
    match (answer.status, asked.valid) {
        (200 | 202, true) => {}
        // The OU could not be looked for, so the execution decides.
        (200 | 202, false) => assert_eq!(asked.body["organizationalUnit"], "Workloads/Nowhere", "{answer:?}"),
        (409, true) | (400, false) => return None,
        _ => panic!("{answer:?} to {asked:?}"),
    }
    Some(answer.body["requestId"].as_str().unwrap().to_owned())
}

/// Without faults, the sweep ends what nobody ended, and each account that was accepted and has failed is asked for
/// again. Answers for how many there was something to repeat.
async fn settle(cloud: &Arc<Cloud>, answers: &[(Asked, Answer)]) -> usize {
    cloud.run_scheduled("account-vending-sweep-requests").await;
    let caller = Caller::root(cloud);
    let mut repeated = 0;
    for (key, bodies) in accepted_bodies(answers) {
        let vended = cloud.records().await.iter().any(|record| vended_key(record) == Some(&key));
        if !vended {
            repeated += 1;
            // Of contents that contradict each other one was taken, and the others are refused.
            for body in bodies {
                if ask(&caller, &body).await.status != 409 {
                    client::vend(&caller, &body).await;
                }
            }
        }
    }
    repeated
}

fn accepted_bodies(answers: &[(Asked, Answer)]) -> BTreeMap<String, Vec<Value>> {
    let mut bodies = BTreeMap::<String, Vec<Value>>::new();
    for (asked, answer) in answers.iter().filter(|(asked, answer)| asked.valid && answer.status < 400) {
        let id = answer.body["requestId"].as_str().unwrap();
        let known = bodies.entry(id.split('-').next().unwrap().to_owned()).or_default();
        if !known.contains(&asked.body) {
            known.push(asked.body.clone());
        }
    }
    bodies
}

fn key(record: &Value) -> &str {
    record["requestId"].as_str().unwrap().split('-').next().unwrap()
}

fn vended_key(record: &Value) -> Option<&str> {
    (record["outcome"]["status"] == "VENDED").then(|| key(record))
}

/// Requests, executions, accounts, tags and records tell the same story.
async fn check_books(cloud: &Cloud, answers: &[(Asked, Answer)]) {
    let (records, executions, accounts) = tokio::join!(cloud.records(), cloud.executions(), cloud.accounts());
    for (key, bodies) in accepted_bodies(answers) {
        let email = bodies[0]["accountEmail"].as_str().unwrap();
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
        assert!(executions.contains_key(id), "{id} was not executed");
    }
    for (name, status) in executions {
        assert!(status != "RUNNING" && records.iter().any(|record| record["requestId"] == *name), "{name}: {status}");
    }
}

fn finding(
    answers: &[(Asked, Answer)],
    ends: &BTreeMap<String, Value>,
    repeated: usize,
    faults: &BTreeMap<&str, u32>,
) -> Value {
    let answered = |status: u16| answers.iter().filter(|(_, answer)| answer.status == status).count();
    let ended = |status: &str| ends.values().filter(|outcome| outcome["status"] == status).count();
    json!({
        "requests": answers.len(), "faults": faults,
        "accepted": answered(202), "shown": answered(200), "conflicts": answered(409), "invalid": answered(400),
        "vended": ended("VENDED"), "failed": ended("FAILED"), "accountsRepeated": repeated,
    })
}
