//! The account as a whole, its root user, and its Regions.

use aws_sdk_account::types::RegionOptStatus;

use super::*;

#[tokio::test]
async fn account_outside_the_manifest_is_left_alone() {
    for value in [
        json!({}),
        json!({ "managementAccount": {} }),
        json!({ "managementAccount": { "recordChanges": false }, "config": { "bucket": "logs" } }),
        json!({ "security": { "accessAnalyzer": {} } }),
    ] {
        let world = World::default();
        let plan = plan(&Bucket::default(), &world, &value).await;
        assert_eq!((plan.changes, plan.blockers, plan.notes), (vec![], vec![], vec![]), "{value}");
        assert_eq!(world.state().reads, ["GetAccountSummary"], "{value}");
    }
}

#[tokio::test]
async fn root_user_without_mfa_or_with_keys_is_noted() {
    let world = World::default();
    world.set_root_user(0, 1);
    let report = plan(&Bucket::default(), &world, &json!({})).await;
    assert_eq!(
        notes(&report),
        [
            "the root user of the management account has no MFA; sign in as the root user and register a device",
            "the root user of the management account has access keys; sign in as the root user and delete them",
        ]
    );
    let link = "https://console.aws.amazon.com/iam/home#/security_credentials";
    assert!(report.notes.iter().all(|note| note.link.as_deref() == Some(link)));
}

#[tokio::test]
async fn region_that_is_not_enabled_is_a_blocker() {
    let value = json!({
        "governedRegions": ["us-east-1", "me-south-1", "af-south-1"], "security": { "guardDuty": {} },
    });
    let world = World::default();
    world.set_region("af-south-1", RegionOptStatus::Enabled);
    world.set_region("me-south-1", RegionOptStatus::Disabled);
    let bucket = Bucket::default();
    let report = plan(&bucket, &world, &value).await;
    assert_eq!(report.blockers.len(), 1);
    assert_eq!(report.blockers[0].pointer, "/governedRegions");
    assert!(report.blockers[0].detail.ends_with("not me-south-1"), "{:?}", report.blockers);
    assert_eq!(names(&report), ["management account:guardDuty.af-south-1", "management account:guardDuty.us-east-1"]);
    world.set_region("me-south-1", RegionOptStatus::Enabling);
    assert_eq!(invoke(&bucket, world.function(), PlanMode::Plan).await.unwrap_err().0, "NotReady");
    world.set_region("me-south-1", RegionOptStatus::Enabled);
    assert_eq!(names(&applied(&world, &value).await).len(), 3);
}
