//! The calls that change permission sets.

use aws_sdk_ssoadmin::error::SdkError;
use aws_sdk_ssoadmin::types::Tag;
use serde_json::Value;
use vending_core::{ErrorCode, GROUND_TAG, StepError, ground_tag};
use vending_runtime::{AwsError, error_code, sdk_error};

use crate::instance::IdentityCenter;
use crate::permission_sets::OurSet;
use crate::wanted::WantedSet;

impl IdentityCenter {
    /// Returns the ARN of the permission set.
    pub(crate) async fn create(&self, name: &str, wanted: &WantedSet, deployment: &str) -> Result<String, StepError> {
        let tag = Tag::builder().key(GROUND_TAG).value(ground_tag(deployment, name)).build().map_err(|error| {
            StepError::new(ErrorCode::Unexpected, "could not build the tag of a permission set").with_source(error)
        })?;
        let create = self.clients.admin.create_permission_set().instance_arn(&self.arn).name(name).tags(tag);
        let create = create.set_description(wanted.description.clone()).session_duration(&wanted.session);
        let created = create.send().await;
        let created = created.map_err(|error| map_error(&format!("create the permission set {name}"), &error))?;
        let arn = created.permission_set.and_then(|set| set.permission_set_arn);
        arn.ok_or_else(|| {
            let message = format!("AWS returned no ARN of the permission set {name}");
            StepError::new(ErrorCode::ServiceUnavailable, message)
        })
    }

    /// Sends every field, because AWS clears a relay state that is left out:
    /// <https://github.com/hashicorp/terraform-provider-aws/issues/17411>.
    pub(crate) async fn update(&self, ours: &OurSet, wanted: &WantedSet) -> Result<(), StepError> {
        let description = wanted.description.clone().or_else(|| ours.description.clone());
        let update = self.clients.admin.update_permission_set().instance_arn(&self.arn).permission_set_arn(&ours.arn);
        let update = update.set_description(description).session_duration(&wanted.session);
        let updated = update.set_relay_state(ours.relay_state.clone()).send().await;
        updated.map_err(|error| map_error(&format!("change the permission set {}", ours.arn), &error))?;
        Ok(())
    }

    pub(crate) async fn attach(&self, arn: &str, policy: &str) -> Result<(), StepError> {
        let attach = self.clients.admin.attach_managed_policy_to_permission_set().instance_arn(&self.arn);
        let attached = attach.permission_set_arn(arn).managed_policy_arn(policy).send().await;
        attached.map_err(|error| {
            let failed = map_error(&format!("attach {policy} to the permission set {arn}"), &error);
            if is_about_policy(&error, policy) { unknown_policy(failed) } else { failed }
        })?;
        Ok(())
    }

    pub(crate) async fn detach(&self, arn: &str, policy: &str) -> Result<(), StepError> {
        let detach = self.clients.admin.detach_managed_policy_from_permission_set().instance_arn(&self.arn);
        let detached = detach.permission_set_arn(arn).managed_policy_arn(policy).send().await;
        detached.map_err(|error| map_error(&format!("detach {policy} from the permission set {arn}"), &error))?;
        Ok(())
    }

    pub(crate) async fn put_inline_policy(&self, arn: &str, policy: &Value) -> Result<(), StepError> {
        let put = self.clients.admin.put_inline_policy_to_permission_set().instance_arn(&self.arn);
        let put = put.permission_set_arn(arn).inline_policy(policy.to_string()).send().await;
        put.map_err(|error| map_error(&format!("set the inline policy of the permission set {arn}"), &error))?;
        Ok(())
    }

    pub(crate) async fn delete_inline_policy(&self, arn: &str) -> Result<(), StepError> {
        let delete = self.clients.admin.delete_inline_policy_from_permission_set().instance_arn(&self.arn);
        let deleted = delete.permission_set_arn(arn).send().await;
        deleted.map_err(|error| map_error(&format!("delete the inline policy of the permission set {arn}"), &error))?;
        Ok(())
    }

    pub(crate) async fn delete(&self, arn: &str) -> Result<(), StepError> {
        let delete = self.clients.admin.delete_permission_set().instance_arn(&self.arn).permission_set_arn(arn);
        match delete.send().await {
            Err(error) if error_code(&error) == Some("ResourceNotFoundException") => Ok(()),
            Err(error) => Err(map_error(&format!("delete the permission set {arn}"), &error)),
            Ok(_) => Ok(()),
        }
    }
}

pub(crate) fn map_error<E: AwsError>(action: &str, error: &SdkError<E>) -> StepError {
    let failed = sdk_error(action, error);
    match error_code(error) {
        // Another call changes the permission set, or an earlier one whose response was lost made the change. "A retry
        // (with appropriate backoff logic) is the recommended response": the next look decides.
        Some("ConflictException" | "ResourceNotFoundException") => failed.with_code(ErrorCode::NotReady),
        Some("ServiceQuotaExceededException") => failed.with_code(ErrorCode::InvalidConfiguration).with_remedy(
            "remove what is not needed, or request an increase of the quota that the message names; then make a new plan",
        ),
        Some("ValidationException") => failed
            .with_code(ErrorCode::InvalidConfiguration)
            .with_remedy("correct the permission set in the manifest, and make a new plan"),
        _ => failed,
    }
}

/// Whether AWS did not find the policy, rather than the permission set.
fn is_about_policy<E: AwsError>(error: &SdkError<E>, policy: &str) -> bool {
    let message = error.as_service_error().and_then(|error| error.message()).unwrap_or_default();
    error_code(error) == Some("ResourceNotFoundException") && message.contains(policy)
}

fn unknown_policy(failed: StepError) -> StepError {
    let remedy = "name an AWS managed policy that exists, and make a new plan";
    failed.with_code(ErrorCode::InvalidConfiguration).with_remedy(remedy)
}
