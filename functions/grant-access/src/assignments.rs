//! Groups and users of IAM Identity Center, each with a permission set in the account.
//!
//! Assignments that the request does not name are left alone, also where an earlier request named them: AWS keeps no
//! word of who made one, and others may have made their own. Taking somebody out of an account is for whoever runs
//! Identity Center.

mod earlier;

use std::collections::{BTreeMap, HashSet};
use std::error::Error;

use aws_sdk_ssoadmin::Client;
use aws_sdk_ssoadmin::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ssoadmin::types::{self, AccountAssignmentOperationStatus, StatusValues, TargetType};
use time::OffsetDateTime;
use vending_core::{AccountId, Assignment, ErrorCode, PrincipalType, StepError};
use vending_runtime::{Changes, error_code, from_sdk};

#[derive(Debug)]
pub(crate) struct Assignments<'a> {
    /// Of the management account, in the region of Identity Center.
    pub(crate) client: &'a Client,
    pub(crate) account: &'a AccountId,
    pub(crate) ready_by: OffsetDateTime,
}

/// The ARNs of the instance and of the permission set.
type PermissionSet<'a> = (&'a str, &'a str);

/// Who has a permission set in the account, by id.
type Holders = HashSet<(PrincipalType, String)>;

impl Assignments<'_> {
    pub(crate) async fn converge(self, wanted: &[Assignment], changes: &Changes) -> Result<(), StepError> {
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
            let page = page.map_err(|error| self.failed("list the assignments to the account", &error))?;
            holders.extend(page.account_assignments.unwrap_or_default().into_iter().filter_map(holder));
        }
        Ok(holders)
    }

    /// Asks only for what no earlier run has asked for: what AWS makes of a second request for the same, it does not
    /// say.
    async fn assign(&self, mut missing: Vec<&Assignment>) -> Result<(), StepError> {
        let mut requests = self.earlier(&mut missing).await?;
        for wanted in missing {
            let status = self.create(wanted).await?;
            requests.push(Request { wanted, status });
        }
        self.outcome(&requests)
    }

    /// Asking for an assignment that is there makes no second one.
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
        let created = created.map_err(|error| self.failed(&format!("assign {}", wanted.label), &error))?;
        Ok(created.account_assignment_creation_status)
    }

    /// What is being made the next run finds made, or failed.
    fn outcome(&self, requests: &[Request<'_>]) -> Result<(), StepError> {
        if let Some(failed) = requests.iter().find(|request| request.is(&StatusValues::Failed)) {
            return Err(self.refused(failed));
        }
        let being_made = requests.iter().filter(|request| !request.is(&StatusValues::Succeeded));
        let being_made: Vec<&str> = being_made.map(|request| request.wanted.label.as_str()).collect();
        if being_made.is_empty() {
            return Ok(());
        }
        let message = format!("the access to the account is being made: {}", being_made.join(", "));
        Err(StepError::new(ErrorCode::NotReady, message))
    }

    /// To an account that is new in the organization, Identity Center itself may not get yet.
    fn refused(&self, request: &Request<'_>) -> StepError {
        let reason = request.status.as_ref().and_then(AccountAssignmentOperationStatus::failure_reason);
        let reason = reason.unwrap_or("no reason given");
        let message = format!("IAM Identity Center could not assign {}: {reason}", request.wanted.label);
        self.unless_new(StepError::new(ErrorCode::NotReady, message), "settle what the message names")
    }

    fn failed<E>(&self, doing: &str, error: &SdkError<E>) -> StepError
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let failed = from_sdk(doing, error);
        match error_code(error) {
            // "A retry (with appropriate backoff logic) is the recommended response."
            Some("ConflictException") => failed.with_code(ErrorCode::NotReady),
            // Fifteen assignments may be under way in the organization at a time.
            Some("ServiceQuotaExceededException") => failed.with_code(ErrorCode::Throttled).with_remedy(
                "wait until IAM Identity Center has made its other assignments (or have the quota raised that the message names), then send the same request again",
            ),
            // The account; or a group, a user or a permission set that was there when the request was validated.
            Some("ResourceNotFoundException") => {
                self.unless_new(failed, "bring back in IAM Identity Center what the message names")
            }
            _ => failed,
        }
    }

    /// While the account is new it is retried; after that it is for somebody to repair.
    fn unless_new(&self, error: StepError, repair: &str) -> StepError {
        if OffsetDateTime::now_utc() < self.ready_by {
            return error.with_code(ErrorCode::NotReady);
        }
        let error = error.with_code(ErrorCode::InvalidConfiguration);
        error.with_remedy(format!("{repair}; then send the same request again"))
    }
}

/// What Identity Center was asked for, and how it stood at the last look.
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

/// Assignments are listed for one permission set at a time.
fn by_permission_set(wanted: &[Assignment]) -> BTreeMap<PermissionSet<'_>, Vec<&Assignment>> {
    let mut sets = BTreeMap::<PermissionSet<'_>, Vec<_>>::new();
    for assignment in wanted {
        let key = (assignment.instance_arn.as_str(), assignment.permission_set_arn.as_str());
        sets.entry(key).or_default().push(assignment);
    }
    sets
}

/// Who has not got the permission set yet; each once, also where the request names somebody twice.
fn plan<'a>(wanted: &[&'a Assignment], holders: &Holders) -> Vec<&'a Assignment> {
    let mut seen = holders.clone();
    let is_new =
        |assignment: &&&'a Assignment| seen.insert((assignment.principal_type, assignment.principal_id.clone()));
    wanted.iter().filter(is_new).copied().collect()
}

/// `None` for a kind of principal that no request can name.
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
