//! The organization itself: whether it exists, its features, and its creation and deletion.

use std::time::Duration;

use serde_json::{Value, json};

use super::Organization;
use super::errors::{Outcome, Rejection, error, invalid, respond};
use super::governance::{Governance, Known};
use super::handshakes::Handshakes;
use super::policy_types::{PolicyType, SCP};
use super::unavailable::OUTSIDE;
use crate::sync::lock;
use crate::wire::{AwsError, AwsRequest, AwsResponse, response};

const NOT_IN_USE: &str = "AWSOrganizationsNotInUseException";
const BILLING_ONLY: &str = "CONSOLIDATED_BILLING";

impl Organization {
    /// Returns the error of a call that needs an organization, or one that AWS has initialized.
    pub(super) async fn absence_error(&self, request: &AwsRequest) -> Option<AwsResponse> {
        let operation = request.operation.as_str();
        if operation == "CreateOrganization" || OUTSIDE.contains(&operation) {
            return None;
        }
        match self.organization().await {
            Ok(known) => self.finalizing_error(operation, &known).map(|error| response::error(request, &error)),
            Err(rejection) if rejection.code().as_deref() == Some(NOT_IN_USE) => Some(respond(request, Err(rejection))),
            // An emulator without DescribeOrganization: the call itself can succeed.
            Err(_) => None,
        }
    }

    /// The operations are those that document the error.
    fn finalizing_error(&self, operation: &str, known: &Known) -> Option<AwsError> {
        let needs_finalized = ["CreateAccount", "InviteAccountToOrganization"].contains(&operation);
        let message = "AWS Organizations couldn't perform the operation because your organization hasn't finished \
            initializing. This can take up to an hour. Try again later.";
        (needs_finalized && self.clock.now() < known.finalizes_at)
            .then(|| error("FinalizingOrganizationException", message))
    }

    /// The error is that of the emulator without an organization.
    pub(super) async fn organization(&self) -> Result<Known, Rejection> {
        let known = lock(&self.governance).organization.clone();
        if let Some(known) = known {
            return Ok(known);
        }
        let described = self.upstreams.organizations("DescribeOrganization", &json!({})).await?;
        Ok(self.remember(&described["Organization"], Duration::ZERO))
    }

    /// SCPs are enabled in an organization with all features.
    fn remember(&self, organization: &Value, finalizes_at: Duration) -> Known {
        let id = organization["Id"].as_str().unwrap_or_default().to_owned();
        let has_all_features = organization["FeatureSet"] != BILLING_ONLY;
        let mut governance = lock(&self.governance);
        if has_all_features && let Some(scp) = PolicyType::find(SCP) {
            governance.enabled_types.enable(scp, Duration::ZERO);
        }
        governance.organization.insert(Known { id, has_all_features, finalizes_at }).clone()
    }

    /// Handles DescribeOrganization by any account of the organization.
    pub(super) async fn describe_organization(&self) -> Outcome {
        let known = self.organization().await?;
        let described = self.upstreams.organizations("DescribeOrganization", &json!({})).await?;
        Ok(shown(described, &known))
    }

    pub(super) async fn create_organization(&self, request: &AwsRequest) -> Outcome {
        if !["ALL", BILLING_ONLY].contains(&request.string("FeatureSet").unwrap_or("ALL")) {
            return Err(invalid("INVALID_ENUM", "You specified an invalid value.").into());
        }
        let created = self.upstreams.organizations("CreateOrganization", &request.parameters).await?;
        let delay = Duration::from_millis(lock(&self.delays).organization_millis);
        let known = self.remember(&created["Organization"], self.clock.now().saturating_add(delay));
        Ok(shown(created, &known))
    }

    pub(super) async fn delete_organization(&self) -> Outcome {
        let members = self.all_accounts().await?.into_iter().filter_map(|account| self.accounts.shown(account));
        if members.filter(|member| member["Id"] != self.management_account).count() > 0 {
            let message = "The organization isn't empty. To delete an organization, you must first remove all accounts \
                except the management account.";
            return Err(error("OrganizationNotEmptyException", message).into());
        }
        self.reset().await?;
        Ok(json!({}))
    }

    /// Deletes the organization with everything in it, and forgets its accounts. Does nothing without an organization.
    pub(crate) async fn delete(&self) -> Result<(), AwsResponse> {
        let _changes = self.changes.lock().await;
        match self.organization().await {
            Ok(_) => self.reset().await,
            Err(_) => Ok(()),
        }
    }

    /// moto deletes only an organization without member accounts.
    async fn reset(&self) -> Result<(), AwsResponse> {
        for account in self.all_accounts().await? {
            if account["Id"] != self.management_account {
                let remove = json!({"AccountId": account["Id"]});
                self.upstreams.organizations("RemoveAccountFromOrganization", &remove).await?;
            }
        }
        self.upstreams.organizations("DeleteOrganization", &json!({})).await?;
        self.emails.lock().await.clear();
        self.accounts.forget_all();
        lock(&self.creations).forget_all();
        lock(&self.new_accounts).forget_all();
        lock(&self.closing).forget_all();
        *lock(&self.handshakes) = Handshakes::default();
        *lock(&self.governance) = Governance::default();
        Ok(())
    }

    /// Ends the migration of an organization that had only consolidated billing. No policy type is enabled by it.
    pub(super) fn enable_features(&self) {
        if let Some(known) = &mut lock(&self.governance).organization {
            known.has_all_features = true;
        }
    }
}

/// moto cannot change the feature set.
fn shown(mut described: Value, known: &Known) -> Value {
    let organization = &mut described["Organization"];
    organization["FeatureSet"] = if known.has_all_features { "ALL" } else { BILLING_ONLY }.into();
    if !known.has_all_features {
        organization["AvailablePolicyTypes"] = json!([]);
    }
    described
}
