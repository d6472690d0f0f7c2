//! The failure modes of a vend that can be caused on the local cloud, with one test for each.
//!
//! The numbers are those of docs/src/architecture/failure-modes.md, which names the tests of the other modes.

use std::time::Duration;

use cloud::{ApiResponse, Caller, Cloud, email, key_of, pause, request, wait_for};
use local_cloud::strict::{CreationPlan, Delivery, Fault, Limits, Outcome, Rule, Settings, Visibility};
use serde_json::{Value, json};

use crate::client::{check_failure, vend, wait_for_end};

/// A rule for the calls of one vend.
fn rule_for(name: &str, service: &str, operation: &str, fault: Fault) -> Rule {
    Rule {
        related_to: vec![email(name), key_of(&email(name))],
        function: Some("*".to_owned()),
        ..Rule::new(service, operation, fault)
    }
}

fn always(rule: Rule) -> Rule {
    Rule { times: Rule::ALWAYS, ..rule }
}

fn error(code: &str) -> Fault {
    Fault::error(400, code, "injected by the test")
}

fn plan(name: &str) -> CreationPlan {
    CreationPlan::for_email(&email(name), Outcome::Succeeds)
}

/// Vends at the first attempt, and returns the account ID.
async fn vends(cloud: &Cloud, name: &str) -> String {
    let vended = vend(&Caller::root(cloud), &request(name)).await;
    assert!(vended.failures.is_empty(), "{vended:?}");
    account_id(cloud, name).await
}

/// The ID of the only account with this email.
async fn account_id(cloud: &Cloud, name: &str) -> String {
    cloud.account_of(&email(name)).await.id.unwrap()
}

/// Checks that the vend fails with this code, a remedy, and this owner.
async fn fails(cloud: &Cloud, name: &str, body: &Value, code: &str, owner: &str) -> Value {
    let caller = Caller::root(cloud);
    let accepted = caller.post(body).await;
    assert_eq!(accepted.status, 202, "{accepted:?}");
    let outcome = wait_for_end(&caller, accepted.body["requestId"].as_str().unwrap()).await;
    assert_eq!(outcome["status"], "FAILED", "{name}: {outcome:#}");
    check_failure(&outcome);
    assert_eq!((&outcome["failure"]["code"], &outcome["failure"]["owner"]), (&json!(code), &json!(owner)), "{name}");
    outcome
}

async fn executions(cloud: &Cloud, name: &str) -> usize {
    cloud.executions().await.keys().filter(|id| id.starts_with(&key_of(&email(name)))).count()
}

#[tokio::test]
async fn mode_01_repeated_requests_are_one_request() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let body = request("mode-01");
    let send = |key: &'static str| caller.send_with_key(key, "POST", "/accounts", &body);
    let (one, two, other, none) =
        tokio::join!(send("mode-01-one"), send("mode-01-one"), send("mode-01-other"), caller.post(&body));
    let id = format!("{}-1", key_of(&email("mode-01")));
    for ApiResponse { status, body, .. } in [one, two, other, none] {
        // The other call with the same key is rejected while the first one is in progress.
        assert!(status == 409 || (status == 202 && body["requestId"] == id.as_str()), "{status} {body}");
    }
    assert_eq!(wait_for_end(&caller, &id).await["status"], "VENDED");
    assert_eq!(caller.post(&body).await.status, 200);
    assert_eq!(executions(&cloud, "mode-01").await, 1);
    account_id(&cloud, "mode-01").await;
}

#[tokio::test]
async fn mode_02_killed_before_the_creation_response() {
    let cloud = Cloud::connect();
    let rule = rule_for("mode-02", "organizations", "CreateAccount", Fault::KillCaller);
    cloud.strict.add_rule(&rule).await.unwrap();
    vends(&cloud, "mode-02").await;
}

#[tokio::test]
async fn mode_03_own_earlier_creation_is_recognized() {
    let cloud = Cloud::connect();
    let rule = rule_for("mode-03", "organizations", "CreateAccount", Fault::CutAfter);
    cloud.strict.add_rule(&rule).await.unwrap();
    vends(&cloud, "mode-03").await;

    // The creation whose response was lost is in progress, so that the second creation fails because of it.
    let rule = rule_for("mode-03-concurrent", "organizations", "DescribeCreateAccountStatus", {
        Fault::Rewrite { field: "State".to_owned(), value: "FAILED".to_owned() }
    });
    cloud.strict.add_rule(&rule).await.unwrap();
    let reason = Fault::Rewrite { field: "FailureReason".to_owned(), value: "EMAIL_ALREADY_EXISTS".to_owned() };
    cloud
        .strict
        .add_rule(&rule_for("mode-03-concurrent", "organizations", "DescribeCreateAccountStatus", reason))
        .await
        .unwrap();
    vend(&Caller::root(&cloud), &request("mode-03-concurrent")).await;
    account_id(&cloud, "mode-03-concurrent").await;
}

#[tokio::test]
async fn mode_04_email_of_another_account_is_rejected() {
    let cloud = Cloud::connect();
    let external_emails = [email("mode-04").to_uppercase()].into();
    cloud.strict.set_settings(&Settings { in_progress_millis: None, external_emails }).await.unwrap();
    let outcome = fails(&cloud, "mode-04", &request("mode-04"), "EmailAlreadyExists", "requester").await;
    assert!(outcome["account"]["id"].is_null(), "{outcome:#}");
    assert!(cloud.accounts_of(&email("mode-04")).await.is_empty());
}

#[tokio::test]
async fn mode_05_creations_wait_for_the_limit() {
    let cloud = Cloud::connect();
    cloud.strict.set_limits(&Limits { creations_in_flight: Some(1), accounts: None }).await.unwrap();
    let throttled = always(Rule {
        for_millis: Some(60_000),
        ..rule_for("mode-05-1", "organizations", "Describe*", error("TooManyRequestsException"))
    });
    cloud.strict.add_rule(&throttled).await.unwrap();
    tokio::join!(vends(&cloud, "mode-05-1"), vends(&cloud, "mode-05-2"), vends(&cloud, "mode-05-3"));
    cloud.strict.set_limits(&Limits::default()).await.unwrap();
}

#[tokio::test]
async fn mode_06_account_quota_is_exhausted() {
    let cloud = Cloud::connect();
    let full = Limits { accounts: Some(cloud.accounts().await.len()), ..Limits::default() };
    cloud.strict.set_limits(&full).await.unwrap();
    fails(&cloud, "mode-06", &request("mode-06"), "AccountLimitExceeded", "platform").await;
    cloud.strict.set_limits(&Limits::default()).await.unwrap();
    vend(&Caller::root(&cloud), &request("mode-06")).await;
    account_id(&cloud, "mode-06").await;

    let reason = "ACCOUNT_LIMIT_EXCEEDED".to_owned();
    let late = CreationPlan::for_email(&email("mode-06-late"), Outcome::Fails { reason });
    cloud.strict.plan_creation(&late).await.unwrap();
    fails(&cloud, "mode-06-late", &request("mode-06-late"), "AccountLimitExceeded", "platform").await;

    // A new organization is not ready for accounts for up to an hour.
    let finalizing = error("FinalizingOrganizationException");
    let rule = Rule { times: 3, ..rule_for("mode-06-new", "organizations", "CreateAccount", finalizing) };
    cloud.strict.add_rule(&rule).await.unwrap();
    vends(&cloud, "mode-06-new").await;
}

#[tokio::test]
async fn mode_07_slow_creation_is_awaited() {
    let cloud = Cloud::connect();
    cloud.strict.plan_creation(&CreationPlan { in_progress_millis: Some(180_000), ..plan("mode-07") }).await.unwrap();
    vends(&cloud, "mode-07").await;
}

#[tokio::test]
async fn mode_08_late_duplicate_or_early_events() {
    let cloud = Cloud::connect();
    let deliveries = [
        ("mode-08-late", Delivery::Late { millis: 20_000 }),
        ("mode-08-twice", Delivery::Twice),
        ("mode-08-early", Delivery::BeforeResponse),
        ("mode-08-never", Delivery::Never),
    ];
    for (name, events) in deliveries {
        cloud.strict.plan_creation(&CreationPlan { events: Some(events), ..plan(name) }).await.unwrap();
        vends(&cloud, name).await;
        assert_eq!(executions(&cloud, name).await, 1, "{name}");
    }
}

#[tokio::test]
async fn mode_09_own_events_start_nothing() {
    let cloud = Cloud::connect();
    let before = cloud.strict.delivered_events().await.unwrap().len();
    cloud.strict.plan_creation(&CreationPlan { events: Some(Delivery::Twice), ..plan("mode-09") }).await.unwrap();
    vends(&cloud, "mode-09").await;
    let delivered = wait_for("the four events", || async {
        Some(cloud.strict.delivered_events().await.unwrap()).filter(|events| events.len() >= before + 4)
    })
    .await;
    assert_eq!(delivered.len(), before + 4, "two events, each twice: {delivered:?}");
    assert!(delivered[before..].iter().all(|event| event.function.ends_with("adopt-account")), "{delivered:?}");
    pause(Duration::from_secs(1)).await;
    assert_eq!(executions(&cloud, "mode-09").await, 1);
}

#[tokio::test]
async fn mode_10_account_is_not_visible_yet() {
    let cloud = Cloud::connect();
    let visibility = Some(Visibility { account_millis: 60_000, ..Visibility::default() });
    cloud.strict.plan_creation(&CreationPlan { visibility, ..plan("mode-10") }).await.unwrap();
    vends(&cloud, "mode-10").await;
}

#[tokio::test]
async fn mode_11_account_or_ou_is_moved_concurrently() {
    let cloud = Cloud::connect();
    for (name, code) in [
        ("mode-11-moved", "SourceParentNotFoundException"),
        ("mode-11-busy", "ConcurrentModificationException"),
        ("mode-11-there", "DuplicateAccountException"),
    ] {
        let rule = rule_for(name, "organizations", "MoveAccount", error(code));
        // For the last error to be true, the account has to be moved: only the response is lost.
        let rule = if name == "mode-11-there" { Rule { fault: Fault::CutAfter, ..rule } } else { rule };
        cloud.strict.add_rule(&rule).await.unwrap();
        let id = vends(&cloud, name).await;
        assert_eq!(cloud.unit_of(&id).await, "Development");
    }
    let rule = rule_for("mode-11-gone", "organizations", "MoveAccount", error("DestinationParentNotFoundException"));
    cloud.strict.add_rule(&rule).await.unwrap();
    fails(&cloud, "mode-11-gone", &request("mode-11-gone"), "InvalidConfiguration", "platform").await;
    vend(&Caller::root(&cloud), &request("mode-11-gone")).await;
    account_id(&cloud, "mode-11-gone").await;
}

#[tokio::test]
async fn mode_12_roles_are_not_propagated_yet() {
    let cloud = Cloud::connect();
    let visibility = Some(Visibility { role_millis: 60_000, ..Visibility::default() });
    cloud.strict.plan_creation(&CreationPlan { visibility, ..plan("mode-12-role") }).await.unwrap();
    vends(&cloud, "mode-12-role").await;
    for (name, code) in [("mode-12-token", "InvalidClientTokenId"), ("mode-12-principal", "MalformedPolicyDocument")] {
        cloud.strict.add_rule(&Rule { times: 2, ..rule_for(name, "iam", "CreateRole", error(code)) }).await.unwrap();
        vends(&cloud, name).await;
    }
}

#[tokio::test]
async fn mode_13_services_are_not_active_yet() {
    let cloud = Cloud::connect();
    for (name, code) in [
        ("mode-13-own-words", None),
        ("mode-13-opt-in", Some("OptInRequired")),
        ("mode-13-subscription", Some("SubscriptionRequiredException")),
    ] {
        let services_code = code.map(str::to_owned);
        let visibility = Some(Visibility { services_millis: 60_000, services_code, ..Visibility::default() });
        cloud.strict.plan_creation(&CreationPlan { visibility, ..plan(name) }).await.unwrap();
        vends(&cloud, name).await;
    }
}

#[tokio::test]
async fn mode_14_service_control_policy_denies() {
    let cloud = Cloud::connect();
    for (name, service, operation, step) in [
        ("mode-14-bootstrap", "iam", "CreateRole", "BootstrapRole"),
        ("mode-14-baseline", "config", "PutConfigurationRecorder", "EnableConfig"),
    ] {
        let rule = always(rule_for(name, service, operation, Fault::DeniedByScp));
        let rule = cloud.strict.add_rule(&rule).await.unwrap();
        let outcome = fails(&cloud, name, &request(name), "AccessDenied", "platform").await;
        assert_eq!(outcome["failure"]["step"], step);
        assert!(outcome["failure"]["remedy"].as_str().unwrap().contains("service control policies"), "{outcome:#}");
        let id = account_id(&cloud, name).await;
        assert_eq!(cloud.tags_of(&id).await["account-vending:state"], format!("failed:{step}"));
        cloud.strict.remove_rule(rule).await.unwrap();
        vend(&Caller::root(&cloud), &request(name)).await;
        assert_eq!(account_id(&cloud, name).await, id);
    }
}

#[tokio::test]
async fn mode_15_recorder_with_another_name_exists() {
    let cloud = Cloud::connect();
    let rule = always(rule_for("mode-15", "config", "PutConfigurationRecorder", Fault::DeniedByScp));
    let rule = cloud.strict.add_rule(&rule).await.unwrap();
    fails(&cloud, "mode-15", &request("mode-15"), "AccessDenied", "platform").await;
    cloud.strict.remove_rule(rule).await.unwrap();
    let id = account_id(&cloud, "mode-15").await;
    let config = aws_sdk_config::Client::new(&cloud.member(&id));
    let recorder = format!("arn:aws:iam::{id}:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig");
    let group = aws_sdk_config::types::RecordingGroup::builder().all_supported(true).build();
    let mine = aws_sdk_config::types::ConfigurationRecorder::builder().name("mine").role_arn(recorder);
    let put = config.put_configuration_recorder().configuration_recorder(mine.recording_group(group).build());
    put.send().await.unwrap();

    vend(&Caller::root(&cloud), &request("mode-15")).await;
    let recorders = config.describe_configuration_recorders().send().await.unwrap();
    let names: Vec<_> = recorders.configuration_recorders().iter().map(|recorder| recorder.name()).collect();
    assert_eq!(names, [Some("mine")]);
}

#[tokio::test]
async fn mode_22_failed_notification_is_not_fatal() {
    let cloud = Cloud::connect();
    for (name, service, operation) in [("mode-22-mail", "sns", "Publish"), ("mode-22-event", "events", "PutEvents")] {
        // These calls do not identify the vend, so the rule matches the function.
        let fails = Fault::error(500, "InternalFailure", "injected by the test");
        let rule = Rule { function: Some("*-report-outcome".to_owned()), ..Rule::new(service, operation, fails) };
        let rule = cloud.strict.add_rule(&always(rule)).await.unwrap();
        let id = vends(&cloud, name).await;
        cloud.end_of_execution(&format!("{}-1", key_of(&email(name)))).await;
        cloud.strict.remove_rule(rule).await.unwrap();
        assert_eq!(cloud.tags_of(&id).await["account-vending:state"], "vended");
    }
}

#[tokio::test]
async fn mode_24_drift_is_repaired_by_the_same_request() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let id = vends(&cloud, "mode-24").await;
    let organizations = cloud.organizations();
    let parents = organizations.list_parents().child_id(&id).send().await.unwrap();
    let roots = organizations.list_roots().send().await.unwrap();
    let root = roots.roots()[0].id().unwrap();
    let moving = organizations.move_account().account_id(&id).source_parent_id(parents.parents()[0].id().unwrap());
    moving.destination_parent_id(root).send().await.unwrap();
    let iam = aws_sdk_iam::Client::new(&cloud.member(&id));
    iam.delete_role_policy().role_name("AccountVending").policy_name("baseline").send().await.unwrap();
    iam.delete_role().role_name("AccountVending").send().await.unwrap();

    let accepted = caller.change(&request("mode-24")).await;
    assert_eq!(accepted.status, 202, "{accepted:?}");
    let outcome = wait_for_end(&caller, accepted.body["requestId"].as_str().unwrap()).await;
    assert_eq!(outcome["status"], "VENDED", "{outcome:#}");
    assert_eq!(cloud.unit_of(&id).await, "Development");
    assert!(iam.get_role().role_name("AccountVending").send().await.is_ok());
}

#[tokio::test]
async fn mode_25_unknown_values_are_handled() {
    let cloud = Cloud::connect();
    let reason = "REASON_OF_TOMORROW".to_owned();
    let failing = CreationPlan::for_email(&email("mode-25-reason"), Outcome::Fails { reason });
    cloud.strict.plan_creation(&failing).await.unwrap();
    let outcome = fails(&cloud, "mode-25-reason", &request("mode-25-reason"), "CreationFailed", "platform").await;
    assert!(outcome["failure"]["message"].as_str().unwrap().contains("REASON_OF_TOMORROW"), "{outcome:#}");

    // An unknown state counts as in progress.
    let unknown = Fault::Rewrite { field: "State".to_owned(), value: "ALMOST_THERE".to_owned() };
    let rule = Rule { times: 2, ..rule_for("mode-25-state", "organizations", "DescribeCreateAccountStatus", unknown) };
    cloud.strict.add_rule(&rule).await.unwrap();
    vends(&cloud, "mode-25-state").await;
}
