//! Who hears of the budget, and when. Only our own thresholds, and of their subscribers only emails, are touched.

use std::collections::BTreeSet;

use aws_sdk_budgets::error::BuildError;
use aws_sdk_budgets::types::{ComparisonOperator, Notification, Subscriber, SubscriptionType, ThresholdType};
use vending_core::StepError;
use vending_runtime::{Changes, error_code};

use crate::budget::Budget;
use crate::plan::{SubscriberChange, THRESHOLDS, Threshold, subscriber_changes};
use crate::refusal::{failed, not_built};

pub(crate) struct Notifications<'a>(pub(crate) &'a Budget<'a>);

impl Notifications<'_> {
    pub(crate) async fn converge(&self, changes: &Changes) -> Result<(), StepError> {
        let found = self.look().await?;
        for threshold in &THRESHOLDS {
            let notification = notification(threshold).map_err(not_built)?;
            if !found.iter().any(|found| threshold.matches(found)) {
                changes.make(format!("made the budget warn of {threshold}"), self.create(&notification)).await?;
                continue;
            }
            let emails = self.emails(&notification).await?;
            let differences = subscriber_changes(&emails, &self.0.desired.subscribers);
            if !differences.is_empty() {
                let change = self.change_subscribers(&notification, &differences);
                changes.make(format!("changed who hears of {threshold}"), change).await?;
            }
        }
        Ok(())
    }

    /// A budget has at most ten notifications, so they come in one page.
    async fn look(&self) -> Result<Vec<Notification>, StepError> {
        let Budget { client, management_account_id, desired } = self.0;
        let describe = client.describe_notifications_for_budget().account_id(management_account_id.as_str());
        match describe.budget_name(&desired.name).send().await {
            Ok(answer) => Ok(answer.notifications.unwrap_or_default()),
            Err(error) if error_code(&error) == Some("NotFoundException") => Ok(Vec::new()),
            Err(error) => Err(failed("list the notifications of the budget", &error)),
        }
    }

    /// A notification has at most eleven subscribers, so they come in one page.
    async fn emails(&self, notification: &Notification) -> Result<Vec<String>, StepError> {
        let Budget { client, management_account_id, desired } = self.0;
        let describe = client.describe_subscribers_for_notification().account_id(management_account_id.as_str());
        let describe = describe.budget_name(&desired.name).notification(notification.clone());
        let subscribers = match describe.send().await {
            Ok(answer) => answer.subscribers.unwrap_or_default(),
            Err(error) if error_code(&error) == Some("NotFoundException") => Vec::new(),
            Err(error) => return Err(failed("list the subscribers of a notification", &error)),
        };
        let emails = subscribers.into_iter().filter(|one| one.subscription_type == SubscriptionType::Email);
        Ok(emails.map(|subscriber| subscriber.address).collect())
    }

    async fn create(&self, notification: &Notification) -> Result<(), StepError> {
        let Budget { client, management_account_id, desired } = self.0;
        let subscribers = subscribers(&desired.subscribers).map_err(not_built)?;
        let create = client.create_notification().account_id(management_account_id.as_str());
        let create = create.budget_name(&desired.name).notification(notification.clone());
        let created = create.set_subscribers(Some(subscribers)).send().await;
        created.map_err(|error| failed("add a notification to the budget", &error))?;
        Ok(())
    }

    async fn change_subscribers(
        &self,
        notification: &Notification,
        changes: &[SubscriberChange<'_>],
    ) -> Result<(), StepError> {
        for change in changes {
            match change {
                SubscriberChange::Replace { from, to } => self.replace(notification, from, to).await?,
                SubscriberChange::Add(email) => self.add(notification, email).await?,
                SubscriberChange::Remove(email) => self.remove(notification, email).await?,
            }
        }
        Ok(())
    }

    async fn replace(&self, notification: &Notification, from: &str, to: &str) -> Result<(), StepError> {
        let Budget { client, management_account_id, desired } = self.0;
        let update = client.update_subscriber().account_id(management_account_id.as_str());
        let update = update.budget_name(&desired.name).notification(notification.clone());
        let update = update.old_subscriber(subscriber(from).map_err(not_built)?);
        let updated = update.new_subscriber(subscriber(to).map_err(not_built)?).send().await;
        updated.map_err(|error| failed("replace a subscriber of a notification", &error))?;
        Ok(())
    }

    async fn add(&self, notification: &Notification, email: &str) -> Result<(), StepError> {
        let Budget { client, management_account_id, desired } = self.0;
        let create = client.create_subscriber().account_id(management_account_id.as_str());
        let create = create.budget_name(&desired.name).notification(notification.clone());
        let created = create.subscriber(subscriber(email).map_err(not_built)?).send().await;
        created.map_err(|error| failed("add a subscriber to a notification", &error))?;
        Ok(())
    }

    async fn remove(&self, notification: &Notification, email: &str) -> Result<(), StepError> {
        let Budget { client, management_account_id, desired } = self.0;
        let delete = client.delete_subscriber().account_id(management_account_id.as_str());
        let delete = delete.budget_name(&desired.name).notification(notification.clone());
        let deleted = delete.subscriber(subscriber(email).map_err(not_built)?).send().await;
        deleted.map_err(|error| failed("remove a subscriber of a notification", &error))?;
        Ok(())
    }
}

pub(crate) fn notification(threshold: &Threshold) -> Result<Notification, BuildError> {
    Notification::builder()
        .notification_type(threshold.of.clone())
        .comparison_operator(ComparisonOperator::GreaterThan)
        .threshold(threshold.percent.into())
        .threshold_type(ThresholdType::Percentage)
        .build()
}

pub(crate) fn subscribers(emails: &BTreeSet<String>) -> Result<Vec<Subscriber>, BuildError> {
    emails.iter().map(|email| subscriber(email)).collect()
}

fn subscriber(email: &str) -> Result<Subscriber, BuildError> {
    Subscriber::builder().subscription_type(SubscriptionType::Email).address(email).build()
}
