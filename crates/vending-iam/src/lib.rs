//! Converges one IAM role: reads it, computes the difference, changes only that.

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
use vending_runtime::{Changes, error_code, from_sdk};

pub use document::same_document;
pub use trust::{Principal, may_assume, trust_policy};

/// A role as it should be.
#[derive(Clone, Debug)]
pub struct RoleSpec {
    pub name: String,
    /// Starts and ends with `/`.
    pub path: String,
    pub description: String,
    pub trust_policy: Value,
    /// The role's only inline policy, by name.
    pub inline_policy: Option<(String, Value)>,
    pub managed_policy_arns: BTreeSet<String>,
    /// The ARN of the managed policy that bounds the role; a boundary is put, never taken away.
    pub permissions_boundary: Option<String>,
    pub tags: BTreeMap<String, String>,
}

/// What IAM does not know, as the source of a [`StepError`]: what to do about it is for the caller to say.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Unknown {
    /// A principal of the trust policy. Either it does not exist, or it is too new to be known everywhere: only time
    /// tells.
    #[error("what the role refers to does not exist, or is too new for IAM to know it everywhere")]
    Reference,
    /// A managed policy to attach. AWS's own are as old as AWS: waiting does not help.
    #[error("there is no such managed policy, or none that a role may have")]
    Policy,
}

impl Unknown {
    pub fn behind(error: &StepError) -> Option<Self> {
        error.source()?.downcast_ref().copied()
    }
}

/// Makes the role what `spec` says, and answers its ARN. Its permissions come from `spec` alone; tags that others added
/// are left alone.
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
            Ok(answer) => Ok(answer.role),
            Err(error) if error_code(&error) == Some("NoSuchEntity") => Ok(None),
            Err(error) => Err(self.failed("read", &error)),
        }
    }

    async fn create(&self) -> Result<String, StepError> {
        let mut arn = String::new();
        let create = async {
            arn = self.create_role().await?;
            self.give_permissions().await.map_err(unless_denied_too_early)
        };
        self.make("created", create).await?;
        Ok(arn)
    }

    async fn give_permissions(&self) -> Result<(), StepError> {
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
        let role = created.map_err(|error| self.failed_to_bound("create", &error))?.role;
        Ok(role.map(|role| role.arn).unwrap_or_default())
    }

    async fn update(&self, found: &Role) -> Result<String, StepError> {
        if found.path() != self.spec.path {
            return Err(self.not_ours(found.path()));
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

    /// Boxes the change: whatever waits for it would be as large as all changes together.
    fn make(
        &self,
        what: &str,
        change: impl Future<Output = Result<(), StepError>> + Send,
    ) -> impl Future<Output = Result<(), StepError>> + Send {
        self.changes.make(format!("role {}: {what}", self.spec.name), Box::pin(change))
    }

    fn not_ours(&self, path: &str) -> StepError {
        let name = &self.spec.name;
        let message = format!("the account has another role {name}, at path {path}; it is not ours to change");
        StepError::new(ErrorCode::InvalidConfiguration, message)
            .with_remedy("rename the role in the stack's parameters, or remove the one in the account")
    }

    fn boundary_differs(&self, found: &Role) -> bool {
        let current = found.permissions_boundary().and_then(|boundary| boundary.permissions_boundary_arn());
        self.spec.permissions_boundary.is_some() && current != self.spec.permissions_boundary.as_deref()
    }

    async fn put_boundary(&self) -> Result<(), StepError> {
        let put = self.client.put_role_permissions_boundary().role_name(&self.spec.name);
        let sent = put.set_permissions_boundary(self.spec.permissions_boundary.clone()).send().await;
        sent.map_err(|error| self.failed_to_bound("bound", &error))?;
        Ok(())
    }

    async fn put_trust_policy(&self) -> Result<(), StepError> {
        let document = self.spec.trust_policy.to_string();
        let update = self.client.update_assume_role_policy();
        let sent = update.role_name(&self.spec.name).policy_document(document).send().await;
        sent.map_err(|error| self.failed("set the trust policy of", &error))?;
        Ok(())
    }

    async fn inline_policy_differs(&self) -> Result<bool, StepError> {
        let Some((policy_name, wanted)) = &self.spec.inline_policy else {
            return Ok(false);
        };
        let get = self.client.get_role_policy().role_name(&self.spec.name);
        match get.policy_name(policy_name).send().await {
            Ok(answer) => Ok(!same_document(Some(answer.policy_document()), wanted)),
            Err(error) if error_code(&error) == Some("NoSuchEntity") => Ok(true),
            Err(error) => Err(self.failed("read the permissions of", &error)),
        }
    }

    async fn put_inline_policy(&self) -> Result<(), StepError> {
        let Some((policy_name, document)) = &self.spec.inline_policy else {
            return Ok(());
        };
        let put = self.client.put_role_policy().role_name(&self.spec.name);
        let put = put.policy_name(policy_name).policy_document(document.to_string());
        put.send().await.map_err(|error| self.failed("set the permissions of", &error))?;
        Ok(())
    }

    async fn update_managed_policies(&self) -> Result<(), StepError> {
        let attached = self.attached().await?;
        // Detached first: IAM limits how many a role may have.
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
            let page = page.map_err(|error| self.failed("list the policies of", &error))?;
            let policies = page.attached_policies.unwrap_or_default();
            arns.extend(policies.into_iter().filter_map(|policy| policy.policy_arn));
        }
        Ok(arns)
    }

    async fn attach(&self, arn: &str) -> Result<(), StepError> {
        let attach = self.client.attach_role_policy().role_name(&self.spec.name);
        let sent = attach.policy_arn(arn).send().await;
        sent.map_err(|error| {
            let failed = self.failed(&format!("attach {arn} to"), &error);
            if is_about_the_policy(&error) {
                return failed.with_code(ErrorCode::InvalidConfiguration).with_source(Unknown::Policy);
            }
            failed
        })?;
        Ok(())
    }

    async fn detach(&self, arn: &str) -> Result<(), StepError> {
        let detach = self.client.detach_role_policy().role_name(&self.spec.name);
        let sent = detach.policy_arn(arn).send().await;
        sent.map_err(|error| self.failed(&format!("detach {arn} from"), &error))?;
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
        sent.map_err(|error| self.failed("tag", &error))?;
        Ok(())
    }

    fn tags(&self) -> Result<Vec<Tag>, StepError> {
        let tag = |(key, value): (&String, &String)| {
            Tag::builder()
                .key(key)
                .value(value)
                .build()
                .map_err(|error| StepError::new(ErrorCode::Unexpected, "could not make a tag").with_source(error))
        };
        self.spec.tags.iter().map(tag).collect()
    }

    /// Of all that these calls name, only the boundary can be a policy that there is not.
    fn failed_to_bound<E>(&self, doing: &str, error: &SdkError<E>) -> StepError
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let failed = self.failed(doing, error);
        if is_about_the_policy(error) {
            return failed.with_code(ErrorCode::InvalidConfiguration).with_remedy(
                "correct the permissions boundary in the stack's parameters: it has to be a managed policy that exists; then send the same request again",
            );
        }
        failed
    }

    fn failed<E>(&self, doing: &str, error: &SdkError<E>) -> StepError
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let failed = from_sdk(&format!("{doing} the role {}", self.spec.name), error);
        match error_code(error) {
            Some("MalformedPolicyDocument") => failed.with_code(ErrorCode::NotReady).with_source(Unknown::Reference),
            // An IAM write may be executed although it answered an error, and a role that was just made is not known
            // everywhere: look again.
            Some("EntityAlreadyExists" | "NoSuchEntity") => failed.with_code(ErrorCode::OutcomeUnknown),
            Some("LimitExceeded") => failed.with_code(ErrorCode::InvalidConfiguration).with_remedy(
                "have the IAM quota that the message names raised in the account, or configure fewer policies",
            ),
            _ => failed,
        }
    }
}

/// Where IAM does not know a new role yet, it does not know its path either, and permissions go by the path: look again.
/// A denial that was meant is met then, too.
fn unless_denied_too_early(error: StepError) -> StepError {
    if error.code() == ErrorCode::AccessDenied { error.with_code(ErrorCode::OutcomeUnknown) } else { error }
}

/// IAM answers the same code for a missing role and for a missing policy; only the message tells.
fn is_about_the_policy<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    let message = error.as_service_error().and_then(|error| error.message());
    match error_code(error) {
        Some("NoSuchEntity") => message.is_some_and(|text| text.contains("not attachable")),
        code => code == Some("PolicyNotAttachable"),
    }
}

#[cfg(test)]
mod tests;
