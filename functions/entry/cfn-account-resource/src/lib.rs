//! `Custom::Account`: an account as a resource of a CloudFormation stack, and as a product of Service Catalog.
//!
//! A creation requests an account, an update changes it, and a deletion releases it: an account is never closed.
//! The stack of a request that outlasts this function gets its response when the request ends; see vending-cfn.

mod check;
mod config;
mod create;
mod delete;
mod event;
mod problems;
mod properties;
mod timer;
mod update;

use aws_config::SdkConfig;
use vending_cfn::{Response, StackResponder};
use vending_core::{AccountKey, AccountRequest, StepError};
use vending_executions::Executions;
use vending_organization::{Organization, OuCache};
use vending_records::{AccountRecords, Records, StoredSettings};
use vending_requests::Requests;
use vending_runtime::{Environment, Handler, StartError};
use vending_settings::OuSettings;

pub use config::Config;
pub use event::Event;
pub use properties::names as property_names;

use event::RequestType;
use properties::Properties;
use timer::Timer;

#[derive(Debug)]
pub struct CfnAccountResource {
    requests: Requests,
    settings: OuSettings,
    responder: StackResponder,
    timer: Timer,
}

/// The result of an event.
#[derive(Debug)]
enum EventResult {
    Respond(Response),
    /// The response is sent when the request ends or the timer expires, or was sent before.
    Pending,
}

impl CfnAccountResource {
    pub fn new(sdk: &SdkConfig, environment: &Environment, config: Config) -> Result<Self, StartError> {
        let executions = aws_sdk_sfn::Client::new(sdk);
        let organization = || Organization::new(aws_sdk_organizations::Client::new(sdk));
        // One event looks up the same OU several times.
        let units = OuCache::new(organization()).caching_misses();
        Ok(Self {
            requests: Requests::new(
                Records::new(aws_sdk_s3::Client::new(sdk), config.records_bucket.clone()),
                AccountRecords::new(aws_sdk_s3::Client::new(sdk), config.records_bucket),
                Executions::new(executions.clone(), config.state_machine_arn),
                organization(),
            ),
            settings: OuSettings::new(StoredSettings::from_environment(sdk, environment)?, units),
            responder: StackResponder::new(sdk, environment)?,
            timer: Timer::new(executions, config.timer_state_machine_arn),
        })
    }
}

impl Handler for CfnAccountResource {
    const NAME: &'static str = "CfnAccountResource";
    type Input = Event;
    type Output = ();

    /// A retryable error is an error of the function: Lambda retries the event. Any other error is a response.
    async fn handle(&self, event: Event) -> Result<(), StepError> {
        self.responder.check_url(&event.response_url)?;
        event.requester()?;
        let response = match Box::pin(self.process(&event)).await {
            Ok(EventResult::Pending) => return Ok(()),
            Ok(EventResult::Respond(response)) => response,
            Err(error) if error.code().is_retryable() => return Err(error),
            Err(error) => {
                tracing::info!(stack_id = event.stack_id, code = %error.code(), "rejected the request of the stack");
                Response::from_error(&error)
            }
        };
        self.respond(&event, &response).await
    }
}

impl CfnAccountResource {
    // Boxed: each of these futures holds several SDK calls, and the compiler limits how deep they nest.
    async fn process(&self, event: &Event) -> Result<EventResult, StepError> {
        match event.request_type {
            RequestType::Create => Box::pin(self.create(event)).await,
            RequestType::Update => Box::pin(self.update(event)).await,
            RequestType::Delete => Box::pin(self.delete(event)).await.map(EventResult::Respond),
        }
    }

    /// The key of the account that the properties request, even if other properties are invalid.
    async fn requested_key(&self, event: &Event) -> Result<Option<AccountKey>, StepError> {
        let properties = Properties::parse(&event.resource_properties);
        if let Some(key) = properties.given_key() {
            return Ok(Some(key));
        }
        let request = properties.request.into();
        let policy = self.settings.policy_for(&request, &event.requester()?).await;
        match policy {
            Ok(policy) => Ok(AccountRequest::email(&request, &policy).as_ref().map(AccountKey::from_email)),
            Err(error) if error.code().is_retryable() => Err(error),
            // Without settings, there is no email pattern.
            Err(_) => Ok(None),
        }
    }

    /// Sends the response, and removes the pending response of the event.
    async fn respond(&self, event: &Event, response: &Response) -> Result<(), StepError> {
        let key = match event.request_type {
            RequestType::Create => self.requested_key(event).await?,
            RequestType::Update | RequestType::Delete => event.account_key(),
        };
        let target = event.response_target(key.as_ref());
        match key {
            Some(key) if event.request_type != RequestType::Delete => {
                self.responder.respond(&key, &target, response).await
            }
            _ => self.responder.send(&target, response).await,
        }
    }
}

#[cfg(test)]
mod tests;
