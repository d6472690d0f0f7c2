//! The groups of the manifest.

use super::*;

#[tokio::test]
async fn missing_groups_are_created_once() {
    let (world, bucket) = (World::new(), Bucket::default());
    world.state().groups.insert("admins".to_owned());
    let manifest = manifest(&json!({ "groups": ["admins", "auditors"], "createGroups": true }));
    let plan = plan(&bucket, &world, &manifest).await;
    assert_eq!(by_name(&plan.changes), [("group auditors:name".to_owned(), r#"null → "auditors""#.to_owned())].into());
    assert!(world.state().writes.is_empty());
    run(&bucket, &world).await.unwrap();
    assert_eq!(world.state().writes, ["CreateGroup auditors"]);
    assert_eq!(applied(&world, &manifest).await.changes, []);
}

#[tokio::test]
async fn missing_groups_are_noted_if_they_come_from_elsewhere() {
    for create in
        [json!({ "groups": ["admins", "auditors"] }), json!({ "groups": ["auditors"], "createGroups": false })]
    {
        let world = World::new();
        world.state().groups.insert("admins".to_owned());
        let report = applied(&world, &manifest(&create)).await;
        assert_eq!(report.changes, []);
        assert!(notes(&report)[0].starts_with("IAM Identity Center does not have the group auditors: create it in"));
        assert!(world.state().writes.is_empty());
    }
}

#[tokio::test]
async fn group_whose_creation_had_a_lost_response_is_used() {
    let (world, bucket) = (World::new(), Bucket::default());
    plan(&bucket, &world, &manifest(&json!({ "groups": ["auditors"], "createGroups": true }))).await;
    world.state().loses = Some("CreateGroup");
    run(&bucket, &world).await.unwrap();
    assert!(world.state().groups.contains("auditors"));
}

#[tokio::test]
async fn groups_that_left_the_manifest_are_kept() {
    let world = World::new();
    applied(&world, &manifest(&json!({ "groups": ["auditors"], "createGroups": true }))).await;
    assert_eq!(applied(&world, &manifest(&json!({ "groups": [], "createGroups": true }))).await.changes, []);
    assert!(world.state().groups.contains("auditors"));
}
