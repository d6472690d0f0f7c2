//! Permission sets that accounts have.

use time::OffsetDateTime;

use super::world::Outcome;
use super::*;

const ACCOUNT: &str = "111111111111";

/// The sample, with `Reader` in an account.
async fn provisioned() -> World {
    let world = World::new();
    applied(&world, &sample()).await;
    world.provision_in("Reader", &[ACCOUNT]);
    world.state().writes.clear();
    world
}

fn reader(set: &Value) -> Value {
    with_sets(&json!({ "Auditor": auditor(), "Reader": set }))
}

/// `Reader` with a policy of another name.
fn changed() -> Value {
    reader(&json!({ "policyArns": [AUDIT] }))
}

/// Plans the change of `Reader`, and allows it.
async fn planned(world: &World) -> Bucket {
    let bucket = Bucket::default();
    let plan = plan(&bucket, world, &changed()).await;
    allow(&bucket, &guarded(&plan).iter().map(String::as_str).collect::<Vec<_>>());
    bucket
}

fn has_latest(world: &World, account: &str) -> bool {
    world.set("Reader").unwrap().accounts[account]
}

#[tokio::test]
async fn wider_set_is_guarded_and_provisioned() {
    for (wider, field) in [
        (json!({ "policyArns": [READ, AUDIT] }), format!("policyArns.{AUDIT}")),
        (json!({ "policyArns": [READ], "inlinePolicy": "inline.json" }), "inlinePolicy".to_owned()),
        (json!({ "policyArns": [READ], "session": "PT1H30M" }), "session".to_owned()),
    ] {
        let (world, bucket) = (provisioned().await, Bucket::default());
        let plan = plan(&bucket, &world, &reader(&wider)).await;
        let change = format!("permission set Reader:{field}");
        assert_eq!(names(&plan), [change.clone(), "permission set Reader:provisioned".to_owned()]);
        assert_eq!(guarded(&plan), std::slice::from_ref(&change));
        assert_eq!(run(&bucket, &world).await.unwrap_err().0, "PlanOutdated");
        assert!(world.state().writes.is_empty());
        allow(&bucket, &[&change]);
        run(&bucket, &world).await.unwrap();
        assert!(has_latest(&world, ACCOUNT));
    }
}

#[tokio::test]
async fn narrower_set_is_provisioned_without_a_guard() {
    let world = provisioned().await;
    world.change("Reader", |set| {
        set.session = "PT2H".to_owned();
        set.policies.insert(AUDIT.to_owned());
    });
    let bucket = Bucket::default();
    let plan = plan(&bucket, &world, &sample()).await;
    assert_eq!((plan.changes.len(), guarded(&plan)), (3, vec![]));
    run(&bucket, &world).await.unwrap();
    assert_eq!(world.state().writes.last().unwrap(), "ProvisionPermissionSet Reader");
    assert!(has_latest(&world, ACCOUNT));
}

#[tokio::test]
async fn removed_inline_policy_is_guarded() {
    let world = provisioned().await;
    world.change("Reader", |set| set.inline_policy = Some(INLINE.to_owned()));
    let plan = plan(&Bucket::default(), &world, &sample()).await;
    assert_eq!(guarded(&plan), ["permission set Reader:inlinePolicy"]);
}

#[tokio::test]
async fn run_waits_until_a_set_is_provisioned() {
    let world = provisioned().await;
    let bucket = planned(&world).await;
    world.state().outcome = Outcome::InProgress;
    for _ in 0..3 {
        assert_eq!(run(&bucket, &world).await.unwrap_err().0, "NotReady");
    }
    world.state().provisionings[0].1 = Outcome::Done;
    world.state().end_provisioning("arn:aws:sso:::permissionSet/ssoins-1/Reader");
    assert_eq!(names(&run(&bucket, &world).await.unwrap()).len(), 3);
    let provisions = world.state().writes.iter().filter(|write| write.starts_with("Provision")).count();
    assert_eq!(provisions, 1);
}

#[tokio::test]
async fn failed_provisioning_is_an_error_once() {
    let world = provisioned().await;
    let bucket = planned(&world).await;
    world.state().outcome = Outcome::Failed;
    // The failure is not known yet.
    assert_eq!(run(&bucket, &world).await.unwrap_err().0, "NotReady");
    let function = world.function();
    let (code, message) = invoke(&bucket, function, PlanMode::Apply).await.unwrap_err();
    assert_eq!(code, "InvalidConfiguration");
    assert!(message.contains("permission set Reader in account 111111111111: denied by a policy"), "{message}");
    assert!(message.contains("make a new plan"), "{message}");
    assert_eq!(world.state().provisionings.len(), 1);
}

#[tokio::test]
async fn reported_failure_does_not_stop_the_next_run() {
    let world = provisioned().await;
    let bucket = planned(&world).await;
    world.state().outcome = Outcome::Failed;
    run(&bucket, &world).await.unwrap_err();
    world.state().outcome = Outcome::Done;
    let function = world.function();
    function.reported.insert("0".to_owned(), (), OffsetDateTime::now_utc());
    invoke(&bucket, function, PlanMode::Apply).await.unwrap();
    assert!(has_latest(&world, ACCOUNT));
}

#[tokio::test]
async fn accounts_that_are_behind_are_provisioned() {
    let world = provisioned().await;
    world.provision_in("Reader", &["222222222222"]);
    world.change("Reader", |set| set.accounts.extend([(ACCOUNT.to_owned(), false)]));
    let report = applied(&world, &sample()).await;
    assert_eq!(by_name(&report.changes)["permission set Reader:provisioned"], "false → true");
    assert_eq!(world.state().writes, ["ProvisionPermissionSet Reader"]);
}

#[tokio::test]
async fn accounts_that_cannot_be_provisioned_are_noted() {
    let world = provisioned().await;
    let (suspended, left, management) = ("222222222222", "999999999999", "123456789012");
    world.state().inactive.insert(suspended.to_owned());
    world.change("Reader", |set| {
        set.accounts.extend([suspended, left, management].map(|id| (id.to_owned(), false)));
    });
    let report = applied(&world, &sample()).await;
    assert_eq!(report.changes, []);
    assert!(notes(&report)[0].ends_with("123456789012, 222222222222, 999999999999"), "{:?}", report.notes);
    assert!(world.state().provisionings.is_empty());

    let report = applied(&world, &changed()).await;
    assert_eq!(names(&report).last().unwrap(), "permission set Reader:provisioned");
    assert!(has_latest(&world, ACCOUNT) && !has_latest(&world, suspended));
}
