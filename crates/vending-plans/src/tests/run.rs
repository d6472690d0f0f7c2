//! Plans change nothing. Runs change what their plan lists and nothing else.

use super::*;

#[tokio::test]
async fn plan_lists_changes_and_makes_none() {
    let (bucket, step) = (Bucket::default(), SetBudgets::default());
    request(&bucket, &with_budgets(&[("A", 1), ("B", 2000)]), &[]);
    let output = invoke(&bucket, step.clone(), PlanMode::Plan).await.unwrap();
    assert_eq!(output, json!({ "changes": 2, "blockers": 0 }));
    assert_eq!(
        serde_json::to_value(of_plan(&bucket).changes).unwrap(),
        json!([
            { "function": FOLDER, "target": "A", "field": "budget", "from": null, "to": 1,
              "class": "PLAIN", "why": null, "reach": null },
            { "function": FOLDER, "target": "B", "field": "budget", "from": null, "to": 2000,
              "class": "GUARDED", "why": "it is expensive", "reach": null },
        ])
    );
    assert!(!of_plan(&bucket).is_applied);
    assert_eq!(step.budget("A"), None);
}

#[tokio::test]
async fn run_makes_the_changes_of_its_plan() {
    let (bucket, step) = (Bucket::default(), SetBudgets::default());
    planned(&bucket, &step, &with_budgets(&[("A", 1), ("B", 2)])).await;
    run(&bucket, &step).await.unwrap();
    assert_eq!((step.budget("A"), step.budget("B")), (Some(1), Some(2)));
    assert!(of_run(&bucket).is_applied);
    assert_eq!(of_run(&bucket).changes, of_plan(&bucket).changes);
}

#[tokio::test]
async fn second_invocation_keeps_the_report() {
    let (bucket, step) = (Bucket::default(), SetBudgets::default());
    planned(&bucket, &step, &with_budgets(&[("A", 1)])).await;
    run(&bucket, &step).await.unwrap();
    let first = of_run(&bucket);
    assert_eq!(run(&bucket, &step).await.unwrap()["changes"], 1);
    assert_eq!(of_run(&bucket), first);
}

#[tokio::test]
async fn unplanned_change_is_rejected() {
    let (bucket, step) = (Bucket::default(), SetBudgets::default());
    step.set("A".to_owned(), 1);
    planned(&bucket, &step, &with_budgets(&[("A", 1), ("B", 2)])).await;
    step.set("A".to_owned(), 3);
    let (code, message) = run(&bucket, &step).await.unwrap_err();
    assert_eq!(code, "PlanOutdated");
    assert!(message.contains("`budget` of A"), "{message}");
    assert_eq!(step.budget("B"), None);
}

#[tokio::test]
async fn change_from_another_value_is_rejected() {
    let (bucket, step) = (Bucket::default(), SetBudgets::default());
    planned(&bucket, &step, &with_budgets(&[("A", 2)])).await;
    step.set("A".to_owned(), 1);
    assert_eq!(run(&bucket, &step).await.unwrap_err().0, "PlanOutdated");
    assert_eq!(step.budget("A"), Some(1));
}

#[tokio::test]
async fn fewer_changes_than_planned_are_made() {
    let (bucket, step) = (Bucket::default(), SetBudgets::default());
    planned(&bucket, &step, &with_budgets(&[("A", 1), ("B", 2)])).await;
    step.set("A".to_owned(), 1);
    run(&bucket, &step).await.unwrap();
    let targets: Vec<String> = of_run(&bucket).changes.into_iter().map(|change| change.target).collect();
    assert_eq!(targets, ["B"]);
    assert_eq!(step.budget("B"), Some(2));
}

#[tokio::test]
async fn guarded_change_needs_to_be_allowed() {
    let (bucket, step) = (Bucket::default(), SetBudgets::default());
    planned(&bucket, &step, &with_budgets(&[("A", 1), ("B", 2000)])).await;
    let (code, message) = run(&bucket, &step).await.unwrap_err();
    assert_eq!(code, "PlanOutdated");
    assert!(message.contains("`budget` of B") && message.contains("does not allow"), "{message}");
    assert_eq!(step.budget("A"), None);
    allow(&bucket, &["B:budget"]);
    run(&bucket, &step).await.unwrap();
    assert_eq!((step.budget("A"), step.budget("B")), (Some(1), Some(2000)));
}

#[tokio::test]
async fn change_that_became_guarded_is_rejected() {
    let (bucket, step) = (Bucket::default(), SetBudgets::default());
    planned(&bucket, &step, &with_budgets(&[("B", 2000)])).await;
    let mut plan = of_plan(&bucket);
    plan.changes[0].class = vending_core::ChangeClass::Plain;
    bucket.put(&input(PlanMode::Plan).report_key(FOLDER), &plan);
    assert_eq!(run(&bucket, &step).await.unwrap_err().0, "PlanOutdated");
    assert_eq!(step.budget("B"), None);
}

#[tokio::test]
async fn run_with_a_blocker_changes_nothing() {
    let (bucket, step) = (Bucket::default(), SetBudgets::default());
    planned(&bucket, &step, &with_budgets(&[("A", 1), ("B", 13), ("C", 13)])).await;
    assert_eq!(of_plan(&bucket).blockers.len(), 2);
    let (code, message) = run(&bucket, &step).await.unwrap_err();
    assert_eq!(code, "PlanOutdated");
    assert!(message.contains("/root/organizationalUnits/B must not be 13; 1 more"), "{message}");
    assert_eq!(step.budget("A"), None);
}

#[tokio::test]
async fn run_without_a_plan_is_rejected() {
    let (bucket, step) = (Bucket::default(), SetBudgets::default());
    request(&bucket, &with_budgets(&[("A", 1)]), &[]);
    assert_eq!(run(&bucket, &step).await.unwrap_err().0, "PlanOutdated");
    assert_eq!(step.budget("A"), None);
}

#[tokio::test]
async fn announced_changes_are_reported_after_a_crash() {
    let (bucket, step) = (Bucket::default(), SetBudgets::default());
    planned(&bucket, &step, &with_budgets(&[("A", 1), ("B", 2)])).await;
    run(&bucket, &step).await.unwrap();
    // An earlier invocation set one of two budgets, and ended before it completed its report.
    bucket.put(&input(PlanMode::Apply).report_key(FOLDER), &PlanReport { is_applied: false, ..of_run(&bucket) });
    step.budgets.lock().unwrap().remove("B");
    run(&bucket, &step).await.unwrap();
    assert!(of_run(&bucket).is_applied);
    assert_eq!(of_run(&bucket).changes, of_plan(&bucket).changes);
    assert_eq!(step.budget("B"), Some(2));
}

#[tokio::test]
async fn change_that_is_not_visible_is_not_complete() {
    let (bucket, step) = (Bucket::default(), SetBudgets { is_delayed: true, ..SetBudgets::default() });
    planned(&bucket, &step, &with_budgets(&[("A", 1)])).await;
    let (code, message) = run(&bucket, &step).await.unwrap_err();
    assert_eq!(code, ErrorCode::NotReady.to_string());
    assert!(message.contains("A:budget"), "{message}");
    assert!(!of_run(&bucket).is_applied);
}
