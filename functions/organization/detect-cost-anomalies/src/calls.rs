//! The calls that change the monitor and the subscription.

use aws_sdk_costexplorer::config::retry::RetryConfig;
use aws_sdk_costexplorer::error::{BuildError, SdkError};
use aws_sdk_costexplorer::types::{AnomalyMonitor, AnomalySubscription, MonitorDimension, MonitorType, ResourceTag};
use vending_core::{ErrorCode, GROUND_TAG, StepError, ground_tag};
use vending_runtime::{AwsError, error_code, sdk_error};

use crate::DetectCostAnomalies;
use crate::subscription::{FREQUENCY, Subscription, Wanted};

/// The name in the tag of the monitor and the subscription, and the end of their own names.
const NAME: &str = "cost-anomalies";

impl DetectCostAnomalies {
    /// Returns the ARN of the monitor.
    pub(crate) async fn create_monitor(&self) -> Result<String, StepError> {
        let monitor = AnomalyMonitor::builder().monitor_name(self.name()).monitor_type(MonitorType::Dimensional);
        let monitor = monitor.monitor_dimension(MonitorDimension::Service).build().map_err(invalid_input)?;
        let create = self.cost_explorer.create_anomaly_monitor().anomaly_monitor(monitor).resource_tags(self.tag()?);
        let created = create.send().await.map_err(|error| map_error("create the cost anomaly monitor", &error))?;
        Ok(created.monitor_arn)
    }

    /// Changes the subscription, or creates it.
    pub(crate) async fn save(
        &self,
        found: Option<&Subscription>,
        wanted: &Wanted,
        monitor: Option<&str>,
    ) -> Result<(), StepError> {
        let monitor = monitor
            .ok_or_else(|| StepError::new(ErrorCode::NotReady, "AWS does not show the cost anomaly monitor yet"))?;
        match found {
            Some(found) => self.update(found, wanted, monitor).await,
            None => self.create(wanted, monitor).await,
        }
    }

    async fn create(&self, wanted: &Wanted, monitor: &str) -> Result<(), StepError> {
        let subscription = AnomalySubscription::builder()
            .subscription_name(self.name())
            .frequency(FREQUENCY)
            .monitor_arn_list(monitor)
            .set_subscribers(Some(wanted.sdk_subscribers()))
            .threshold_expression(wanted.threshold())
            .build()
            .map_err(invalid_input)?;
        let create = self.cost_explorer.create_anomaly_subscription().anomaly_subscription(subscription);
        // A second call would create a second subscription. The state machine retries, and reads them first.
        let no_retries = aws_sdk_costexplorer::config::Builder::new().retry_config(RetryConfig::disabled());
        let create = create.resource_tags(self.tag()?).customize().config_override(no_retries);
        let created = create.send().await;
        created.map_err(|error| map_error("create the cost anomaly subscription", &error))?;
        Ok(())
    }

    async fn update(&self, found: &Subscription, wanted: &Wanted, monitor: &str) -> Result<(), StepError> {
        let update = self.cost_explorer.update_anomaly_subscription().subscription_arn(&found.arn);
        let update = update.frequency(FREQUENCY).monitor_arn_list(monitor);
        let update = update.set_subscribers(Some(wanted.sdk_subscribers())).threshold_expression(wanted.threshold());
        let updated = update.send().await;
        updated.map_err(|error| map_error("change the cost anomaly subscription", &error))?;
        Ok(())
    }

    pub(crate) async fn delete_subscriptions(&self, found: &[Subscription]) -> Result<(), StepError> {
        for subscription in found {
            let delete = self.cost_explorer.delete_anomaly_subscription().subscription_arn(&subscription.arn);
            match delete.send().await {
                Err(error) if error_code(&error) == Some("UnknownSubscriptionException") => {}
                Err(error) => return Err(map_error("delete the cost anomaly subscription", &error)),
                Ok(_) => {}
            }
        }
        Ok(())
    }

    pub(crate) async fn delete_monitor(&self, arn: &str) -> Result<(), StepError> {
        match self.cost_explorer.delete_anomaly_monitor().monitor_arn(arn).send().await {
            Err(error) if error_code(&error) == Some("UnknownMonitorException") => Ok(()),
            Err(error) => Err(map_error("delete the cost anomaly monitor", &error)),
            Ok(_) => Ok(()),
        }
    }

    fn name(&self) -> String {
        format!("{}-{NAME}", self.deployment)
    }

    fn tag(&self) -> Result<ResourceTag, StepError> {
        let tag = ResourceTag::builder().key(GROUND_TAG).value(ground_tag(&self.deployment, NAME));
        tag.build().map_err(invalid_input)
    }
}

/// Removes the emails that the message of AWS may contain.
fn map_error<E: AwsError>(action: &str, error: &SdkError<E>) -> StepError {
    let failed = sdk_error(action, error).without_emails();
    match error_code(error) {
        // The monitor or the subscription was created or deleted after it was listed: a retry reads it again.
        Some("UnknownMonitorException" | "UnknownSubscriptionException") => failed.with_code(ErrorCode::NotReady),
        Some("ValidationException") if is_second_monitor(&failed) => failed.with_code(ErrorCode::NotReady),
        Some("ValidationException") => failed
            .with_code(ErrorCode::InvalidConfiguration)
            .with_remedy("correct costs.anomalies in the manifest, and make a new plan"),
        _ => failed,
    }
}

/// An account can have one monitor of services. It was created after the monitors were listed, or by an earlier call
/// whose response was lost.
///
/// <https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/2515>
fn is_second_monitor(error: &StepError) -> bool {
    error.to_string().contains("Limit exceeded on dimensional spend monitor creation")
}

fn invalid_input(error: BuildError) -> StepError {
    StepError::new(ErrorCode::Unexpected, "could not build a request to Cost Explorer").with_source(error)
}
