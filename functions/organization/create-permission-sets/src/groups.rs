//! The groups of the manifest. Their members are left to the identity provider, or to the people who manage them.

use aws_sdk_identitystore::operation::create_group::CreateGroupError;
use aws_sdk_identitystore::operation::get_group_id::GetGroupIdError;
use aws_sdk_identitystore::types::{AlternateIdentifier, ResourceType, UniqueAttribute};
use aws_smithy_types::Document;
use serde_json::{Value, json};
use vending_core::{ErrorCode, StepError};
use vending_plans::PlannedChanges;
use vending_runtime::sdk_error;

use crate::CreatePermissionSets;
use crate::converge::{NAME, existing};
use crate::instance::{CONSOLE, IdentityCenter};
use crate::wanted::Wanted;

impl CreatePermissionSets {
    pub(crate) async fn converge_groups(
        &self,
        center: &IdentityCenter,
        wanted: &Wanted,
        changes: &PlannedChanges,
    ) -> Result<(), StepError> {
        let mut missing = Vec::new();
        for group in &wanted.groups {
            if !center.has_group(group).await? {
                missing.push(group.as_str());
            }
        }
        if wanted.creates_groups {
            for group in missing {
                create_group(Some(center), group, changes).await?;
            }
        } else if !missing.is_empty() {
            changes.note(missing_groups(&missing), Some(CONSOLE));
        }
        Ok(())
    }
}

pub(crate) async fn create_group(
    center: Option<&IdentityCenter>,
    group: &str,
    changes: &PlannedChanges,
) -> Result<(), StepError> {
    let change = changes.change(format!("group {group}"), NAME, Value::Null, json!(group));
    changes.make(change, async { existing(center)?.create_group(group).await }).await?;
    Ok(())
}

impl IdentityCenter {
    async fn has_group(&self, name: &str) -> Result<bool, StepError> {
        let get = self.clients.directory.get_group_id().identity_store_id(&self.identity_store_id);
        match get.alternate_identifier(display_name(name)?).send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                // AWS returns the same error if there is no identity store.
                Some(GetGroupIdError::ResourceNotFoundException(missing))
                    if missing.resource_type() != Some(&ResourceType::IdentityStore) =>
                {
                    Ok(false)
                }
                _ => Err(sdk_error("find a group in the identity store", &error)),
            },
        }
    }

    /// Display names of groups are unique. So a conflict means that it was just created.
    async fn create_group(&self, name: &str) -> Result<(), StepError> {
        let create = self.clients.directory.create_group().identity_store_id(&self.identity_store_id);
        let create = create.display_name(name).description("Created by account-vending");
        let Err(error) = create.send().await else { return Ok(()) };
        let failed = sdk_error(&format!("create the group {name}"), &error);
        match error.as_service_error() {
            Some(CreateGroupError::ConflictException(_)) => Ok(()),
            Some(CreateGroupError::ServiceQuotaExceededException(_) | CreateGroupError::ValidationException(_)) => {
                let remedy = "create the group where the others come from, or remove it from identityCenter.groups; then make a new plan";
                Err(failed.with_code(ErrorCode::InvalidConfiguration).with_remedy(remedy))
            }
            _ => Err(failed),
        }
    }
}

fn display_name(name: &str) -> Result<AlternateIdentifier, StepError> {
    let attribute = UniqueAttribute::builder().attribute_path("displayName");
    let attribute = attribute.attribute_value(Document::String(name.to_owned())).build().map_err(|error| {
        StepError::new(ErrorCode::Unexpected, "could not build the identifier of a group").with_source(error)
    })?;
    Ok(AlternateIdentifier::UniqueAttribute(attribute))
}

fn missing_groups(names: &[&str]) -> String {
    let (groups, it) = if let [name] = names {
        (format!("group {name}"), "it")
    } else {
        (format!("groups {}", names.join(", ")), "them")
    };
    format!(
        "IAM Identity Center does not have the {groups}: create {it} in the identity provider that synchronizes its groups, or, without one, in the console or by `createGroups: true`"
    )
}
