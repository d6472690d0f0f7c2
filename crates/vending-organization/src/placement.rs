//! Moves accounts to their OUs.

use vending_core::{AccountId, ErrorCode, OuId, StepError};
use vending_runtime::{error_code, sdk_error};

use crate::Organization;

/// Where an account is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Placement {
    /// In the wanted OU.
    InUnit,
    /// Elsewhere: the IDs of the root and the OUs that it is in, from the root down.
    Elsewhere(Vec<OuId>),
}

impl Organization {
    /// Whether an account is in an OU, or where it is instead.
    pub async fn placement(&self, account: &AccountId, unit: &OuId) -> Result<Placement, StepError> {
        let parent = self.parent_of(account.as_str()).await?;
        if parent.id() == unit.as_str() {
            return Ok(Placement::InUnit);
        }
        Ok(Placement::Elsewhere(self.ids_up_to(parent).await?))
    }

    /// Moves an account from one OU, or the root, to another.
    pub async fn move_account(&self, account: &AccountId, source: &OuId, destination: &OuId) -> Result<(), StepError> {
        let moving = self.client.move_account().account_id(account.as_str());
        let moving = moving.source_parent_id(source.as_str()).destination_parent_id(destination.as_str());
        let Err(error) = moving.send().await else { return Ok(()) };
        let failed = sdk_error("move the account", &error);
        match error_code(&error) {
            // The account was already moved, by an earlier call without a response or by another caller.
            Some("DuplicateAccountException") => Ok(()),
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

    fn id(text: &str) -> OuId {
        text.parse().unwrap()
    }

    fn organization(rules: &[&Rule]) -> Organization {
        Organization::new(mock_client!(aws_sdk_organizations, RuleMode::Sequential, rules))
    }

    async fn placement(rules: &[&Rule]) -> Result<Placement, ErrorCode> {
        let account = "111111111111".parse().unwrap();
        organization(rules).placement(&account, &id("ou-target")).await.map_err(|error| error.code())
    }

    async fn move_account(rule: &Rule) -> Result<(), ErrorCode> {
        let account = "111111111111".parse().unwrap();
        let moved = organization(&[rule]).move_account(&account, &id("ou-elsewhere"), &id("ou-target")).await;
        moved.map_err(|error| error.code())
    }

    async fn move_with_error(error: impl Fn() -> MoveAccountError + Send + Sync + 'static) -> Result<(), ErrorCode> {
        move_account(&mock!(Client::move_account).then_error(error)).await
    }

    #[tokio::test]
    async fn account_is_moved_from_its_parent() {
        let moving = mock!(Client::move_account)
            .match_requests(|request| {
                request.source_parent_id() == Some("ou-elsewhere")
                    && request.destination_parent_id() == Some("ou-target")
            })
            .then_output(|| MoveAccountOutput::builder().build());
        assert_eq!(move_account(&moving).await, Ok(()));
    }

    fn in_unit(id: &'static str) -> Rule {
        let parent = Parent::builder().id(id).r#type(ParentType::OrganizationalUnit).build();
        mock!(Client::list_parents).then_output(move || ListParentsOutput::builder().parents(parent.clone()).build())
    }

    #[tokio::test]
    async fn account_in_the_target_ou_takes_one_call() {
        assert_eq!(placement(&[&in_parent("ou-target")]).await, Ok(Placement::InUnit));
    }

    #[tokio::test]
    async fn account_elsewhere_has_the_ids_from_the_root_down() {
        let rules = [in_unit("ou-below"), in_unit("ou-above"), in_parent("r-root")];
        let expected = Placement::Elsewhere(["r-root", "ou-above", "ou-below"].map(id).to_vec());
        assert_eq!(placement(&rules.each_ref()).await, Ok(expected));
        assert_eq!(placement(&[&in_parent("r-root")]).await, Ok(Placement::Elsewhere(vec![id("r-root")])));
    }

    #[tokio::test]
    async fn parent_without_an_id_is_not_ready() {
        let without_id = mock!(Client::list_parents)
            .then_output(|| ListParentsOutput::builder().parents(Parent::builder().build()).build());
        assert_eq!(placement(&[&without_id]).await, Err(ErrorCode::NotReady));
    }

    #[tokio::test]
    async fn concurrent_move_is_a_success() {
        let duplicate = || {
            let error = wire::DuplicateAccountException::builder();
            MoveAccountError::DuplicateAccountException(error.meta(meta("DuplicateAccountException")).build())
        };
        assert_eq!(move_with_error(duplicate).await, Ok(()));
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
