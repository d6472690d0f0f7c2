//! The recorders of AWS Config.

use aws_sdk_config::types::{ConfigurationRecorder, RecordingGroup};

use super::*;

fn recorded() -> Value {
    json!({ "managementAccount": { "recordChanges": true }, "config": { "bucket": "logs" } })
}

fn change(region: &str, field: &str) -> String {
    format!("management account:recordChanges.{region}.{field}")
}

#[tokio::test]
async fn every_region_is_recorded() {
    let world = World::default();
    let report = applied(&world, &recorded()).await;
    let changes = by_name(&report.changes);
    assert_eq!(changes["management account:recordChanges.role"], r#"null → "AWSServiceRoleForConfig""#);
    assert_eq!(changes[&change("eu-west-1", "bucket")], r#"null → "logs""#);
    assert_eq!(changes[&change("eu-west-1", "isRecording")], "false → true");
    assert!(changes[&change("us-east-1", "recorder")].contains(r#""includeGlobalResourceTypes":true"#), "{changes:?}");
    assert!(changes[&change("eu-west-1", "recorder")].contains(r#""includeGlobalResourceTypes":false"#));
    assert_eq!(changes.len(), 7);
    let prices = report.changes.iter().filter(|change| change.why.as_deref().is_some_and(|why| why.contains("0.003")));
    assert_eq!(prices.count(), 4);
    assert_eq!(
        world.writes(),
        [
            "CreateServiceLinkedRole",
            "PutConfigurationRecorder us-east-1",
            "PutDeliveryChannel us-east-1",
            "StartConfigurationRecorder us-east-1",
            "PutConfigurationRecorder eu-west-1",
            "PutDeliveryChannel eu-west-1",
            "StartConfigurationRecorder eu-west-1",
        ]
    );
    let state = world.state();
    let region = &state.regions["eu-west-1"];
    assert_eq!(region.recorder_tags["account-vending:ground"], "account-vending/management-account");
    assert_eq!(
        region.recorder.as_ref().unwrap().role_arn(),
        Some("arn:aws:iam::123456789012:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig")
    );
}

#[tokio::test]
async fn drift_of_an_own_recorder_is_repaired() {
    type Drift = fn(&mut world::Region);
    let drifts: [(Drift, &str); 4] = [
        (|region| region.is_recording = false, "isRecording"),
        (|region| region.channel = None, "bucket"),
        (|region| region.channel.as_mut().unwrap().s3_bucket_name = Some("elsewhere".to_owned()), "bucket"),
        (
            |region| {
                let group = RecordingGroup::builder().all_supported(false).build();
                region.recorder.as_mut().unwrap().recording_group = Some(group);
            },
            "recorder",
        ),
    ];
    for (drift, field) in drifts {
        let world = World::default();
        applied(&world, &recorded()).await;
        drift(world.state().regions.get_mut("eu-west-1").unwrap());
        let report = applied(&world, &recorded()).await;
        assert_eq!(names(&report), [change("eu-west-1", field)]);
    }
}

#[tokio::test]
async fn run_that_stopped_half_way_continues() {
    for (operation, code, expected) in [
        ("PutDeliveryChannel", "InternalFailure", "ServiceUnavailable"),
        ("PutConfigurationRecorder", "InvalidRoleException", "NotReady"),
        ("PutConfigurationRecorder", "MaxNumberOfConfigurationRecordersExceededException", "NotReady"),
        ("StartConfigurationRecorder", "ThrottlingException", "Throttled"),
    ] {
        let (world, bucket) = (World::default(), Bucket::default());
        let planned = plan(&bucket, &world, &recorded()).await;
        world.fail(operation, code);
        assert_eq!(run(&bucket, &world).await.unwrap_err().0, expected, "{operation}");
        world.succeed();
        assert_eq!(run(&bucket, &world).await.unwrap().changes, planned.changes, "{operation}");
        assert_eq!(plan(&Bucket::default(), &world, &recorded()).await.changes, []);
    }
}

/// The recorder `theirs` in Ireland, which delivers to the bucket `elsewhere`.
fn foreign(world: &World, is_recording: bool) {
    let mut state = world.state();
    let region = state.regions.entry("eu-west-1".to_owned()).or_default();
    region.recorder = Some(ConfigurationRecorder::builder().name("theirs").arn("arn:theirs").build());
    region.recorder_tags = [("account-vending:ground".to_owned(), "other/management-account".to_owned())].into();
    region.is_recording = is_recording;
    region.set_channel("theirs", "elsewhere");
}

#[tokio::test]
async fn recorder_of_others_is_used_as_it_is() {
    for (is_recording, end) in [(true, "elsewhere"), (false, "elsewhere and is stopped")] {
        let world = World::default();
        foreign(&world, is_recording);
        let report = applied(&world, &recorded()).await;
        assert!(!names(&report).iter().any(|name| name.contains("eu-west-1")), "{report:?}");
        let start = "AWS Config uses recorders of others in the management account as they are: ";
        assert_eq!(notes(&report), [format!("{start}theirs in eu-west-1 delivers to {end}")]);
        assert!(!world.writes().iter().any(|write| write.contains("eu-west-1")));
    }
}

#[tokio::test]
async fn bucket_is_only_needed_by_own_recorders() {
    let world = World::default();
    let value = json!({ "managementAccount": { "recordChanges": true } });
    let report = plan(&Bucket::default(), &world, &value).await;
    assert_eq!(report.changes, []);
    assert_eq!(report.blockers[0].pointer, "/config/bucket");
    assert!(report.blockers[0].remedy.contains("`config.bucket`"), "{:?}", report.blockers);
    foreign(&world, true);
    let region = world.state().regions["eu-west-1"].clone();
    world.state().regions.insert("us-east-1".to_owned(), region);
    let report = plan(&Bucket::default(), &world, &value).await;
    assert_eq!((report.changes, report.blockers), (vec![], vec![]));
}

#[tokio::test]
async fn bucket_of_the_log_archive_is_not_there_yet() {
    let value = json!({
        "managementAccount": { "recordChanges": true },
        "logArchive": { "retentionDays": 365 },
        "root": { "organizationalUnits": { "Security": {
            "accounts": { "log-archive": { "purpose": "logArchive", "email": "logs@example.com" } },
        } } },
    });
    let report = plan(&Bucket::default(), &World::default(), &value).await;
    assert_eq!((report.changes, report.blockers), (vec![], vec![]));
    assert_eq!(report.not_managed, ["/managementAccount/recordChanges"]);
}

#[tokio::test]
async fn channel_that_others_left_is_a_blocker() {
    let world = World::default();
    let leave = |bucket: &str| {
        let mut state = world.state();
        state.regions.entry("eu-west-1".to_owned()).or_default().set_channel("theirs", bucket);
    };
    leave("elsewhere");
    let report = plan(&Bucket::default(), &world, &recorded()).await;
    assert_eq!(report.blockers.len(), 1);
    assert!(report.blockers[0].detail.contains("theirs delivers to elsewhere"), "{:?}", report.blockers);
    assert!(report.blockers[0].remedy.contains("--region eu-west-1 --delivery-channel-name theirs"));
    assert!(!names(&report).iter().any(|name| name.contains("eu-west-1")), "{report:?}");
    leave("logs");
    let report = applied(&world, &recorded()).await;
    assert!(!names(&report).contains(&change("eu-west-1", "bucket")), "{report:?}");
    assert!(names(&report).contains(&change("eu-west-1", "isRecording")), "{report:?}");
}

#[tokio::test]
async fn recorder_of_another_service_is_ignored() {
    let world = World::default();
    {
        let linked = ConfigurationRecorder::builder().name("linked").service_principal("some.amazonaws.com");
        let mut state = world.state();
        state.regions.entry("eu-west-1".to_owned()).or_default().linked = Some(linked.build());
    }
    let report = applied(&world, &recorded()).await;
    assert_eq!(report.changes.len(), 7);
    assert_eq!(report.notes, []);
    world.state().regions.get_mut("eu-west-1").unwrap().is_recording = false;
    assert_eq!(names(&applied(&world, &recorded()).await), [change("eu-west-1", "isRecording")]);
}

#[tokio::test]
async fn bucket_error_remedy_names_the_bucket() {
    for code in ["InsufficientDeliveryPolicyException", "NoSuchBucketException"] {
        let (world, bucket) = (World::default(), Bucket::default());
        plan(&bucket, &world, &recorded()).await;
        world.fail("PutDeliveryChannel", code);
        let (found, message) = run(&bucket, &world).await.unwrap_err();
        assert_eq!(found, "InvalidConfiguration");
        assert!(message.contains("bucket logs"), "{message}");
    }
}

#[tokio::test]
async fn role_that_another_caller_created_is_used() {
    let (world, bucket) = (World::default(), Bucket::default());
    plan(&bucket, &world, &recorded()).await;
    world.fail("CreateServiceLinkedRole", "InvalidInput");
    run(&bucket, &world).await.unwrap();
    assert!(world.state().has_role);
}
