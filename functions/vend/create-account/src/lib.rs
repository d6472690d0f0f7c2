//! Creates the account of a request, exactly once.
//!
//! CreateAccount has no client token, so a call with an unknown outcome is never repeated without a check: first, the
//! account is looked up by its email. AWS keeps emails unique, so even a lookup that is too early does not lead to a
//! second account.

mod adopt;
mod existing;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_sdk_organizations::error::SdkError;
use aws_sdk_organizations::operation::create_account::{CreateAccountError, CreateAccountOutput};
use aws_sdk_organizations::types::{ConstraintViolationExceptionReason, CreateAccountStatus};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use vending_core::{
    Creation, CreationState, ErrorCode, Provenance, RequestId, RequestRecord, StepError, creation_tags,
};
use vending_organization::{Organization, is_tag_violation, sdk_tags};
use vending_records::{AccountRecords, Records};
use vending_runtime::{Environment, StartError, Step, StepOutcome, error_code, outcome_unknown, sdk_error};

#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    /// Whether this execution may have called CreateAccount before. For a later attempt, this is always assumed.
    pub may_have_been_tried: bool,
}

#[derive(Debug)]
pub struct CreateAccount {
    records: Records,
    accounts: AccountRecords,
    organization: Organization,
    deployment: String,
    role_name: String,
}

impl CreateAccount {
    /// Reads
    /// - `RECORDS_BUCKET`: the bucket of the request records;
    /// - `STACK_NAME`: the name of this deployment, which becomes a tag of the account;
    /// - `ORGANIZATION_ACCESS_ROLE_NAME`: the role that AWS Organizations creates in the account.
    pub fn new(config: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        let (s3, bucket) = (aws_sdk_s3::Client::new(config), environment.required("RECORDS_BUCKET")?);
        Ok(Self {
            records: Records::new(s3.clone(), bucket.clone()),
            accounts: AccountRecords::new(s3, bucket),
            organization: Organization::new(aws_sdk_organizations::Client::new(config)),
            deployment: environment.required("STACK_NAME")?,
            role_name: environment.required("ORGANIZATION_ACCESS_ROLE_NAME")?,
        })
    }
}

impl Step for CreateAccount {
    const NAME: &'static str = "CreateAccount";
    type Input = Input;
    type Result = Creation;

    async fn run(&self, id: &RequestId, input: Input) -> Result<StepOutcome<Creation>, StepError> {
        let request = self.records.validated(id).await?;
        if let Some(account) = &request.record.account_id {
            return if self.is_to_adopt(account, &request.record).await? {
                self.adopt(account, &request).await
            } else {
                self.recorded_account(account, &request).await
            };
        }
        if (input.may_have_been_tried || id.attempt > 1)
            && let Some(existing) = self.existing_account(&request).await?
        {
            return Ok(existing);
        }
        self.create(&request.record).await
    }
}

impl CreateAccount {
    fn provenance(&self, record: &RequestRecord) -> Provenance {
        Provenance { key: record.request_id.account_key.clone(), deployment: self.deployment.clone() }
    }

    async fn create(&self, record: &RequestRecord) -> Result<StepOutcome<Creation>, StepError> {
        let request = &record.request;
        let tags = creation_tags(&self.provenance(record), request, &record.requested_by);
        let no_retries = aws_sdk_organizations::config::Builder::new().retry_config(RetryConfig::disabled());
        let sent = self
            .organization
            .client()
            .create_account()
            .email(request.account_email.as_str())
            .account_name(&request.account_name)
            .role_name(&self.role_name)
            .set_tags(Some(sdk_tags(&tags)?))
            .customize()
            .config_override(no_retries)
            .send()
            .await;
        let response = sent.map_err(|error| map_create_error(&error))?;
        if let Some(creation_id) = response.create_account_status().and_then(CreateAccountStatus::id) {
            self.records.put_creation(&record.request_id, creation_id).await?;
        }
        Ok(StepOutcome::changed("requested the account from AWS", creation(&response)))
    }
}

fn creation(response: &CreateAccountOutput) -> Creation {
    let status = response.create_account_status();
    // check-account-creation maps the final status.
    Creation {
        state: CreationState::InProgress,
        creation_id: status.and_then(|status| status.id()).map(str::to_owned),
        account_id: None,
        account_created_at: None,
    }
}

/// Maps an error of CreateAccount (see the errors of the API and `ConstraintViolationExceptionReason`).
fn map_create_error(error: &SdkError<CreateAccountError>) -> StepError {
    let failed = sdk_error("create the account", error);
    if outcome_unknown(error) {
        return failed.with_code(ErrorCode::OutcomeUnknown);
    }
    let Some(CreateAccountError::ConstraintViolationException(violation)) = error.as_service_error() else {
        return match error_code(error) {
            Some("InvalidInputException") => failed.with_code(ErrorCode::InvalidRequest),
            Some("AWSOrganizationsNotInUseException" | "UnsupportedAPIEndpointException") => failed
                .with_code(ErrorCode::InvalidConfiguration)
                .with_remedy("deploy the stack in us-east-1 of the management account of an organization"),
            _ => failed,
        };
    };
    if is_tag_violation(violation) {
        return failed.with_code(ErrorCode::InvalidRequest);
    }
    match violation.reason().map(ConstraintViolationExceptionReason::as_str) {
        Some("ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED") => failed.with_code(ErrorCode::Throttled),
        Some("ACCOUNT_NUMBER_LIMIT_EXCEEDED") => failed.with_code(ErrorCode::AccountLimitExceeded),
        _ => failed.with_code(ErrorCode::CreationFailed),
    }
}

/// The time at which the account joined the organization, or the current time if AWS does not return it.
pub(crate) fn created_at(joined: Option<OffsetDateTime>) -> OffsetDateTime {
    joined.unwrap_or_else(OffsetDateTime::now_utc)
}

#[cfg(test)]
mod tests;
