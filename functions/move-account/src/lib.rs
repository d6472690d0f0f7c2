//! Moves an account from wherever it is to its organizational unit.

use aws_config::SdkConfig;
use aws_sdk_organizations::Client;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vending_core::{AccountId, ErrorCode, RequestId, StepError};
use vending_runtime::{Done, Step, error_code, from_sdk};

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub account_id: AccountId,
    pub organizational_unit_id: String,
}

#[derive(Debug)]
pub struct MoveAccount {
    organizations: Client,
}

impl MoveAccount {
    pub fn new(config: &SdkConfig) -> Self {
        Self::of(Client::new(config))
    }

    pub fn of(organizations: Client) -> Self {
        Self { organizations }
    }
}

impl Step for MoveAccount {
    const NAME: &'static str = "MoveAccount";
    type Input = Input;
    type Result = ();

    async fn run(&self, _request: &RequestId, input: Input) -> Result<Done, StepError> {
        self.place(&input).await
    }
}

impl MoveAccount {
    /// Sees to it that an account is in an organizational unit.
    pub async fn place(&self, input: &Input) -> Result<Done, StepError> {
        let parent = self.parent_of(&input.account_id).await?;
        if parent == input.organizational_unit_id {
            return Ok(Done::unchanged(format!("already in {parent}"), ()));
        }
        self.move_from(&parent, input).await
    }

    async fn parent_of(&self, account: &AccountId) -> Result<String, StepError> {
        let listed = self.organizations.list_parents().child_id(account.as_str()).send().await;
        let listed = listed.map_err(|error| {
            let failed = from_sdk("find the account's organizational unit", &error);
            match error_code(&error) {
                // Organizations is eventually consistent: a new account may not be visible yet.
                Some("ChildNotFoundException") => failed.with_code(ErrorCode::NotReady),
                _ => failed,
            }
        })?;
        let parent = listed.parents().first().and_then(|parent| parent.id());
        parent
            .map(str::to_owned)
            .ok_or_else(|| StepError::new(ErrorCode::NotReady, "AWS names no parent of the account yet"))
    }

    async fn move_from(&self, parent: &str, input: &Input) -> Result<Done, StepError> {
        let destination = &input.organizational_unit_id;
        let moved = self
            .organizations
            .move_account()
            .account_id(input.account_id.as_str())
            .source_parent_id(parent)
            .destination_parent_id(destination)
            .send()
            .await;
        let Err(error) = moved else {
            return Ok(Done::changed(format!("moved from {parent} to {destination}"), ()));
        };
        let failed = from_sdk("move the account", &error);
        match error_code(&error) {
            // A lost answer of our own, or somebody else was faster.
            Some("DuplicateAccountException") => {
                Ok(Done::unchanged(format!("already in {destination}"), ()))
            }
            // It was moved between our look and our call, or is not visible everywhere yet: look again.
            Some("SourceParentNotFoundException" | "AccountNotFoundException") => {
                Err(failed.with_code(ErrorCode::NotReady))
            }
            Some("DestinationParentNotFoundException") => Err(failed
                .with_code(ErrorCode::InvalidConfiguration)
                .with_remedy("the organizational unit was removed while the request ran; create it again or send the request with another one")),
            _ => Err(failed),
        }
    }
}

#[cfg(test)]
mod tests {
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

    async fn run(rules: &[&Rule]) -> Result<bool, ErrorCode> {
        let organizations = mock_client!(aws_sdk_organizations, RuleMode::Sequential, rules);
        let input =
            Input { account_id: "111111111111".parse().unwrap(), organizational_unit_id: "ou-target".to_owned() };
        let request = "abcdefghijklmnopqrst-1".parse().unwrap();
        let done = MoveAccount { organizations }.run(&request, input).await;
        done.map(|done| done.changed).map_err(|error| error.code())
    }

    async fn run_failing(error: impl Fn() -> MoveAccountError + Send + Sync + 'static) -> Result<bool, ErrorCode> {
        let moving = mock!(Client::move_account).then_error(error);
        run(&[&in_parent("r-root"), &moving]).await
    }

    #[tokio::test]
    async fn moves_from_the_parent_that_aws_names() {
        let moving = mock!(Client::move_account)
            .match_requests(|request| {
                request.source_parent_id() == Some("ou-elsewhere")
                    && request.destination_parent_id() == Some("ou-target")
            })
            .then_output(|| MoveAccountOutput::builder().build());
        assert_eq!(run(&[&in_parent("ou-elsewhere"), &moving]).await, Ok(true));
    }

    #[tokio::test]
    async fn an_account_that_is_there_is_not_moved() {
        assert_eq!(run(&[&in_parent("ou-target")]).await, Ok(false));
    }

    #[tokio::test]
    async fn a_move_that_happened_meanwhile_is_a_success() {
        let duplicate = || {
            let error = wire::DuplicateAccountException::builder();
            MoveAccountError::DuplicateAccountException(error.meta(meta("DuplicateAccountException")).build())
        };
        assert_eq!(run_failing(duplicate).await, Ok(false));
    }

    #[tokio::test]
    async fn a_stale_parent_is_looked_up_again() {
        let stale = || {
            let error = wire::SourceParentNotFoundException::builder();
            MoveAccountError::SourceParentNotFoundException(error.meta(meta("SourceParentNotFoundException")).build())
        };
        assert_eq!(run_failing(stale).await, Err(ErrorCode::NotReady));
    }

    #[tokio::test]
    async fn a_removed_organizational_unit_is_final() {
        let gone = || {
            let error = wire::DestinationParentNotFoundException::builder();
            MoveAccountError::DestinationParentNotFoundException(
                error.meta(meta("DestinationParentNotFoundException")).build(),
            )
        };
        assert_eq!(run_failing(gone).await, Err(ErrorCode::InvalidConfiguration));
    }
}
