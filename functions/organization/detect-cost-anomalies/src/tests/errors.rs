//! Lost responses and errors of Cost Explorer.

use aws_sdk_costexplorer::Client;
use aws_sdk_costexplorer::operation::create_anomaly_subscription::CreateAnomalySubscriptionError;
use aws_sdk_costexplorer::operation::get_anomaly_monitors::GetAnomalyMonitorsError;
use aws_sdk_costexplorer::types::MonitorDimension;
use aws_smithy_mocks::{Rule, mock};
use aws_smithy_types::error::ErrorMetadata;

use super::*;

fn monitors_fail(message: &'static str) -> Rule {
    mock!(Client::get_anomaly_monitors).then_error(move || {
        let error = ErrorMetadata::builder().code("AccessDeniedException").message(message);
        GetAnomalyMonitorsError::generic(error.build())
    })
}

#[tokio::test]
async fn subscription_whose_response_was_lost_is_used() {
    let (world, bucket) = (World::default(), Bucket::default());
    let plan = plan(&bucket, &world, &sample()).await;
    world.state().loses_response = true;
    assert_eq!(run(&bucket, &world).await.unwrap_err().0, "ServiceUnavailable");
    assert_eq!(run(&bucket, &world).await.unwrap().changes, plan.changes);
    assert_eq!(world.state().writes, ["CreateAnomalyMonitor", "CreateAnomalySubscription"]);
}

#[tokio::test]
async fn monitor_that_was_just_created_is_read_again() {
    let (world, bucket) = (World::default(), Bucket::default());
    plan(&bucket, &world, &sample()).await;
    let none = mock!(Client::get_anomaly_monitors).then_output(|| {
        let none = aws_sdk_costexplorer::operation::get_anomaly_monitors::GetAnomalyMonitorsOutput::builder();
        none.set_anomaly_monitors(Some(vec![])).build().unwrap()
    });
    world.add_monitor("others", MonitorDimension::Service);
    let step = world.function_with(&[none]);
    assert_eq!(invoke(&bucket, step, PlanMode::Apply).await.unwrap_err().0, "NotReady");
    assert_eq!(world.state().writes, ["CreateAnomalyMonitor"]);
}

#[tokio::test]
async fn disabled_cost_explorer_is_only_noted() {
    for (manifest, notes) in [(sample(), 1), (without_alerts(), 0)] {
        let (world, bucket) = (World::default(), Bucket::default());
        request(&bucket, &manifest, &[]);
        for mode in [PlanMode::Plan, PlanMode::Apply] {
            let step = world.function_with(&[monitors_fail("User not enabled for cost explorer access")]);
            invoke(&bucket, step, mode).await.unwrap();
            let report = report(&bucket, DetectCostAnomalies::FOLDER, mode);
            assert_eq!((report.changes.len(), report.notes.len()), (0, notes));
        }
    }
}

#[tokio::test]
async fn denial_is_an_error() {
    let (world, bucket) = (World::default(), Bucket::default());
    request(&bucket, &sample(), &[]);
    let step = world.function_with(&[monitors_fail("no identity-based policy allows ce:GetAnomalyMonitors")]);
    assert_eq!(invoke(&bucket, step, PlanMode::Plan).await.unwrap_err().0, "AccessDenied");
}

#[tokio::test]
async fn rejected_subscriber_is_not_named() {
    let (world, bucket) = (World::default(), Bucket::default());
    plan(&bucket, &world, &sample()).await;
    let invalid = mock!(Client::create_anomaly_subscription).then_error(|| {
        let error = ErrorMetadata::builder().code("ValidationException").message("bad address finance@example.com");
        CreateAnomalySubscriptionError::generic(error.build())
    });
    let step = world.function_with(&[invalid]);
    let (code, message) = invoke(&bucket, step, PlanMode::Apply).await.unwrap_err();
    assert_eq!(code, "InvalidConfiguration");
    assert!(message.contains("bad address (an email)") && !message.contains("finance@"), "{message}");
    assert!(message.contains("correct costs.anomalies"), "{message}");
}
