//! Enables all features in an organization that has only consolidated billing.

use aws_sdk_organizations::operation::accept_handshake::AcceptHandshakeError;
use aws_sdk_organizations::operation::enable_all_features::EnableAllFeaturesError;
use aws_sdk_organizations::types::{
    ConstraintViolationExceptionReason, HandshakeConstraintViolationExceptionReason, OrganizationFeatureSet,
};
use serde_json::json;
use vending_core::{ErrorCode, StepError};
use vending_plans::PlannedChanges;
use vending_runtime::{Context, sdk_error};

use crate::migration::{Migration, SETTINGS, requested};
use crate::rejected::{role_denied, violation};
use crate::{CreateOrganization, FEATURE_SET, ORGANIZATION};

/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_org_support-all-features.html>
const ALL_FEATURES: &str =
    "cannot be undone; accounts that were invited have to accept it, because policies can then restrict them";

impl CreateOrganization {
    /// One call requests it, and a later one completes it. In between, the run ends if accounts have to accept.
    pub(crate) async fn enable_all_features(&self, changes: &PlannedChanges) -> Result<(), StepError> {
        let migration = self.migration().await?;
        if let Migration::Waiting(waiting) = &migration
            && let Some(message) = waiting.message()
        {
            changes.note(format!("{message}: {}", waiting.remedy()), Some(SETTINGS));
        }
        let (from, to) = (OrganizationFeatureSet::ConsolidatedBilling, OrganizationFeatureSet::All);
        let change = changes.change(ORGANIZATION, FEATURE_SET, json!(from.as_str()), json!(to.as_str()));
        changes.make(change.guarded(ALL_FEATURES), self.migrate(migration)).await?;
        Ok(())
    }

    async fn migration(&self) -> Result<Migration, StepError> {
        let list = self.organization.client().list_handshakes_for_organization();
        let pages = list.into_paginator().send().try_collect().await;
        let pages = pages.context("list the handshakes of the organization")?;
        let handshakes: Vec<_> = pages.into_iter().flat_map(|page| page.handshakes.unwrap_or_default()).collect();
        Ok(Migration::of(&handshakes, &self.account))
    }

    async fn migrate(&self, migration: Migration) -> Result<(), StepError> {
        match migration {
            Migration::NotRequested => self.request_all_features().await,
            Migration::Waiting(waiting) => Err(waiting.error()),
            Migration::Ready(handshake) => self.complete_all_features(&handshake).await,
            Migration::Complete => Ok(()),
        }
    }

    /// Without invited accounts, the request can be completed at once; but AWS shows it only to a later call.
    async fn request_all_features(&self) -> Result<(), StepError> {
        let action = "enable all features";
        let Err(error) = self.organization.client().enable_all_features().send().await else { return Err(requested()) };
        match error.as_service_error() {
            Some(EnableAllFeaturesError::HandshakeConstraintViolationException(constraint)) => {
                match constraint.reason().map(HandshakeConstraintViolationExceptionReason::as_str) {
                    Some("ORGANIZATION_ALREADY_HAS_ALL_FEATURES") => Ok(()),
                    // The response of an earlier call was lost, or someone requested it in the console.
                    Some("ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION") => Err(requested()),
                    reason => Err(violation(action, reason)),
                }
            }
            Some(EnableAllFeaturesError::ConstraintViolationException(constraint)) => {
                Err(violation(action, constraint.reason().map(ConstraintViolationExceptionReason::as_str)))
            }
            _ => Err(sdk_error(action, &error)),
        }
    }

    async fn complete_all_features(&self, handshake: &str) -> Result<(), StepError> {
        let action = "complete the change to all features";
        let accept = self.organization.client().accept_handshake().handshake_id(handshake);
        let Err(error) = accept.send().await else { return Ok(()) };
        match error.as_service_error() {
            Some(AcceptHandshakeError::HandshakeAlreadyInStateException(_)) => Ok(()),
            // It expired or was canceled after it was listed, or an account was invited since. A retry lists it again.
            Some(
                AcceptHandshakeError::HandshakeNotFoundException(_)
                | AcceptHandshakeError::InvalidHandshakeTransitionException(_),
            ) => Err(sdk_error(action, &error).with_code(ErrorCode::NotReady)),
            Some(AcceptHandshakeError::HandshakeConstraintViolationException(constraint)) => {
                Err(violation(action, constraint.reason().map(HandshakeConstraintViolationExceptionReason::as_str)))
            }
            Some(AcceptHandshakeError::ConstraintViolationException(constraint)) => {
                Err(violation(action, constraint.reason().map(ConstraintViolationExceptionReason::as_str)))
            }
            Some(AcceptHandshakeError::AccessDeniedForDependencyException(_)) => Err(role_denied(action, &error)),
            _ => Err(sdk_error(action, &error)),
        }
    }
}
