//! Adoption of accounts that were created outside account-vending.

use std::fs;

use cloud::{Caller, Cloud, email, key_of, request, unique};
use local_cloud::strict::{Fault, Rule};
use serde_json::{Value, json};

const FUNCTION: &str = "account-vending-adopt-account";

fn sample(name: &str) -> Value {
    let path = format!("{}/../events/eventbridge/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// Delivers AWS's event of a new account to the target of the rule that it matches.
pub(crate) async fn deliver(cloud: &Cloud, account_id: &str) -> Value {
    let mut event = sample("create-account-result");
    event["detail"]["serviceEventDetails"]["createAccountStatus"]["accountId"] = json!(account_id);
    let target = cloud.target_of(&event).await;
    assert!(target.ends_with(FUNCTION), "{target}");
    cloud.invoke(FUNCTION, &event).await
}

/// Creates an account outside account-vending and moves it to an OU.
pub(crate) async fn unmanaged_account(cloud: &Cloud, name: &str, unit: &str) -> String {
    let organizations = cloud.organizations();
    let created = organizations.create_account().email(email(name)).account_name(unique(name)).send().await;
    let id = created.unwrap().create_account_status.unwrap().account_id.unwrap();
    cloud.move_to(&id, unit).await;
    attach_administrator_access(cloud, &id).await;
    id
}

/// Gives the role the permissions that it has on AWS: the emulator creates it without any.
async fn attach_administrator_access(cloud: &Cloud, account_id: &str) {
    let iam = aws_sdk_iam::Client::new(&cloud.member(account_id));
    let attach = iam.attach_role_policy().role_name("OrganizationAccountAccessRole");
    attach.policy_arn("arn:aws:iam::aws:policy/AdministratorAccess").send().await.unwrap();
}

/// A caller that matches `OperatorPrincipals`, for one test.
pub(crate) async fn operator(cloud: &Cloud, test: &str) -> Caller {
    Caller::user(cloud, &format!("operator-{test}"), &["arn:aws:execute-api:us-east-1:*:*"]).await
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
async fn adoption_event_applies_the_baseline_once() {
    let cloud = Cloud::connect();
    let id = unmanaged_account(&cloud, "brought", "Sandbox").await;
    let first = deliver(&cloud, &id).await;
    assert_eq!(first, json!({ "adopted": 1, "leftAlone": 0, "failed": 0 }));
    // EventBridge delivers at least once.
    let second = deliver(&cloud, &id).await;
    assert_eq!(second["adopted"], 0, "{second}");
    check_adopted(&cloud, "brought", &id).await;
}

#[tokio::test]
async fn concurrent_events_cause_one_adoption() {
    let cloud = Cloud::connect();
    let id = unmanaged_account(&cloud, "two-events", "Sandbox").await;
    // Both read the account as unmanaged before either creates the claim.
    let claim = format!("requests/{}/1.json", key_of(&email("two-events")));
    let slow_claim = Rule { parameter: Some(claim), ..Rule::new("s3", "PutObject", Fault::Delay { millis: 2_000 }) };
    cloud.strict.add_rule(&slow_claim).await.unwrap();
    // The first adoption is still running when the second one tries to create the claim.
    let throttled = Rule::new("sts", "AssumeRole", Fault::error(400, "Throttling", "injected by the test"));
    let throttled = Rule { parameter: Some(key_of(&email("two-events"))), times: Rule::ALWAYS, ..throttled };
    let throttled = cloud.strict.add_rule(&throttled).await.unwrap();
    let (one, two) = tokio::join!(deliver(&cloud, &id), deliver(&cloud, &id));
    assert_eq!((&one["failed"], &two["failed"]), (&json!(0), &json!(0)), "{one} {two}");
    cloud.strict.remove_rule(throttled).await.unwrap();
    check_adopted(&cloud, "two-events", &id).await;
    assert!(!cloud.execution_exists(&format!("{}-2", key_of(&email("two-events")))).await);
}

#[tokio::test]
async fn scheduled_run_adopts_missed_accounts() {
    let cloud = Cloud::connect();
    let id = unmanaged_account(&cloud, "unnoticed", "Sandbox").await;
    let compared = cloud.run_scheduled(FUNCTION).await;
    assert_eq!(compared["failed"], 0, "{compared}");
    check_adopted(&cloud, "unnoticed", &id).await;
}

#[tokio::test]
async fn managed_and_out_of_scope_accounts_are_skipped() {
    let cloud = Cloud::connect();
    let vended = Caller::root(&cloud).vend(&request("our-own")).await;
    let ours = deliver(&cloud, vended["account"]["id"].as_str().unwrap()).await;
    assert_eq!(ours, json!({ "adopted": 0, "leftAlone": 1, "failed": 0 }));
    let id = unmanaged_account(&cloud, "elsewhere", "Workloads").await;
    assert_eq!(deliver(&cloud, &id).await["leftAlone"], 1);
    assert!(!cloud.tags_of(&id).await.contains_key("account-vending:key"));
}

#[tokio::test]
async fn operator_adopts_any_account_by_id() {
    let cloud = Cloud::connect();
    let operator = operator(&cloud, "named").await;
    let id = unmanaged_account(&cloud, "named", "Workloads").await;
    let body = json!({ "owner": "owner@example.com" });
    let rejected = Caller::root(&cloud).adopt(&id, &body).await;
    assert_eq!(rejected.status, 403, "{rejected:?}");
    let accepted = operator.adopt(&id, &body).await;
    assert_eq!(accepted.status, 202, "{accepted:?}");
    let outcome = operator.outcome(accepted.body["requestId"].as_str().unwrap()).await;
    assert_eq!((&outcome["status"], &outcome["account"]["id"]), (&json!("VENDED"), &json!(id)), "{outcome:#}");
    assert_eq!(cloud.tags_of(&id).await["account-vending:owner"], "owner@example.com");
    let again = operator.adopt(&id, &body).await;
    assert_eq!((again.status, &again.body["status"]), (200, &json!("VENDED")), "{again:?}");
    let unknown = operator.adopt("999999999999", &json!({})).await;
    assert_eq!(unknown.status, 404, "{unknown:?}");
}

#[tokio::test]
async fn event_rules_match_only_adoption_events() {
    let cloud = Cloud::connect();
    let folder = format!("{}/../events/eventbridge", env!("CARGO_MANIFEST_DIR"));
    let adoption_events = [
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
    assert_eq!(matched, adoption_events);
}
