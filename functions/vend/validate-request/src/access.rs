//! Resolves the names in `access`, of a request and of the settings, to IDs in IAM Identity Center.

mod permission_sets;
mod principals;

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use aws_config::SdkConfig;
use aws_sdk_ssoadmin::types::{InstanceMetadata, InstanceStatus};
use time::OffsetDateTime;
use vending_core::{
    AccessGrant, AccessPrincipal, AccountId, Assignment, GroupAccess, PrincipalType, Problem, StepError,
};
use vending_runtime::{Context, Environment, StartError, identity_center_config};

use crate::access::permission_sets::PermissionSets;
use crate::access::principals::Principals;

/// The organization's IAM Identity Center.
#[derive(Debug)]
pub(crate) struct IdentityCenter {
    admin: aws_sdk_ssoadmin::Client,
    directory: aws_sdk_identitystore::Client,
    management_account: AccountId,
    /// An organization has one instance, which does not change.
    instance: OnceLock<Instance>,
    permission_sets: PermissionSets,
}

#[derive(Clone, Debug)]
struct Instance {
    arn: String,
    identity_store_id: String,
}

/// IAM Identity Center in the Region of the settings. Clients and what they have found are kept while the Region stays
/// the same.
#[derive(Debug)]
pub(crate) struct IdentityCenters {
    config: SdkConfig,
    management_account: AccountId,
    latest: Mutex<Option<(Option<String>, Arc<IdentityCenter>)>>,
}

impl IdentityCenters {
    pub(crate) fn new(config: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        let management_account = environment.parsed("MANAGEMENT_ACCOUNT_ID")?;
        Ok(Self { config: config.clone(), management_account, latest: Mutex::default() })
    }

    /// `None` stands for the Region of the function.
    pub(crate) fn in_region(&self, region: Option<&str>) -> Arc<IdentityCenter> {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, center)) = latest.as_ref()
            && known.as_deref() == region
        {
            return center.clone();
        }
        let config = identity_center_config(&self.config, region);
        let center = Arc::new(IdentityCenter::new(&config, self.management_account.clone()));
        *latest = Some((region.map(str::to_owned), center.clone()));
        center
    }
}

/// What becomes of the access of an account.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Access {
    pub(crate) assignments: Vec<Assignment>,
    /// What the settings grant and cannot be assigned yet, each with the reason.
    pub(crate) pending: Vec<String>,
}

impl IdentityCenter {
    fn new(config: &SdkConfig, management_account: AccountId) -> Self {
        Self {
            admin: aws_sdk_ssoadmin::Client::new(config),
            directory: aws_sdk_identitystore::Client::new(config),
            management_account,
            instance: OnceLock::new(),
            permission_sets: PermissionSets::default(),
        }
    }

    /// The assignments of a request and of the settings, or all problems of the names in the request. Names in the
    /// settings that do not exist are pending, because no requester can correct them.
    pub(crate) async fn resolve(
        &self,
        requested: &[AccessGrant],
        by_settings: &[GroupAccess],
    ) -> Result<Result<Access, Vec<Problem>>, StepError> {
        let additional = additional(requested, by_settings);
        if requested.is_empty() && additional.is_empty() {
            return Ok(Ok(Access::default()));
        }
        let Some(instance) = self.instance().await? else {
            return Ok(without_instance(requested, &additional));
        };
        let by_settings: Vec<AccessGrant> = additional.iter().copied().map(grant).collect();
        let names = requested.iter().chain(&by_settings).map(|grant| grant.permission_set.as_str()).collect();
        let now = OffsetDateTime::now_utc();
        let permission_sets = self.permission_sets.find(&self.admin, &instance.arn, &names, now).await?;
        let mut principals = Principals::new(&self.directory, &instance.identity_store_id);
        let (mut access, mut problems) = (Access::default(), Vec::new());
        for (index, grant) in requested.iter().enumerate() {
            let principal_id = principals.id_of(&grant.principal).await?;
            let permission_set_arn = permission_sets.get(&grant.permission_set).cloned();
            match assignment(label(index, grant), grant, &instance, principal_id, permission_set_arn) {
                Ok(assignment) => access.assignments.push(assignment),
                Err(missing) => problems.extend(missing.problems(index, grant)),
            }
        }
        for (grant, by_settings) in by_settings.iter().zip(additional) {
            let principal_id = principals.id_of(&grant.principal).await?;
            let permission_set_arn = permission_sets.get(&grant.permission_set).cloned();
            match assignment(name(by_settings), grant, &instance, principal_id, permission_set_arn) {
                Ok(assignment) => {
                    let granted_by_settings = Some(by_settings.clone());
                    access.assignments.push(Assignment { granted_by_settings, ..assignment });
                }
                Err(missing) => access.pending.push(format!("{}: {}", name(by_settings), missing.reason())),
            }
        }
        Ok(if problems.is_empty() { Ok(access) } else { Err(problems) })
    }

    async fn instance(&self) -> Result<Option<Instance>, StepError> {
        if let Some(known) = self.instance.get() {
            return Ok(Some(known.clone()));
        }
        let mut pages = self.admin.list_instances().into_paginator().items().send();
        while let Some(instance) = pages.next().await {
            let instance = instance.context("list the instances of IAM Identity Center")?;
            if let Some(found) = self.organization_instance(instance) {
                return Ok(Some(self.instance.get_or_init(|| found).clone()));
            }
        }
        Ok(None)
    }

    /// The instance if it is that of the organization. Instances of member accounts cannot assign access to accounts.
    fn organization_instance(&self, instance: InstanceMetadata) -> Option<Instance> {
        let is_owned = instance.owner_account_id() == Some(self.management_account.as_str());
        let is_active = instance.status().is_none_or(|status| *status == InstanceStatus::Active);
        if !is_owned || !is_active {
            return None;
        }
        Some(Instance { arn: instance.instance_arn?, identity_store_id: instance.identity_store_id? })
    }
}

/// What the settings grant in addition to the request.
fn additional<'a>(requested: &[AccessGrant], by_settings: &'a [GroupAccess]) -> Vec<&'a GroupAccess> {
    by_settings.iter().filter(|access| !requested.contains(&grant(access))).collect()
}

fn grant(access: &GroupAccess) -> AccessGrant {
    let GroupAccess { group, permission_set } = access.clone();
    AccessGrant { principal: AccessPrincipal::Group(group), permission_set }
}

fn without_instance(requested: &[AccessGrant], additional: &[&GroupAccess]) -> Result<Access, Vec<Problem>> {
    const NO_INSTANCE: &str = "the organization has no IAM Identity Center";
    if requested.is_empty() {
        let pending = additional.iter().map(|access| format!("{}: {NO_INSTANCE}", name(access))).collect();
        return Ok(Access { assignments: Vec::new(), pending });
    }
    Err(vec![Problem::at(&["access"], format!("must be omitted: {NO_INSTANCE}"))])
}

fn name(access: &GroupAccess) -> String {
    format!("group {}: {}", access.group, access.permission_set)
}

fn assignment(
    label: String,
    grant: &AccessGrant,
    instance: &Instance,
    principal_id: Option<String>,
    permission_set_arn: Option<String>,
) -> Result<Assignment, Missing> {
    let missing = Missing { principal: principal_id.is_none(), permission_set: permission_set_arn.is_none() };
    let (principal_id, permission_set_arn) = principal_id.zip(permission_set_arn).ok_or(missing)?;
    Ok(Assignment {
        instance_arn: instance.arn.clone(),
        permission_set_arn,
        principal_type: principal_type(&grant.principal),
        principal_id,
        label,
        granted_by_settings: None,
    })
}

/// What of a grant does not exist in IAM Identity Center.
#[derive(Clone, Copy)]
struct Missing {
    principal: bool,
    permission_set: bool,
}

impl Missing {
    /// The problems of a request.
    fn problems(self, index: usize, grant: &AccessGrant) -> impl Iterator<Item = Problem> {
        let principal = self.principal.then(|| no_principal(index, &grant.principal));
        principal.into_iter().chain(self.permission_set.then(|| no_permission_set(index, grant)))
    }

    /// Why access of the settings is pending.
    fn reason(self) -> String {
        let group = self.principal.then_some("there is no such group");
        let permission_set = self.permission_set.then_some("there is no such permission set");
        group.into_iter().chain(permission_set).collect::<Vec<_>>().join(", ")
    }
}

fn principal_type(principal: &AccessPrincipal) -> PrincipalType {
    match principal {
        AccessPrincipal::Group(_) => PrincipalType::Group,
        AccessPrincipal::User(_) => PrincipalType::User,
    }
}

/// The label of an assignment in reports and messages, and so in logs. It names a user by the index in the request.
fn label(index: usize, grant: &AccessGrant) -> String {
    match &grant.principal {
        AccessPrincipal::Group(name) => format!("group {name}: {}", grant.permission_set),
        AccessPrincipal::User(_) => format!("user of access/{index}: {}", grant.permission_set),
    }
}

fn no_principal(index: usize, principal: &AccessPrincipal) -> Problem {
    let (field, detail) = match principal {
        AccessPrincipal::Group(_) => {
            ("group", "must be the display name of a group in IAM Identity Center; no group has this name")
        }
        AccessPrincipal::User(_) => (
            "user",
            "must be the user name or the email of a user in IAM Identity Center; no user has it (check that the user is synchronized)",
        ),
    };
    Problem::at(&["access", &index.to_string(), field], detail)
}

fn no_permission_set(index: usize, grant: &AccessGrant) -> Problem {
    let name = &grant.permission_set;
    let detail = format!("must be the name of a permission set in IAM Identity Center; there is no `{name}`");
    Problem::at(&["access", &index.to_string(), "permissionSet"], detail)
}

#[cfg(test)]
pub(crate) mod tests;
