//! Delivers the events of account creations to EventBridge rules: the emulators do not accept events of AWS services.

mod delivery;
mod message;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use local_cloud::strict::{Delivered, Delivery};
use serde_json::Value;
use time::OffsetDateTime;

use crate::clock::Clock;
use crate::emulators::Upstreams;
use crate::sync::lock;

/// The end of a creation, to be published.
#[derive(Clone, Debug)]
pub(crate) struct CreationEnd {
    creation: String,
    delivery: Delivery,
    completes_in: Duration,
    result: CreationResult,
}

#[derive(Clone, Debug)]
enum CreationResult {
    Account(String),
    Failure(String),
    /// The account accepted an invitation; there is no creation.
    Joined(String),
}

impl CreationEnd {
    pub(crate) fn succeeded(creation: &str, account: &str, delivery: Delivery, completes_in: Duration) -> Self {
        Self::new(creation, CreationResult::Account(account.to_owned()), delivery, completes_in)
    }

    pub(crate) fn failed(creation: &str, reason: &str, delivery: Delivery, completes_in: Duration) -> Self {
        Self::new(creation, CreationResult::Failure(reason.to_owned()), delivery, completes_in)
    }

    pub(crate) fn joined(handshake: &str, account: &str, delivery: Delivery) -> Self {
        Self::new(handshake, CreationResult::Joined(account.to_owned()), delivery, Duration::ZERO)
    }

    fn new(creation: &str, result: CreationResult, delivery: Delivery, completes_in: Duration) -> Self {
        Self { creation: creation.to_owned(), delivery, completes_in, result }
    }
}

pub(crate) struct EventPublisher {
    clock: Clock,
    upstreams: Arc<Upstreams>,
    management_account: String,
    settings: Mutex<Delivery>,
    delivered: Mutex<Vec<Delivered>>,
}

impl EventPublisher {
    pub(crate) fn new(clock: Clock, upstreams: Arc<Upstreams>, management_account: String) -> Self {
        Self { clock, upstreams, management_account, settings: Mutex::default(), delivered: Mutex::default() }
    }

    pub(crate) fn settings(&self) -> Delivery {
        *lock(&self.settings)
    }

    pub(crate) fn set(&self, delivery: Delivery) {
        *lock(&self.settings) = delivery;
    }

    pub(crate) fn delivered(&self) -> Vec<Delivered> {
        lock(&self.delivered).clone()
    }

    /// Returns before the events are delivered, except for `BeforeResponse`.
    pub(crate) async fn publish(self: &Arc<Self>, end: CreationEnd) {
        let (wait, times) = match end.delivery {
            Delivery::Never => return,
            Delivery::BeforeResponse => return self.deliver(&end).await,
            Delivery::OnTime => (end.completes_in, 1),
            Delivery::Twice => (end.completes_in, 2),
            Delivery::Late { millis } => (end.completes_in.saturating_add(Duration::from_millis(millis)), 1),
        };
        let publisher = Arc::clone(self);
        tokio::spawn(async move {
            publisher.clock.sleep(wait).await;
            for _ in 0..times {
                publisher.deliver(&end).await;
            }
        });
    }

    async fn deliver(&self, end: &CreationEnd) {
        for event in self.events_of(end) {
            let name = event["detail"]["eventName"].as_str().unwrap_or_default().to_owned();
            for function in delivery::deliver(&self.upstreams, &event).await {
                let creation = end.creation.clone();
                lock(&self.delivered).push(Delivered { event: name.clone(), creation, function });
            }
        }
    }

    fn events_of(&self, end: &CreationEnd) -> Vec<Value> {
        let (account, now) = (&self.management_account, OffsetDateTime::now_utc());
        match &end.result {
            CreationResult::Account(id) => vec![
                message::creation_succeeded(account, &end.creation, id, now),
                message::joined(account, &end.creation, id, "Created", now),
            ],
            CreationResult::Joined(id) => vec![message::joined(account, &end.creation, id, "Invited", now)],
            CreationResult::Failure(reason) => vec![message::creation_failed(account, &end.creation, reason, now)],
        }
    }
}
