//! The notifications of the budget.
//!
//! The step changes only its own thresholds, and only their email subscribers.

use aws_sdk_budgets::types::{Notification, SubscriptionType};
use vending_core::StepError;
use vending_runtime::{Changes, error_code};

use crate::budget::Budget;
use crate::errors::{invalid_input, map_error};
use crate::plan::{SubscriberChange, THRESHOLDS, subscriber_changes};
use crate::types::{notification, subscriber, subscribers};

pub(crate) struct Notifications<'a>(pub(crate) &'a Budget<'a>);

impl Notifications<'_> {
    pub(crate) async fn converge(&self, changes: &Changes) -> Result<(), StepError> {
        let found = self.read().await?;
        for threshold in &THRESHOLDS {
            let notification = notification(threshold).map_err(invalid_input)?;
            if !found.iter().any(|found| threshold.matches(found)) {
                changes.make(format!("added a notification for {threshold}"), self.create(&notification)).await?;
                continue;
            }
            let emails = self.emails(&notification).await?;
            let differences = subscriber_changes(&emails, &self.0.desired.subscribers);
            if !differences.is_empty() {
                let change = self.change_subscribers(&notification, &differences);
                changes.make(format!("updated the subscribers for {threshold}"), change).await?;
            }
        }
        Ok(())
    }

    async fn read(&self) -> Result<Vec<Notification>, StepError> {
        let Budget { client, management_account_id, desired } = self.0;
        let describe = client.describe_notifications_for_budget().account_id(management_account_id.as_str());
        let notifications = describe.budget_name(&desired.name).into_paginator().items().send();
        match notifications.collect::<Result<_, _>>().await {
            Ok(notifications) => Ok(notifications),
            Err(error) if error_code(&error) == Some("NotFoundException") => Ok(Vec::new()),
            Err(error) => Err(map_error("list the notifications of the budget", &error)),
        }
    }

    async fn emails(&self, notification: &Notification) -> Result<Vec<String>, StepError> {
        let Budget { client, management_account_id, desired } = self.0;
        let describe = client.describe_subscribers_for_notification().account_id(management_account_id.as_str());
        let describe = describe.budget_name(&desired.name).notification(notification.clone());
        let subscribers = match describe.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await {
            Ok(subscribers) => subscribers,
            Err(error) if error_code(&error) == Some("NotFoundException") => Vec::new(),
            Err(error) => return Err(map_error("list the subscribers of a notification", &error)),
        };
        let emails = subscribers.into_iter().filter(|one| one.subscription_type == SubscriptionType::Email);
        Ok(emails.map(|subscriber| subscriber.address).collect())
    }

    async fn create(&self, notification: &Notification) -> Result<(), StepError> {
        let Budget { client, management_account_id, desired } = self.0;
        let subscribers = subscribers(&desired.subscribers).map_err(invalid_input)?;
        let create = client.create_notification().account_id(management_account_id.as_str());
        let create = create.budget_name(&desired.name).notification(notification.clone());
        let created = create.set_subscribers(Some(subscribers)).send().await;
        created.map_err(|error| map_error("add a notification to the budget", &error))?;
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
        let update = update.old_subscriber(subscriber(from).map_err(invalid_input)?);
        let updated = update.new_subscriber(subscriber(to).map_err(invalid_input)?).send().await;
        updated.map_err(|error| map_error("replace a subscriber of a notification", &error))?;
        Ok(())
    }

    async fn add(&self, notification: &Notification, email: &str) -> Result<(), StepError> {
        let Budget { client, management_account_id, desired } = self.0;
        let create = client.create_subscriber().account_id(management_account_id.as_str());
        let create = create.budget_name(&desired.name).notification(notification.clone());
        let created = create.subscriber(subscriber(email).map_err(invalid_input)?).send().await;
        created.map_err(|error| map_error("add a subscriber to a notification", &error))?;
        Ok(())
    }

    async fn remove(&self, notification: &Notification, email: &str) -> Result<(), StepError> {
        let Budget { client, management_account_id, desired } = self.0;
        let delete = client.delete_subscriber().account_id(management_account_id.as_str());
        let delete = delete.budget_name(&desired.name).notification(notification.clone());
        let deleted = delete.subscriber(subscriber(email).map_err(invalid_input)?).send().await;
        deleted.map_err(|error| map_error("remove a subscriber of a notification", &error))?;
        Ok(())
    }
}
