//! Sends the notifications of an outcome: an SNS message for people, and an EventBridge event for programs.

use aws_config::SdkConfig;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use serde_json::{Value, json};
use vending_core::{ErrorCode, Outcome, RequestRecord, Status, StepError};
use vending_runtime::{Context, Environment, StartError};

/// Sends the notifications of outcomes.
#[derive(Debug)]
pub struct Notifier {
    sns: aws_sdk_sns::Client,
    eventbridge: aws_sdk_eventbridge::Client,
    topic_arn: String,
    event_bus: String,
}

const EVENT_SOURCE: &str = "account-vending";
/// SNS rejects a longer subject.
const MAX_SUBJECT_CHARS: usize = 100;

impl Notifier {
    pub(crate) fn new(config: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        Ok(Self::from_parts(
            aws_sdk_sns::Client::new(config),
            environment.required("OUTCOME_TOPIC_ARN")?,
            aws_sdk_eventbridge::Client::new(config),
            environment.required("EVENT_BUS_NAME")?,
        ))
    }

    pub fn from_parts(
        sns: aws_sdk_sns::Client,
        topic_arn: String,
        eventbridge: aws_sdk_eventbridge::Client,
        event_bus: String,
    ) -> Self {
        Self { sns, eventbridge, topic_arn, event_bus }
    }

    pub(crate) async fn publish(&self, record: &RequestRecord, outcome: &Outcome) -> Result<(), StepError> {
        let subject: String = format!("{}: {}", detail_type(outcome), record.request.account_name);
        self.sns
            .publish()
            .topic_arn(&self.topic_arn)
            .subject(subject.chars().take(MAX_SUBJECT_CHARS).collect::<String>())
            .message(message(record, outcome))
            .send()
            .await
            .context("publish the outcome")?;
        Ok(())
    }

    pub(crate) async fn send_event(&self, record: &RequestRecord, outcome: &Outcome) -> Result<(), StepError> {
        let entry = PutEventsRequestEntry::builder()
            .source(EVENT_SOURCE)
            .detail_type(detail_type(outcome))
            .detail(event_detail(record, outcome).to_string())
            .event_bus_name(&self.event_bus)
            .build();
        let sent = self.eventbridge.put_events().entries(entry).send().await;
        let sent = sent.context("send the outcome event")?;
        // PutEvents returns 200 even if it rejects the event.
        match sent.entries().first().and_then(|entry| entry.error_code()) {
            None => Ok(()),
            Some(code) => Err(StepError::new(
                ErrorCode::ServiceUnavailable,
                format!("EventBridge rejected the outcome event: {code}"),
            )),
        }
    }
}

fn detail_type(outcome: &Outcome) -> &'static str {
    match outcome.status {
        Status::Vended => "Account Vended",
        _ => "Account Vending Failed",
    }
}

/// The detail of the event. Emails and the reason are only in the record, because any rule can match the event.
fn event_detail(record: &RequestRecord, outcome: &Outcome) -> Value {
    let account = outcome.account.as_ref();
    json!({
        "requestId": record.request_id,
        "accountName": record.request.account_name,
        "accountId": account.map(|account| &account.id),
        "organizationalUnit": record.request.organizational_unit,
        "failure": outcome.failure,
        "evidence": outcome.evidence,
    })
}

/// The text of the SNS message.
fn message(record: &RequestRecord, outcome: &Outcome) -> String {
    let name = &record.request.account_name;
    let summary = match (&outcome.failure, &outcome.account) {
        (None, Some(account)) => {
            format!("Account {name} ({}) is ready in {}.", account.id, account.organizational_unit)
        }
        (None, None) => format!("Account {name} is ready."),
        (Some(failure), _) => format!(
            "Account {name} could not be vended.\n\nStep: {}\nCause: {}: {}\nNext: {}\nWho: {:?}",
            failure.step, failure.code, failure.message, failure.remedy, failure.owner
        ),
    };
    format!("{summary}\n\nRequest: {}\n\n{:#}", record.request_id, event_detail(record, outcome))
}
