//! Stored objects that are newer, invalid, or written by another caller.

use crate::store::Stored;

use super::*;

#[tokio::test]
async fn newer_settings_are_never_overwritten() {
    let bucket = applied(&with_budget(100)).await;
    request(&bucket, &with_budget(200), &[]);
    invoke(&bucket, PlanMode::Plan).await.unwrap();
    let newer = json!({ "schemaVersion": 2, "later": true });
    bucket.put(Settings::KEY, &newer);
    for mode in [PlanMode::Plan, PlanMode::Apply] {
        let (code, message) = invoke(&bucket, mode).await.unwrap_err();
        assert_eq!(code, "InvalidConfiguration");
        assert!(message.contains("schema version 2"), "{message}");
    }
    assert_eq!(bucket.read::<Value>(Settings::KEY), newer);
}

#[tokio::test]
async fn invalid_settings_are_replaced() {
    let bucket = Bucket::default();
    bucket.put(Settings::KEY, &json!({ "schemaVersion": 1 }));
    request(&bucket, &with_budget(100), &[]);
    invoke(&bucket, PlanMode::Plan).await.unwrap();
    invoke(&bucket, PlanMode::Apply).await.unwrap();
    assert_eq!(budget(&bucket), Some(100));
}

fn store(client: aws_sdk_s3::Client) -> SettingsStore {
    SettingsStore::new(Objects::new(client, "records".to_owned()))
}

fn wanted(budget: u32) -> Settings {
    let block = json!({ "ou-p": { "monthlyBudgetUsd": budget } });
    let value = json!({
        "schemaVersion": 1, "homeRegion": "us-east-1", "governedRegions": ["us-east-1"], "blocks": block,
    });
    serde_json::from_value(value).unwrap()
}

/// Writes settings with a budget of 2, after another write came in between.
async fn write_late(earlier: Option<Settings>, in_between: &Settings) -> (Result<(), StepError>, Bucket) {
    let bucket = Bucket::default();
    if let Some(earlier) = earlier {
        bucket.put(Settings::KEY, &earlier);
    }
    let store = store(bucket.client());
    let stored = store.read().await.unwrap();
    bucket.put(Settings::KEY, in_between);
    (store.write(&wanted(2), &stored).await, bucket)
}

/// S3 stored the settings, but its response was lost, and the SDK sent them again.
#[tokio::test]
async fn own_write_with_a_lost_response_succeeds() {
    for earlier in [None, Some(wanted(1))] {
        write_late(earlier, &wanted(2)).await.0.unwrap();
    }
}

#[tokio::test]
async fn write_of_another_caller_is_kept() {
    for earlier in [None, Some(wanted(1))] {
        let (written, bucket) = write_late(earlier, &wanted(3)).await;
        assert_eq!(written.unwrap_err().code(), ErrorCode::ServiceUnavailable);
        assert_eq!(budget(&bucket), Some(3));
    }
}

#[tokio::test]
async fn throttled_write_is_retried() {
    let throttled = mock!(aws_sdk_s3::Client::put_object)
        .then_error(|| PutObjectError::generic(ErrorMetadata::builder().code("SlowDown").build()));
    let store = store(mock_client!(aws_sdk_s3, RuleMode::MatchAny, &[&throttled]));
    let error = store.write(&wanted(1), &Stored::default()).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::Throttled);
}
