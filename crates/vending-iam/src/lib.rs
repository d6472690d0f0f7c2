//! Converges an IAM role: reads it, compares it with a specification, and changes only what differs.

pub mod config_role;
mod document;
mod trust;

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::future::Future;

use aws_sdk_iam::Client;
use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_iam::types::{Role, Tag};
use serde_json::Value;
use vending_core::{ErrorCode, StepError};
use vending_runtime::{AwsError, Changes, error_code, sdk_error};

pub use document::same_document;
pub use trust::{Principal, assume_role_statement, trust_policy};

/// The specification of a role.
#[derive(Clone, Debug)]
pub struct RoleSpec {
    pub name: String,
    /// Starts and ends with `/`.
    pub path: String,
    pub description: String,
    pub trust_policy: Value,
    /// The name and the document of the inline policy.
    pub inline_policy: Option<(String, Value)>,
    pub managed_policy_arns: BTreeSet<String>,
    /// The ARN of the permissions boundary. A boundary is set, but never removed.
    pub permissions_boundary: Option<String>,
    pub tags: BTreeMap<String, String>,
}

/// An entity that IAM does not know, as the source of a [`StepError`]. The caller decides what to do.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum UnknownEntity {
    /// A principal of the trust policy. It does not exist, or it is new and still propagating.
    #[error("a principal of the trust policy does not exist, or has not propagated in IAM yet")]
    Reference,
    /// A managed policy to attach. Waiting does not help.
    #[error("the managed policy does not exist or cannot be attached to a role")]
    Policy,
}

impl UnknownEntity {
    pub fn from_error(error: &StepError) -> Option<Self> {
        error.source()?.downcast_ref().copied()
    }
}

/// Creates or updates the role to match `spec`, and returns its ARN. Permissions that `spec` does not have are removed;
/// other tags are kept.
pub async fn converge_role(client: &Client, spec: &RoleSpec, changes: &Changes) -> Result<String, StepError> {
    let role = RoleConvergence { client, spec, changes };
    match role.find().await? {
        None => role.create().await,
        Some(found) => role.update(&found).await,
    }
}

struct RoleConvergence<'a> {
    client: &'a Client,
    spec: &'a RoleSpec,
    changes: &'a Changes,
}

impl RoleConvergence<'_> {
    async fn find(&self) -> Result<Option<Role>, StepError> {
        match self.client.get_role().role_name(&self.spec.name).send().await {
            Ok(response) => Ok(response.role),
            Err(error) if error_code(&error) == Some("NoSuchEntity") => Ok(None),
            Err(error) => Err(self.map_error("read", &error)),
        }
    }

    async fn create(&self) -> Result<String, StepError> {
        let mut arn = String::new();
        let create = async {
            arn = self.create_role().await?;
            self.set_permissions().await.map_err(retry_denied_after_create)
        };
        self.make("created", create).await?;
        Ok(arn)
    }

    async fn set_permissions(&self) -> Result<(), StepError> {
        self.put_inline_policy().await?;
        for policy in &self.spec.managed_policy_arns {
            self.attach(policy).await?;
        }
        Ok(())
    }

    async fn create_role(&self) -> Result<String, StepError> {
        let created = self
            .client
            .create_role()
            .role_name(&self.spec.name)
            .path(&self.spec.path)
            .description(&self.spec.description)
            .assume_role_policy_document(self.spec.trust_policy.to_string())
            .set_permissions_boundary(self.spec.permissions_boundary.clone())
            .set_tags(Some(self.tags()?))
            .send()
            .await;
        let role = created.map_err(|error| self.map_boundary_error("create", &error))?.role;
        Ok(role.map(|role| role.arn).unwrap_or_default())
    }

    async fn update(&self, found: &Role) -> Result<String, StepError> {
        if found.path() != self.spec.path {
            return Err(self.foreign_role(found.path()));
        }
        if !same_document(found.assume_role_policy_document(), &self.spec.trust_policy) {
            self.make("trust policy", self.put_trust_policy()).await?;
        }
        if self.boundary_differs(found) {
            self.make("permissions boundary", self.put_boundary()).await?;
        }
        if self.inline_policy_differs().await? {
            self.make("permissions", self.put_inline_policy()).await?;
        }
        self.update_managed_policies().await?;
        if self.tags_differ(found) {
            self.make("tags", self.tag()).await?;
        }
        Ok(found.arn().to_owned())
    }

    fn make(
        &self,
        name: &str,
        change: impl Future<Output = Result<(), StepError>> + Send,
    ) -> impl Future<Output = Result<(), StepError>> + Send {
        self.changes.make(format!("role {}: {name}", self.spec.name), change)
    }

    fn foreign_role(&self, path: &str) -> StepError {
        let name = &self.spec.name;
        let message = format!("the account has a role {name} of another owner at path {path}; it was not changed");
        StepError::new(ErrorCode::InvalidConfiguration, message).with_remedy(
            "if nothing uses the role any more, delete it in the account, then send the same request again",
        )
    }

    fn boundary_differs(&self, found: &Role) -> bool {
        let current = found.permissions_boundary().and_then(|boundary| boundary.permissions_boundary_arn());
        self.spec.permissions_boundary.is_some() && current != self.spec.permissions_boundary.as_deref()
    }

    async fn put_boundary(&self) -> Result<(), StepError> {
        let put = self.client.put_role_permissions_boundary().role_name(&self.spec.name);
        let sent = put.set_permissions_boundary(self.spec.permissions_boundary.clone()).send().await;
        sent.map_err(|error| self.map_boundary_error("set the permissions boundary of", &error))?;
        Ok(())
    }

    async fn put_trust_policy(&self) -> Result<(), StepError> {
        let document = self.spec.trust_policy.to_string();
        let update = self.client.update_assume_role_policy();
        let sent = update.role_name(&self.spec.name).policy_document(document).send().await;
        sent.map_err(|error| self.map_error("set the trust policy of", &error))?;
        Ok(())
    }

    async fn inline_policy_differs(&self) -> Result<bool, StepError> {
        let Some((policy_name, wanted)) = &self.spec.inline_policy else {
            return Ok(false);
        };
        let get = self.client.get_role_policy().role_name(&self.spec.name);
        match get.policy_name(policy_name).send().await {
            Ok(response) => Ok(!same_document(Some(response.policy_document()), wanted)),
            Err(error) if error_code(&error) == Some("NoSuchEntity") => Ok(true),
            Err(error) => Err(self.map_error("read the permissions of", &error)),
        }
    }

    async fn put_inline_policy(&self) -> Result<(), StepError> {
        let Some((policy_name, document)) = &self.spec.inline_policy else {
            return Ok(());
        };
        let put = self.client.put_role_policy().role_name(&self.spec.name);
        let put = put.policy_name(policy_name).policy_document(document.to_string());
        put.send().await.map_err(|error| self.map_error("set the permissions of", &error))?;
        Ok(())
    }

    async fn update_managed_policies(&self) -> Result<(), StepError> {
        let attached = self.attached().await?;
        // Detach first, because IAM limits the number of policies of a role.
        for arn in attached.difference(&self.spec.managed_policy_arns) {
            self.make(&format!("detached {arn}"), self.detach(arn)).await?;
        }
        for arn in self.spec.managed_policy_arns.difference(&attached) {
            self.make(&format!("attached {arn}"), self.attach(arn)).await?;
        }
        Ok(())
    }

    async fn attached(&self) -> Result<BTreeSet<String>, StepError> {
        let list = self.client.list_attached_role_policies().role_name(&self.spec.name);
        let mut pages = list.into_paginator().send();
        let mut arns = BTreeSet::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| self.map_error("list the policies of", &error))?;
            let policies = page.attached_policies.unwrap_or_default();
            arns.extend(policies.into_iter().filter_map(|policy| policy.policy_arn));
        }
        Ok(arns)
    }

    async fn attach(&self, arn: &str) -> Result<(), StepError> {
        let attach = self.client.attach_role_policy().role_name(&self.spec.name);
        let sent = attach.policy_arn(arn).send().await;
        sent.map_err(|error| {
            let failed = self.map_error(&format!("attach {arn} to"), &error);
            if is_unknown_policy(&error) {
                return failed.with_code(ErrorCode::InvalidConfiguration).with_source(UnknownEntity::Policy);
            }
            failed
        })?;
        Ok(())
    }

    async fn detach(&self, arn: &str) -> Result<(), StepError> {
        let detach = self.client.detach_role_policy().role_name(&self.spec.name);
        let sent = detach.policy_arn(arn).send().await;
        sent.map_err(|error| self.map_error(&format!("detach {arn} from"), &error))?;
        Ok(())
    }

    fn tags_differ(&self, found: &Role) -> bool {
        let has =
            |(key, value): (&String, &String)| found.tags().iter().any(|tag| tag.key() == key && tag.value() == value);
        !self.spec.tags.iter().all(has)
    }

    async fn tag(&self) -> Result<(), StepError> {
        let tag = self.client.tag_role().role_name(&self.spec.name);
        let sent = tag.set_tags(Some(self.tags()?)).send().await;
        sent.map_err(|error| self.map_error("tag", &error))?;
        Ok(())
    }

    fn tags(&self) -> Result<Vec<Tag>, StepError> {
        let tag = |(key, value): (&String, &String)| {
            Tag::builder()
                .key(key)
                .value(value)
                .build()
                .map_err(|error| StepError::new(ErrorCode::Unexpected, "could not build a tag").with_source(error))
        };
        self.spec.tags.iter().map(tag).collect()
    }

    /// In these calls, only the permissions boundary can be an unknown policy.
    fn map_boundary_error<E: AwsError>(&self, action: &str, error: &SdkError<E>) -> StepError {
        let failed = self.map_error(action, error);
        if is_unknown_policy(error) {
            return failed.with_code(ErrorCode::InvalidConfiguration).with_remedy(
                "set the permissions boundary in the parameters of the stack to an existing managed policy, then send the same request again",
            );
        }
        failed
    }

    fn map_error<E: AwsError>(&self, action: &str, error: &SdkError<E>) -> StepError {
        let failed = sdk_error(&format!("{action} the role {}", self.spec.name), error);
        match error_code(error) {
            Some("MalformedPolicyDocument") => {
                failed.with_code(ErrorCode::NotReady).with_source(UnknownEntity::Reference)
            }
            // IAM may execute a write although it returns an error, and a new role may still be propagating. A retry
            // reads the role again.
            Some("EntityAlreadyExists" | "NoSuchEntity") => failed.with_code(ErrorCode::OutcomeUnknown),
            Some("LimitExceeded") => failed.with_code(ErrorCode::InvalidConfiguration).with_remedy(
                "request an increase of the IAM quota that the message names in the account, or configure fewer policies",
            ),
            _ => failed,
        }
    }
}

/// Makes a denial retryable directly after the role was created. While a role is propagating, IAM does not know its
/// path, on which the permissions depend. A real denial fails again in the retry.
fn retry_denied_after_create(error: StepError) -> StepError {
    if error.code() == ErrorCode::AccessDenied { error.with_code(ErrorCode::OutcomeUnknown) } else { error }
}

/// Whether the policy does not exist. IAM returns the same code for a missing role, so the message decides.
fn is_unknown_policy<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    let message = error.as_service_error().and_then(|error| error.message());
    match error_code(error) {
        Some("NoSuchEntity") => message.is_some_and(|text| text.contains("not attachable")),
        code => code == Some("PolicyNotAttachable"),
    }
}

#[cfg(test)]
mod tests;
