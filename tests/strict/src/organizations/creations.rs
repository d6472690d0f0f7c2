//! The creations that went through the proxy, and what is to be said of them when.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::plan::Plans;
use super::settings::{Limits, Settings};

pub(super) struct Creations {
    pub(super) settings: Settings,
    pub(super) limits: Limits,
    pub(super) plans: Plans,
    by_id: HashMap<String, Creation>,
    /// Those that the emulator knows nothing of.
    own: u64,
}

struct Creation {
    settles_at: Duration,
    /// None of a creation that makes none.
    account: Option<String>,
    /// The status until then.
    pending: Value,
    /// The status from then on, of a creation that the emulator doesn't know.
    settled: Option<Value>,
}

impl Default for Creations {
    fn default() -> Self {
        let (settings, limits) = (Settings::at_start(), Limits::default());
        Self { settings, limits, plans: Plans::default(), by_id: HashMap::new(), own: 0 }
    }
}

impl Creations {
    /// Without those that never settle: on AWS somebody ends them, here they would be in everybody's way for ever.
    pub(super) fn in_flight(&self, now: Duration) -> usize {
        let unsettled = self.by_id.values().filter(|creation| now < creation.settles_at);
        unsettled.filter(|creation| creation.settles_at != Duration::MAX).count()
    }

    pub(super) fn account(&self, id: &str) -> Option<String> {
        self.by_id.get(id)?.account.clone()
    }

    /// Hides from the emulator's answer that the account stands already.
    pub(super) fn begin(&mut self, created: &Value, settles_at: Duration) -> Option<Value> {
        let pending = json!({
            "Id": created["Id"],
            "AccountName": created["AccountName"],
            "State": "IN_PROGRESS",
            "RequestedTimestamp": created["RequestedTimestamp"],
        });
        let account = created["AccountId"].as_str().map(str::to_owned);
        Some(self.keep(created["Id"].as_str()?, Creation { settles_at, account, pending, settled: None }))
    }

    /// A creation that makes no account: AWS accepts it, and it fails when it settles.
    pub(super) fn fail(&mut self, account_name: &str, reason: &str, settles_at: Duration) -> Value {
        self.pretend(account_name, &json!({"State": "FAILED", "FailureReason": reason}), settles_at)
    }

    /// A creation of which the emulator knows nothing, with these fields when it settles.
    pub(super) fn pretend(&mut self, account_name: &str, outcome: &Value, settles_at: Duration) -> Value {
        self.own += 1;
        let requested = OffsetDateTime::now_utc().unix_timestamp();
        let pending = json!({
            "Id": format!("car-strict{:010}", self.own),
            "AccountName": account_name,
            "State": "IN_PROGRESS",
            "RequestedTimestamp": requested,
        });
        let mut settled = pending.clone();
        settled["CompletedTimestamp"] = requested.into();
        for (field, value) in outcome.as_object().into_iter().flatten() {
            settled[field] = value.clone();
        }
        let id = format!("car-strict{:010}", self.own);
        self.keep(&id, Creation { settles_at, account: None, pending, settled: Some(settled) })
    }

    fn keep(&mut self, id: &str, creation: Creation) -> Value {
        let answer = json!({"CreateAccountStatus": creation.pending});
        self.by_id.insert(id.to_owned(), creation);
        answer
    }

    /// None where the emulator knows better.
    pub(super) fn status(&self, id: &str, now: Duration) -> Option<Value> {
        let creation = self.by_id.get(id)?;
        if now < creation.settles_at { Some(creation.pending.clone()) } else { creation.settled.clone() }
    }

    /// The emulator's list, as it is to be seen now.
    pub(super) fn overlay(&self, mut statuses: Vec<Value>, now: Duration) -> Vec<Value> {
        for status in &mut statuses {
            if let Some(known) = status["Id"].as_str().and_then(|id| self.status(id, now)) {
                *status = known;
            }
        }
        let own = self.by_id.iter().filter(|(_, creation)| creation.settled.is_some());
        let mut own: Vec<&String> = own.map(|(id, _)| id).collect();
        own.sort();
        statuses.extend(own.into_iter().filter_map(|id| self.status(id, now)));
        statuses
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Duration = Duration::ZERO;
    const SECOND: Duration = Duration::from_secs(1);

    fn created(id: &str) -> Value {
        json!({
            "Id": id, "AccountName": "a", "State": "SUCCEEDED", "AccountId": "111111111111",
            "RequestedTimestamp": 1, "CompletedTimestamp": 1,
        })
    }

    #[test]
    fn a_creation_is_in_progress_until_it_settles() {
        let mut creations = Creations::default();
        let answer = creations.begin(&created("car-1"), SECOND).unwrap();
        let pending = json!({"Id": "car-1", "AccountName": "a", "State": "IN_PROGRESS", "RequestedTimestamp": 1});
        assert_eq!(answer["CreateAccountStatus"], pending);
        assert_eq!(creations.status("car-1", START), Some(pending));
        assert_eq!(creations.in_flight(START), 1);
        assert_eq!(creations.status("car-1", SECOND), None);
        assert_eq!(creations.in_flight(SECOND), 0);
        assert_eq!(creations.account("car-1").as_deref(), Some("111111111111"));
        assert_eq!(creations.status("car-2", START), None);
    }

    #[test]
    fn a_failing_creation_is_accepted_and_then_fails() {
        let mut creations = Creations::default();
        let answer = creations.fail("a", "EMAIL_ALREADY_EXISTS", SECOND);
        let id = answer["CreateAccountStatus"]["Id"].as_str().unwrap();
        assert_eq!(creations.status(id, START).unwrap()["State"], "IN_PROGRESS");
        let settled = creations.status(id, SECOND).unwrap();
        assert_eq!((&settled["State"], &settled["FailureReason"]), (&json!("FAILED"), &json!("EMAIL_ALREADY_EXISTS")));
    }

    #[test]
    fn a_creation_that_never_settles_is_in_nobodys_way() {
        let mut creations = Creations::default();
        creations.pretend("a", &Value::Null, Duration::MAX);
        assert_eq!(creations.in_flight(START), 0);
    }

    #[test]
    fn the_list_agrees_with_the_single_statuses() {
        let mut creations = Creations::default();
        creations.begin(&created("car-1"), SECOND).unwrap();
        creations.fail("b", "EMAIL_ALREADY_EXISTS", SECOND);
        let upstream =
            || vec![json!({"Id": "car-0", "State": "SUCCEEDED"}), json!({"Id": "car-1", "State": "SUCCEEDED"})];
        let states = |now| -> Vec<Value> {
            creations.overlay(upstream(), now).iter().map(|status| status["State"].clone()).collect()
        };
        assert_eq!(states(START), ["SUCCEEDED", "IN_PROGRESS", "IN_PROGRESS"]);
        assert_eq!(states(SECOND), ["SUCCEEDED", "SUCCEEDED", "FAILED"]);
    }
}
