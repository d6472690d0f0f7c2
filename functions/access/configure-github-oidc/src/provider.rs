//! Converges the GitHub identity provider of the account. All repositories use the same one.

use aws_sdk_iam::Client;
use aws_sdk_iam::error::SdkError;
use aws_sdk_iam::operation::get_open_id_connect_provider::GetOpenIdConnectProviderOutput;
use time::OffsetDateTime;
use vending_core::{AccountId, ErrorCode, StepError};
use vending_runtime::{AwsError, Changes, error_code, sdk_error};

/// The issuer of GitHub tokens. IAM uses it in the name of the provider and of the claims.
pub(crate) const HOST: &str = "token.actions.githubusercontent.com";
/// The audience of the tokens, as the GitHub action for AWS requests it.
pub(crate) const AUDIENCE: &str = "sts.amazonaws.com";

pub(crate) fn arn(account: &AccountId) -> String {
    format!("arn:aws:iam::{account}:oidc-provider/{HOST}")
}

/// Creates the provider if needed, and returns when it was created. An account has at most one provider with this
/// issuer. So the step also uses one that was created by others, and never deletes it.
pub(crate) async fn ensure(iam: &Client, account: &AccountId, changes: &Changes) -> Result<OffsetDateTime, StepError> {
    let arn = arn(account);
    let Some(found) = read(iam, &arn).await? else {
        changes.make(format!("identity provider {HOST}: created"), create(iam)).await?;
        return Ok(OffsetDateTime::now_utc());
    };
    if !found.client_id_list().iter().any(|audience| audience == AUDIENCE) {
        changes.make(format!("identity provider {HOST}: added {AUDIENCE}"), add_audience(iam, &arn)).await?;
    }
    Ok(created_at(&found))
}

async fn read(iam: &Client, arn: &str) -> Result<Option<GetOpenIdConnectProviderOutput>, StepError> {
    match iam.get_open_id_connect_provider().open_id_connect_provider_arn(arn).send().await {
        Ok(found) => Ok(Some(found)),
        Err(error) if error_code(&error) == Some("NoSuchEntity") => Ok(None),
        Err(error) => Err(map_error("read", &error)),
    }
}

/// Creates the provider without a thumbprint: AWS verifies the certificate of GitHub with its own root CAs.
async fn create(iam: &Client) -> Result<(), StepError> {
    let create = iam.create_open_id_connect_provider().url(format!("https://{HOST}"));
    create.client_id_list(AUDIENCE).send().await.map_err(|error| map_error("create", &error))?;
    Ok(())
}

async fn add_audience(iam: &Client, arn: &str) -> Result<(), StepError> {
    let add = iam.add_client_id_to_open_id_connect_provider().open_id_connect_provider_arn(arn);
    add.client_id(AUDIENCE).send().await.map_err(|error| map_error("add an audience to", &error))?;
    Ok(())
}

fn created_at(found: &GetOpenIdConnectProviderOutput) -> OffsetDateTime {
    let date = found.create_date().and_then(|date| OffsetDateTime::from_unix_timestamp(date.secs()).ok());
    date.unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

fn map_error<E: AwsError>(action: &str, error: &SdkError<E>) -> StepError {
    let failed = sdk_error(&format!("{action} the identity provider {HOST}"), error);
    match error_code(error) {
        // Another caller created or deleted it concurrently. A retry reads it again.
        Some("EntityAlreadyExists" | "NoSuchEntity") => failed.with_code(ErrorCode::OutcomeUnknown),
        // AWS could not reach GitHub.
        Some("OpenIdIdpCommunicationError") => failed.with_code(ErrorCode::ServiceUnavailable),
        Some("LimitExceeded") => failed.with_code(ErrorCode::InvalidConfiguration).with_remedy(
            "remove unused identity providers or audiences from the account, or request an increase of the IAM quota that the message names; then send the same request again",
        ),
        _ => failed,
    }
}
