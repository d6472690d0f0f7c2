//! EnableAllFeatures, and the handshakes that it needs.
//!
//! <https://docs.aws.amazon.com/organizations/latest/userguide/manage-begin-all-features-standard-migration.html>

use serde_json::{Value, json};

use super::Organization;
use super::errors::{Outcome, error, required};
use super::handshakes::{Action, Handshake, Sender};
use super::listing::page;
use crate::sync::lock;
use crate::wire::{AwsError, AwsRequest};

impl Organization {
    /// Created accounts need not approve.
    pub(super) async fn enable_all_features(&self) -> Outcome {
        let organization = self.organization().await?;
        if organization.has_all_features {
            let message = "The handshake request is invalid because the organization has already enabled all features.";
            return Err(violation("ORGANIZATION_ALREADY_HAS_ALL_FEATURES", message).into());
        }
        if lock(&self.handshakes).is_enabling_all_features() {
            let message = "The handshake request is invalid because the organization has already started the process \
                to enable all features.";
            return Err(violation("ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION", message).into());
        }
        let members = self.all_accounts().await?.into_iter().filter_map(|account| self.accounts.shown(account));
        let invited = members.filter(|member| member["JoinedMethod"] == "INVITED");
        let invited = invited.filter(|member| member["Id"] != self.management_account);
        let invited: Vec<String> = invited.filter_map(|member| member["Id"].as_str().map(str::to_owned)).collect();
        let mut handshakes = lock(&self.handshakes);
        let sender = Sender { organization: &organization.id, management_account: &self.management_account };
        let requested = handshakes.enable_all_features(&sender, &invited);
        Ok(json!({"Handshake": handshakes.shown(&requested)}))
    }

    /// Handles AcceptHandshake by the management account.
    pub(super) fn complete_all_features(&self, request: &AwsRequest) -> Outcome {
        let id = required(request, "HandshakeId")?;
        let mut handshakes = lock(&self.handshakes);
        let accepted = handshakes.accept(id, &self.management_account)?;
        self.enable_features();
        Ok(json!({"Handshake": handshakes.shown(&accepted)}))
    }

    pub(super) fn describe_handshake(&self, request: &AwsRequest, caller: &str) -> Outcome {
        let id = required(request, "HandshakeId")?;
        let is_party = |handshake: &Handshake| caller == self.management_account || handshake.is_for(caller);
        Ok(json!({"Handshake": lock(&self.handshakes).find(id, is_party)?}))
    }

    /// Those that the organization has sent.
    pub(super) fn list_sent_handshakes(&self, request: &AwsRequest) -> Value {
        let sent = lock(&self.handshakes).list(&request.parameters["Filter"], |_| true);
        page(request, "Handshakes", sent)
    }

    /// Those that an account has received.
    pub(super) fn list_received_handshakes(&self, request: &AwsRequest, account: &str) -> Value {
        let is_received =
            |handshake: &Handshake| handshake.action != Action::EnableAllFeatures && handshake.is_for(account);
        let received = lock(&self.handshakes).list(&request.parameters["Filter"], is_received);
        page(request, "Handshakes", received)
    }

    /// Lets the invited accounts approve all features, and returns how many did.
    pub(crate) fn approve_all_features(&self) -> usize {
        lock(&self.handshakes).approve_all()
    }
}

fn violation(reason: &str, message: &str) -> AwsError {
    error("HandshakeConstraintViolationException", message).with_reason(reason)
}
