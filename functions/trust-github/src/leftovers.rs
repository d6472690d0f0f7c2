//! Takes away the roles of repositories that the request no longer names.

use std::collections::BTreeSet;
use std::error::Error;

use aws_sdk_iam::Client;
use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};
use vending_core::{ErrorCode, StepError};
use vending_runtime::{Changes, error_code, from_sdk};

use crate::role;

/// Whether there were any.
pub(crate) async fn remove(iam: &Client, wanted: &BTreeSet<&str>, changes: &Changes) -> Result<bool, StepError> {
    let mut found = false;
    for name in list(iam).await? {
        if !wanted.contains(name.as_str()) {
            found = true;
            changes.make(format!("role {name}: removed"), Leftover { iam, name: &name }.remove()).await?;
        }
    }
    Ok(found)
}

async fn list(iam: &Client) -> Result<Vec<String>, StepError> {
    let roles = iam.list_roles().path_prefix(role::PATH).into_paginator().items().send();
    let roles = roles.collect::<Result<Vec<_>, _>>().await;
    let roles = roles.map_err(|error| from_sdk("list the roles of GitHub's repositories", &error))?;
    Ok(roles.into_iter().map(|role| role.role_name).collect())
}

struct Leftover<'a> {
    iam: &'a Client,
    name: &'a str,
}

impl Leftover<'_> {
    /// IAM deletes only roles without policies. So one that cannot be deleted can do nothing any more, either.
    async fn remove(&self) -> Result<(), StepError> {
        for arn in self.attached().await? {
            let detach = self.iam.detach_role_policy().role_name(self.name).policy_arn(&arn);
            self.unless_gone(&format!("detach {arn} from"), detach.send().await)?;
        }
        for policy in self.inline().await? {
            let delete = self.iam.delete_role_policy().role_name(self.name).policy_name(&policy);
            self.unless_gone(&format!("delete the policy {policy} of"), delete.send().await)?;
        }
        let deleted = self.iam.delete_role().role_name(self.name).send().await;
        self.unless_gone("delete", deleted)?;
        Ok(())
    }

    async fn attached(&self) -> Result<Vec<String>, StepError> {
        let policies = self.iam.list_attached_role_policies().role_name(self.name).into_paginator().items().send();
        let policies = self.unless_gone("list the policies of", policies.collect::<Result<Vec<_>, _>>().await)?;
        Ok(policies.unwrap_or_default().into_iter().filter_map(|policy| policy.policy_arn).collect())
    }

    /// This step gives a role none; somebody else may have.
    async fn inline(&self) -> Result<Vec<String>, StepError> {
        let policies = self.iam.list_role_policies().role_name(self.name).into_paginator().items().send();
        let policies = self.unless_gone("list the policies of", policies.collect::<Result<Vec<_>, _>>().await)?;
        Ok(policies.unwrap_or_default())
    }

    /// What somebody else took away meanwhile, or an earlier run of which no answer came, is as it should be.
    fn unless_gone<T, E>(&self, doing: &str, answer: Result<T, SdkError<E>>) -> Result<Option<T>, StepError>
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        match answer {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if error_code(&error) == Some("NoSuchEntity") => Ok(None),
            Err(error) => Err(self.failed(doing, &error)),
        }
    }

    fn failed<E>(&self, doing: &str, error: &SdkError<E>) -> StepError
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let failed = from_sdk(&format!("{doing} the role {}", self.name), error);
        if error_code(error) != Some("DeleteConflict") {
            return failed;
        }
        if error
            .as_service_error()
            .and_then(|error| error.message())
            .is_some_and(|text| text.contains("instance profile"))
        {
            return failed.with_code(ErrorCode::InvalidConfiguration).with_remedy(
                "take the role out of the instance profile that somebody put it into; then send the same request again",
            );
        }
        // What was just detached may not be known everywhere: look again.
        failed.with_code(ErrorCode::OutcomeUnknown)
    }
}
