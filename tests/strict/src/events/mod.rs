//! Tells the deployed rules of EventBridge that a creation ended: the emulators take no events of AWS's services.

mod delivery;
mod message;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use crate::clock::Clock;
use crate::emulators::Upstreams;
use crate::proxy::lock;

/// When AWS's events of a creation reach the targets of the rules. Never, at start.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Delivery {
    #[default]
    Never,
    /// As the creation settles.
    OnTime,
    /// So long after it settled.
    Late { millis: u64 },
    /// As it settles, and once more.
    Twice,
    /// Before the caller has the answer to its `CreateAccount`; such a creation settles at once.
    BeforeAnswer,
}

/// An event that a function got.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivered {
    /// `CreateAccountResult` or `AccountJoinedOrganization`.
    pub event: String,
    /// The id of the creation's request.
    pub creation: String,
    pub function: String,
}

/// The end of a creation, to be told of.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    creation: String,
    delivery: Delivery,
    settles_in: Duration,
    result: CreationResult,
}

#[derive(Clone, Debug)]
enum CreationResult {
    Account(String),
    Failure(String),
}

impl Ended {
    pub(crate) fn in_account(creation: &str, account: &str, delivery: Delivery, settles_in: Duration) -> Self {
        Self::new(creation, CreationResult::Account(account.to_owned()), delivery, settles_in)
    }

    pub(crate) fn failed(creation: &str, reason: &str, delivery: Delivery, settles_in: Duration) -> Self {
        Self::new(creation, CreationResult::Failure(reason.to_owned()), delivery, settles_in)
    }

    fn new(creation: &str, result: CreationResult, delivery: Delivery, settles_in: Duration) -> Self {
        Self { creation: creation.to_owned(), delivery, settles_in, result }
    }
}

pub(crate) struct Announcer {
    clock: Clock,
    upstreams: Arc<Upstreams>,
    management_account: String,
    settings: Mutex<Delivery>,
    delivered: Mutex<Vec<Delivered>>,
}

impl Announcer {
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

    /// Returns before the events are delivered, unless they are to come before the answer.
    pub(crate) async fn announce(self: &Arc<Self>, ended: Ended) {
        let (wait, times) = match ended.delivery {
            Delivery::Never => return,
            Delivery::BeforeAnswer => return self.deliver(&ended).await,
            Delivery::OnTime => (ended.settles_in, 1),
            Delivery::Twice => (ended.settles_in, 2),
            Delivery::Late { millis } => (ended.settles_in.saturating_add(Duration::from_millis(millis)), 1),
        };
        let announcer = Arc::clone(self);
        tokio::spawn(async move {
            announcer.clock.sleep(wait).await;
            for _ in 0..times {
                announcer.deliver(&ended).await;
            }
        });
    }

    async fn deliver(&self, ended: &Ended) {
        for event in self.events_of(ended) {
            let name = event["detail"]["eventName"].as_str().unwrap_or_default().to_owned();
            for function in delivery::deliver(&self.upstreams, &event).await {
                let creation = ended.creation.clone();
                lock(&self.delivered).push(Delivered { event: name.clone(), creation, function });
            }
        }
    }

    fn events_of(&self, ended: &Ended) -> Vec<Value> {
        let (account, now) = (&self.management_account, OffsetDateTime::now_utc());
        match &ended.result {
            CreationResult::Account(id) => vec![
                message::created(account, &ended.creation, id, now),
                message::joined(account, &ended.creation, id, now),
            ],
            CreationResult::Failure(reason) => vec![message::not_created(account, &ended.creation, reason, now)],
        }
    }
}
