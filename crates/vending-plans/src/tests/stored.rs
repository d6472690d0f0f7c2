//! Records and manifests that are missing, changed, or of another plan.

use super::*;

async fn plan(bucket: &Bucket) -> (String, String) {
    invoke(bucket, SetBudgets::default(), PlanMode::Plan).await.unwrap_err()
}

#[tokio::test]
async fn record_must_be_that_of_the_input() {
    let bucket = Bucket::default();
    assert_eq!(plan(&bucket).await.0, "InvalidRequest");
    request(&bucket, &with_budgets(&[]), &[]);
    let record: PlanRecord = bucket.read(&input(PlanMode::Plan).record_key());
    bucket.put(&input(PlanMode::Apply).record_key(), &record);
    assert_eq!(run(&bucket, &SetBudgets::default()).await.unwrap_err().0, "InvalidRequest");
}

#[tokio::test]
async fn manifest_must_have_its_digest() {
    let bucket = Bucket::default();
    request(&bucket, &with_budgets(&[("A", 1)]), &[]);
    let record: PlanRecord = bucket.read(&input(PlanMode::Plan).record_key());
    bucket.put(&record.manifest_digest.key(), &json!({ "manifest": with_budgets(&[("A", 2)]), "documents": {} }));
    let (code, message) = plan(&bucket).await;
    assert_eq!(code, "InvalidConfiguration");
    assert!(message.contains("was changed"), "{message}");
}

#[tokio::test]
async fn missing_manifest_needs_a_new_plan() {
    let bucket = Bucket::default();
    request(&bucket, &with_budgets(&[]), &[]);
    let record: PlanRecord = bucket.read(&input(PlanMode::Plan).record_key());
    let manifest_digest = "0".repeat(64).parse().unwrap();
    bucket.put(&input(PlanMode::Plan).record_key(), &PlanRecord { manifest_digest, ..record });
    let (code, message) = plan(&bucket).await;
    assert_eq!(code, "InvalidConfiguration");
    assert!(message.contains("is missing") && message.contains("make a new plan"), "{message}");
}

#[tokio::test]
async fn invalid_manifest_names_its_problem() {
    let bucket = Bucket::default();
    request(&bucket, &json!({ "version": 2, "root": {} }), &[]);
    let (code, message) = plan(&bucket).await;
    assert_eq!(code, "InvalidConfiguration");
    assert!(message.contains("/version"), "{message}");
}
