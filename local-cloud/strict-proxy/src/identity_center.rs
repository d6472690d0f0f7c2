//! IAM Identity Center and its identity store: checks and operations that moto lacks.
//!
//! moto stores permission sets, assignments, users, and groups. The proxy adds tags, and which accounts have which
//! version of a permission set.

mod assignments;
mod checks;
mod creation;
mod directory;
mod instance;
mod permission_sets;
mod provisioning;
mod tagging;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use local_cloud::REGION;
use local_cloud::strict::{Assignments, IdentityCenterInstance};

use crate::clock::Clock;
use crate::emulators::Upstreams;
use crate::organizations::Accounts;
use crate::sync::lock;
use crate::wire::{AwsError, AwsRequest, AwsResponse, Outcome, respond, response};
use assignments::InProgress;
use permission_sets::PermissionSets;

pub(crate) struct IdentityCenter {
    clock: Clock,
    upstreams: Arc<Upstreams>,
    management_account: String,
    accounts: Arc<Accounts>,
    settings: Mutex<Assignments>,
    instance: Mutex<IdentityCenterInstance>,
    /// By request ID. Locked while an assignment is created, so that concurrent calls cannot exceed the limit.
    in_progress: tokio::sync::Mutex<HashMap<String, InProgress>>,
    sets: Mutex<PermissionSets>,
    /// Locked from the check of a name until its permission set is created, so that one of two concurrent calls wins.
    creations: tokio::sync::Mutex<()>,
}

impl IdentityCenter {
    pub(crate) fn new(
        clock: Clock,
        upstreams: Arc<Upstreams>,
        management_account: &str,
        accounts: Arc<Accounts>,
    ) -> Self {
        Self {
            clock,
            upstreams,
            management_account: management_account.to_owned(),
            accounts,
            settings: Mutex::default(),
            instance: Mutex::default(),
            in_progress: tokio::sync::Mutex::default(),
            sets: Mutex::default(),
            creations: tokio::sync::Mutex::default(),
        }
    }

    pub(crate) fn settings(&self) -> Assignments {
        *lock(&self.settings)
    }

    pub(crate) fn set(&self, settings: Assignments) {
        *lock(&self.settings) = settings;
    }

    pub(crate) fn instance(&self) -> IdentityCenterInstance {
        lock(&self.instance).clone()
    }

    pub(crate) fn set_instance(&self, instance: IdentityCenterInstance) {
        *lock(&self.instance) = instance;
    }

    pub(crate) async fn handle(&self, request: &AwsRequest, forward: impl Future<Output = AwsResponse>) -> AwsResponse {
        if let Err(error) = self.check_instance(request) {
            return response::error(request, &error);
        }
        match self.emulated(request).await {
            Some(outcome) => respond(request, outcome),
            None if request.operation.contains("AccountAssignment") => self.handle_assignment(request, forward).await,
            None => self.handle_permission_set(request, forward).await,
        }
    }

    /// Without the limits and delays of assignments.
    pub(crate) async fn emulate(
        &self,
        request: &AwsRequest,
        forward: impl Future<Output = AwsResponse>,
    ) -> AwsResponse {
        if let Err(error) = self.check_instance(request) {
            return response::error(request, &error);
        }
        if let Some(outcome) = self.emulated(request).await {
            return respond(request, outcome);
        }
        let response = self.handle_permission_set(request, forward).await;
        if ["CreateAccountAssignment", "DeleteAccountAssignment"].contains(&request.operation.as_str()) {
            self.record_assignment(request, &response, self.clock.now());
        }
        response
    }

    /// Handles the operations that moto lacks, or that need what only the proxy knows.
    async fn emulated(&self, request: &AwsRequest) -> Option<Outcome> {
        Some(match request.operation.as_str() {
            "ListInstances" => self.list_instances(request).await,
            "ListAccountAssignmentCreationStatus" => Ok(self.list_creations(request).await),
            "ListAccountsForProvisionedPermissionSet" => self.list_accounts(request).await,
            "ListPermissionSetsProvisionedToAccount" => self.list_provisioned_sets(request),
            "ProvisionPermissionSet" => self.provision(request).await,
            "DescribePermissionSetProvisioningStatus" => self.describe_provisioning(request),
            "ListPermissionSetProvisioningStatus" => self.list_provisionings(request),
            "ListTagsForResource" => self.list_tags(request).await,
            "TagResource" => self.tag(request).await,
            "UntagResource" => self.untag(request).await,
            _ => return None,
        })
    }

    /// When a change that starts now completes.
    fn completes_at(&self) -> Duration {
        self.clock.now().saturating_add(Duration::from_millis(self.settings().in_progress_millis))
    }
}

fn region(request: &AwsRequest) -> &str {
    request.region.as_deref().unwrap_or(REGION)
}

fn invalid(message: &str) -> AwsError {
    AwsError::new(400, "ValidationException", message)
}

fn conflict(message: &str) -> AwsError {
    AwsError::new(400, "ConflictException", message)
}

fn too_many_requests() -> AwsError {
    AwsError::new(400, "ThrottlingException", "There are too many requests processing. Please try again later.")
}
