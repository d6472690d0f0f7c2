//! Reads the status of an account creation once. The state machine waits between reads.

use aws_config::SdkConfig;
use aws_sdk_organizations::types::{CreateAccountState, CreateAccountStatus};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use vending_core::{AccountId, Creation, CreationState, ErrorCode, Provenance, RequestId, StepError};
use vending_organization::{Organization, Ownership};
use vending_records::{AccountRecords, Records};
use vending_runtime::{Environment, StartError, Step, StepOutcome};

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub creation_id: String,
    /// How many times this execution has called CreateAccount.
    pub creations: u32,
    /// Whether one more call of CreateAccount may have succeeded, with a lost response.
    pub outcome_unknown: bool,
    /// When a creation that is still in progress fails the request.
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "String")]
    pub creation_deadline: OffsetDateTime,
}

/// How long before the deadline the step stops retrying a failed creation whose account is not listed. AWS usually
/// lists new accounts within seconds.
const LOOKUP_ENDS_BEFORE_DEADLINE: Duration = Duration::minutes(12);
/// The number of creations after which an internal failure of AWS fails the request.
const MAX_CREATIONS: u32 = 3;

#[derive(Debug)]
pub struct CheckAccountCreation {
    records: Records,
    accounts: AccountRecords,
    organization: Organization,
    deployment: String,
}

impl CheckAccountCreation {
    /// Reads
    /// - `RECORDS_BUCKET`: the bucket of the request records;
    /// - `STACK_NAME`: the name of this deployment, which the account has as a tag.
    pub fn new(config: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        let (s3, bucket) = (aws_sdk_s3::Client::new(config), environment.required("RECORDS_BUCKET")?);
        Ok(Self {
            records: Records::new(s3.clone(), bucket.clone()),
            accounts: AccountRecords::new(s3, bucket),
            organization: Organization::new(aws_sdk_organizations::Client::new(config)),
            deployment: environment.required("STACK_NAME")?,
        })
    }
}

impl Step for CheckAccountCreation {
    const NAME: &'static str = "CheckAccountCreation";
    type Input = Input;
    type Result = Creation;

    async fn run(&self, id: &RequestId, input: Input) -> Result<StepOutcome<Creation>, StepError> {
        let status = self.organization.creation_status(&input.creation_id).await?;
        match status.state() {
            Some(CreateAccountState::Succeeded) => self.after_success(&status, id, &input).await,
            Some(CreateAccountState::Failed) => {
                let reason = status.failure_reason().map_or("no reason given", |reason| reason.as_str());
                self.after_failure(reason, id, &input).await
            }
            _ => in_progress(&input),
        }
    }
}

fn in_progress(input: &Input) -> Result<StepOutcome<Creation>, StepError> {
    if OffsetDateTime::now_utc() >= input.creation_deadline {
        let message = format!("AWS did not complete the account creation {} in time", input.creation_id);
        return Err(StepError::new(ErrorCode::CreationStillInProgress, message));
    }
    Ok(StepOutcome::unchanged("AWS is creating the account", unfinished(input, CreationState::InProgress)))
}

impl CheckAccountCreation {
    async fn after_success(
        &self,
        status: &CreateAccountStatus,
        id: &RequestId,
        input: &Input,
    ) -> Result<StepOutcome<Creation>, StepError> {
        let account_id = status.account_id().and_then(|id| id.parse::<AccountId>().ok());
        let account_id = account_id.ok_or_else(|| {
            StepError::new(ErrorCode::Unexpected, "AWS created the account but returned no account ID")
        })?;
        let completed = status.completed_timestamp().and_then(|at| OffsetDateTime::from_unix_timestamp(at.secs()).ok());
        let detail = format!("AWS created account {account_id}");
        let request = self.records.validated(id).await?;
        self.records.verify_creation(id, &input.creation_id).await?;
        self.accounts.record_request(&request.record, &account_id, request.validated.organizational_unit_id()?).await?;
        let created_at = completed.unwrap_or_else(OffsetDateTime::now_utc);
        Ok(StepOutcome::changed(detail, succeeded(input, account_id, created_at)))
    }

    /// Handles a `CreateAccountFailureReason` by its name: AWS adds reasons, and the SDK misspells one of them.
    async fn after_failure(
        &self,
        reason: &str,
        id: &RequestId,
        input: &Input,
    ) -> Result<StepOutcome<Creation>, StepError> {
        match reason {
            // Both also occur if an earlier call of CreateAccount succeeded and its response was lost.
            "EMAIL_ALREADY_EXISTS" | "CONCURRENT_ACCOUNT_MODIFICATION" => self.find_existing(reason, id, input).await,
            "INTERNAL_FAILURE" if input.creations < MAX_CREATIONS => Ok(StepOutcome::unchanged(
                "AWS failed internally; the creation is retried",
                unfinished(input, CreationState::TryAgain),
            )),
            "ACCOUNT_LIMIT_EXCEEDED" => Err(creation_error(ErrorCode::AccountLimitExceeded, reason)),
            "INVALID_EMAIL" => Err(creation_error(ErrorCode::InvalidRequest, reason)),
            _ => Err(creation_error(ErrorCode::CreationFailed, reason)),
        }
    }

    async fn find_existing(
        &self,
        reason: &str,
        id: &RequestId,
        input: &Input,
    ) -> Result<StepOutcome<Creation>, StepError> {
        let request = self.records.validated(id).await?;
        let record = &request.record;
        let provenance = Provenance { key: id.account_key.clone(), deployment: self.deployment.clone() };
        let (email, since) = (&record.request.account_email, record.requester_since);
        match self
            .organization
            .find_created_account(email, &provenance, since, may_be_created_before(id, input))
            .await?
        {
            Ownership::Managed(found) => {
                self.accounts.record_request(record, &found.id, request.validated.organizational_unit_id()?).await?;
                let detail = format!("account {} already belongs to this request", found.id);
                let created_at = found.joined_at.unwrap_or_else(OffsetDateTime::now_utc);
                Ok(StepOutcome::unchanged(detail, succeeded(input, found.id, created_at)))
            }
            Ownership::NotFound if may_become_visible(reason, id, input) => Err(StepError::new(
                ErrorCode::NotReady,
                "AWS may still be creating the account of this request; the step is retried",
            )),
            Ownership::NotFound if reason == "EMAIL_ALREADY_EXISTS" => {
                Err(creation_error(ErrorCode::EmailAlreadyExists, reason))
            }
            Ownership::NotFound => Err(creation_error(ErrorCode::CreationFailed, reason)),
            Ownership::Foreign(why) => Err(StepError::new(ErrorCode::EmailAlreadyExists, why)),
        }
    }
}

/// Whether a call of CreateAccount before the last one may have created the account.
fn may_be_created_before(id: &RequestId, input: &Input) -> bool {
    input.outcome_unknown || input.creations > 1 || id.attempt > 1
}

/// Whether the account of this request may still become visible: AWS may be processing another creation with this
/// email, or an earlier call may have created the account, and ListAccounts does not show it yet.
fn may_become_visible(reason: &str, id: &RequestId, input: &Input) -> bool {
    let now = OffsetDateTime::now_utc();
    match reason {
        "CONCURRENT_ACCOUNT_MODIFICATION" => now < input.creation_deadline,
        _ => may_be_created_before(id, input) && now < input.creation_deadline - LOOKUP_ENDS_BEFORE_DEADLINE,
    }
}

fn creation_error(code: ErrorCode, reason: &str) -> StepError {
    StepError::new(code, format!("AWS failed to create the account: {reason}"))
}

fn succeeded(input: &Input, id: AccountId, created_at: OffsetDateTime) -> Creation {
    Creation {
        account_id: Some(id),
        account_created_at: Some(created_at),
        ..unfinished(input, CreationState::Succeeded)
    }
}

fn unfinished(input: &Input, state: CreationState) -> Creation {
    Creation { state, creation_id: Some(input.creation_id.clone()), account_id: None, account_created_at: None }
}

#[cfg(test)]
mod tests;
