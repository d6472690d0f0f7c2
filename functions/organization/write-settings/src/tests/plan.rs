//! Plans, and what prevents them from being applied.

use super::*;

async fn blockers(root: &Value) -> Vec<PlanBlocker> {
    let bucket = Bucket::default();
    requested(&bucket, &manifest(root));
    invoke(&bucket, PlanMode::Plan).await.unwrap();
    report(&bucket, PlanMode::Plan).blockers
}

fn pointers(blockers: &[PlanBlocker]) -> Vec<&str> {
    blockers.iter().map(|blocker| blocker.pointer.as_str()).collect()
}

#[tokio::test]
async fn plan_lists_changes_and_makes_none() {
    let bucket = applied(&with_budget(100)).await;
    requested(&bucket, &with_budget(200));
    let output = invoke(&bucket, PlanMode::Plan).await.unwrap();
    assert_eq!(output, json!({ "changes": 1, "blockers": 0 }));
    let report = report(&bucket, PlanMode::Plan);
    assert_eq!(
        serde_json::to_value(&report.changes).unwrap(),
        json!([{
            "function": "write-settings", "target": "Workloads/Production", "field": "vending.monthlyBudgetUsd",
            "from": 100, "to": 200,
        }])
    );
    assert!(!report.is_applied);
    assert_eq!(budget(&bucket), Some(100));
}

#[tokio::test]
async fn what_is_not_applied_yet_is_reported() {
    let bucket = Bucket::default();
    let mut manifest = with_budget(1);
    manifest["rootAccess"] = "central".into();
    requested(&bucket, &manifest);
    invoke(&bucket, PlanMode::Plan).await.unwrap();
    assert_eq!(report(&bucket, PlanMode::Plan).not_managed, ["/rootAccess"]);
}

#[tokio::test]
async fn each_parent_is_listed_once() {
    let bucket = Bucket::default();
    requested(
        &bucket,
        &manifest(&json!({ "organizationalUnits": {
        "Workloads": { "organizationalUnits": { "Production": null, "Test": null } }, "Sandbox": null, "New": null,
    } })),
    );
    let (roots, lists) = (roots(), lists());
    invoke_on(&function(bucket.client(), &[&roots, &lists]), PlanMode::Plan).await.unwrap();
    assert_eq!((roots.num_calls(), lists.num_calls()), (1, 2));
    let report = report(&bucket, PlanMode::Plan);
    let expected = ["/root/organizationalUnits/New", "/root/organizationalUnits/Workloads/organizationalUnits/Test"];
    assert_eq!(pointers(&report.blockers), expected);
}

#[tokio::test]
async fn renamed_unit_blocks_until_it_is_renamed() {
    let blockers = blockers(&json!({ "organizationalUnits": {
        "Work": { "formerly": ["Workloads"], "organizationalUnits": { "Production": null } },
    } }))
    .await;
    assert_eq!(pointers(&blockers), ["/root/organizationalUnits/Work"]);
    assert_eq!(blockers[0].remedy, "rename the OU `Workloads` to `Work` in AWS Organizations");
}

#[tokio::test]
async fn unit_with_its_new_name_keeps_an_alias() {
    let renamed = json!({ "organizationalUnits": { "Workloads": { "formerly": ["Work"] } } });
    let bucket = applied(&manifest(&renamed)).await;
    let aliases = [("Work".parse().unwrap(), "ou-w".parse().unwrap())];
    assert_eq!(settings(&bucket).aliases, aliases.into());
}

#[tokio::test]
async fn customization_must_be_one_of_the_stack() {
    let vending = |arn: &str| json!({ "customization": arn });
    let blockers = blockers(&json!({
        "vending": vending("arn:aws:states:us-east-1:123456789012:stateMachine:other"),
        "organizationalUnits": { "Sandbox": { "vending": vending(CUSTOMIZATION) } },
    }))
    .await;
    assert_eq!(pointers(&blockers), ["/root/vending/customization"]);
    assert!(blockers[0].remedy.contains("CustomizationStateMachineArns"));
}

#[tokio::test]
async fn throttled_lookup_is_retried() {
    let bucket = Bucket::default();
    requested(&bucket, &with_budget(1));
    let throttled = mock!(aws_sdk_organizations::Client::list_roots).then_error(|| {
        let meta = ErrorMetadata::builder().code("TooManyRequestsException").build();
        aws_sdk_organizations::operation::list_roots::ListRootsError::generic(meta)
    });
    let error = invoke_on(&function(bucket.client(), &[&throttled]), PlanMode::Plan).await.unwrap_err();
    assert_eq!(error.0, "Throttled");
    assert!(!bucket.has(&input(PlanMode::Plan).report_key(FOLDER)));
}
