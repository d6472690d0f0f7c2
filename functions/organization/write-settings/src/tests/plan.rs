//! Plans and runs, and what prevents them.

use super::*;

async fn blockers(root: &Value) -> Vec<PlanBlocker> {
    let bucket = Bucket::default();
    request(&bucket, &manifest(root), &[]);
    invoke(&bucket, PlanMode::Plan).await.unwrap();
    report(&bucket, PlanMode::Plan).blockers
}

fn pointers(blockers: &[PlanBlocker]) -> Vec<&str> {
    blockers.iter().map(|blocker| blocker.pointer.as_str()).collect()
}

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
async fn what_is_not_applied_yet_is_reported() {
    let bucket = Bucket::default();
    let mut manifest = with_budget(1);
    manifest["trail"] = json!({ "name": "organization-trail", "s3DataEvents": ["all"] });
    request(&bucket, &manifest, &[]);
    invoke(&bucket, PlanMode::Plan).await.unwrap();
    assert_eq!(report(&bucket, PlanMode::Plan).not_managed, ["/trail/s3DataEvents"]);
}

#[tokio::test]
async fn unit_that_a_run_creates_has_its_settings_in_the_plan() {
    let bucket = Bucket::default();
    let units = json!({
        "New": { "vending": { "monthlyBudgetUsd": 5 } },
        "Work": { "formerly": ["Workloads"], "organizationalUnits": { "Production": null } },
    });
    request(&bucket, &manifest(&json!({ "organizationalUnits": units })), &[]);
    invoke(&bucket, PlanMode::Plan).await.unwrap();
    let changes = testing::by_name(&report(&bucket, PlanMode::Plan).changes);
    for (name, change) in [
        ("New:path", r#"null → "New""#),
        ("New:vending.monthlyBudgetUsd", "null → 5"),
        ("Work:path", r#"null → "Work""#),
        ("Work/Production:path", r#"null → "Work/Production""#),
    ] {
        assert_eq!(changes[name], change);
    }
}

#[tokio::test]
async fn run_waits_for_units_that_aws_does_not_show_yet() {
    let bucket = Bucket::default();
    request(&bucket, &manifest(&json!({ "organizationalUnits": { "New": null } })), &[]);
    invoke(&bucket, PlanMode::Plan).await.unwrap();
    assert_eq!(invoke(&bucket, PlanMode::Apply).await.unwrap_err().0, "NotReady");
    assert!(!bucket.has(Settings::KEY));
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
    request(&bucket, &with_budget(1), &[]);
    let throttled = mock!(aws_sdk_organizations::Client::list_roots).then_error(|| {
        let meta = ErrorMetadata::builder().code("TooManyRequestsException").build();
        aws_sdk_organizations::operation::list_roots::ListRootsError::generic(meta)
    });
    let error = testing::invoke(&bucket, function(&bucket, &[&throttled]), PlanMode::Plan).await.unwrap_err();
    assert_eq!(error.0, "Throttled");
    assert!(!bucket.has(&input(PlanMode::Plan).report_key(WriteSettings::FOLDER)));
}

#[tokio::test]
async fn plan_without_an_organization_is_what_a_run_writes() {
    let bucket = Bucket::default();
    let roots = mock!(aws_sdk_organizations::Client::list_roots).then_error(|| {
        let meta = ErrorMetadata::builder().code("AWSOrganizationsNotInUseException").build();
        aws_sdk_organizations::operation::list_roots::ListRootsError::generic(meta)
    });
    let mut manifest = with_budget(100);
    manifest["root"]["vending"] = json!({ "requests": "denied" });
    manifest["controlTower"] = json!({ "organizationalUnits": ["Workloads"] });
    request(&bucket, &manifest, &[]);
    testing::invoke(&bucket, function(&bucket, &[&roots]), PlanMode::Plan).await.unwrap();
    let changes = testing::by_name(&report(&bucket, PlanMode::Plan).changes);
    assert_eq!(changes["root:vending.requests"], r#"null → "denied""#);
    let error = testing::invoke(&bucket, function(&bucket, &[&roots]), PlanMode::Apply).await.unwrap_err();
    assert_eq!(error.0, "NotReady");
    assert!(!bucket.has(Settings::KEY));
    invoke(&bucket, PlanMode::Apply).await.unwrap();
    assert_eq!(report(&bucket, PlanMode::Apply).changes, report(&bucket, PlanMode::Plan).changes);
    let written: Vec<String> = settings(&bucket).blocks.keys().map(ToString::to_string).collect();
    assert_eq!(written, ["ou-p", "ou-w", "r-root"]);
}
