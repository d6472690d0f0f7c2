//! Permission sets by name. AWS has no API for that: each one of the organization is described until all are found.
//! An organization may have 3,500, and IAM Identity Center takes 20 calls a second: that may take minutes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_sdk_ssoadmin::Client;
use vending_core::StepError;
use vending_runtime::{error_code, from_sdk};

/// How long a process takes the ARN that it found for the name's.
///
/// A permission set that is deleted and made again under its name, as Terraform replaces it, has another ARN. With the
/// former one GrantAccess would fail, after an account was spent.
const REMEMBERED: Duration = Duration::from_mins(15);

/// By name. What is missing is never remembered: it may be made any moment.
#[derive(Debug, Default)]
pub(crate) struct PermissionSets(Mutex<BTreeMap<String, Found>>);

#[derive(Debug)]
struct Found {
    arn: String,
    at: Instant,
}

impl PermissionSets {
    /// The ARNs of those of `names` that there are.
    pub(crate) async fn find(
        &self,
        client: &Client,
        instance_arn: &str,
        names: &BTreeSet<&str>,
        now: Instant,
    ) -> Result<BTreeMap<String, String>, StepError> {
        self.forget(names, now);
        if !self.has_all(names) {
            self.look(client, instance_arn, names, now).await?;
        }
        Ok(self.arns(names))
    }

    /// The others are kept, however old: a look need not describe them again.
    fn forget(&self, names: &BTreeSet<&str>, now: Instant) {
        let is_old = |found: &Found| now.saturating_duration_since(found.at) >= REMEMBERED;
        self.known(|known| known.retain(|name, found| !(names.contains(name.as_str()) && is_old(found))));
    }

    async fn look(
        &self,
        client: &Client,
        instance_arn: &str,
        names: &BTreeSet<&str>,
        now: Instant,
    ) -> Result<(), StepError> {
        let list = client.list_permission_sets().instance_arn(instance_arn);
        let mut arns = list.into_paginator().items().send();
        while let Some(arn) = arns.next().await {
            let arn = arn.map_err(|error| from_sdk("list the permission sets", &error))?;
            if self.known(|known| known.values().any(|found| found.arn == arn)) {
                continue;
            }
            if let Some(name) = name_of(client, instance_arn, &arn).await? {
                self.known(|known| known.insert(name, Found { arn, at: now }));
            }
            if self.has_all(names) {
                break;
            }
        }
        Ok(())
    }

    fn arns(&self, names: &BTreeSet<&str>) -> BTreeMap<String, String> {
        self.known(|known| {
            let found = names.iter().filter_map(|name| known.get_key_value(*name));
            found.map(|(name, found)| (name.clone(), found.arn.clone())).collect()
        })
    }

    fn has_all(&self, names: &BTreeSet<&str>) -> bool {
        self.known(|known| names.iter().all(|name| known.contains_key(*name)))
    }

    fn known<T>(&self, with: impl FnOnce(&mut BTreeMap<String, Found>) -> T) -> T {
        with(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// `None` for one that was deleted after it was listed.
async fn name_of(client: &Client, instance_arn: &str, arn: &str) -> Result<Option<String>, StepError> {
    let describe = client.describe_permission_set().instance_arn(instance_arn);
    match describe.permission_set_arn(arn).send().await {
        Ok(described) => Ok(described.permission_set.and_then(|set| set.name)),
        Err(error) if error_code(&error) == Some("ResourceNotFoundException") => Ok(None),
        Err(error) => Err(from_sdk("describe a permission set", &error)),
    }
}
