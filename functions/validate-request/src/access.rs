//! What a request's `access` comes to in IAM Identity Center: names become ids.

mod permission_sets;
mod principals;

use std::sync::OnceLock;
use std::time::Instant;

use aws_config::{Region, SdkConfig};
use aws_sdk_ssoadmin::types::{InstanceMetadata, InstanceStatus};
use vending_core::{AccessGrant, AccessPrincipal, AccountId, Assignment, PrincipalType, Problem, StepError};
use vending_runtime::{Environment, StartError, from_sdk};

use crate::access::permission_sets::PermissionSets;
use crate::access::principals::Principals;

/// The organization's IAM Identity Center.
#[derive(Debug)]
pub(crate) struct IdentityCenter {
    admin: aws_sdk_ssoadmin::Client,
    directory: aws_sdk_identitystore::Client,
    management_account: AccountId,
    /// An organization has one, and keeps it.
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
        let region = environment.optional("IDENTITY_CENTER_REGION").map(Region::new);
        let mut there = config.to_builder();
        there.set_region(region.or_else(|| config.region().cloned()));
        let there = there.build();
        Ok(Self {
            admin: aws_sdk_ssoadmin::Client::new(&there),
            directory: aws_sdk_identitystore::Client::new(&there),
            management_account: environment.parsed("MANAGEMENT_ACCOUNT_ID")?,
            instance: OnceLock::new(),
            permission_sets: PermissionSets::default(),
        })
    }

    /// The assignments that a request asks for, or everything that is wrong with what it names.
    pub(crate) async fn resolve(
        &self,
        grants: &[AccessGrant],
    ) -> Result<Result<Vec<Assignment>, Vec<Problem>>, StepError> {
        if grants.is_empty() {
            return Ok(Ok(Vec::new()));
        }
        let Some(instance) = self.instance().await? else {
            let detail = "must be left out: the organization has no IAM Identity Center";
            return Ok(Err(vec![Problem::at(&["access"], detail)]));
        };
        let names = grants.iter().map(|grant| grant.permission_set.as_str()).collect();
        let permission_sets = self.permission_sets.find(&self.admin, &instance.arn, &names, Instant::now()).await?;
        let mut principals = Principals::new(&self.directory, &instance.identity_store_id);
        let (mut assignments, mut problems) = (Vec::new(), Vec::new());
        for (place, grant) in grants.iter().enumerate() {
            let principal_id = principals.id_of(&grant.principal).await?;
            let permission_set_arn = permission_sets.get(&grant.permission_set).cloned();
            match assignment(place, grant, &instance, principal_id, permission_set_arn) {
                Ok(assignment) => assignments.push(assignment),
                Err(wrong) => problems.extend(wrong),
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
            let instance = instance.map_err(|error| from_sdk("list the instances of IAM Identity Center", &error))?;
            if let Some(found) = self.of_the_organization(instance) {
                return Ok(Some(self.instance.get_or_init(|| found).clone()));
            }
        }
        Ok(None)
    }

    /// Member accounts may have instances of their own, which give nobody access to an account.
    fn of_the_organization(&self, instance: InstanceMetadata) -> Option<Instance> {
        let is_ours = instance.owner_account_id() == Some(self.management_account.as_str());
        let is_active = instance.status().is_none_or(|status| *status == InstanceStatus::Active);
        if !is_ours || !is_active {
            return None;
        }
        Some(Instance { arn: instance.instance_arn?, identity_store_id: instance.identity_store_id? })
    }
}

fn assignment(
    place: usize,
    grant: &AccessGrant,
    instance: &Instance,
    principal_id: Option<String>,
    permission_set_arn: Option<String>,
) -> Result<Assignment, Vec<Problem>> {
    let no_principal = principal_id.is_none().then(|| no_principal(place, &grant.principal));
    let no_permission_set = permission_set_arn.is_none().then(|| no_permission_set(place, grant));
    match principal_id.zip(permission_set_arn) {
        Some((principal_id, permission_set_arn)) => Ok(Assignment {
            instance_arn: instance.arn.clone(),
            permission_set_arn,
            principal_type: principal_type(&grant.principal),
            principal_id,
            label: label(place, grant),
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

/// Goes into reports and messages, and so into logs: a user is named by the place in the request.
fn label(place: usize, grant: &AccessGrant) -> String {
    match &grant.principal {
        AccessPrincipal::Group(name) => format!("group {name}: {}", grant.permission_set),
        AccessPrincipal::User(_) => format!("user of access/{place}: {}", grant.permission_set),
    }
}

fn no_principal(place: usize, principal: &AccessPrincipal) -> Problem {
    let (field, detail) = match principal {
        AccessPrincipal::Group(_) => {
            ("group", "must be the display name of a group in IAM Identity Center, which has none of this name")
        }
        AccessPrincipal::User(_) => (
            "user",
            "must be the user name or the email of a user in IAM Identity Center, which has neither; is the user synchronized yet?",
        ),
    };
    Problem::at(&["access", &place.to_string(), field], detail)
}

fn no_permission_set(place: usize, grant: &AccessGrant) -> Problem {
    let name = &grant.permission_set;
    let detail = format!("must be the name of a permission set in IAM Identity Center, which has no `{name}`");
    Problem::at(&["access", &place.to_string(), "permissionSet"], detail)
}

#[cfg(test)]
pub(crate) mod tests;
