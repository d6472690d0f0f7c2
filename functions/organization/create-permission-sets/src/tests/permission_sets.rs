//! Which permission sets are created, and which are deleted.

use super::*;

#[tokio::test]
async fn permission_sets_are_created_once() {
    let (world, bucket) = (World::new(), Bucket::default());
    let plan = plan(&bucket, &world, &sample()).await;
    let changes = by_name(&plan.changes);
    assert_eq!(changes["permission set Auditor:name"], r#"null → "Auditor""#);
    assert_eq!(changes[&format!("permission set Auditor:policyArns.{AUDIT}")], "false → true");
    assert!(changes["permission set Auditor:inlinePolicy"].starts_with("null → {"));
    assert_eq!((changes.len(), guarded(&plan)), (5, vec![]));
    assert!(world.state().writes.is_empty());

    assert_eq!(run(&bucket, &world).await.unwrap().changes, plan.changes);
    let auditor = world.set("Auditor").unwrap();
    assert_eq!(auditor.tag.as_deref(), Some("account-vending/Auditor"));
    assert_eq!((auditor.description.as_deref(), auditor.session.as_str()), (Some("reads"), "PT4H"));
    assert_eq!(auditor.policies, [AUDIT.to_owned()].into());
    assert_eq!(world.set("Reader").unwrap().session, "PT1H");

    let writes = world.state().writes.len();
    assert_eq!(applied(&world, &sample()).await.changes, []);
    assert_eq!(world.state().writes.len(), writes);
}

#[tokio::test]
async fn permission_sets_of_others_are_left_alone() {
    let world = World::new();
    world.add_foreign("Others");
    world.change("Others", |set| set.tag = Some("another-deployment/Others".to_owned()));
    let others = world.set("Others");
    assert_eq!(names(&applied(&world, &sample()).await).len(), 5);
    assert_eq!(world.set("Others"), others);
}

#[tokio::test]
async fn permission_sets_of_others_are_read_once_in_a_run() {
    let (world, bucket) = (World::new(), Bucket::default());
    for index in 0..10 {
        world.add_foreign(&format!("Others{index}"));
    }
    plan(&bucket, &world, &with_sets(&json!({ "Reader": { "policyArns": [READ] } }))).await;
    world.state().reads = 0;
    run(&bucket, &world).await.unwrap();
    // The ten, and the new one when it is read back.
    assert_eq!(world.state().reads, 11);
}

#[tokio::test]
async fn same_name_of_others_is_a_blocker() {
    let world = World::new();
    let arn = world.add_foreign("Reader");
    let bucket = Bucket::default();
    let report = plan(&bucket, &world, &sample()).await;
    assert_eq!(report.blockers.len(), 1);
    assert_eq!(report.blockers[0].pointer, "/identityCenter/permissionSets/Reader");
    assert!(report.blockers[0].detail.contains(&arn), "{:?}", report.blockers);
    assert!(!names(&report).iter().any(|name| name.contains("Reader")));
    assert_eq!(run(&bucket, &world).await.unwrap_err().0, "PlanOutdated");
    assert!(world.state().writes.is_empty());
}

#[tokio::test]
async fn permission_set_is_deleted_only_if_it_is_allowed() {
    let (world, bucket) = (World::new(), Bucket::default());
    applied(&world, &sample()).await;
    let plan = plan(&bucket, &world, &with_sets(&json!({ "Auditor": auditor() }))).await;
    assert_eq!(by_name(&plan.changes)["permission set Reader:name"], r#""Reader" → null"#);
    assert_eq!(guarded(&plan), ["permission set Reader:name"]);
    assert_eq!(run(&bucket, &world).await.unwrap_err().0, "PlanOutdated");
    allow(&bucket, &["permission set Reader:name"]);
    run(&bucket, &world).await.unwrap();
    assert!(world.set("Reader").is_none() && world.set("Auditor").is_some());
}

#[tokio::test]
async fn permission_set_with_assignments_is_not_deleted() {
    let world = World::new();
    applied(&world, &sample()).await;
    world.provision_in("Reader", &["111111111111"]);
    let report = applied(&world, &with_sets(&json!({ "Auditor": auditor() }))).await;
    assert_eq!(report.changes, []);
    assert!(notes(&report)[0].contains("accounts have it, such as 111111111111"), "{:?}", report.notes);
    assert!(world.set("Reader").is_some());
}

#[tokio::test]
async fn all_are_deleted_without_identity_center_in_the_manifest() {
    let world = World::new();
    applied(&world, &sample()).await;
    world.add_foreign("Others");
    assert_eq!(names(&applied(&world, &json!({ "version": 1, "root": {} })).await).len(), 2);
    let left: Vec<String> = world.state().sets.values().map(|set| set.name.clone()).collect();
    assert_eq!(left, ["Others"]);
}

#[tokio::test]
async fn unusable_fields_are_blockers() {
    let long =
        format!(r#"{{ "Statement": [{{ "Effect": "Allow", "Action": "{}", "Resource": "*" }}] }}"#, "a".repeat(10_240));
    for (set, document, pointer, expected) in [
        (json!({ "inlinePolicy": "a.json" }), Some("{"), "inlinePolicy", "must be valid JSON"),
        (json!({ "inlinePolicy": "a.json" }), Some("{}"), "inlinePolicy", "must be an IAM policy"),
        (json!({ "inlinePolicy": "a.json" }), Some(long.as_str()), "inlinePolicy", "at most 10240 characters"),
        (json!({ "inlinePolicy": "a.json" }), None, "inlinePolicy", "needs the file a.json"),
        (json!({ "policyArns": [READ], "description": "“reads”" }), None, "description", "Latin-1"),
    ] {
        let (world, bucket) = (World::new(), Bucket::default());
        let documents: Vec<(&str, &str)> = document.map(|text| ("a.json", text)).into_iter().collect();
        request(&bucket, &with_sets(&json!({ "A": set })), &documents);
        invoke(&bucket, world.function(), PlanMode::Plan).await.unwrap();
        let report = report(&bucket, CreatePermissionSets::FOLDER, PlanMode::Plan);
        assert_eq!(report.blockers[0].pointer, format!("/identityCenter/permissionSets/A/{pointer}"));
        assert!(report.blockers[0].detail.contains(expected), "{:?}", report.blockers);
        assert_eq!(report.changes, []);
    }
}

#[tokio::test]
async fn unusable_permission_set_is_not_deleted() {
    let (world, bucket) = (World::new(), Bucket::default());
    applied(&world, &sample()).await;
    request(&bucket, &sample(), &[("inline.json", "{")]);
    invoke(&bucket, world.function(), PlanMode::Plan).await.unwrap();
    let report = report(&bucket, CreatePermissionSets::FOLDER, PlanMode::Plan);
    assert_eq!((report.changes.len(), report.blockers.len()), (0, 1));
}
