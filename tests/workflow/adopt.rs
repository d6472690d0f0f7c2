//! Accounts that came by another road.

use std::fs;

use local_cloud::{Caller, Cloud, email, key_of, request, unique};
use serde_json::{Value, json};
use strict::{Fault, Rule};

const FUNCTION: &str = "account-vending-adopt-account";

fn sample(name: &str) -> Value {
    let path = format!("{}/../events/eventbridge/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// AWS's event of a new account, delivered to the target of the rule that it matches.
pub(crate) async fn deliver(cloud: &Cloud, account_id: &str) -> Value {
    let mut event = sample("create-account-result");
    event["detail"]["serviceEventDetails"]["createAccountStatus"]["accountId"] = json!(account_id);
    let target = cloud.target_of(&event).await;
    assert!(target.ends_with(FUNCTION), "{target}");
    cloud.invoke(FUNCTION, &event).await
}

/// An account that somebody made by hand, and moved.
async fn stranger(cloud: &Cloud, name: &str, unit: &str) -> String {
    let organizations = cloud.organizations();
    let created = organizations.create_account().email(email(name)).account_name(unique(name)).send().await;
    let id = created.unwrap().create_account_status.unwrap().account_id.unwrap();
    let parents = organizations.list_parents().child_id(&id).send().await.unwrap();
    let root = parents.parents()[0].id().unwrap().to_owned();
    let units = organizations.list_organizational_units_for_parent().parent_id(&root).send().await.unwrap();
    let mut units = units.organizational_units.unwrap_or_default().into_iter();
    let destination = units.find(|found| found.name() == Some(unit)).unwrap().id.unwrap();
    let moved = organizations.move_account().account_id(&id).source_parent_id(root).destination_parent_id(destination);
    moved.send().await.unwrap();
    empower_organizations_role(cloud, &id).await;
    id
}

/// As AWS makes it; the emulated one makes it without permissions.
async fn empower_organizations_role(cloud: &Cloud, account_id: &str) {
    let iam = aws_sdk_iam::Client::new(&cloud.member(account_id));
    let attach = iam.attach_role_policy().role_name("OrganizationAccountAccessRole");
    attach.policy_arn("arn:aws:iam::aws:policy/AdministratorAccess").send().await.unwrap();
}

async fn operator(cloud: &Cloud) -> Caller {
    Caller::user(cloud, "operator", &["arn:aws:execute-api:us-east-1:*:*"]).await
}

async fn check_adopted(cloud: &Cloud, name: &str, id: &str) {
    let outcome = Caller::root(cloud).outcome(&format!("{}-1", key_of(&email(name)))).await;
    assert_eq!(outcome["status"], "VENDED", "{outcome:#}");
    assert_eq!(outcome["account"]["id"], id);
    assert_eq!(outcome["account"]["organizationalUnit"], "Sandbox");
    assert_eq!(cloud.accounts_of(&email(name)).await.len(), 1);
    assert_eq!(cloud.unit_of(id).await, "Sandbox");
    let tags = cloud.tags_of(id).await;
    assert_eq!(
        (tags["account-vending:key"].as_str(), tags["account-vending:state"].as_str()),
        (&*key_of(&email(name)), "vended")
    );
    let role = aws_sdk_iam::Client::new(&cloud.member(id)).get_role().role_name("AccountVending").send().await;
    assert!(role.is_ok());
}

#[tokio::test]
async fn an_account_that_an_event_brings_gets_the_baseline_once() {
    let cloud = Cloud::connect();
    let id = stranger(&cloud, "brought", "Sandbox").await;
    let first = deliver(&cloud, &id).await;
    assert_eq!(first, json!({ "adopted": 1, "leftAlone": 0, "failed": 0 }));
    // EventBridge delivers at least once.
    let second = deliver(&cloud, &id).await;
    assert_eq!(second["adopted"], 0, "{second}");
    check_adopted(&cloud, "brought", &id).await;
}

#[tokio::test]
async fn two_events_at_once_are_one_adoption() {
    let cloud = Cloud::connect();
    let id = stranger(&cloud, "two-events", "Sandbox").await;
    // Both have seen a stranger before either has claimed it.
    let claim = format!("requests/{}/1.json", key_of(&email("two-events")));
    let slow = Rule { parameter: Some(claim), ..Rule::new("s3", "PutObject", Fault::Delay { millis: 2_000 }) };
    cloud.strict.add_rule(&slow).await.unwrap();
    // The adoption of the one still runs when the other claims.
    let waits = Rule::new("sts", "AssumeRole", Fault::error(400, "Throttling", "made by the test"));
    let waits = Rule { parameter: Some(key_of(&email("two-events"))), times: Rule::ALWAYS, ..waits };
    let waits = cloud.strict.add_rule(&waits).await.unwrap();
    let (one, two) = tokio::join!(deliver(&cloud, &id), deliver(&cloud, &id));
    assert_eq!((&one["failed"], &two["failed"]), (&json!(0), &json!(0)), "{one} {two}");
    cloud.strict.remove_rule(waits).await.unwrap();
    check_adopted(&cloud, "two-events", &id).await;
    assert!(!cloud.execution_exists(&format!("{}-2", key_of(&email("two-events")))).await);
}

#[tokio::test]
async fn an_account_that_no_event_brought_is_found() {
    let cloud = Cloud::connect();
    let id = stranger(&cloud, "unnoticed", "Sandbox").await;
    let compared = cloud.run_scheduled(FUNCTION).await;
    assert_eq!(compared["failed"], 0, "{compared}");
    check_adopted(&cloud, "unnoticed", &id).await;
}

#[tokio::test]
async fn our_own_accounts_and_those_elsewhere_are_left_alone() {
    let cloud = Cloud::connect();
    let vended = Caller::root(&cloud).vend(&request("our-own")).await;
    let ours = deliver(&cloud, vended["account"]["id"].as_str().unwrap()).await;
    assert_eq!(ours, json!({ "adopted": 0, "leftAlone": 1, "failed": 0 }));
    let id = stranger(&cloud, "elsewhere", "Workloads").await;
    assert_eq!(deliver(&cloud, &id).await["leftAlone"], 1);
    assert!(!cloud.tags_of(&id).await.contains_key("account-vending:key"));
}

#[tokio::test]
async fn an_operator_takes_in_any_account_by_its_id() {
    let cloud = Cloud::connect();
    let operator = operator(&cloud).await;
    let id = stranger(&cloud, "named", "Workloads").await;
    let body = json!({ "accountId": id, "owner": "owner@example.com" }).to_string();
    let refused = Caller::root(&cloud).send("POST", "/accounts/adopt", body.clone()).await;
    assert_eq!(refused.status, 403, "{refused:?}");
    let accepted = operator.send("POST", "/accounts/adopt", body.clone()).await;
    assert_eq!(accepted.status, 202, "{accepted:?}");
    let outcome = operator.outcome(accepted.body["requestId"].as_str().unwrap()).await;
    assert_eq!((&outcome["status"], &outcome["account"]["id"]), (&json!("VENDED"), &json!(id)), "{outcome:#}");
    assert_eq!(cloud.tags_of(&id).await["account-vending:owner"], "owner@example.com");
    let again = operator.send("POST", "/accounts/adopt", body).await;
    assert_eq!((again.status, &again.body["status"]), (200, &json!("VENDED")), "{again:?}");
    let unknown = operator.send("POST", "/accounts/adopt", json!({ "accountId": "999999999999" }).to_string()).await;
    assert_eq!(unknown.status, 404, "{unknown:?}");
}

#[tokio::test]
async fn the_rules_match_the_events_that_bring_accounts_and_no_others() {
    let cloud = Cloud::connect();
    let folder = format!("{}/../events/eventbridge", env!("CARGO_MANIFEST_DIR"));
    let brings = [
        "account-joined-organization",
        "control-tower-create-managed-account",
        "control-tower-update-managed-account",
        "create-account-result",
    ];
    let mut matched = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap().trim_end_matches(".json").to_owned();
        let targets = cloud.targets_of(&sample(&name)).await;
        assert!(targets.iter().all(|target| target.ends_with(FUNCTION)), "{name}: {targets:?}");
        if !targets.is_empty() {
            matched.push(name);
        }
    }
    matched.sort();
    assert_eq!(matched, brings);
}
