//! Answers a stack whose time is up, before CloudFormation gives up by itself and without saying why.

use aws_config::SdkConfig;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vending_answers::{Answer, AnswerName, Answers, PendingAnswer, Reason};
use vending_core::{AccountKey, RequestId, StepError};
use vending_organization::Organization;
use vending_records::Records;
use vending_runtime::{Environment, Handler, StartError};

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub account_key: AccountKey,
    /// The name of the pending answer.
    pub answer: AnswerName,
}

/// What a stack was told, if it still waited.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    pub answered: bool,
}

#[derive(Debug)]
pub struct AnswerStack {
    answers: Answers,
    records: Records,
    organization: Organization,
}

impl AnswerStack {
    /// Reads `RECORDS_BUCKET` and `LOCAL_RESPONSE_URL_PREFIX`.
    pub fn new(config: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        let bucket = environment.required("RECORDS_BUCKET")?;
        Ok(Self {
            answers: Answers::new(config, environment)?,
            records: Records::new(aws_sdk_s3::Client::new(config), bucket),
            organization: Organization::new(aws_sdk_organizations::Client::new(config)),
        })
    }
}

impl Handler for AnswerStack {
    const NAME: &'static str = "AnswerStack";
    type Input = Input;
    type Output = Output;

    async fn handle(&self, input: Input) -> Result<Output, StepError> {
        let Some(pending) = self.answers.get(&input.account_key, &input.answer).await? else {
            return Ok(Output { answered: false }); // Whoever ended the request answered.
        };
        let answer = Box::pin(self.answer(&pending)).await?;
        self.answers.give(&input.account_key, &pending.to, &answer).await?;
        Ok(Output { answered: true })
    }
}

impl AnswerStack {
    /// The truth where there is one; otherwise that time is up.
    async fn answer(&self, pending: &PendingAnswer) -> Result<Answer, StepError> {
        let Some(id) = &pending.request_id else {
            return Ok(not_asked());
        };
        let answer = match self.records.get(id).await? {
            Some(record) => self.answers.answer(&self.organization, pending, &record).await?,
            None => None,
        };
        Ok(answer.unwrap_or_else(|| not_ended(id)))
    }
}

fn not_ended(id: &RequestId) -> Answer {
    Answer::Failed(Reason {
        what: format!(
            "request {id} has not ended after 55 minutes, and CloudFormation waits no longer than an hour; the request goes on"
        ),
        remedy: format!(
            "follow it with GET /accounts/{id}; when it has ended, create or update the stack again to pick it up"
        ),
    })
}

fn not_asked() -> Answer {
    Answer::Failed(Reason {
        what: "the account could not be asked for within 55 minutes".to_owned(),
        remedy: "look at the log of account-resource, then create or update the stack again".to_owned(),
    })
}

#[cfg(test)]
mod tests;
