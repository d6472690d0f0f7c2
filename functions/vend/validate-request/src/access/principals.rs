//! Finds groups and users of the identity store by name.

use aws_sdk_identitystore::Client;
use aws_sdk_identitystore::operation::get_group_id::GetGroupIdError;
use aws_sdk_identitystore::operation::get_user_id::GetUserIdError;
use aws_sdk_identitystore::types::error::ResourceNotFoundException;
use aws_sdk_identitystore::types::{AlternateIdentifier, ResourceType, UniqueAttribute};
use aws_smithy_types::Document;
use vending_core::{AccessPrincipal, ErrorCode, StepError};
use vending_runtime::sdk_error;

/// Looks up each principal once, even if a request names it several times.
#[derive(Debug)]
pub(crate) struct Principals<'a> {
    client: &'a Client,
    identity_store_id: &'a str,
    resolved: Vec<(&'a AccessPrincipal, Option<String>)>,
}

impl<'a> Principals<'a> {
    pub(crate) fn new(client: &'a Client, identity_store_id: &'a str) -> Self {
        Self { client, identity_store_id, resolved: Vec::new() }
    }

    /// The ID of a group or user; `None` if it does not exist.
    pub(crate) async fn id_of(&mut self, principal: &'a AccessPrincipal) -> Result<Option<String>, StepError> {
        if let Some((_, id)) = self.resolved.iter().find(|(resolved, _)| *resolved == principal) {
            return Ok(id.clone());
        }
        let id = match principal {
            AccessPrincipal::Group(name) => self.group(name).await?,
            AccessPrincipal::User(name) => match self.user("userName", name).await? {
                None => self.user("emails.value", name).await?,
                id => id,
            },
        };
        self.resolved.push((principal, id.clone()));
        Ok(id)
    }

    async fn group(&self, name: &str) -> Result<Option<String>, StepError> {
        let get = self.client.get_group_id().identity_store_id(self.identity_store_id);
        match get.alternate_identifier(identifier("displayName", name)?).send().await {
            Ok(group) => Ok(Some(group.group_id)),
            Err(error) => match error.as_service_error() {
                Some(GetGroupIdError::ResourceNotFoundException(missing)) if is_principal(missing) => Ok(None),
                _ => Err(sdk_error("find a group in the identity store", &error)),
            },
        }
    }

    async fn user(&self, attribute: &str, value: &str) -> Result<Option<String>, StepError> {
        let get = self.client.get_user_id().identity_store_id(self.identity_store_id);
        match get.alternate_identifier(identifier(attribute, value)?).send().await {
            Ok(user) => Ok(Some(user.user_id)),
            Err(error) => match error.as_service_error() {
                Some(GetUserIdError::ResourceNotFoundException(missing)) if is_principal(missing) => Ok(None),
                _ => Err(sdk_error("find a user in the identity store", &error)),
            },
        }
    }
}

/// The identity store accepts the path `displayName` for a group, and `userName` and `emails.value` for a user.
fn identifier(path: &str, value: &str) -> Result<AlternateIdentifier, StepError> {
    let attribute = UniqueAttribute::builder().attribute_path(path);
    let attribute = attribute.attribute_value(Document::String(value.to_owned())).build().map_err(|error| {
        StepError::new(ErrorCode::Unexpected, "could not build the identifier of a principal").with_source(error)
    })?;
    Ok(AlternateIdentifier::UniqueAttribute(attribute))
}

/// Whether a principal is missing. AWS returns the same error if the identity store does not exist.
fn is_principal(missing: &ResourceNotFoundException) -> bool {
    missing.resource_type() != Some(&ResourceType::IdentityStore)
}
