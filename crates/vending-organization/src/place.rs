//! Puts accounts into their organizational units.

use vending_core::{AccountId, ErrorCode, StepError};
use vending_runtime::{error_code, from_sdk};

use crate::Organization;

/// What there was to do.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Placed {
    Already,
    MovedFrom(String),
}

impl Organization {
    /// Sees to it that an account is in an organizational unit, wherever it was.
    pub async fn place(&self, account: &AccountId, unit_id: &str) -> Result<Placed, StepError> {
        let parent = self.parent_of(account.as_str()).await?;
        if parent.id() == unit_id {
            return Ok(Placed::Already);
        }
        self.move_account(account, parent.id(), unit_id).await
    }

    async fn move_account(&self, account: &AccountId, source: &str, destination: &str) -> Result<Placed, StepError> {
        let moving = self.client.move_account().account_id(account.as_str());
        let moved = moving.source_parent_id(source).destination_parent_id(destination).send().await;
        let Err(error) = moved else {
            return Ok(Placed::MovedFrom(source.to_owned()));
        };
        let failed = from_sdk("move the account", &error);
        match error_code(&error) {
            // A lost answer of our own, or somebody else was faster.
            Some("DuplicateAccountException") => Ok(Placed::Already),
            // It was moved between our look and our call, or is not visible everywhere yet: look again.
            Some("SourceParentNotFoundException" | "AccountNotFoundException") => {
                Err(failed.with_code(ErrorCode::NotReady))
            }
            // Also where it was removed and made anew within the ten minutes that `KnownUnits` keeps its former id.
            Some("DestinationParentNotFoundException") => Err(failed
                .with_code(ErrorCode::InvalidConfiguration)
                .with_remedy("the organizational unit was removed: see that there is one of this path, and send the same request again in ten minutes, when the former one is forgotten; or send it with another one")),
            _ => Err(failed),
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_organizations::Client;
    use aws_sdk_organizations::operation::list_parents::ListParentsOutput;
    use aws_sdk_organizations::operation::move_account::{MoveAccountError, MoveAccountOutput};
    use aws_sdk_organizations::types::Parent;
    use aws_sdk_organizations::types::error as wire;
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

    async fn place(rules: &[&Rule]) -> Result<Placed, ErrorCode> {
        let organization = Organization::new(mock_client!(aws_sdk_organizations, RuleMode::Sequential, rules));
        let placed = organization.place(&"111111111111".parse().unwrap(), "ou-target").await;
        placed.map_err(|error| error.code())
    }

    async fn place_failing(error: impl Fn() -> MoveAccountError + Send + Sync + 'static) -> Result<Placed, ErrorCode> {
        let moving = mock!(Client::move_account).then_error(error);
        place(&[&in_parent("r-root"), &moving]).await
    }

    #[tokio::test]
    async fn moves_from_the_parent_that_aws_names() {
        let moving = mock!(Client::move_account)
            .match_requests(|request| {
                request.source_parent_id() == Some("ou-elsewhere")
                    && request.destination_parent_id() == Some("ou-target")
            })
            .then_output(|| MoveAccountOutput::builder().build());
        assert_eq!(
            place(&[&in_parent("ou-elsewhere"), &moving]).await,
            Ok(Placed::MovedFrom("ou-elsewhere".to_owned()))
        );
    }

    #[tokio::test]
    async fn an_account_that_is_there_is_not_moved() {
        assert_eq!(place(&[&in_parent("ou-target")]).await, Ok(Placed::Already));
    }

    #[tokio::test]
    async fn nothing_is_moved_from_a_parent_without_an_id() {
        let nameless = mock!(Client::list_parents)
            .then_output(|| ListParentsOutput::builder().parents(Parent::builder().build()).build());
        assert_eq!(place(&[&nameless]).await, Err(ErrorCode::NotReady));
    }

    #[tokio::test]
    async fn a_move_that_happened_meanwhile_is_a_success() {
        let duplicate = || {
            let error = wire::DuplicateAccountException::builder();
            MoveAccountError::DuplicateAccountException(error.meta(meta("DuplicateAccountException")).build())
        };
        assert_eq!(place_failing(duplicate).await, Ok(Placed::Already));
    }

    #[tokio::test]
    async fn a_stale_parent_is_looked_up_again() {
        let stale = || {
            let error = wire::SourceParentNotFoundException::builder();
            MoveAccountError::SourceParentNotFoundException(error.meta(meta("SourceParentNotFoundException")).build())
        };
        assert_eq!(place_failing(stale).await, Err(ErrorCode::NotReady));
    }

    #[tokio::test]
    async fn a_removed_organizational_unit_is_final() {
        let gone = || {
            let error = wire::DestinationParentNotFoundException::builder();
            MoveAccountError::DestinationParentNotFoundException(
                error.meta(meta("DestinationParentNotFoundException")).build(),
            )
        };
        assert_eq!(place_failing(gone).await, Err(ErrorCode::InvalidConfiguration));
    }
}
