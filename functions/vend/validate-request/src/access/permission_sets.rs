//! Finds permission sets by name. AWS has no API for it, so each permission set is described until all are found. An
//! organization can have 3,500, and IAM Identity Center accepts 20 calls per second, so this can take minutes.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ssoadmin::Client;
use time::{Duration, OffsetDateTime};
use vending_core::StepError;
use vending_runtime::{Cache, Context, error_code, sdk_error};

/// How long a process caches an ARN.
///
/// A permission set that is deleted and recreated with the same name, as Terraform does, has another ARN. With the old
/// ARN, GrantAccess would fail after the account was created.
const TTL: Duration = Duration::minutes(15);

/// How long a process caches a name. A permission set cannot be renamed.
const NAME_TTL: Duration = Duration::DAY;

#[derive(Debug)]
pub(crate) struct PermissionSets {
    /// The ARNs by name. Missing ones are not cached: they can be created at any time.
    arns: Cache<String, String>,
    /// The names by ARN, so that a permission set is described only once.
    names: Cache<String, String>,
}

impl Default for PermissionSets {
    fn default() -> Self {
        Self { arns: Cache::new(TTL), names: Cache::new(NAME_TTL) }
    }
}

impl PermissionSets {
    /// The ARNs of the permission sets in `names` that exist.
    pub(crate) async fn find(
        &self,
        client: &Client,
        instance_arn: &str,
        names: &BTreeSet<&str>,
        now: OffsetDateTime,
    ) -> Result<BTreeMap<String, String>, StepError> {
        let mut found = self.cached(names, now);
        let list = client.list_permission_sets().instance_arn(instance_arn);
        let mut arns = list.into_paginator().items().send();
        while found.len() < names.len() {
            let Some(arn) = arns.next().await else { break };
            let arn = arn.context("list the permission sets")?;
            let Some(name) = self.name_of(client, instance_arn, &arn, now).await? else { continue };
            self.arns.insert(name.clone(), arn.clone(), now);
            if names.contains(name.as_str()) {
                found.insert(name, arn);
            }
        }
        Ok(found)
    }

    fn cached(&self, names: &BTreeSet<&str>, now: OffsetDateTime) -> BTreeMap<String, String> {
        let cached = |name: &&str| self.arns.get(*name, now).map(|arn| ((*name).to_owned(), arn));
        names.iter().filter_map(cached).collect()
    }

    async fn name_of(
        &self,
        client: &Client,
        instance_arn: &str,
        arn: &str,
        now: OffsetDateTime,
    ) -> Result<Option<String>, StepError> {
        if let Some(name) = self.names.get(arn, now) {
            return Ok(Some(name));
        }
        let name = describe(client, instance_arn, arn).await?;
        if let Some(name) = &name {
            self.names.insert(arn.to_owned(), name.clone(), now);
        }
        Ok(name)
    }
}

/// The name of a permission set; `None` if it was deleted after it was listed.
async fn describe(client: &Client, instance_arn: &str, arn: &str) -> Result<Option<String>, StepError> {
    let describe = client.describe_permission_set().instance_arn(instance_arn);
    match describe.permission_set_arn(arn).send().await {
        Ok(described) => Ok(described.permission_set.and_then(|set| set.name)),
        Err(error) if error_code(&error) == Some("ResourceNotFoundException") => Ok(None),
        Err(error) => Err(sdk_error("describe a permission set", &error)),
    }
}
