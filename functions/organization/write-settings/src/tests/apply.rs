//! Runs, which change what their plan lists and nothing else.

use super::*;

#[tokio::test]
async fn run_writes_the_settings_and_its_report() {
    let bucket = applied(&with_budget(100)).await;
    let settings = settings(&bucket);
    assert_eq!(settings.blocks.len(), 2);
    assert_eq!(settings.paths.len(), 2);
    assert_eq!(budget(&bucket), Some(100));
    let run = report(&bucket, PlanMode::Apply);
    assert!(run.is_applied);
    assert_eq!(run.changes, report(&bucket, PlanMode::Plan).changes);
}

#[tokio::test]
async fn second_invocation_keeps_the_report() {
    let bucket = applied(&with_budget(100)).await;
    let first = report(&bucket, PlanMode::Apply);
    assert!(!first.changes.is_empty());
    let output = invoke(&bucket, PlanMode::Apply).await.unwrap();
    assert_eq!(output["changes"], first.changes.len());
    assert_eq!(report(&bucket, PlanMode::Apply), first);
}

#[tokio::test]
async fn unplanned_change_is_rejected() {
    let bucket = applied(&with_budget(100)).await;
    requested(&bucket, &with_budget(200));
    invoke(&bucket, PlanMode::Plan).await.unwrap();
    let mut changed = settings(&bucket);
    changed.config_bucket = Some("another".to_owned());
    bucket.put(Settings::KEY, &changed);
    let (code, message) = invoke(&bucket, PlanMode::Apply).await.unwrap_err();
    assert_eq!(code, "PlanOutdated");
    assert!(message.contains("`config.bucket` of organization"), "{message}");
    assert_eq!(settings(&bucket), changed);
}

#[tokio::test]
async fn change_from_another_value_is_rejected() {
    let bucket = applied(&with_budget(100)).await;
    requested(&bucket, &with_budget(200));
    invoke(&bucket, PlanMode::Plan).await.unwrap();
    let mut changed = settings(&bucket);
    changed.blocks.get_mut(&"ou-p".parse().unwrap()).unwrap().monthly_budget_usd = Some(150);
    bucket.put(Settings::KEY, &changed);
    assert_eq!(invoke(&bucket, PlanMode::Apply).await.unwrap_err().0, "PlanOutdated");
    assert_eq!(budget(&bucket), Some(150));
}

#[tokio::test]
async fn fewer_changes_than_planned_are_applied() {
    let bucket = applied(&with_budget(100)).await;
    let mut wanted = with_budget(200);
    wanted["governedRegions"] = json!(["us-east-1", "eu-west-1"]);
    requested(&bucket, &wanted);
    invoke(&bucket, PlanMode::Plan).await.unwrap();
    let mut changed = settings(&bucket);
    changed.governed_regions.push("eu-west-1".to_owned());
    bucket.put(Settings::KEY, &changed);
    invoke(&bucket, PlanMode::Apply).await.unwrap();
    let fields: Vec<String> = report(&bucket, PlanMode::Apply).changes.into_iter().map(|change| change.field).collect();
    assert_eq!(fields, ["vending.monthlyBudgetUsd"]);
    assert_eq!(budget(&bucket), Some(200));
}

#[tokio::test]
async fn run_with_a_blocker_changes_nothing() {
    let bucket = Bucket::default();
    requested(&bucket, &manifest(&json!({ "organizationalUnits": { "New": null, "Newer": null } })));
    invoke(&bucket, PlanMode::Plan).await.unwrap();
    let (code, message) = invoke(&bucket, PlanMode::Apply).await.unwrap_err();
    assert_eq!(code, "PlanOutdated");
    assert!(message.contains("/root/organizationalUnits/New must exist") && message.contains("1 more"), "{message}");
    assert!(!bucket.has(Settings::KEY));
}

#[tokio::test]
async fn run_without_a_plan_is_rejected() {
    let bucket = Bucket::default();
    requested(&bucket, &with_budget(1));
    assert_eq!(invoke(&bucket, PlanMode::Apply).await.unwrap_err().0, "PlanOutdated");
    assert!(!bucket.has(Settings::KEY));
}

#[tokio::test]
async fn announced_changes_are_reported_after_a_crash() {
    let bucket = applied(&with_budget(100)).await;
    // The first invocation wrote the settings, and ended before it completed its report.
    let mut announced = report(&bucket, PlanMode::Apply);
    announced.is_applied = false;
    bucket.put(&input(PlanMode::Apply).report_key(FOLDER), &announced);
    invoke(&bucket, PlanMode::Apply).await.unwrap();
    let completed = report(&bucket, PlanMode::Apply);
    assert!(completed.is_applied);
    assert_eq!(completed.changes, announced.changes);
}
