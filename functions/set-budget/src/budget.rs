//! The budget itself.

use aws_sdk_budgets::Client;
use aws_sdk_budgets::error::BuildError;
use aws_sdk_budgets::types::{
    Budget as Found, BudgetType, Dimension, Expression, ExpressionDimensionValues, NotificationWithSubscribers, Spend,
    TimeUnit,
};
use vending_core::{AccountId, StepError};
use vending_runtime::error_code;

use crate::notifications;
use crate::plan::{Desired, METRIC, THRESHOLDS};
use crate::refusal::{failed, not_built};

pub(crate) struct Budget<'a> {
    pub(crate) client: &'a Client,
    pub(crate) management_account_id: &'a AccountId,
    pub(crate) desired: &'a Desired,
}

impl Budget<'_> {
    pub(crate) async fn look(&self) -> Result<Option<Found>, StepError> {
        let describe = self.client.describe_budget().account_id(self.management_account_id.as_str());
        // Unasked, AWS leaves the filter out.
        let described = describe.budget_name(&self.desired.name).show_filter_expression(true).send().await;
        match described {
            Ok(answer) => Ok(answer.budget),
            Err(error) if error_code(&error) == Some("NotFoundException") => Ok(None),
            Err(error) => Err(failed("read the budget", &error)),
        }
    }

    /// With all its notifications in one call.
    pub(crate) async fn create(&self) -> Result<(), StepError> {
        let create = self.client.create_budget().account_id(self.management_account_id.as_str());
        let create = create.budget(self.wanted(None).map_err(not_built)?);
        let warnings = self.warnings().map_err(not_built)?;
        let created = create.set_notifications_with_subscribers(warnings).send().await;
        created.map_err(|error| failed("create the budget", &error))?;
        Ok(())
    }

    pub(crate) async fn update(&self, found: &Found) -> Result<(), StepError> {
        let update = self.client.update_budget().account_id(self.management_account_id.as_str());
        let updated = update.new_budget(self.wanted(Some(found)).map_err(not_built)?).send().await;
        updated.map_err(|error| failed("change the budget", &error))?;
        Ok(())
    }

    /// An update puts a budget as a whole: what is not ours to say is taken over.
    fn wanted(&self, found: Option<&Found>) -> Result<Found, BuildError> {
        let limit = Spend::builder().amount(self.desired.amount_usd.to_string()).unit("USD");
        let account = ExpressionDimensionValues::builder().key(Dimension::LinkedAccount);
        let account = account.values(&self.desired.account_id).build()?;
        let metrics = found.map(Found::metrics).filter(|metrics| !metrics.is_empty());
        Found::builder()
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

    fn warnings(&self) -> Result<Option<Vec<NotificationWithSubscribers>>, BuildError> {
        if self.desired.subscribers.is_empty() {
            return Ok(None);
        }
        let warning = |threshold| {
            let subscribers = notifications::subscribers(&self.desired.subscribers)?;
            NotificationWithSubscribers::builder()
                .notification(notifications::notification(threshold)?)
                .set_subscribers(Some(subscribers))
                .build()
        };
        THRESHOLDS.iter().map(warning).collect::<Result<_, _>>().map(Some)
    }
}
