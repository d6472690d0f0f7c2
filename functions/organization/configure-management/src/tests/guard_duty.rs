//! The detectors of GuardDuty.

use super::*;
use world::Detector;

fn guarded() -> Value {
    json!({ "security": { "guardDuty": { "features": ["S3_DATA_EVENTS"] } } })
}

fn change(region: &str) -> String {
    format!("management account:guardDuty.{region}")
}

#[tokio::test]
async fn every_region_gets_a_detector() {
    let world = World::default();
    let report = applied(&world, &guarded()).await;
    assert_eq!(names(&report), [change("eu-west-1"), change("us-east-1")]);
    assert_eq!(by_name(&report.changes)[&change("eu-west-1")], "false → true");
    assert!(report.changes.iter().all(|change| change.why.as_deref().unwrap().contains("4.00 US dollars")));
    let state = world.state();
    let detector = state.regions["eu-west-1"].detector.clone().unwrap();
    assert!(detector.is_enabled);
    assert_eq!(detector.tags["account-vending:ground"], "account-vending/management-account");
    assert_eq!(detector.enabled_features(), ["CLOUD_TRAIL", "S3_DATA_EVENTS"]);
}

#[tokio::test]
async fn detector_of_others_is_used_as_it_is() {
    let world = World::default();
    let suspended = Detector { is_enabled: false, ..Detector::default() };
    world.state().regions.entry("us-east-1".to_owned()).or_default().detector = Some(Detector::default());
    world.state().regions.entry("eu-west-1".to_owned()).or_default().detector = Some(suspended);
    let report = plan(&Bucket::default(), &world, &guarded()).await;
    assert_eq!(report.changes, []);
    assert_eq!(
        notes(&report),
        ["a GuardDuty detector of others is suspended in the management account in eu-west-1; resume it"]
    );
}

#[tokio::test]
async fn creation_that_stopped_half_way_continues() {
    for (operation, code, expected) in [
        ("UpdateDetector", "InternalServerException", "ServiceUnavailable"),
        ("UpdateDetector", "NotOwned", "NotReady"),
        ("CreateDetector", "AlreadyExists", "NotReady"),
    ] {
        let (world, bucket) = (World::default(), Bucket::default());
        let planned = plan(&bucket, &world, &guarded()).await;
        world.fail(operation, code);
        assert_eq!(run(&bucket, &world).await.unwrap_err().0, expected, "{operation}: {code}");
        world.succeed();
        assert_eq!(run(&bucket, &world).await.unwrap().changes, planned.changes);
        assert_eq!(plan(&Bucket::default(), &world, &guarded()).await.changes, []);
        let creations = world.writes().iter().filter(|write| *write == "CreateDetector us-east-1").count();
        assert_eq!(creations, 1, "{operation}: {code}");
    }
}

#[tokio::test]
async fn own_detector_that_is_suspended_is_enabled() {
    let world = World::default();
    applied(&world, &guarded()).await;
    world.state().regions.get_mut("eu-west-1").unwrap().detector.as_mut().unwrap().is_enabled = false;
    assert_eq!(names(&applied(&world, &guarded()).await), [change("eu-west-1")]);
}

#[tokio::test]
async fn rejected_detector_is_an_invalid_configuration() {
    let (world, bucket) = (World::default(), Bucket::default());
    plan(&bucket, &world, &guarded()).await;
    world.fail("UpdateDetector", "Rejected");
    let (code, message) = run(&bucket, &world).await.unwrap_err();
    assert_eq!(code, "InvalidConfiguration");
    assert!(message.contains("correct security.guardDuty"), "{message}");
}
