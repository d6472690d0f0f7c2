//! CreateAccount: limits, emails, plans, and events.

use std::time::Duration;

use local_cloud::strict::{CreationPlan, Delivery, Outcome};
use serde_json::{Value, json};

use super::errors::violation;
use super::{Organization, access_role};
use crate::events::CreationEnd;
use crate::sync::lock;
use crate::wire::{AwsRequest, AwsResponse, response};

impl Organization {
    pub(super) async fn create_account(
        &self,
        request: &AwsRequest,
        forward: impl Future<Output = AwsResponse>,
    ) -> AwsResponse {
        let (response, end) = match self.start_creation(request, forward).await {
            Ok(started) => started,
            Err(rejected) => return rejected,
        };
        if let Some(end) = end {
            self.publisher.publish(end).await;
        }
        response
    }

    /// Returns the response of a creation in progress, and the end to publish.
    async fn start_creation(
        &self,
        request: &AwsRequest,
        forward: impl Future<Output = AwsResponse>,
    ) -> Result<(AwsResponse, Option<CreationEnd>), AwsResponse> {
        let email = request.string("Email").unwrap_or_default().to_lowercase();
        let name = request.string("AccountName").unwrap_or_default();
        let mut emails = self.taken_emails().await?;
        self.check_limits(request).await?;
        let plan = lock(&self.creations).plans.take(&email, name).unwrap_or_default();
        let completes_at = self.completes_at(&plan);
        let is_email_taken = emails.contains(&email) || lock(&self.creations).settings.is_external(&email);
        let failed = match &plan.outcome {
            Outcome::Succeeds if !is_email_taken => {
                let started = self.create_member(request, forward, &plan, completes_at).await;
                if started.is_ok() {
                    emails.insert(email);
                }
                return started;
            }
            Outcome::Succeeds => lock(&self.creations).fail(name, "EMAIL_ALREADY_EXISTS", completes_at),
            Outcome::Fails { reason } => lock(&self.creations).fail(name, reason, completes_at),
            Outcome::NeverCompletes => lock(&self.creations).simulate(name, &Value::Null, Duration::MAX),
            Outcome::Completes { state } => {
                lock(&self.creations).simulate(name, &json!({"State": state}), completes_at)
            }
        };
        Ok((response::ok(&failed), self.failed_creation_end(&failed, &plan, completes_at)))
    }

    async fn create_member(
        &self,
        request: &AwsRequest,
        forward: impl Future<Output = AwsResponse>,
        plan: &CreationPlan,
        completes_at: Duration,
    ) -> Result<(AwsResponse, Option<CreationEnd>), AwsResponse> {
        let created_response = forward.await;
        let body: Value = serde_json::from_slice(created_response.body()).unwrap_or_default();
        let created = &body["CreateAccountStatus"];
        let (true, Some(account)) = (created_response.status().is_success(), created["AccountId"].as_str()) else {
            return Err(created_response);
        };
        access_role::attach_administrator_access(&self.upstreams, account, request.string("RoleName")).await;
        lock(&self.new_accounts).add(account, plan.visibility.clone(), self.clock.now(), completes_at);
        let pending = lock(&self.creations).begin(created, completes_at);
        let id = created["Id"].as_str().unwrap_or_default();
        let end = CreationEnd::succeeded(id, account, self.delivery(plan), self.time_until(completes_at));
        Ok((pending.map_or(created_response, |pending| response::ok(&pending)), Some(end)))
    }

    /// Returns `None` if the creation does not fail. AWS publishes no event for a creation that does not complete.
    fn failed_creation_end(
        &self,
        response: &Value,
        plan: &CreationPlan,
        completes_at: Duration,
    ) -> Option<CreationEnd> {
        let id = response["CreateAccountStatus"]["Id"].as_str()?;
        let completed = lock(&self.creations).status(id, completes_at)?;
        let reason = completed["FailureReason"].as_str()?;
        Some(CreationEnd::failed(id, reason, self.delivery(plan), self.time_until(completes_at)))
    }

    fn time_until(&self, completes_at: Duration) -> Duration {
        completes_at.saturating_sub(self.clock.now())
    }

    fn completes_at(&self, plan: &CreationPlan) -> Duration {
        if self.delivery(plan) == Delivery::BeforeResponse {
            return self.clock.now();
        }
        let millis = plan.in_progress_millis.unwrap_or_else(|| lock(&self.creations).settings.in_progress_millis);
        self.clock.now().saturating_add(Duration::from_millis(millis))
    }

    fn delivery(&self, plan: &CreationPlan) -> Delivery {
        plan.events.unwrap_or_else(|| self.publisher.settings())
    }

    async fn check_limits(&self, request: &AwsRequest) -> Result<(), AwsResponse> {
        let limits = self.limits();
        let in_flight = lock(&self.creations).in_flight(self.clock.now());
        if limits.creations_in_flight.is_some_and(|limit| in_flight >= limit) {
            let message = "You have exceeded the number of accounts that you can create at one time.";
            return Err(response::error(request, &violation("ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED", message)));
        }
        // Read each time, because accounts can be created without the proxy.
        if let Some(limit) = limits.accounts
            && self.member_count().await? >= limit
        {
            let message = "You have exceeded the allowed number of AWS accounts.";
            return Err(response::error(request, &violation("ACCOUNT_NUMBER_LIMIT_EXCEEDED", message)));
        }
        Ok(())
    }

    /// "Deleted and closed accounts still count toward your limit", until they are permanently closed.
    async fn member_count(&self) -> Result<usize, AwsResponse> {
        let accounts = self.all_accounts().await?;
        Ok(accounts.into_iter().filter_map(|account| self.accounts.shown(account)).count())
    }
}
