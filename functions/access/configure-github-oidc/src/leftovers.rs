//! Deletes the roles of repositories that are no longer in the request.

use std::collections::BTreeSet;

use aws_sdk_iam::Client;
use aws_sdk_iam::error::SdkError;
use vending_core::{ErrorCode, StepError};
use vending_runtime::{AwsError, Changes, Context, error_code, sdk_error};

use crate::role;

pub(crate) async fn delete(iam: &Client, wanted: &BTreeSet<&str>, changes: &Changes) -> Result<(), StepError> {
    for name in list(iam).await? {
        if !wanted.contains(name.as_str()) {
            changes.make(format!("role {name}: deleted"), Leftover { iam, name: &name }.delete()).await?;
        }
    }
    Ok(())
}

async fn list(iam: &Client) -> Result<Vec<String>, StepError> {
    let roles = iam.list_roles().path_prefix(role::PATH).into_paginator().items().send();
    let roles = roles.collect::<Result<Vec<_>, _>>().await;
    let roles = roles.context("list the roles of GitHub repositories")?;
    Ok(roles.into_iter().map(|role| role.role_name).collect())
}

struct Leftover<'a> {
    iam: &'a Client,
    name: &'a str,
}

impl Leftover<'_> {
    /// Removes the policies first, because IAM deletes only roles without policies.
    async fn delete(&self) -> Result<(), StepError> {
        for arn in self.attached().await? {
            let detach = self.iam.detach_role_policy().role_name(self.name).policy_arn(&arn);
            self.ignore_not_found(&format!("detach {arn} from"), detach.send().await)?;
        }
        for policy in self.inline().await? {
            let delete = self.iam.delete_role_policy().role_name(self.name).policy_name(&policy);
            self.ignore_not_found(&format!("delete the policy {policy} of"), delete.send().await)?;
        }
        let deleted = self.iam.delete_role().role_name(self.name).send().await;
        self.ignore_not_found("delete", deleted)?;
        Ok(())
    }

    async fn attached(&self) -> Result<Vec<String>, StepError> {
        let policies = self.iam.list_attached_role_policies().role_name(self.name).into_paginator().items().send();
        let policies = self.ignore_not_found("list the policies of", policies.collect::<Result<Vec<_>, _>>().await)?;
        Ok(policies.unwrap_or_default().into_iter().filter_map(|policy| policy.policy_arn).collect())
    }

    /// The inline policies. This step adds none, but others may have.
    async fn inline(&self) -> Result<Vec<String>, StepError> {
        let policies = self.iam.list_role_policies().role_name(self.name).into_paginator().items().send();
        let policies = self.ignore_not_found("list the policies of", policies.collect::<Result<Vec<_>, _>>().await)?;
        Ok(policies.unwrap_or_default())
    }

    /// Ignores `NoSuchEntity`: another caller, or an earlier call whose response was lost, has deleted the entity.
    fn ignore_not_found<T, E: AwsError>(
        &self,
        action: &str,
        result: Result<T, SdkError<E>>,
    ) -> Result<Option<T>, StepError> {
        match result {
            Ok(output) => Ok(Some(output)),
            Err(error) if error_code(&error) == Some("NoSuchEntity") => Ok(None),
            Err(error) => Err(self.map_error(action, &error)),
        }
    }

    fn map_error<E: AwsError>(&self, action: &str, error: &SdkError<E>) -> StepError {
        let failed = sdk_error(&format!("{action} the role {}", self.name), error);
        if error_code(error) != Some("DeleteConflict") {
            return failed;
        }
        if error
            .as_service_error()
            .and_then(|error| error.message())
            .is_some_and(|message| message.contains("instance profile"))
        {
            return failed
                .with_code(ErrorCode::InvalidConfiguration)
                .with_remedy("remove the role from its instance profile; then send the same request again");
        }
        // The detached policies may not have propagated. A retry reads the role again.
        failed.with_code(ErrorCode::OutcomeUnknown)
    }
}
