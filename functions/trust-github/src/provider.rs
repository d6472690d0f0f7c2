//! GitHub as an identity provider of the account; one for all repositories.

use std::error::Error;

use aws_sdk_iam::Client;
use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_iam::operation::get_open_id_connect_provider::GetOpenIdConnectProviderOutput;
use time::OffsetDateTime;
use vending_core::{AccountId, ErrorCode, StepError};
use vending_runtime::{Changes, error_code, from_sdk};

/// The issuer of GitHub's tokens; IAM names the provider, and the claims of its tokens, by it.
pub(crate) const HOST: &str = "token.actions.githubusercontent.com";
/// Whom the tokens are for: what GitHub's action for AWS asks for.
pub(crate) const AUDIENCE: &str = "sts.amazonaws.com";

pub(crate) fn arn(account: &AccountId) -> String {
    format!("arn:aws:iam::{account}:oidc-provider/{HOST}")
}

/// Answers since when the provider is there. An account has at most one with this issuer: one that others made is
/// shared with them, and never taken away.
pub(crate) async fn ensure(iam: &Client, account: &AccountId, changes: &Changes) -> Result<OffsetDateTime, StepError> {
    let arn = arn(account);
    let Some(found) = look(iam, &arn).await? else {
        changes.make(format!("identity provider {HOST}: created"), create(iam)).await?;
        return Ok(OffsetDateTime::now_utc());
    };
    if !found.client_id_list().iter().any(|audience| audience == AUDIENCE) {
        changes.make(format!("identity provider {HOST}: added {AUDIENCE}"), add_audience(iam, &arn)).await?;
    }
    Ok(created_at(&found))
}

async fn look(iam: &Client, arn: &str) -> Result<Option<GetOpenIdConnectProviderOutput>, StepError> {
    match iam.get_open_id_connect_provider().open_id_connect_provider_arn(arn).send().await {
        Ok(found) => Ok(Some(found)),
        Err(error) if error_code(&error) == Some("NoSuchEntity") => Ok(None),
        Err(error) => Err(failed("read", &error)),
    }
}

/// Without a thumbprint: AWS verifies GitHub's certificate with its own authorities.
async fn create(iam: &Client) -> Result<(), StepError> {
    let create = iam.create_open_id_connect_provider().url(format!("https://{HOST}"));
    create.client_id_list(AUDIENCE).send().await.map_err(|error| failed("create", &error))?;
    Ok(())
}

async fn add_audience(iam: &Client, arn: &str) -> Result<(), StepError> {
    let add = iam.add_client_id_to_open_id_connect_provider().open_id_connect_provider_arn(arn);
    add.client_id(AUDIENCE).send().await.map_err(|error| failed("add an audience to", &error))?;
    Ok(())
}

fn created_at(found: &GetOpenIdConnectProviderOutput) -> OffsetDateTime {
    let date = found.create_date().and_then(|date| OffsetDateTime::from_unix_timestamp(date.secs()).ok());
    date.unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

fn failed<E>(doing: &str, error: &SdkError<E>) -> StepError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let failed = from_sdk(&format!("{doing} the identity provider {HOST}"), error);
    match error_code(error) {
        // Somebody else made it or took it away meanwhile: look again.
        Some("EntityAlreadyExists" | "NoSuchEntity") => failed.with_code(ErrorCode::OutcomeUnknown),
        // AWS could not reach GitHub.
        Some("OpenIdIdpCommunicationError") => failed.with_code(ErrorCode::ServiceUnavailable),
        Some("LimitExceeded") => failed.with_code(ErrorCode::InvalidConfiguration).with_remedy(
            "take away what nobody uses of the account's identity providers and their audiences, or have the IAM quota that the message names raised; then send the same request again",
        ),
        _ => failed,
    }
}
