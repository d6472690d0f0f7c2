//! Properties of accounts that moto lacks: the state, a changed email, and whether the account has left.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use local_cloud::strict::AccountState;
use serde_json::Value;

use super::state::{is_usable, state_field, status_field};
use crate::clock::Clock;
use crate::sync::lock;

/// The time from the request to close an account to its permanent closure.
const POST_CLOSURE_PERIOD: Duration = Duration::from_hours(90 * 24);

pub(crate) struct Accounts {
    clock: Clock,
    by_id: Mutex<HashMap<String, Changes>>,
}

/// The differences between an account and its record in moto.
#[derive(Default)]
struct Changes {
    lifecycle: Option<Lifecycle>,
    email: Option<String>,
    /// In seconds since 1970, if the account joined by invitation.
    invited_at: Option<i64>,
    has_left: bool,
}

enum Lifecycle {
    Fixed(AccountState),
    Closing { closed_at: Duration, permanently_closed_at: Duration },
}

impl Lifecycle {
    fn state(&self, now: Duration) -> AccountState {
        match self {
            Self::Fixed(state) => *state,
            Self::Closing { closed_at, .. } if now < *closed_at => AccountState::PendingClosure,
            Self::Closing { permanently_closed_at, .. } if now < *permanently_closed_at => AccountState::Closed,
            Self::Closing { .. } => AccountState::PermanentlyClosed,
        }
    }
}

impl Accounts {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, by_id: Mutex::default() }
    }

    /// Returns `None` if the state is that of moto.
    pub(super) fn changed_state(&self, id: &str) -> Option<AccountState> {
        let lifecycle =
            |changes: &Changes| changes.lifecycle.as_ref().map(|lifecycle| lifecycle.state(self.clock.now()));
        lock(&self.by_id).get(id).and_then(lifecycle)
    }

    pub(crate) fn is_usable(&self, id: &str) -> bool {
        self.changed_state(id).is_none_or(is_usable)
    }

    pub(super) fn has_left(&self, id: &str) -> bool {
        lock(&self.by_id).get(id).is_some_and(|changes| changes.has_left)
    }

    /// Organizations does not return accounts that have left or are permanently closed.
    pub(super) fn is_unknown(&self, id: &str) -> bool {
        self.has_left(id) || self.changed_state(id) == Some(AccountState::PermanentlyClosed)
    }

    /// Returns how many accounts are `PENDING_CLOSURE`.
    pub(super) fn pending_closures(&self) -> usize {
        let now = self.clock.now();
        let by_id = lock(&self.by_id);
        let states = by_id.values().filter_map(|changes| Some(changes.lifecycle.as_ref()?.state(now)));
        states.filter(|state| *state == AccountState::PendingClosure).count()
    }

    pub(super) fn close(&self, id: &str, pending: Duration) {
        let now = self.clock.now();
        let closed_at = now.saturating_add(pending);
        let permanently_closed_at = closed_at.max(now.saturating_add(POST_CLOSURE_PERIOD));
        self.change(id, |changes| changes.lifecycle = Some(Lifecycle::Closing { closed_at, permanently_closed_at }));
    }

    pub(super) fn set_state(&self, id: &str, state: AccountState) {
        match state {
            AccountState::Closed => self.close(id, Duration::ZERO),
            state => self.change(id, |changes| changes.lifecycle = Some(Lifecycle::Fixed(state))),
        }
    }

    pub(super) fn set_email(&self, id: &str, email: &str) {
        self.change(id, |changes| changes.email = Some(email.to_owned()));
    }

    pub(super) fn leave(&self, id: &str) {
        self.change(id, |changes| changes.has_left = true);
    }

    pub(super) fn join_by_invitation(&self, id: &str, at: i64) {
        self.change(id, |changes| {
            changes.has_left = false;
            changes.invited_at = Some(at);
        });
    }

    /// For accounts of a deleted organization.
    pub(super) fn forget_all(&self) {
        lock(&self.by_id).clear();
    }

    fn change(&self, id: &str, change: impl FnOnce(&mut Changes)) {
        change(lock(&self.by_id).entry(id.to_owned()).or_default());
    }

    /// Returns an account as in AWS, or `None` if Organizations does not return it.
    pub(crate) fn shown(&self, account: Value) -> Option<Value> {
        let id = account["Id"].as_str().unwrap_or_default();
        (!self.is_unknown(id)).then(|| self.described(account))
    }

    /// Returns the fields of an account, even if it has left.
    pub(super) fn described(&self, mut account: Value) -> Value {
        // moto has no other state for closed accounts.
        let closed_by_moto = (account["State"] == "SUSPENDED").then_some(AccountState::Closed);
        let by_id = lock(&self.by_id);
        let changes = account["Id"].as_str().and_then(|id| by_id.get(id));
        let state =
            changes.and_then(|changes| changes.lifecycle.as_ref()).map(|lifecycle| lifecycle.state(self.clock.now()));
        if let Some(state) = state.or(closed_by_moto) {
            account["State"] = state_field(state).into();
            account["Status"] = status_field(state).into();
        }
        if let Some(email) = changes.and_then(|changes| changes.email.as_deref()) {
            account["Email"] = email.into();
        }
        if let Some(invited_at) = changes.and_then(|changes| changes.invited_at) {
            account["JoinedMethod"] = "INVITED".into();
            account["JoinedTimestamp"] = invited_at.into();
        }
        account
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ID: &str = "111111111111";

    fn state(accounts: &Accounts) -> Option<Value> {
        accounts.shown(json!({"Id": ID, "State": "ACTIVE"})).map(|account| account["State"].clone())
    }

    #[test]
    fn closing_account_passes_through_its_states() {
        let clock = Clock::manual();
        let accounts = Accounts::new(clock.clone());
        accounts.close(ID, Duration::from_mins(1));
        assert_eq!((state(&accounts), accounts.pending_closures()), (Some(json!("PENDING_CLOSURE")), 1));
        clock.advance(Duration::from_mins(1));
        assert_eq!((state(&accounts), accounts.pending_closures()), (Some(json!("CLOSED")), 0));
        clock.advance(POST_CLOSURE_PERIOD);
        assert_eq!(state(&accounts), None);
    }

    #[test]
    fn accounts_closed_by_moto_are_closed() {
        let account = json!({"Id": ID, "State": "SUSPENDED", "Status": "SUSPENDED"});
        let shown = Accounts::new(Clock::manual()).shown(account).unwrap();
        assert_eq!((&shown["State"], &shown["Status"]), (&json!("CLOSED"), &json!("SUSPENDED")));
    }

    #[test]
    fn unchanged_accounts_are_returned_as_they_are() {
        let account = json!({"Id": ID, "Email": "a@example.com"});
        assert_eq!(Accounts::new(Clock::manual()).shown(account.clone()), Some(account));
    }
}
