//! Runs that go on after a response was lost.

use super::*;

/// Plans the manifest, loses the response of a call, and runs until it succeeds. Nothing is done twice.
async fn resumed(world: &World, manifest: &Value, lost: &'static str) {
    let bucket = Bucket::default();
    let plan = plan(&bucket, world, manifest).await;
    allow(&bucket, &guarded(&plan).iter().map(String::as_str).collect::<Vec<_>>());
    world.state().loses = Some(lost);
    assert_eq!(run(&bucket, world).await.unwrap_err().0, "ServiceUnavailable", "{lost}");
    assert_eq!(run(&bucket, world).await.unwrap().changes, plan.changes, "{lost}");
    assert_eq!(world.state().loses, None);
}

#[tokio::test]
async fn creation_goes_on_after_a_lost_response() {
    let complete = World::new();
    applied(&complete, &sample()).await;
    for lost in ["CreatePermissionSet", "AttachManagedPolicy", "PutInlinePolicy"] {
        let world = World::new();
        resumed(&world, &sample(), lost).await;
        assert_eq!(world.state().sets, complete.state().sets, "{lost}");
        assert_eq!(world.state().writes, complete.state().writes, "{lost}");
    }
}

#[tokio::test]
async fn change_is_provisioned_after_a_lost_response() {
    let wider = json!({ "policyArns": [READ, AUDIT], "inlinePolicy": "inline.json", "session": "PT8H" });
    let manifest = with_sets(&json!({ "Auditor": auditor(), "Reader": wider }));
    for lost in ["UpdatePermissionSet", "AttachManagedPolicy", "PutInlinePolicy"] {
        let world = World::new();
        applied(&world, &sample()).await;
        world.provision_in("Reader", &["111111111111"]);
        resumed(&world, &manifest, lost).await;
        let reader = world.set("Reader").unwrap();
        assert!(reader.accounts["111111111111"], "{lost}");
        assert_eq!(world.state().provisionings.len(), 1, "{lost}");
    }
}

#[tokio::test]
async fn provisioning_with_a_lost_response_is_not_repeated() {
    let manifest = with_sets(&json!({ "Auditor": auditor(), "Reader": { "policyArns": [READ], "session": "PT8H" } }));
    let world = World::new();
    applied(&world, &sample()).await;
    world.provision_in("Reader", &["111111111111"]);
    resumed(&world, &manifest, "ProvisionPermissionSet").await;
    assert_eq!(world.state().provisionings.len(), 1);
}
