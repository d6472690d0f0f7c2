//! Reads one quota, and requests an increase if there is no request yet.

use std::error::Error;

use aws_sdk_servicequotas::Client;
use aws_sdk_servicequotas::error::SdkError;
use aws_sdk_servicequotas::types::{RequestedServiceQuotaChange, ServiceQuota};
use time::OffsetDateTime;
use vending_core::{ErrorCode, QuotaIncrease, StepError};
use vending_runtime::{AwsError, Changes, error_code, retry_while_propagating, sdk_error};

use crate::plan::{Quota, State, from_error, from_history, from_response, from_value, queued};

/// AWS does not know the quota, or has no applied value of it.
const NOT_FOUND: &str = "NoSuchResourceException";

/// AWS allows 20 open requests of an account, and 2 in an opt-in Region:
/// <https://docs.aws.amazon.com/general/latest/gr/servicequotas.html>.
const TOO_MANY_OPEN_REQUESTS: &str = "QuotaExceededException";

/// Service Quotas is not allowed to create its service-linked role.
const ROLE_DENIED: &str = "DependencyAccessDeniedException";

#[derive(Debug)]
pub(crate) struct Increase {
    wanted: QuotaIncrease,
    client: Client,
    propagation_end: OffsetDateTime,
}

/// The account has the maximum of open requests. This is the source of a [`StepError`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the account has the maximum of open requests")]
struct TooManyOpenRequests;

impl Increase {
    pub(crate) fn new(wanted: QuotaIncrease, client: Client, propagation_end: OffsetDateTime) -> Self {
        Self { wanted, client, propagation_end }
    }

    /// Fails only with transient errors, and only until the propagation window ends. All other errors become notes of
    /// the report.
    pub(crate) async fn converge(&self, changes: &Changes) -> Result<State, StepError> {
        let state = async |changes| {
            let state = self.request_if_missing(&changes).await;
            state.or_else(|error| from_error(error, self.propagation_end))
        };
        changes.part(self.wanted.to_string(), state).await
    }

    /// The state in a Region that is not enabled in the account, where AWS denies every call.
    pub(crate) fn region_disabled(&self) -> State {
        State::Stuck(format!("{} was not requested: the Region is not enabled in the account", self.wanted))
    }

    async fn request_if_missing(&self, changes: &Changes) -> Result<State, StepError> {
        let state = self.read().await?;
        if state != State::Missing {
            return Ok(state);
        }
        let name = format!("requested {} for {}", self.wanted.value(), self.wanted);
        match changes.make_confirmed(&name, self.request()).await {
            Ok(returned) => Ok(returned.unwrap_or(State::Open(name))),
            Err(error) if error.source().is_some_and(<dyn Error>::is::<TooManyOpenRequests>) => {
                Ok(queued(&self.wanted))
            }
            Err(error) => Err(error),
        }
    }

    /// Reads the value first, and the history only if the value is too low. A value that is high enough stays, while
    /// AWS removes old requests from the history.
    async fn read(&self) -> Result<State, StepError> {
        let quota = self.quota().await?;
        match from_value(&self.wanted, quota) {
            Some(state) => Ok(state),
            None => Ok(from_history(&self.wanted, quota, &self.history().await?)),
        }
    }

    async fn quota(&self) -> Result<Quota, StepError> {
        let QuotaIncrease { service, code, .. } = &self.wanted;
        match self.client.get_service_quota().service_code(service).quota_code(code).send().await {
            Ok(output) => Ok(to_quota(output.quota, false)),
            Err(error) if error_code(&error) == Some(NOT_FOUND) => self.default_quota().await,
            Err(error) => Err(self.map_error("read the quota", &error)),
        }
    }

    async fn default_quota(&self) -> Result<Quota, StepError> {
        let QuotaIncrease { service, code, .. } = &self.wanted;
        let get = self.client.get_aws_default_service_quota().service_code(service).quota_code(code);
        let output = get.send().await.map_err(|error| self.map_error("read the default of the quota", &error))?;
        Ok(to_quota(output.quota, true))
    }

    async fn history(&self) -> Result<Vec<RequestedServiceQuotaChange>, StepError> {
        let QuotaIncrease { service, code, .. } = &self.wanted;
        let list = self.client.list_requested_service_quota_change_history_by_quota();
        let mut pages = list.service_code(service).quota_code(code).into_paginator().send();
        let mut history = Vec::new();
        while let Some(page) = pages.next().await {
            match page {
                Ok(page) => history.extend(page.requested_quotas.unwrap_or_default()),
                Err(error) if error_code(&error) == Some(NOT_FOUND) => break,
                Err(error) => return Err(self.map_error("list the requests for the quota", &error)),
            }
        }
        Ok(history)
    }

    /// Requests the increase, and returns its state if AWS does.
    async fn request(&self) -> Result<Option<State>, StepError> {
        let QuotaIncrease { service, code, .. } = &self.wanted;
        let value = self.wanted.value();
        let request = self.client.request_service_quota_increase();
        let request = request.service_code(service).quota_code(code).desired_value(value);
        match request.send().await {
            Ok(output) => Ok(output.requested_quota.map(|requested| from_response(&self.wanted, &requested))),
            // AWS allows one open request for a quota. It is this one, whose response was lost, or that of another
            // caller: the history shows which.
            Err(error) if error_code(&error) == Some("ResourceAlreadyExistsException") => Ok(None),
            Err(error) => {
                let failed = self.map_error(&format!("request {value} for the quota"), &error);
                let is_queued = error_code(&error) == Some(TOO_MANY_OPEN_REQUESTS);
                Err(if is_queued { failed.with_source(TooManyOpenRequests) } else { failed })
            }
        }
    }

    fn map_error<E: AwsError>(&self, action: &str, error: &SdkError<E>) -> StepError {
        let failed = sdk_error(&format!("{action} {}", self.wanted), error);
        let is_denied = error_code(error) == Some(ROLE_DENIED);
        let failed = if is_denied { failed.with_code(ErrorCode::AccessDenied) } else { failed };
        retry_while_propagating(failed, self.propagation_end)
    }
}

fn to_quota(quota: Option<ServiceQuota>, is_default: bool) -> Quota {
    let value = quota.as_ref().and_then(ServiceQuota::value);
    Quota { value, is_default, is_adjustable: quota.is_none_or(|quota| quota.adjustable) }
}

#[cfg(test)]
pub(crate) mod tests;
