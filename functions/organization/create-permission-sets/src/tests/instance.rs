//! Where IAM Identity Center is, and whether it can be used.

use aws_sdk_ssoadmin::types::InstanceStatus;

use super::*;

/// Plans and runs. Returns the report of the run.
async fn run_of(world: &World, manifest: &Value) -> Result<PlanReport, (String, String)> {
    let bucket = Bucket::default();
    plan(&bucket, world, manifest).await;
    run(&bucket, world).await
}

#[tokio::test]
async fn missing_instance_is_only_noted() {
    let with_groups = manifest(&json!({ "groups": ["admins"], "createGroups": true }));
    for manifest in [sample(), with_groups] {
        let world = World::without_instance();
        let report = run_of(&world, &manifest).await.unwrap();
        assert_eq!(report.changes, []);
        assert_eq!(report.notes.len(), 1);
        assert!(report.notes[0].message.contains("is not enabled in us-east-1"), "{:?}", report.notes);
        assert_eq!(report.notes[0].link.as_deref(), Some("https://console.aws.amazon.com/singlesignon"));
    }
}

#[tokio::test]
async fn nothing_is_noted_if_nothing_is_wanted() {
    for manifest in [json!({ "version": 1, "root": {} }), manifest(&json!({ "region": "us-east-1" }))] {
        for world in [
            World::without_instance(),
            World::with_instance(|instance| instance.status = InstanceStatus::CreateFailed),
            World::with_instance(|instance| instance.unsupported = Some("not supported")),
        ] {
            let report = run_of(&world, &manifest).await.unwrap();
            assert_eq!((report.changes, report.notes), (vec![], vec![]));
        }
    }
}

#[tokio::test]
async fn instance_of_a_member_account_is_ignored() {
    let world = World::with_instance(|instance| instance.owner = "111111111111".to_owned());
    let report = run_of(&world, &sample()).await.unwrap();
    assert!(notes(&report)[0].contains("is not enabled"), "{:?}", report.notes);
}

#[tokio::test]
async fn run_waits_for_an_instance_that_is_created() {
    let world = World::with_instance(|instance| instance.status = InstanceStatus::CreateInProgress);
    let manifest =
        manifest(&json!({ "permissionSets": { "Auditor": auditor() }, "groups": ["a"], "createGroups": true }));
    let bucket = Bucket::default();
    let plan = plan(&bucket, &world, &manifest).await;
    assert_eq!(notes(&plan), ["IAM Identity Center in us-east-1 is not active yet: a run waits for it"]);
    assert_eq!(plan.changes.len(), 4);
    assert_eq!(run(&bucket, &world).await.unwrap_err().0, "NotReady");
    world.state().instance.as_mut().unwrap().status = InstanceStatus::Active;
    assert_eq!(run(&bucket, &world).await.unwrap().changes, plan.changes);
    assert!(world.set("Auditor").is_some());
}

#[tokio::test]
async fn failed_creation_is_noted_with_its_reason() {
    let world = World::with_instance(|instance| instance.status = InstanceStatus::CreateFailed);
    let report = run_of(&world, &sample()).await.unwrap();
    assert!(notes(&report)[0].contains("CREATE_FAILED (the key is disabled)"), "{:?}", report.notes);
}

#[tokio::test]
async fn additional_region_is_a_blocker() {
    let world = World::with_instance(|instance| instance.primary_region = "eu-central-1".to_owned());
    let report = plan(&Bucket::default(), &world, &sample()).await;
    assert_eq!(report.changes, []);
    assert_eq!(report.blockers[0].pointer, "/identityCenter/region");
    assert!(report.blockers[0].detail.starts_with("must be eu-central-1"), "{:?}", report.blockers);
}

#[tokio::test]
async fn instance_without_permission_sets_is_noted() {
    for (why, expected) in [
        ("This operation is not supported for account instances of IAM Identity Center.", "it is an account instance"),
        ("The operation is not supported for this Identity Center instance", "turn on multi-account permissions"),
    ] {
        let world = World::with_instance(|instance| instance.unsupported = Some(why));
        let sets = json!({ "Auditor": auditor() });
        let manifest = manifest(&json!({ "permissionSets": sets, "groups": ["admins"], "createGroups": true }));
        let report = run_of(&world, &manifest).await.unwrap();
        assert_eq!(names(&report), ["group admins:name"]);
        assert!(notes(&report)[0].contains(expected), "{:?}", report.notes);
    }
}
