//! Looks once at the creation of an account; waiting between two looks is the state machine's.

use aws_config::SdkConfig;
use aws_sdk_organizations::types::{CreateAccountState, CreateAccountStatus};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use vending_core::{AccountId, Creation, CreationState, EmailAddress, ErrorCode, RequestId, StepError};
use vending_organization::{Organization, Ownership};
use vending_runtime::{Done, Step};

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub creation_id: String,
    pub account_email: EmailAddress,
    /// How often this execution has asked AWS to create the account.
    pub creations: u32,
    /// When a creation that is still in progress ends the request.
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "String")]
    pub creation_deadline: OffsetDateTime,
}

/// How often AWS may fail internally before the request fails.
const MAXIMUM_CREATIONS: u32 = 3;

#[derive(Debug)]
pub struct CheckAccountCreation {
    organization: Organization,
}

impl CheckAccountCreation {
    pub fn new(config: &SdkConfig) -> Self {
        Self { organization: Organization::new(aws_sdk_organizations::Client::new(config)) }
    }
}

impl Step for CheckAccountCreation {
    const NAME: &'static str = "CheckAccountCreation";
    type Input = Input;
    type Result = Creation;

    async fn run(&self, _request: &RequestId, input: Input) -> Result<Done<Creation>, StepError> {
        let status = self.organization.creation(&input.creation_id).await?;
        match status.state() {
            Some(CreateAccountState::Succeeded) => succeeded(&status, &input),
            Some(CreateAccountState::Failed) => {
                let reason = status.failure_reason().map_or("no reason given", |reason| reason.as_str());
                self.failed(reason, &input).await
            }
            _ => in_progress(&input),
        }
    }
}

fn succeeded(status: &CreateAccountStatus, input: &Input) -> Result<Done<Creation>, StepError> {
    let id = status.account_id().and_then(|id| id.parse::<AccountId>().ok());
    let id =
        id.ok_or_else(|| StepError::new(ErrorCode::Unexpected, "AWS created the account but did not name its id"))?;
    let completed = status.completed_timestamp().and_then(|at| OffsetDateTime::from_unix_timestamp(at.secs()).ok());
    let detail = format!("AWS created account {id}");
    let created_at = completed.unwrap_or_else(OffsetDateTime::now_utc);
    Ok(Done::changed(detail, account(input, id, created_at)))
}

fn in_progress(input: &Input) -> Result<Done<Creation>, StepError> {
    if OffsetDateTime::now_utc() >= input.creation_deadline {
        let message = format!("AWS has not ended the creation {} in time", input.creation_id);
        return Err(StepError::new(ErrorCode::CreationStillInProgress, message));
    }
    Ok(Done::unchanged("AWS is creating the account", open(input, CreationState::InProgress)))
}

impl CheckAccountCreation {
    /// `CreateAccountFailureReason`, by name: the SDK's enum grows, and misspells one of its variants.
    async fn failed(&self, reason: &str, input: &Input) -> Result<Done<Creation>, StepError> {
        match reason {
            // Both also happen when an earlier call of ours was executed and its answer lost.
            "EMAIL_ALREADY_EXISTS" | "CONCURRENT_ACCOUNT_MODIFICATION" => self.taken(reason, input).await,
            "INTERNAL_FAILURE" if input.creations < MAXIMUM_CREATIONS => {
                Ok(Done::unchanged("AWS failed internally; trying again", open(input, CreationState::TryAgain)))
            }
            "ACCOUNT_LIMIT_EXCEEDED" => Err(ended(ErrorCode::AccountLimitExceeded, reason)),
            "INVALID_EMAIL" => Err(ended(ErrorCode::InvalidRequest, reason)),
            _ => Err(ended(ErrorCode::CreationFailed, reason)),
        }
    }

    async fn taken(&self, reason: &str, input: &Input) -> Result<Done<Creation>, StepError> {
        match self.organization.find(None, &input.account_email).await? {
            Ownership::Ours(found) => {
                let detail = format!("account {} is this request's already", found.id);
                let created_at = found.joined_at.unwrap_or_else(OffsetDateTime::now_utc);
                Ok(Done::unchanged(detail, account(input, found.id, created_at)))
            }
            Ownership::Absent if reason == "CONCURRENT_ACCOUNT_MODIFICATION" => Err(StepError::new(
                ErrorCode::NotReady,
                "AWS is working on another request for this email; looking again when it has ended",
            )),
            Ownership::NotOurs | Ownership::Absent => Err(ended(ErrorCode::EmailAlreadyExists, reason)),
        }
    }
}

fn ended(code: ErrorCode, reason: &str) -> StepError {
    StepError::new(code, format!("AWS ended the creation of the account as failed: {reason}"))
}

fn account(input: &Input, id: AccountId, created_at: OffsetDateTime) -> Creation {
    Creation { account_id: Some(id), account_created_at: Some(created_at), ..open(input, CreationState::Succeeded) }
}

fn open(input: &Input, state: CreationState) -> Creation {
    Creation { state, creation_id: Some(input.creation_id.clone()), account_id: None, account_created_at: None }
}

#[cfg(test)]
mod tests;
