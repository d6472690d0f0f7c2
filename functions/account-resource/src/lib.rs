//! `Custom::Account`: an account as a resource of a CloudFormation stack, and so as a product of Service Catalog.
//!
//! A creation asks for an account, an update for a change, and a deletion lets go of the account: it is never closed.
//! What takes longer than this function is answered by whoever ends the request; see vending-answers.

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
use vending_answers::{Answer, Answers};
use vending_core::{Bounds, StepError};
use vending_executions::Executions;
use vending_organization::Organization;
use vending_records::Records;
use vending_requests::Requests;
use vending_runtime::{Environment, Handler, StartError};

pub use config::Config;
pub use event::Event;
pub use properties::names as property_names;

use event::RequestType;
use properties::Properties;
use timer::Timer;

#[derive(Debug)]
pub struct AccountResource {
    requests: Requests,
    organization: Organization,
    answers: Answers,
    timer: Timer,
    bounds: Bounds,
}

/// What an event leads to.
#[derive(Debug)]
enum Reply {
    Now(Answer),
    /// Whoever ends the request answers, or the timer; or it was answered before.
    Later,
}

impl AccountResource {
    pub fn new(sdk: &SdkConfig, environment: &Environment, config: Config) -> Result<Self, StartError> {
        let executions = aws_sdk_sfn::Client::new(sdk);
        Ok(Self {
            requests: Requests::new(
                Records::new(aws_sdk_s3::Client::new(sdk), config.records_bucket),
                Executions::new(executions.clone(), config.state_machine_arn),
            ),
            organization: Organization::new(aws_sdk_organizations::Client::new(sdk)),
            answers: Answers::new(sdk, environment)?,
            timer: Timer::new(executions, config.answer_state_machine_arn),
            bounds: config.bounds,
        })
    }
}

impl Handler for AccountResource {
    const NAME: &'static str = "AccountResource";
    type Input = Event;
    type Output = ();

    /// An error that may pass is the function's error: Lambda delivers the event again. Every other one is an answer.
    async fn handle(&self, event: Event) -> Result<(), StepError> {
        self.answers.check(&event.response_url)?;
        event.requester()?;
        let answer = match Box::pin(self.reply(&event)).await {
            Ok(Reply::Later) => return Ok(()),
            Ok(Reply::Now(answer)) => answer,
            Err(error) if error.code().is_retryable() => return Err(error),
            Err(error) => {
                tracing::info!(stack_id = event.stack_id, code = %error.code(), "the stack is refused");
                Answer::failed(&error)
            }
        };
        self.give(&event, &answer).await
    }
}

impl AccountResource {
    // Boxed: each of these futures holds several SDK calls, and the compiler limits how deep they nest.
    async fn reply(&self, event: &Event) -> Result<Reply, StepError> {
        match event.request_type {
            RequestType::Create => Box::pin(self.create(event)).await,
            RequestType::Update => Box::pin(self.update(event)).await,
            RequestType::Delete => Box::pin(self.delete(event)).await.map(Reply::Now),
        }
    }

    /// Answers, and forgets what was kept of the event.
    async fn give(&self, event: &Event, answer: &Answer) -> Result<(), StepError> {
        let key = match event.request_type {
            RequestType::Create => Properties::read(&event.resource_properties).account_key(&self.bounds),
            RequestType::Update | RequestType::Delete => event.account_key(),
        };
        let to = event.addressee(key.as_ref());
        match key {
            Some(key) if event.request_type != RequestType::Delete => self.answers.give(&key, &to, answer).await,
            _ => self.answers.deliver(&to, answer).await,
        }
    }
}

#[cfg(test)]
mod tests;
