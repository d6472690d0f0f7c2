//! Permission sets by name. AWS has no API for that: each one of the organization is described until all are found.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use aws_sdk_ssoadmin::Client;
use vending_core::StepError;
use vending_runtime::{error_code, from_sdk};

/// ARNs by name. What was found once is kept as long as the process lives: a name never changes.
#[derive(Debug, Default)]
pub(crate) struct PermissionSets(Mutex<BTreeMap<String, String>>);

impl PermissionSets {
    /// Those of `names` that there are, and maybe others.
    pub(crate) async fn find(
        &self,
        client: &Client,
        instance_arn: &str,
        names: &BTreeSet<&str>,
    ) -> Result<BTreeMap<String, String>, StepError> {
        if !self.has_all(names) {
            self.look(client, instance_arn, names).await?;
        }
        Ok(self.known(|known| known.clone()))
    }

    async fn look(&self, client: &Client, instance_arn: &str, names: &BTreeSet<&str>) -> Result<(), StepError> {
        let list = client.list_permission_sets().instance_arn(instance_arn);
        let mut arns = list.into_paginator().items().send();
        while let Some(arn) = arns.next().await {
            let arn = arn.map_err(|error| from_sdk("list the permission sets", &error))?;
            if self.known(|known| known.values().any(|value| *value == arn)) {
                continue;
            }
            if let Some(name) = name_of(client, instance_arn, &arn).await? {
                self.known(|known| known.insert(name, arn));
            }
            if self.has_all(names) {
                break;
            }
        }
        Ok(())
    }

    fn has_all(&self, names: &BTreeSet<&str>) -> bool {
        self.known(|known| names.iter().all(|name| known.contains_key(*name)))
    }

    fn known<T>(&self, with: impl FnOnce(&mut BTreeMap<String, String>) -> T) -> T {
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
