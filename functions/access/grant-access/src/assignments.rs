//! Assigns permission sets in the account to groups and users of IAM Identity Center.
//!
//! Assignments that are not in the request are kept, also if they were in an earlier request: AWS does not record who
//! created an assignment, and others may have created it. The administrators of Identity Center remove assignments.

mod earlier;

use std::collections::{BTreeMap, HashSet};

use aws_sdk_ssoadmin::Client;
use aws_sdk_ssoadmin::error::SdkError;
use aws_sdk_ssoadmin::types::{self, AccountAssignmentOperationStatus, StatusValues, TargetType};
use time::OffsetDateTime;
use vending_core::{AccountId, Assignment, ErrorCode, PrincipalType, StepError};
use vending_runtime::{AwsError, Changes, error_code, sdk_error};

#[derive(Debug)]
pub(crate) struct Assignments<'a> {
    /// The client of the management account in the Region of Identity Center.
    pub(crate) client: &'a Client,
    pub(crate) account: &'a AccountId,
    pub(crate) propagation_end: OffsetDateTime,
}

/// The ARN of the instance and the ARN of the permission set.
type PermissionSet<'a> = (&'a str, &'a str);

/// The principals with a permission set in the account, by ID.
type Holders = HashSet<(PrincipalType, String)>;

impl Assignments<'_> {
    pub(crate) async fn converge(&self, wanted: &[Assignment], changes: &Changes) -> Result<(), StepError> {
        let mut missing = Vec::new();
        for (permission_set, wanted) in by_permission_set(wanted) {
            let holders = self.holders(permission_set).await?;
            missing.extend(plan(&wanted, &holders));
        }
        if missing.is_empty() {
            return Ok(());
        }
        let labels: Vec<&str> = missing.iter().map(|assignment| assignment.label.as_str()).collect();
        changes.make(format!("assigned {}", labels.join(", ")), self.assign(missing)).await
    }

    async fn holders(&self, (instance_arn, permission_set_arn): PermissionSet<'_>) -> Result<Holders, StepError> {
        let list = self.client.list_account_assignments().instance_arn(instance_arn);
        let list = list.permission_set_arn(permission_set_arn).account_id(self.account.as_str());
        let mut pages = list.into_paginator().send();
        let mut holders = Holders::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| self.map_error("list the assignments to the account", &error))?;
            holders.extend(page.account_assignments.unwrap_or_default().into_iter().filter_map(holder));
        }
        Ok(holders)
    }

    /// Requests only assignments without an earlier request, because AWS does not document the effect of a second one.
    async fn assign(&self, mut missing: Vec<&Assignment>) -> Result<(), StepError> {
        let mut requests = self.earlier_requests(&mut missing).await?;
        for wanted in missing {
            let status = self.create(wanted).await?;
            requests.push(Request { wanted, status });
        }
        self.outcome(&requests)
    }

    /// Requests an assignment. A request for an existing assignment does not create a second one.
    async fn create(&self, wanted: &Assignment) -> Result<Option<AccountAssignmentOperationStatus>, StepError> {
        let create = self.client.create_account_assignment().instance_arn(&wanted.instance_arn);
        let created = create
            .permission_set_arn(&wanted.permission_set_arn)
            .principal_type(principal_type(wanted.principal_type))
            .principal_id(&wanted.principal_id)
            .target_type(TargetType::AwsAccount)
            .target_id(self.account.as_str())
            .send()
            .await;
        let created = created.map_err(|error| self.map_error(&format!("assign {}", wanted.label), &error))?;
        Ok(created.account_assignment_creation_status)
    }

    /// The result of the requests. The next run reads those that are in progress.
    fn outcome(&self, requests: &[Request<'_>]) -> Result<(), StepError> {
        if let Some(failed) = requests.iter().find(|request| request.is(&StatusValues::Failed)) {
            return Err(self.failure(failed));
        }
        let in_progress = requests.iter().filter(|request| !request.is(&StatusValues::Succeeded));
        let in_progress: Vec<&str> = in_progress.map(|request| request.wanted.label.as_str()).collect();
        if in_progress.is_empty() {
            return Ok(());
        }
        let message = format!("IAM Identity Center has not completed these assignments: {}", in_progress.join(", "));
        Err(StepError::new(ErrorCode::NotReady, message))
    }

    /// The error of a failed request. Identity Center may not have access to a new account yet.
    fn failure(&self, request: &Request<'_>) -> StepError {
        let reason = request.status.as_ref().and_then(AccountAssignmentOperationStatus::failure_reason);
        let reason = reason.unwrap_or("no reason given");
        let message = format!("IAM Identity Center could not assign {}: {reason}", request.wanted.label);
        self.retry_if_account_is_new(
            StepError::new(ErrorCode::NotReady, message),
            "fix the cause that the message names",
        )
    }

    fn map_error<E: AwsError>(&self, action: &str, error: &SdkError<E>) -> StepError {
        let failed = sdk_error(action, error);
        match error_code(error) {
            // "A retry (with appropriate backoff logic) is the recommended response."
            Some("ConflictException") => failed.with_code(ErrorCode::NotReady),
            // AWS allows 15 assignments in progress in the organization.
            Some("ServiceQuotaExceededException") => failed.with_code(ErrorCode::Throttled).with_remedy(
                "wait until IAM Identity Center completes its other assignments (or request an increase of the quota that the message names); then send the same request again",
            ),
            // The account, or a group, user, or permission set that was deleted after the validation.
            Some("ResourceNotFoundException") => {
                self.retry_if_account_is_new(failed, "restore in IAM Identity Center what the message names")
            }
            _ => failed,
        }
    }

    /// Retries while the account is new. After that, the error is permanent and needs the remedy.
    fn retry_if_account_is_new(&self, error: StepError, remedy: &str) -> StepError {
        if OffsetDateTime::now_utc() < self.propagation_end {
            return error.with_code(ErrorCode::NotReady);
        }
        let error = error.with_code(ErrorCode::InvalidConfiguration);
        error.with_remedy(format!("{remedy}; then send the same request again"))
    }
}

/// A request to Identity Center, with its last known status.
#[derive(Debug)]
struct Request<'a> {
    wanted: &'a Assignment,
    status: Option<AccountAssignmentOperationStatus>,
}

impl Request<'_> {
    fn is(&self, status: &StatusValues) -> bool {
        self.status.as_ref().and_then(AccountAssignmentOperationStatus::status) == Some(status)
    }
}

/// The assignments by permission set, because AWS lists them by permission set.
fn by_permission_set(wanted: &[Assignment]) -> BTreeMap<PermissionSet<'_>, Vec<&Assignment>> {
    let mut sets = BTreeMap::<PermissionSet<'_>, Vec<_>>::new();
    for assignment in wanted {
        let key = (assignment.instance_arn.as_str(), assignment.permission_set_arn.as_str());
        sets.entry(key).or_default().push(assignment);
    }
    sets
}

/// The assignments that do not exist yet, without duplicates.
fn plan<'a>(wanted: &[&'a Assignment], holders: &Holders) -> Vec<&'a Assignment> {
    let mut seen = holders.clone();
    let is_new =
        |assignment: &&&'a Assignment| seen.insert((assignment.principal_type, assignment.principal_id.clone()));
    wanted.iter().filter(is_new).copied().collect()
}

/// The principal of an assignment, or `None` for a type that a request cannot have.
fn holder(assigned: types::AccountAssignment) -> Option<(PrincipalType, String)> {
    let kind = match assigned.principal_type? {
        types::PrincipalType::Group => PrincipalType::Group,
        types::PrincipalType::User => PrincipalType::User,
        _ => return None,
    };
    Some((kind, assigned.principal_id?))
}

fn principal_type(kind: PrincipalType) -> types::PrincipalType {
    match kind {
        PrincipalType::Group => types::PrincipalType::Group,
        PrincipalType::User => types::PrincipalType::User,
    }
}

#[cfg(test)]
pub(crate) mod tests;
