//! Creates the account of a request, exactly once.
//!
//! CreateAccount has no client token, so a call whose outcome is not known is never repeated blindly: first
//! the account is looked up by its email. AWS keeps emails unique, so even a look that comes too early makes no second account.

mod adopt;
mod standing;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_sdk_organizations::error::SdkError;
use aws_sdk_organizations::operation::create_account::{CreateAccountError, CreateAccountOutput};
use aws_sdk_organizations::types::ConstraintViolationExceptionReason;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use vending_core::{AccountId, AccountRequest, Creation, CreationState, ErrorCode, RequestId, StepError, birth_tags};
use vending_organization::{Organization, sdk_tags};
use vending_runtime::{Done, Environment, StartError, Step, answer_was_lost, error_code, from_sdk};

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub request: AccountRequest,
    /// Who asked first; a stack's id becomes a tag of the account.
    pub requested_by: String,
    /// The account as an earlier attempt recorded it, or the one to adopt.
    pub account_id: Option<AccountId>,
    /// Whether `account_id` came by another road, and becomes this request's.
    pub adopt: bool,
    /// Whether this execution may have called CreateAccount before; a later attempt may have in any case.
    pub may_have_been_tried: bool,
}

#[derive(Debug)]
pub struct CreateAccount {
    organization: Organization,
    role_name: String,
}

impl CreateAccount {
    /// Reads `ORGANIZATION_ACCESS_ROLE_NAME`.
    pub fn new(config: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        Ok(Self {
            organization: Organization::new(aws_sdk_organizations::Client::new(config)),
            role_name: environment.required("ORGANIZATION_ACCESS_ROLE_NAME")?,
        })
    }
}

impl Step for CreateAccount {
    const NAME: &'static str = "CreateAccount";
    type Input = Input;
    type Result = Creation;

    async fn run(&self, id: &RequestId, input: Input) -> Result<Done<Creation>, StepError> {
        if input.adopt {
            return self.adopt(&input).await;
        }
        if (input.may_have_been_tried || id.attempt > 1)
            && let Some(standing) = self.standing_account(&input).await?
        {
            return Ok(standing);
        }
        self.create(id, &input).await
    }
}

impl CreateAccount {
    async fn create(&self, id: &RequestId, input: &Input) -> Result<Done<Creation>, StepError> {
        let request = &input.request;
        let tags = birth_tags(&id.account_key, request, &input.requested_by);
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
        let answer = sent.map_err(|error| refused(&error))?;
        Ok(Done::changed("asked AWS for the account", creation(&answer)))
    }
}

fn creation(answer: &CreateAccountOutput) -> Creation {
    let status = answer.create_account_status();
    // The state is left to check-account-creation, which knows what each outcome means.
    Creation {
        state: CreationState::InProgress,
        creation_id: status.and_then(|status| status.id()).map(str::to_owned),
        account_id: None,
        account_created_at: None,
    }
}

/// What a refusal of CreateAccount means (the API's error list and `ConstraintViolationExceptionReason`).
fn refused(error: &SdkError<CreateAccountError>) -> StepError {
    let failed = from_sdk("create the account", error);
    if answer_was_lost(error) {
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
    match violation.reason().map(ConstraintViolationExceptionReason::as_str) {
        Some("ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED") => failed.with_code(ErrorCode::Throttled),
        Some("ACCOUNT_NUMBER_LIMIT_EXCEEDED") => failed.with_code(ErrorCode::AccountLimitExceeded),
        Some("TAG_POLICY_VIOLATION" | "MAX_TAG_LIMIT_EXCEEDED") => failed.with_code(ErrorCode::InvalidRequest),
        _ => failed.with_code(ErrorCode::CreationFailed),
    }
}

/// The time that AWS gives for an account, or now where it gives none.
pub(crate) fn created_at(joined: Option<OffsetDateTime>) -> OffsetDateTime {
    joined.unwrap_or_else(OffsetDateTime::now_utc)
}

#[cfg(test)]
mod tests;
