//! One quota: looked at, and asked for where nobody has.

use std::error::Error;
use std::sync::OnceLock;

use aws_sdk_servicequotas::Client;
use aws_sdk_servicequotas::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_servicequotas::types::{RequestedServiceQuotaChange, ServiceQuota};
use time::OffsetDateTime;
use vending_core::{ErrorCode, StepError};
use vending_runtime::{Changes, error_code, from_sdk, settling};

use crate::plan::{Quota, State, by_answer, by_failure, by_history, by_value, queued};
use crate::wanted::Wanted;

/// AWS does not know the quota, or shows no applied value of it.
const NOT_THERE: &str = "NoSuchResourceException";

/// AWS takes 20 open requests of an account, and 2 of it in an opt-in Region:
/// <https://docs.aws.amazon.com/general/latest/gr/servicequotas.html>.
const TOO_MANY_OPEN: &str = "QuotaExceededException";

/// Service Quotas may not make its service-linked role.
const ROLE_DENIED: &str = "DependencyAccessDeniedException";

#[derive(Debug)]
pub(crate) struct Increase {
    wanted: Wanted,
    client: Client,
    ready_by: OffsetDateTime,
    /// Where AWS said in this run that the quota stands, be it in its answer to the request: it is not asked again when
    /// the run is read back.
    said: OnceLock<State>,
}

impl Increase {
    pub(crate) fn new(wanted: Wanted, client: Client, ready_by: OffsetDateTime) -> Self {
        Self { wanted, client, ready_by, said: OnceLock::new() }
    }

    /// Fails only where trying again may help, and only until the account has settled. Everything else that AWS
    /// answers is for the reader of the report.
    pub(crate) async fn converge(&self, changes: &Changes) -> Result<State, StepError> {
        if let Some(said) = self.said.get() {
            return Ok(said.clone());
        }
        match self.ask_where_missing(changes).await {
            Err(error) => by_failure(error, self.ready_by).map(|state| self.keep(state)),
            state => state,
        }
    }

    /// In a region that the account has not enabled, every call is denied.
    pub(crate) fn out_of_reach(&self) -> State {
        State::Stuck(format!("{} is not asked for, since the region is not enabled in the account", self.wanted))
    }

    async fn ask_where_missing(&self, changes: &Changes) -> Result<State, StepError> {
        let state = self.look().await?;
        if state != State::Missing {
            return Ok(self.keep(state));
        }
        let name = format!("requested {} for {}", self.wanted.value, self.wanted);
        let made = changes.make(&name, self.request()).await;
        // AWS may have said where the quota stands even if it did not take the request.
        match self.said.get() {
            Some(said) => Ok(said.clone()),
            None => made.map(|()| State::Open(name)),
        }
    }

    fn keep(&self, said: State) -> State {
        self.said.get_or_init(|| said).clone()
    }

    /// The value first: it is all there is to look at as soon as the quota is high enough, which is for good, while
    /// requests vanish from the history, and a default may be high enough without any.
    async fn look(&self) -> Result<State, StepError> {
        let quota = self.quota().await?;
        match by_value(&self.wanted, quota) {
            Some(state) => Ok(state),
            None => Ok(by_history(&self.wanted, quota, &self.history().await?)),
        }
    }

    async fn quota(&self) -> Result<Quota, StepError> {
        let Wanted { service_code, quota_code, .. } = &self.wanted;
        match self.client.get_service_quota().service_code(service_code).quota_code(quota_code).send().await {
            Ok(answer) => Ok(shown(answer.quota, false)),
            Err(error) if error_code(&error) == Some(NOT_THERE) => self.default_quota().await,
            Err(error) => Err(self.failed("read the quota", &error)),
        }
    }

    async fn default_quota(&self) -> Result<Quota, StepError> {
        let Wanted { service_code, quota_code, .. } = &self.wanted;
        let get = self.client.get_aws_default_service_quota().service_code(service_code).quota_code(quota_code);
        let answer = get.send().await.map_err(|error| self.failed("read the default of the quota", &error))?;
        Ok(shown(answer.quota, true))
    }

    async fn history(&self) -> Result<Vec<RequestedServiceQuotaChange>, StepError> {
        let Wanted { service_code, quota_code, .. } = &self.wanted;
        let list = self.client.list_requested_service_quota_change_history_by_quota();
        let mut pages = list.service_code(service_code).quota_code(quota_code).into_paginator().send();
        let mut history = Vec::new();
        while let Some(page) = pages.next().await {
            match page {
                Ok(page) => history.extend(page.requested_quotas.unwrap_or_default()),
                Err(error) if error_code(&error) == Some(NOT_THERE) => break,
                Err(error) => return Err(self.failed("list the requests for the quota", &error)),
            }
        }
        Ok(history)
    }

    async fn request(&self) -> Result<(), StepError> {
        let Wanted { service_code, quota_code, value, .. } = &self.wanted;
        let request = self.client.request_service_quota_increase();
        let request = request.service_code(service_code).quota_code(quota_code).desired_value(*value);
        match request.send().await {
            Ok(answer) => {
                if let Some(requested) = answer.requested_quota {
                    self.keep(by_answer(&self.wanted, &requested));
                }
                Ok(())
            }
            // AWS takes one at a time: it has ours already, whose answer was lost, or somebody else's. Which, the history
            // tells.
            Err(error) if error_code(&error) == Some("ResourceAlreadyExistsException") => Ok(()),
            Err(error) => {
                if error_code(&error) == Some(TOO_MANY_OPEN) {
                    self.keep(queued(&self.wanted));
                }
                Err(self.failed(&format!("request {value} for the quota"), &error))
            }
        }
    }

    fn failed<E>(&self, doing: &str, error: &SdkError<E>) -> StepError
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let failed = from_sdk(&format!("{doing} {}", self.wanted), error);
        let is_denied = error_code(error) == Some(ROLE_DENIED);
        let failed = if is_denied { failed.with_code(ErrorCode::AccessDenied) } else { failed };
        settling(failed, self.ready_by)
    }
}

fn shown(quota: Option<ServiceQuota>, is_default: bool) -> Quota {
    let value = quota.as_ref().and_then(ServiceQuota::value);
    Quota { value, is_default, is_adjustable: quota.is_none_or(|quota| quota.adjustable) }
}

#[cfg(test)]
pub(crate) mod tests;
