//! The calls to AWS Organizations.

use std::collections::BTreeMap;

use aws_sdk_organizations::operation::attach_policy::AttachPolicyError;
use aws_sdk_organizations::operation::create_policy::CreatePolicyError;
use aws_sdk_organizations::operation::delete_policy::DeletePolicyError;
use aws_sdk_organizations::operation::detach_policy::DetachPolicyError;
use aws_sdk_organizations::operation::update_policy::UpdatePolicyError;
use aws_sdk_organizations::types::{PolicySummary, PolicyTypeStatus, TargetType};
use strum::VariantArray;
use vending_core::{ErrorCode, GROUND_TAG, StepError};
use vending_manifest::PolicyType;
use vending_organization::sdk_tags;
use vending_policies::Content;
use vending_runtime::{AwsError, Context, error_code, sdk_error};

use crate::ApplyPolicies;
use crate::policies::{MARK, own_tag};

impl ApplyPolicies {
    /// The types that policies can have now: none without an organization.
    pub(crate) async fn enabled_types(&self) -> Result<Vec<PolicyType>, StepError> {
        let Some(root) = self.organization.find_root().await? else { return Ok(Vec::new()) };
        let is_enabled = |policy_type: &&PolicyType| {
            root.policy_types().iter().any(|one| {
                one.status() == Some(&PolicyTypeStatus::Enabled)
                    && one.r#type().is_some_and(|name| name.as_str() == policy_type.aws_name())
            })
        };
        Ok(PolicyType::VARIANTS.iter().filter(is_enabled).copied().collect())
    }

    pub(crate) async fn list_policies(&self, policy_type: PolicyType) -> Result<Vec<PolicySummary>, StepError> {
        let list = self.organization.client().list_policies().filter(policy_type.aws_name().into());
        let pages = list.into_paginator().send().try_collect().await;
        let pages = pages.context(format!("list the policies of type {policy_type}"))?;
        Ok(pages.into_iter().flat_map(|page| page.policies.unwrap_or_default()).collect())
    }

    /// The value of our tag of a policy.
    pub(crate) async fn tag_of(&self, id: &str) -> Result<Option<String>, StepError> {
        let list = self.organization.client().list_tags_for_resource().resource_id(id);
        let pages = list.into_paginator().send().try_collect().await.context(format!("read the tags of {id}"))?;
        let mut tags = pages.into_iter().flat_map(|page| page.tags.unwrap_or_default());
        Ok(tags.find(|tag| tag.key == GROUND_TAG).map(|tag| tag.value))
    }

    /// The content of a policy, or `None` if it cannot be parsed.
    pub(crate) async fn content_of(
        &self,
        id: &str,
        name: &str,
        policy_type: PolicyType,
    ) -> Result<Option<Content>, StepError> {
        let described = self.organization.client().describe_policy().policy_id(id).send().await;
        let policy = described.context(format!("read the policy {id}"))?.policy;
        let content = policy.and_then(|policy| policy.content).unwrap_or_default();
        Ok(Content::existing(name, policy_type, &content).ok())
    }

    /// What a policy is attached to, by ID, with a name for people.
    pub(crate) async fn targets_of(&self, id: &str) -> Result<BTreeMap<String, String>, StepError> {
        let list = self.organization.client().list_targets_for_policy().policy_id(id);
        let pages = list.into_paginator().send().try_collect().await;
        let pages = pages.context(format!("list what the policy {id} is attached to"))?;
        let targets = pages.into_iter().flat_map(|page| page.targets.unwrap_or_default());
        let named = targets.filter_map(|target| {
            let (id, name) = (target.target_id?, target.name.unwrap_or_default());
            let shown = match target.r#type {
                Some(TargetType::Root) => "root".to_owned(),
                Some(TargetType::Account) => format!("account {id} ({name})"),
                _ => format!("{name} ({id})"),
            };
            Some((id, shown))
        });
        Ok(named.collect())
    }

    /// The names of the policies of a type that are attached to a root, an OU, or an account.
    pub(crate) async fn attached(&self, target: &str, policy_type: PolicyType) -> Result<Vec<String>, StepError> {
        let list = self.organization.client().list_policies_for_target().target_id(target);
        let pages = list.filter(policy_type.aws_name().into()).into_paginator().send().try_collect().await;
        let pages = pages.context(format!("list the policies that are attached to {target}"))?;
        let policies = pages.into_iter().flat_map(|page| page.policies.unwrap_or_default());
        Ok(policies.filter_map(|policy| policy.name).collect())
    }

    /// Returns the ID of the new policy.
    pub(crate) async fn create(&self, name: &str, content: &Content) -> Result<String, StepError> {
        let create = self.organization.client().create_policy().name(name).description(description(name));
        let create = create.r#type(content.policy_type().aws_name().into()).content(content.text());
        let created = create.set_tags(Some(sdk_tags(&own_tag(&self.deployment, name))?)).send().await;
        let created = created.map_err(|error| match error.as_service_error() {
            // The response of an earlier call was lost, or someone created a policy of this name: the next look decides.
            Some(CreatePolicyError::DuplicatePolicyException(_)) => {
                StepError::new(ErrorCode::ServiceUnavailable, format!("a policy with the name {name} was just created"))
            }
            Some(CreatePolicyError::MalformedPolicyDocumentException(_)) => malformed(name, &error),
            Some(CreatePolicyError::ConstraintViolationException(_)) => limited(name, &error),
            _ => sdk_error(&format!("create the policy {name}"), &error),
        })?;
        let id = created.policy.and_then(|policy| policy.policy_summary).and_then(|summary| summary.id);
        id.ok_or_else(|| {
            StepError::new(ErrorCode::ServiceUnavailable, format!("AWS returned no ID of the policy {name}"))
        })
    }

    pub(crate) async fn update(&self, id: &str, name: &str, content: &Content) -> Result<(), StepError> {
        let update = self.organization.client().update_policy().policy_id(id).name(name);
        let update = update.description(description(name)).content(content.text());
        update.send().await.map_err(|error| match error.as_service_error() {
            Some(UpdatePolicyError::MalformedPolicyDocumentException(_)) => malformed(name, &error),
            Some(UpdatePolicyError::ConstraintViolationException(_)) => limited(name, &error),
            _ => sdk_error(&format!("change the policy {name}"), &error),
        })?;
        Ok(())
    }

    /// Makes an adopted policy ours.
    pub(crate) async fn adopt(&self, id: &str, name: &str) -> Result<(), StepError> {
        self.organization.tag(id, &own_tag(&self.deployment, name)).await
    }

    pub(crate) async fn attach(&self, id: &str, target: &str) -> Result<(), StepError> {
        let attached = self.organization.client().attach_policy().policy_id(id).target_id(target).send().await;
        match attached {
            Err(error) => match error.as_service_error() {
                Some(AttachPolicyError::DuplicatePolicyAttachmentException(_)) => Ok(()),
                // AWS does not show a new OU or an enabled type everywhere at once.
                Some(
                    AttachPolicyError::TargetNotFoundException(_) | AttachPolicyError::PolicyTypeNotEnabledException(_),
                ) => {
                    Err(sdk_error(&format!("attach the policy {id} to {target}"), &error)
                        .with_code(ErrorCode::NotReady))
                }
                Some(AttachPolicyError::ConstraintViolationException(_)) => Err(limited(id, &error)),
                _ => Err(sdk_error(&format!("attach the policy {id} to {target}"), &error)),
            },
            Ok(_) => Ok(()),
        }
    }

    pub(crate) async fn detach(&self, id: &str, target: &str) -> Result<(), StepError> {
        match self.organization.client().detach_policy().policy_id(id).target_id(target).send().await {
            Err(error) => match error.as_service_error() {
                Some(DetachPolicyError::PolicyNotAttachedException(_)) => Ok(()),
                _ => Err(sdk_error(&format!("detach the policy {id} from {target}"), &error)),
            },
            Ok(_) => Ok(()),
        }
    }

    pub(crate) async fn delete(&self, id: &str) -> Result<(), StepError> {
        match self.organization.client().delete_policy().policy_id(id).send().await {
            Err(error) => match error.as_service_error() {
                Some(DeletePolicyError::PolicyNotFoundException(_)) => Ok(()),
                // AWS does not show everywhere at once that it was detached.
                Some(DeletePolicyError::PolicyInUseException(_)) => {
                    Err(sdk_error(&format!("delete the policy {id}"), &error).with_code(ErrorCode::NotReady))
                }
                _ => Err(sdk_error(&format!("delete the policy {id}"), &error)),
            },
            Ok(_) => Ok(()),
        }
    }
}

fn description(name: &str) -> String {
    format!("{name}. {MARK}")
}

fn malformed<E: AwsError>(name: &str, error: &aws_sdk_organizations::error::SdkError<E>) -> StepError {
    let failed = sdk_error(&format!("use the document of the policy {name}"), error);
    failed.with_code(ErrorCode::InvalidConfiguration).with_remedy("correct the document, and make a new plan")
}

/// A quota, or a condition of AWS that the message names.
fn limited<E: AwsError>(name: &str, error: &aws_sdk_organizations::error::SdkError<E>) -> StepError {
    let reason = error_code(error).unwrap_or_default();
    sdk_error(&format!("use the policy {name} ({reason})"), error).with_code(ErrorCode::InvalidConfiguration)
}
