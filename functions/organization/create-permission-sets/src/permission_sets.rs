//! The permission sets in AWS.
//!
//! AWS finds them by ARN only, so each is described. IAM Identity Center accepts 20 calls a second.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ssoadmin::error::SdkError;
use aws_sdk_ssoadmin::operation::list_permission_sets::ListPermissionSetsError;
use aws_sdk_ssoadmin::types;
use serde_json::Value;
use time::OffsetDateTime;
use vending_core::{GROUND_TAG, PlanBlocker, StepError, ground_name};
use vending_runtime::{Context, error_code, sdk_error};

use crate::CreatePermissionSets;
use crate::instance::IdentityCenter;
use crate::provisioning::Provisioning;
use crate::wanted::{Wanted, pointer};

/// A permission set of ours.
#[derive(Clone, Debug)]
pub(crate) struct OurSet {
    pub(crate) arn: String,
    pub(crate) description: Option<String>,
    pub(crate) session: String,
    pub(crate) relay_state: Option<String>,
    /// The ARNs of AWS managed policies.
    pub(crate) policies: BTreeSet<String>,
    /// The names of customer managed policies, which the manifest cannot have.
    pub(crate) customer_managed: Vec<String>,
    pub(crate) inline_policy: Option<Value>,
    pub(crate) provisioning: Provisioning,
}

#[derive(Debug, Default)]
pub(crate) struct PermissionSets {
    /// By name.
    pub(crate) ours: BTreeMap<String, OurSet>,
    /// The ARNs of permission sets of others that have a name of the manifest.
    namesakes: BTreeMap<String, String>,
}

impl CreatePermissionSets {
    /// Returns what AWS says if the instance has no permission sets at all.
    pub(crate) async fn permission_sets(
        &self,
        center: &IdentityCenter,
        wanted: &Wanted,
    ) -> Result<Result<PermissionSets, String>, StepError> {
        let list = center.clients.admin.list_permission_sets().instance_arn(&center.arn);
        let arns = match list.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await {
            Ok(arns) => arns,
            Err(error) => return unsupported(&error).map(Err),
        };
        let mut found = PermissionSets::default();
        for arn in arns {
            let known = self.foreign.get(&arn, OffsetDateTime::now_utc());
            if known.is_none_or(|name| wanted.names.contains(&name)) {
                self.add(center, arn, wanted, &mut found).await?;
            }
        }
        Ok(Ok(found))
    }

    async fn add(
        &self,
        center: &IdentityCenter,
        arn: String,
        wanted: &Wanted,
        found: &mut PermissionSets,
    ) -> Result<(), StepError> {
        let Some(set) = center.describe(&arn).await? else { return Ok(()) };
        let Some(name) = set.name.clone() else { return Ok(()) };
        if center.tag(&arn).await?.is_some_and(|tag| ground_name(&self.deployment, &tag).is_some()) {
            let provisioning = self.provisioning(center, &arn).await?;
            found.ours.insert(name, center.details(arn, set, provisioning).await?);
            return Ok(());
        }
        self.foreign.insert(arn.clone(), name.clone(), OffsetDateTime::now_utc());
        if wanted.names.contains(&name) {
            found.namesakes.insert(name, arn);
        }
        Ok(())
    }
}

impl PermissionSets {
    /// What prevents permission sets of the manifest from being created.
    pub(crate) fn blockers(&self) -> impl Iterator<Item = PlanBlocker> {
        let foreign = self.namesakes.iter().filter(|(name, _)| !self.ours.contains_key(*name));
        foreign.map(|(name, arn)| PlanBlocker {
            pointer: pointer(name),
            detail: format!("must be a new permission set: {arn} has this name, and is not managed by this manifest"),
            remedy: "delete it, or choose another name; a manifest without `identityCenter.permissionSets` can name it in the `permissionSets` and `access` of OUs".to_owned(),
        })
    }

    /// Whether a permission set has to be created.
    pub(crate) fn is_free(&self, name: &str) -> bool {
        !self.ours.contains_key(name) && !self.namesakes.contains_key(name)
    }
}

/// An account instance has no permission sets, nor has an instance without multi-account permissions. AWS rejects the
/// call then, in words that differ:
/// <https://github.com/cartography-cncf/cartography/issues/1999>,
/// <https://github.com/cartography-cncf/cartography/pull/2543>.
fn unsupported(error: &SdkError<ListPermissionSetsError>) -> Result<String, StepError> {
    match error.as_service_error() {
        Some(ListPermissionSetsError::ValidationException(invalid)) => {
            Ok(invalid.message().unwrap_or("no reason given").to_owned())
        }
        _ => Err(sdk_error("list the permission sets", error)),
    }
}

impl IdentityCenter {
    /// Returns `None` if the permission set was deleted after it was listed.
    async fn describe(&self, arn: &str) -> Result<Option<types::PermissionSet>, StepError> {
        let describe = self.clients.admin.describe_permission_set().instance_arn(&self.arn).permission_set_arn(arn);
        match describe.send().await {
            Ok(described) => Ok(described.permission_set),
            Err(error) if error_code(&error) == Some("ResourceNotFoundException") => Ok(None),
            Err(error) => Err(sdk_error(&format!("describe the permission set {arn}"), &error)),
        }
    }

    /// The value of our tag.
    async fn tag(&self, arn: &str) -> Result<Option<String>, StepError> {
        let list = self.clients.admin.list_tags_for_resource().instance_arn(&self.arn).resource_arn(arn);
        let mut tags = list.into_paginator().items().send();
        while let Some(tag) = tags.next().await {
            match tag {
                Ok(tag) if tag.key == GROUND_TAG => return Ok(Some(tag.value)),
                Ok(_) => {}
                Err(error) if error_code(&error) == Some("ResourceNotFoundException") => return Ok(None),
                Err(error) => return Err(sdk_error(&format!("read the tags of {arn}"), &error)),
            }
        }
        Ok(None)
    }

    async fn details(
        &self,
        arn: String,
        set: types::PermissionSet,
        provisioning: Provisioning,
    ) -> Result<OurSet, StepError> {
        Ok(OurSet {
            description: set.description,
            session: set.session_duration.unwrap_or_default(),
            relay_state: set.relay_state.filter(|state| !state.is_empty()),
            policies: self.managed_policies(&arn).await?,
            customer_managed: self.customer_managed_policies(&arn).await?,
            inline_policy: self.inline_policy(&arn).await?,
            provisioning,
            arn,
        })
    }

    async fn managed_policies(&self, arn: &str) -> Result<BTreeSet<String>, StepError> {
        let list = self.clients.admin.list_managed_policies_in_permission_set().instance_arn(&self.arn);
        let list = list.permission_set_arn(arn).into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        let list = list.context(format!("list the AWS managed policies of {arn}"))?;
        Ok(list.into_iter().filter_map(|policy| policy.arn).collect())
    }

    async fn customer_managed_policies(&self, arn: &str) -> Result<Vec<String>, StepError> {
        let list = self.clients.admin.list_customer_managed_policy_references_in_permission_set();
        let list = list.instance_arn(&self.arn).permission_set_arn(arn).into_paginator().items().send();
        let list = list.collect::<Result<Vec<_>, _>>().await;
        let list = list.context(format!("list the customer managed policies of {arn}"))?;
        Ok(list.into_iter().map(|policy| policy.name).collect())
    }

    async fn inline_policy(&self, arn: &str) -> Result<Option<Value>, StepError> {
        let get = self.clients.admin.get_inline_policy_for_permission_set().instance_arn(&self.arn);
        let found = get.permission_set_arn(arn).send().await;
        let text = found.context(format!("read the inline policy of {arn}"))?.inline_policy.unwrap_or_default();
        if text.is_empty() {
            return Ok(None);
        }
        // AWS accepts only JSON. What cannot be parsed is shown, and replaced, as it is.
        Ok(Some(serde_json::from_str(&text).unwrap_or(Value::String(text))))
    }
}
