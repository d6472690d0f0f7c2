//! Reads, creates, and updates the budget.

use aws_sdk_budgets::Client;
use aws_sdk_budgets::error::BuildError;
use aws_sdk_budgets::types::{
    Budget as AwsBudget, BudgetType, Dimension, Expression, ExpressionDimensionValues, NotificationWithSubscribers,
    Spend, TimeUnit,
};
use vending_core::{AccountId, StepError};
use vending_runtime::error_code;

use crate::errors::{invalid_input, map_error};
use crate::plan::{Desired, METRIC, THRESHOLDS};
use crate::types::{notification, subscribers};

pub(crate) struct Budget<'a> {
    pub(crate) client: &'a Client,
    pub(crate) management_account_id: &'a AccountId,
    pub(crate) desired: &'a Desired,
}

impl Budget<'_> {
    pub(crate) async fn read(&self) -> Result<Option<AwsBudget>, StepError> {
        let describe = self.client.describe_budget().account_id(self.management_account_id.as_str());
        // Without this flag, AWS does not return the filter.
        let described = describe.budget_name(&self.desired.name).show_filter_expression(true).send().await;
        match described {
            Ok(output) => Ok(output.budget),
            Err(error) if error_code(&error) == Some("NotFoundException") => Ok(None),
            Err(error) => Err(map_error("read the budget", &error)),
        }
    }

    /// Creates the budget with all its notifications in one call.
    pub(crate) async fn create(&self) -> Result<(), StepError> {
        let create = self.client.create_budget().account_id(self.management_account_id.as_str());
        let create = create.budget(self.desired_budget(None).map_err(invalid_input)?);
        let notifications = self.notifications().map_err(invalid_input)?;
        let created = create.set_notifications_with_subscribers(notifications).send().await;
        created.map_err(|error| map_error("create the budget", &error))?;
        Ok(())
    }

    pub(crate) async fn update(&self, found: &AwsBudget) -> Result<(), StepError> {
        let update = self.client.update_budget().account_id(self.management_account_id.as_str());
        let updated = update.new_budget(self.desired_budget(Some(found)).map_err(invalid_input)?).send().await;
        updated.map_err(|error| map_error("update the budget", &error))?;
        Ok(())
    }

    /// The whole budget, as UpdateBudget needs it. Properties that the step does not set are kept.
    fn desired_budget(&self, found: Option<&AwsBudget>) -> Result<AwsBudget, BuildError> {
        let limit = Spend::builder().amount(self.desired.amount_usd.to_string()).unit("USD");
        let account = ExpressionDimensionValues::builder().key(Dimension::LinkedAccount);
        let account = account.values(&self.desired.account_id).build()?;
        let metrics = found.map(AwsBudget::metrics).filter(|metrics| !metrics.is_empty());
        AwsBudget::builder()
            .budget_name(&self.desired.name)
            .budget_type(BudgetType::Cost)
            .time_unit(TimeUnit::Monthly)
            .budget_limit(limit.build()?)
            .filter_expression(Expression::builder().dimensions(account).build())
            .set_metrics(Some(metrics.map_or_else(|| vec![METRIC], <[_]>::to_vec)))
            .set_time_period(found.and_then(|found| found.time_period.clone()))
            .set_billing_view_arn(found.and_then(|found| found.billing_view_arn.clone()))
            .build()
    }

    fn notifications(&self) -> Result<Option<Vec<NotificationWithSubscribers>>, BuildError> {
        if self.desired.subscribers.is_empty() {
            return Ok(None);
        }
        let with_subscribers = |threshold| {
            NotificationWithSubscribers::builder()
                .notification(notification(threshold)?)
                .set_subscribers(Some(subscribers(&self.desired.subscribers)?))
                .build()
        };
        THRESHOLDS.iter().map(with_subscribers).collect::<Result<_, _>>().map(Some)
    }
}
