//! Moves accounts to their OUs.

use vending_core::{AccountId, ErrorCode, StepError};
use vending_runtime::{error_code, sdk_error};

use crate::Organization;
use crate::ou_lookup::Parent;

/// The result of a move.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum MoveOutcome {
    AlreadyThere,
    /// Moved from this parent, by ID.
    MovedFrom(String),
}

impl Organization {
    /// Moves an account to an OU, unless it is already there. An account in a protected OU or below is not moved.
    pub async fn ensure_in_unit(
        &self,
        account: &AccountId,
        unit_id: &str,
        protected_unit_ids: &[String],
    ) -> Result<MoveOutcome, StepError> {
        let parent = self.parent_of(account.as_str()).await?;
        if parent.id() == unit_id {
            return Ok(MoveOutcome::AlreadyThere);
        }
        if self.is_below(&parent, protected_unit_ids).await? {
            let message = format!("account {account} is in a protected OU");
            return Err(StepError::new(ErrorCode::InvalidRequest, message)
                .with_remedy("ask an operator to move the account out of that OU, or to send this request"));
        }
        self.move_account(account, parent.id(), unit_id).await
    }

    /// Whether a parent is one of these OUs or below.
    async fn is_below(&self, parent: &Parent, unit_ids: &[String]) -> Result<bool, StepError> {
        let mut parent = parent.clone();
        while let Parent::Unit(id) = &parent {
            if unit_ids.is_empty() {
                return Ok(false);
            }
            if unit_ids.contains(id) {
                return Ok(true);
            }
            parent = self.parent_of(id).await?;
        }
        Ok(false)
    }

    async fn move_account(
        &self,
        account: &AccountId,
        source: &str,
        destination: &str,
    ) -> Result<MoveOutcome, StepError> {
        let moving = self.client.move_account().account_id(account.as_str());
        let moved = moving.source_parent_id(source).destination_parent_id(destination).send().await;
        let Err(error) = moved else {
            return Ok(MoveOutcome::MovedFrom(source.to_owned()));
        };
        let failed = sdk_error("move the account", &error);
        match error_code(&error) {
            // The account was already moved, by an earlier call without a response or by another caller.
            Some("DuplicateAccountException") => Ok(MoveOutcome::AlreadyThere),
            // The account was moved after its parent was read, or is not visible everywhere yet. A retry reads it
            // again.
            Some("SourceParentNotFoundException" | "AccountNotFoundException") => {
                Err(failed.with_code(ErrorCode::NotReady))
            }
            // This also happens if the OU was deleted and recreated while `OuCache` has its former ID.
            Some("DestinationParentNotFoundException") => Err(failed
                .with_code(ErrorCode::InvalidConfiguration)
                .with_remedy("the OU was deleted: create an OU with this path and send the same request again after ten minutes, when the cached ID has expired; or request another OU")),
            _ => Err(failed),
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_organizations::Client;
    use aws_sdk_organizations::operation::list_parents::ListParentsOutput;
    use aws_sdk_organizations::operation::move_account::{MoveAccountError, MoveAccountOutput};
    use aws_sdk_organizations::types::error as wire;
    use aws_sdk_organizations::types::{Parent, ParentType};
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
    use aws_smithy_types::error::ErrorMetadata;

    use super::*;

    fn in_parent(id: &str) -> Rule {
        let parent = Parent::builder().id(id).build();
        mock!(Client::list_parents).then_output(move || ListParentsOutput::builder().parents(parent.clone()).build())
    }

    fn meta(code: &str) -> ErrorMetadata {
        ErrorMetadata::builder().code(code).build()
    }

    async fn ensure_in_target(rules: &[&Rule]) -> Result<MoveOutcome, ErrorCode> {
        let organization = Organization::new(mock_client!(aws_sdk_organizations, RuleMode::Sequential, rules));
        let outcome = organization
            .ensure_in_unit(&"111111111111".parse().unwrap(), "ou-target", &["ou-protected".to_owned()])
            .await;
        outcome.map_err(|error| error.code())
    }

    async fn move_with_error(
        error: impl Fn() -> MoveAccountError + Send + Sync + 'static,
    ) -> Result<MoveOutcome, ErrorCode> {
        let moving = mock!(Client::move_account).then_error(error);
        ensure_in_target(&[&in_parent("r-root"), &moving]).await
    }

    #[tokio::test]
    async fn account_is_moved_from_its_parent() {
        let moving = mock!(Client::move_account)
            .match_requests(|request| {
                request.source_parent_id() == Some("ou-elsewhere")
                    && request.destination_parent_id() == Some("ou-target")
            })
            .then_output(|| MoveAccountOutput::builder().build());
        assert_eq!(
            ensure_in_target(&[&in_parent("ou-elsewhere"), &moving]).await,
            Ok(MoveOutcome::MovedFrom("ou-elsewhere".to_owned()))
        );
    }

    fn in_unit(id: &'static str) -> Rule {
        let parent = Parent::builder().id(id).r#type(ParentType::OrganizationalUnit).build();
        mock!(Client::list_parents).then_output(move || ListParentsOutput::builder().parents(parent.clone()).build())
    }

    #[tokio::test]
    async fn account_in_a_protected_ou_is_not_moved() {
        assert_eq!(ensure_in_target(&[&in_unit("ou-protected")]).await, Err(ErrorCode::InvalidRequest));
        assert_eq!(
            ensure_in_target(&[&in_unit("ou-below"), &in_unit("ou-protected")]).await,
            Err(ErrorCode::InvalidRequest)
        );
        let moving = mock!(Client::move_account).then_output(|| MoveAccountOutput::builder().build());
        let rules = [in_unit("ou-other"), in_parent("r-root"), moving];
        assert_eq!(ensure_in_target(&rules.each_ref()).await, Ok(MoveOutcome::MovedFrom("ou-other".to_owned())));
    }

    #[tokio::test]
    async fn account_in_the_target_ou_is_not_moved() {
        assert_eq!(ensure_in_target(&[&in_parent("ou-target")]).await, Ok(MoveOutcome::AlreadyThere));
    }

    #[tokio::test]
    async fn parent_without_an_id_is_not_ready() {
        let without_id = mock!(Client::list_parents)
            .then_output(|| ListParentsOutput::builder().parents(Parent::builder().build()).build());
        assert_eq!(ensure_in_target(&[&without_id]).await, Err(ErrorCode::NotReady));
    }

    #[tokio::test]
    async fn concurrent_move_is_a_success() {
        let duplicate = || {
            let error = wire::DuplicateAccountException::builder();
            MoveAccountError::DuplicateAccountException(error.meta(meta("DuplicateAccountException")).build())
        };
        assert_eq!(move_with_error(duplicate).await, Ok(MoveOutcome::AlreadyThere));
    }

    #[tokio::test]
    async fn stale_parent_is_retried() {
        let stale = || {
            let error = wire::SourceParentNotFoundException::builder();
            MoveAccountError::SourceParentNotFoundException(error.meta(meta("SourceParentNotFoundException")).build())
        };
        assert_eq!(move_with_error(stale).await, Err(ErrorCode::NotReady));
    }

    #[tokio::test]
    async fn deleted_ou_is_permanent() {
        let deleted = || {
            let error = wire::DestinationParentNotFoundException::builder();
            MoveAccountError::DestinationParentNotFoundException(
                error.meta(meta("DestinationParentNotFoundException")).build(),
            )
        };
        assert_eq!(move_with_error(deleted).await, Err(ErrorCode::InvalidConfiguration));
    }
}
