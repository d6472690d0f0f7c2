//! Resolves the names in a request's `access` to IDs in IAM Identity Center.

mod permission_sets;
mod principals;

use std::sync::OnceLock;

use aws_config::SdkConfig;
use aws_sdk_ssoadmin::types::{InstanceMetadata, InstanceStatus};
use time::OffsetDateTime;
use vending_core::{AccessGrant, AccessPrincipal, AccountId, Assignment, PrincipalType, Problem, StepError};
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

impl IdentityCenter {
    pub(crate) fn new(config: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        let config = identity_center_config(config, environment);
        Ok(Self {
            admin: aws_sdk_ssoadmin::Client::new(&config),
            directory: aws_sdk_identitystore::Client::new(&config),
            management_account: environment.parsed("MANAGEMENT_ACCOUNT_ID")?,
            instance: OnceLock::new(),
            permission_sets: PermissionSets::default(),
        })
    }

    /// The assignments of a request, or all problems of the names in it.
    pub(crate) async fn resolve(
        &self,
        grants: &[AccessGrant],
    ) -> Result<Result<Vec<Assignment>, Vec<Problem>>, StepError> {
        if grants.is_empty() {
            return Ok(Ok(Vec::new()));
        }
        let Some(instance) = self.instance().await? else {
            let detail = "must be omitted: the organization has no IAM Identity Center";
            return Ok(Err(vec![Problem::at(&["access"], detail)]));
        };
        let names = grants.iter().map(|grant| grant.permission_set.as_str()).collect();
        let now = OffsetDateTime::now_utc();
        let permission_sets = self.permission_sets.find(&self.admin, &instance.arn, &names, now).await?;
        let mut principals = Principals::new(&self.directory, &instance.identity_store_id);
        let (mut assignments, mut problems) = (Vec::new(), Vec::new());
        for (index, grant) in grants.iter().enumerate() {
            let principal_id = principals.id_of(&grant.principal).await?;
            let permission_set_arn = permission_sets.get(&grant.permission_set).cloned();
            match assignment(index, grant, &instance, principal_id, permission_set_arn) {
                Ok(assignment) => assignments.push(assignment),
                Err(missing) => problems.extend(missing),
            }
        }
        Ok(if problems.is_empty() { Ok(assignments) } else { Err(problems) })
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

fn assignment(
    index: usize,
    grant: &AccessGrant,
    instance: &Instance,
    principal_id: Option<String>,
    permission_set_arn: Option<String>,
) -> Result<Assignment, Vec<Problem>> {
    let no_principal = principal_id.is_none().then(|| no_principal(index, &grant.principal));
    let no_permission_set = permission_set_arn.is_none().then(|| no_permission_set(index, grant));
    match principal_id.zip(permission_set_arn) {
        Some((principal_id, permission_set_arn)) => Ok(Assignment {
            instance_arn: instance.arn.clone(),
            permission_set_arn,
            principal_type: principal_type(&grant.principal),
            principal_id,
            label: label(index, grant),
        }),
        None => Err(no_principal.into_iter().chain(no_permission_set).collect()),
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
