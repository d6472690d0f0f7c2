//! CreateAccount, from the limits to the event that tells of its end.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::{Value, json};

use super::plan::{CreationPlan, Outcome};
use super::{Organization, access_role};
use crate::events::{Delivery, Ended};
use crate::faults::AwsError;
use crate::proxy::lock;
use crate::wire::{Answer, AwsRequest, answer};

impl Organization {
    pub(super) async fn create_account(&self, request: &AwsRequest, forward: impl Future<Output = Answer>) -> Answer {
        let (answer, ended) = match self.accept(request, forward).await {
            Ok(accepted) => accepted,
            Err(refused) => return refused,
        };
        if let Some(ended) = ended {
            self.announcer.announce(ended).await;
        }
        answer
    }

    /// Answers the creation in progress, and what is to be told of its end.
    async fn accept(
        &self,
        request: &AwsRequest,
        forward: impl Future<Output = Answer>,
    ) -> Result<(Answer, Option<Ended>), Answer> {
        let email = request.text("Email").unwrap_or_default().to_lowercase();
        let name = request.text("AccountName").unwrap_or_default();
        let mut emails = self.emails.lock().await;
        if emails.is_empty() {
            *emails = self.organization_emails().await?;
        }
        self.within_limits(request).await?;
        let plan = lock(&self.creations).plans.take(&email, name).unwrap_or_default();
        let settles_at = self.settles_at(&plan);
        let is_taken = emails.contains(&email) || lock(&self.creations).settings.is_stranger(&email);
        let failed = match &plan.outcome {
            Outcome::Succeeds if !is_taken => {
                let accepted = self.make_account(request, forward, &plan, settles_at).await;
                if accepted.is_ok() {
                    emails.insert(email);
                }
                return accepted;
            }
            Outcome::Succeeds => lock(&self.creations).fail(name, "EMAIL_ALREADY_EXISTS", settles_at),
            Outcome::Fails { reason } => lock(&self.creations).fail(name, reason, settles_at),
            Outcome::NeverSettles => lock(&self.creations).pretend(name, &Value::Null, Duration::MAX),
            Outcome::Settles { state } => lock(&self.creations).pretend(name, &json!({"State": state}), settles_at),
        };
        Ok((answer::ok(&failed), self.end_of_failed(&failed, &plan, settles_at)))
    }

    async fn make_account(
        &self,
        request: &AwsRequest,
        forward: impl Future<Output = Answer>,
        plan: &CreationPlan,
        settles_at: Duration,
    ) -> Result<(Answer, Option<Ended>), Answer> {
        let made = forward.await;
        let body: Value = serde_json::from_slice(made.body()).unwrap_or_default();
        let created = &body["CreateAccountStatus"];
        let (true, Some(account)) = (made.status().is_success(), created["AccountId"].as_str()) else {
            return Err(made);
        };
        access_role::empower(&self.upstreams, account, request.text("RoleName")).await;
        lock(&self.newcomers).add(account, plan.visibility.clone(), self.clock.now(), settles_at);
        let pending = lock(&self.creations).begin(created, settles_at);
        let id = created["Id"].as_str().unwrap_or_default();
        let ended = Ended::in_account(id, account, self.delivery(plan), self.until(settles_at));
        Ok((pending.map_or(made, |pending| answer::ok(&pending)), Some(ended)))
    }

    /// On AWS, what has not settled has no end to tell of.
    fn end_of_failed(&self, answer: &Value, plan: &CreationPlan, settles_at: Duration) -> Option<Ended> {
        let id = answer["CreateAccountStatus"]["Id"].as_str()?;
        let settled = lock(&self.creations).status(id, settles_at)?;
        let reason = settled["FailureReason"].as_str()?;
        Some(Ended::failed(id, reason, self.delivery(plan), self.until(settles_at)))
    }

    fn until(&self, settles_at: Duration) -> Duration {
        settles_at.saturating_sub(self.clock.now())
    }

    fn settles_at(&self, plan: &CreationPlan) -> Duration {
        if self.delivery(plan) == Delivery::BeforeAnswer {
            return self.clock.now();
        }
        let millis = plan.settle_millis.or(lock(&self.creations).settings.settle_millis).unwrap_or_default();
        self.clock.now().saturating_add(Duration::from_millis(millis))
    }

    fn delivery(&self, plan: &CreationPlan) -> Delivery {
        plan.events.unwrap_or_else(|| self.announcer.settings())
    }

    async fn within_limits(&self, request: &AwsRequest) -> Result<(), Answer> {
        let limits = self.limits();
        let in_flight = lock(&self.creations).in_flight(self.clock.now());
        if limits.creations_in_flight.is_some_and(|most| in_flight >= most) {
            let message = "You have exceeded the number of accounts that you can create at one time.";
            return Err(violation(request, "ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED", message));
        }
        // Asked afresh, since accounts may have come by other roads.
        if let Some(most) = limits.accounts
            && self.organization_emails().await?.len() >= most
        {
            let message = "You have exceeded the allowed number of AWS accounts.";
            return Err(violation(request, "ACCOUNT_NUMBER_LIMIT_EXCEEDED", message));
        }
        Ok(())
    }

    async fn organization_emails(&self) -> Result<HashSet<String>, Answer> {
        let mut emails = HashSet::new();
        let mut parameters = json!({});
        loop {
            let listed = self.upstreams.organizations("ListAccounts", &parameters).await?;
            let accounts = listed["Accounts"].as_array().into_iter().flatten();
            emails.extend(accounts.filter_map(|account| account["Email"].as_str()).map(str::to_lowercase));
            match listed["NextToken"].as_str() {
                Some(token) => parameters = json!({"NextToken": token}),
                None => return Ok(emails),
            }
        }
    }
}

fn violation(request: &AwsRequest, reason: &str, message: &str) -> Answer {
    let error = AwsError::new(400, "ConstraintViolationException", message);
    answer::error(request, &AwsError { reason: Some(reason.to_owned()), ..error })
}
