//! Tells people (SNS) and programs (EventBridge) how a request ended.

use aws_config::SdkConfig;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use serde_json::{Value, json};
use vending_core::{ErrorCode, Outcome, RequestRecord, Status, StepError};
use vending_runtime::{Environment, StartError, from_sdk};

#[derive(Debug)]
pub struct Notifier {
    sns: aws_sdk_sns::Client,
    eventbridge: aws_sdk_eventbridge::Client,
    topic_arn: String,
    event_bus: String,
}

const EVENT_SOURCE: &str = "account-vending";
/// SNS refuses longer subjects.
const MAXIMUM_SUBJECT: usize = 100;

impl Notifier {
    pub(crate) fn new(config: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        Ok(Self::of(
            aws_sdk_sns::Client::new(config),
            environment.required("OUTCOME_TOPIC_ARN")?,
            aws_sdk_eventbridge::Client::new(config),
            environment.required("EVENT_BUS_NAME")?,
        ))
    }

    pub fn of(
        sns: aws_sdk_sns::Client,
        topic_arn: String,
        eventbridge: aws_sdk_eventbridge::Client,
        event_bus: String,
    ) -> Self {
        Self { sns, eventbridge, topic_arn, event_bus }
    }

    pub(crate) async fn notify(&self, record: &RequestRecord, outcome: &Outcome) -> Result<(), StepError> {
        let detail = event_detail(record, outcome);
        let published = self.publish(record, outcome, &detail).await;
        let sent = self.put_event(outcome, &detail).await;
        published.and(sent)
    }

    async fn publish(&self, record: &RequestRecord, outcome: &Outcome, detail: &Value) -> Result<(), StepError> {
        let subject: String = format!("{}: {}", detail_type(outcome), record.request.account_name);
        self.sns
            .publish()
            .topic_arn(&self.topic_arn)
            .subject(subject.chars().take(MAXIMUM_SUBJECT).collect::<String>())
            .message(message(record, outcome, detail))
            .send()
            .await
            .map_err(|error| from_sdk("publish the outcome", &error))?;
        Ok(())
    }

    async fn put_event(&self, outcome: &Outcome, detail: &Value) -> Result<(), StepError> {
        let entry = PutEventsRequestEntry::builder()
            .source(EVENT_SOURCE)
            .detail_type(detail_type(outcome))
            .detail(detail.to_string())
            .event_bus_name(&self.event_bus)
            .build();
        let sent = self.eventbridge.put_events().entries(entry).send().await;
        let sent = sent.map_err(|error| from_sdk("send the outcome event", &error))?;
        // PutEvents answers 200 even where it takes nothing.
        match sent.entries().first().and_then(|entry| entry.error_code()) {
            None => Ok(()),
            Some(code) => Err(StepError::new(
                ErrorCode::ServiceUnavailable,
                format!("EventBridge did not take the outcome event: {code}"),
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

/// The detail of the event. Emails and the reason are left to the record: an event goes to whoever has a rule for it.
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

/// What a person reads in a mail.
fn message(record: &RequestRecord, outcome: &Outcome, detail: &Value) -> String {
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
    format!("{summary}\n\nRequest: {}\n\n{detail:#}", record.request_id)
}
