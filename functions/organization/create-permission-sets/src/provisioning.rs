//! Provisions changed permission sets in the accounts that have them.
//!
//! A change of a permission set reaches no account before it is provisioned there. Only AWS knows which accounts are
//! behind: <https://github.com/hashicorp/terraform-provider-aws/pull/15808>. Provisioning takes seconds, or minutes.

use std::collections::BTreeSet;

use aws_sdk_ssoadmin::operation::list_accounts_for_provisioned_permission_set::paginator::ListAccountsForProvisionedPermissionSetPaginator as Pages;
use aws_sdk_ssoadmin::types::{
    OperationStatusFilter, PermissionSetProvisioningStatus, PermissionSetProvisioningStatusMetadata,
    ProvisionTargetType, ProvisioningStatus, StatusValues,
};
use time::{Duration, OffsetDateTime};
use vending_core::{AccountId, ErrorCode, StepError};
use vending_runtime::{error_code, sdk_error};

use crate::CreatePermissionSets;
use crate::calls::map_error;
use crate::instance::IdentityCenter;

/// The accounts that have a permission set.
#[derive(Clone, Debug, Default)]
pub(crate) struct Provisioning {
    /// One of them.
    pub(crate) account: Option<String>,
    /// Whether an earlier change of the permission set has not reached one of them.
    pub(crate) is_behind: bool,
    /// Accounts that are behind, but that cannot be provisioned.
    pub(crate) left_behind: Vec<String>,
}

impl Provisioning {
    /// Whether an account has the permission set.
    pub(crate) fn has_accounts(&self) -> bool {
        self.account.is_some()
    }
}

/// The age up to which a failed provisioning can be of this run.
pub(crate) const RECENT: Duration = Duration::HOUR;

/// The maximum of pages to read. AWS may filter after it cuts the pages, so one page may not be enough.
const MAXIMUM_PAGES: usize = 5;

impl CreatePermissionSets {
    pub(crate) async fn provisioning(&self, center: &IdentityCenter, arn: &str) -> Result<Provisioning, StepError> {
        let mut found = Provisioning { account: center.first_account(arn).await?, ..Provisioning::default() };
        if !found.has_accounts() {
            return Ok(found);
        }
        let mut accounts =
            center.list_accounts(arn, Some(ProvisioningStatus::LatestPermissionSetNotProvisioned)).items().send();
        while let Some(account) = accounts.next().await {
            let account = account.map_err(|error| sdk_error(&format!("list the accounts that have {arn}"), &error))?;
            if self.can_provision(&account).await? {
                found.is_behind = true;
                break;
            }
            found.left_behind.push(account);
        }
        Ok(found)
    }

    /// Provisioning fails in accounts that are not active:
    /// <https://github.com/aws-samples/aws-identitycenter-codepipeline-auto-assignment/issues/31>. In the management
    /// account, it needs permissions for IAM, which this function does not have.
    async fn can_provision(&self, account: &str) -> Result<bool, StepError> {
        match account.parse::<AccountId>() {
            Ok(account) if account != self.management_account => self.organization.is_active(&account).await,
            _ => Ok(false),
        }
    }

    /// Provisions a permission set in all accounts that have it. If `is_retry`, a failure of an earlier provisioning is
    /// an error first.
    pub(crate) async fn provision(
        &self,
        center: &IdentityCenter,
        name: &str,
        arn: &str,
        is_retry: bool,
    ) -> Result<(), StepError> {
        if is_retry && let Some(failed) = self.unreported_failure(center, arn).await? {
            return Err(failure(name, &failed));
        }
        let provision = center.clients.admin.provision_permission_set().instance_arn(&center.arn);
        let provision = provision.permission_set_arn(arn).target_type(ProvisionTargetType::AllProvisionedAccounts);
        let started = provision.send().await.map_err(|error| map_error(&format!("provision {name}"), &error))?;
        match started.permission_set_provisioning_status {
            Some(status) if status.status() == Some(&StatusValues::Failed) => Err(failure(name, &status)),
            _ => Ok(()),
        }
    }

    /// All recent failures of a permission set count as reported then.
    async fn unreported_failure(
        &self,
        center: &IdentityCenter,
        arn: &str,
    ) -> Result<Option<PermissionSetProvisioningStatus>, StepError> {
        let now = OffsetDateTime::now_utc();
        let mut found = None;
        for id in center.requests(StatusValues::Failed, now - RECENT).await? {
            if self.reported.get(&id, now).is_some() {
                continue;
            }
            if let Some(status) = center.request(&id).await?.filter(|one| one.permission_set_arn() == Some(arn)) {
                self.reported.insert(id, (), now);
                found.get_or_insert(status);
            }
        }
        Ok(found)
    }
}

impl IdentityCenter {
    /// The ARNs of the permission sets that are being provisioned.
    pub(crate) async fn in_progress(&self) -> Result<BTreeSet<String>, StepError> {
        let mut arns = BTreeSet::new();
        for id in self.requests(StatusValues::InProgress, OffsetDateTime::UNIX_EPOCH).await? {
            let request = self.request(&id).await?;
            let request = request.filter(|one| one.status() == Some(&StatusValues::InProgress));
            arns.extend(request.and_then(|one| one.permission_set_arn));
        }
        Ok(arns)
    }

    /// The IDs of the requests to provision permission sets. The list does not have the permission sets.
    async fn requests(&self, status: StatusValues, since: OffsetDateTime) -> Result<Vec<String>, StepError> {
        let filter = OperationStatusFilter::builder().status(status).build();
        let list = self.clients.admin.list_permission_set_provisioning_status().instance_arn(&self.arn).filter(filter);
        let mut pages = list.into_paginator().page_size(100).send();
        let mut ids = Vec::new();
        for _ in 0..MAXIMUM_PAGES {
            let Some(page) = pages.next().await else { break };
            let page = page.map_err(|error| sdk_error("list the provisionings of permission sets", &error))?;
            let requests = page.permission_sets_provisioning_status.unwrap_or_default().into_iter();
            ids.extend(requests.filter(|request| is_since(request, since)).filter_map(|request| request.request_id));
        }
        Ok(ids)
    }

    /// Returns `None` for a request that AWS does not show yet.
    async fn request(&self, id: &str) -> Result<Option<PermissionSetProvisioningStatus>, StepError> {
        let describe = self.clients.admin.describe_permission_set_provisioning_status().instance_arn(&self.arn);
        match describe.provision_permission_set_request_id(id).send().await {
            Ok(described) => Ok(described.permission_set_provisioning_status),
            Err(error) if error_code(&error) == Some("ResourceNotFoundException") => Ok(None),
            Err(error) => Err(sdk_error("read the status of a provisioning", &error)),
        }
    }

    async fn first_account(&self, arn: &str) -> Result<Option<String>, StepError> {
        let first = self.list_accounts(arn, None).items().send().next().await.transpose();
        first.map_err(|error| sdk_error(&format!("list the accounts that have {arn}"), &error))
    }

    fn list_accounts(&self, arn: &str, status: Option<ProvisioningStatus>) -> Pages {
        let list = self.clients.admin.list_accounts_for_provisioned_permission_set();
        let list = list.instance_arn(&self.arn).permission_set_arn(arn).set_provisioning_status(status);
        list.into_paginator()
    }
}

fn is_since(request: &PermissionSetProvisioningStatusMetadata, since: OffsetDateTime) -> bool {
    request.created_date().is_none_or(|created| created.secs() >= since.unix_timestamp())
}

fn failure(name: &str, status: &PermissionSetProvisioningStatus) -> StepError {
    let account = status.account_id().map(|account| format!(" in account {account}")).unwrap_or_default();
    let reason = status.failure_reason().unwrap_or("no reason given");
    let message = format!("IAM Identity Center could not provision the permission set {name}{account}: {reason}");
    let remedy = "fix the cause that the message names (such as a policy of the organization that denies changes of roles), then make a new plan and apply it";
    StepError::new(ErrorCode::InvalidConfiguration, message).with_remedy(remedy)
}
