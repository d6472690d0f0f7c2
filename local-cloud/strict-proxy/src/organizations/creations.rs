//! The account creations that went through the proxy, and their status over time.

use std::collections::HashMap;
use std::time::Duration;

use local_cloud::strict::Limits;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::plan::Plans;
use super::settings::CreationSettings;

pub(super) struct Creations {
    pub(super) settings: CreationSettings,
    pub(super) limits: Limits,
    pub(super) plans: Plans,
    by_id: HashMap<String, Creation>,
    /// The number of creations that do not exist in the emulator.
    simulated: u64,
}

struct Creation {
    completes_at: Duration,
    /// `None` for a creation without an account.
    account: Option<String>,
    /// The status while the creation is in progress.
    pending: Value,
    /// The status after completion, for a creation that does not exist in the emulator.
    completed: Option<Value>,
}

impl Default for Creations {
    fn default() -> Self {
        let (settings, limits) = (CreationSettings::default(), Limits::default());
        Self { settings, limits, plans: Plans::default(), by_id: HashMap::new(), simulated: 0 }
    }
}

impl Creations {
    /// Returns the creations in progress, without those that never complete: they would block the quota for all tests.
    pub(super) fn in_flight(&self, now: Duration) -> usize {
        let in_progress = self.by_id.values().filter(|creation| now < creation.completes_at);
        in_progress.filter(|creation| creation.completes_at != Duration::MAX).count()
    }

    /// For a deleted organization. Keeps the settings and the plans.
    pub(super) fn forget_all(&mut self) {
        self.by_id.clear();
    }

    pub(super) fn account(&self, id: &str) -> Option<String> {
        self.by_id.get(id)?.account.clone()
    }

    /// Shows the creation as in progress until it completes.
    pub(super) fn begin(&mut self, created: &Value, completes_at: Duration) -> Option<Value> {
        let pending = json!({
            "Id": created["Id"],
            "AccountName": created["AccountName"],
            "State": "IN_PROGRESS",
            "RequestedTimestamp": created["RequestedTimestamp"],
        });
        let account = created["AccountId"].as_str().map(str::to_owned);
        Some(self.insert(created["Id"].as_str()?, Creation { completes_at, account, pending, completed: None }))
    }

    /// Adds a creation that is accepted and then fails.
    pub(super) fn fail(&mut self, account_name: &str, reason: &str, completes_at: Duration) -> Value {
        self.simulate(account_name, &json!({"State": "FAILED", "FailureReason": reason}), completes_at)
    }

    /// Adds a creation that does not exist in the emulator. It completes with the given fields.
    pub(super) fn simulate(&mut self, account_name: &str, outcome: &Value, completes_at: Duration) -> Value {
        self.simulated += 1;
        let requested = OffsetDateTime::now_utc().unix_timestamp();
        let pending = json!({
            "Id": format!("car-strict{:010}", self.simulated),
            "AccountName": account_name,
            "State": "IN_PROGRESS",
            "RequestedTimestamp": requested,
        });
        let mut completed = pending.clone();
        completed["CompletedTimestamp"] = requested.into();
        for (field, value) in outcome.as_object().into_iter().flatten() {
            completed[field] = value.clone();
        }
        let id = format!("car-strict{:010}", self.simulated);
        self.insert(&id, Creation { completes_at, account: None, pending, completed: Some(completed) })
    }

    fn insert(&mut self, id: &str, creation: Creation) -> Value {
        let response = json!({"CreateAccountStatus": creation.pending});
        self.by_id.insert(id.to_owned(), creation);
        response
    }

    /// Returns `None` if the emulator has the current status.
    pub(super) fn status(&self, id: &str, now: Duration) -> Option<Value> {
        let creation = self.by_id.get(id)?;
        if now < creation.completes_at { Some(creation.pending.clone()) } else { creation.completed.clone() }
    }

    /// Applies the current statuses to the list of the emulator.
    pub(super) fn overlay(&self, mut statuses: Vec<Value>, now: Duration) -> Vec<Value> {
        for status in &mut statuses {
            if let Some(known) = status["Id"].as_str().and_then(|id| self.status(id, now)) {
                *status = known;
            }
        }
        let simulated = self.by_id.iter().filter(|(_, creation)| creation.completed.is_some());
        let mut simulated: Vec<&String> = simulated.map(|(id, _)| id).collect();
        simulated.sort();
        statuses.extend(simulated.into_iter().filter_map(|id| self.status(id, now)));
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
    fn creation_is_in_progress_until_it_completes() {
        let mut creations = Creations::default();
        let response = creations.begin(&created("car-1"), SECOND).unwrap();
        let pending = json!({"Id": "car-1", "AccountName": "a", "State": "IN_PROGRESS", "RequestedTimestamp": 1});
        assert_eq!(response["CreateAccountStatus"], pending);
        assert_eq!(creations.status("car-1", START), Some(pending));
        assert_eq!(creations.in_flight(START), 1);
        assert_eq!(creations.status("car-1", SECOND), None);
        assert_eq!(creations.in_flight(SECOND), 0);
        assert_eq!(creations.account("car-1").as_deref(), Some("111111111111"));
        assert_eq!(creations.status("car-2", START), None);
    }

    #[test]
    fn failing_creation_is_accepted_and_then_fails() {
        let mut creations = Creations::default();
        let response = creations.fail("a", "EMAIL_ALREADY_EXISTS", SECOND);
        let id = response["CreateAccountStatus"]["Id"].as_str().unwrap();
        assert_eq!(creations.status(id, START).unwrap()["State"], "IN_PROGRESS");
        let completed = creations.status(id, SECOND).unwrap();
        assert_eq!(
            (&completed["State"], &completed["FailureReason"]),
            (&json!("FAILED"), &json!("EMAIL_ALREADY_EXISTS"))
        );
    }

    #[test]
    fn stuck_creation_does_not_count_as_in_flight() {
        let mut creations = Creations::default();
        creations.simulate("a", &Value::Null, Duration::MAX);
        assert_eq!(creations.in_flight(START), 0);
    }

    #[test]
    fn list_agrees_with_single_statuses() {
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
