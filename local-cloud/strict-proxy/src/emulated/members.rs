//! The accounts of the organization, and which of them are members of a security service.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::emulators::Upstreams;
use crate::organizations::Accounts;

/// The organization in the emulator, without the accounts that have left.
#[derive(Clone)]
pub(super) struct Organization {
    upstreams: Arc<Upstreams>,
    pub(super) management_account: String,
    known: Arc<Accounts>,
}

impl Organization {
    pub(super) fn new(upstreams: Arc<Upstreams>, management_account: &str, known: Arc<Accounts>) -> Self {
        Self { upstreams, management_account: management_account.to_owned(), known }
    }

    /// Returns emails by account. Returns nothing if the emulator fails.
    pub(super) async fn accounts(&self) -> BTreeMap<String, String> {
        let mut accounts = BTreeMap::new();
        let mut parameters = json!({});
        while let Ok(listed) = self.upstreams.organizations("ListAccounts", &parameters).await {
            let page = listed["Accounts"].as_array().into_iter().flatten();
            let page = page.filter_map(|account| self.known.shown(account.clone()));
            let text = |account: &Value, field: &str| account[field].as_str().unwrap_or_default().to_owned();
            accounts.extend(page.map(|account| (text(&account, "Id"), text(&account, "Email"))));
            match listed["NextToken"].as_str() {
                Some(token) => parameters = json!({"NextToken": token}),
                None => break,
            }
        }
        accounts
    }
}

/// The members of an administrator in a Region.
#[derive(Default)]
pub(super) struct Roster {
    added: BTreeMap<String, Member>,
    pub(super) auto: AutoEnable,
}

#[derive(Clone)]
pub(super) struct Member {
    pub(super) email: String,
    pub(super) since: String,
    /// An account outside the organization has to accept an invitation first.
    pub(super) is_in_organization: bool,
}

/// Which accounts become members automatically.
#[derive(Default)]
pub(super) enum AutoEnable {
    #[default]
    Off,
    /// Accounts that joined after this was set.
    NewAccounts {
        known: BTreeSet<String>,
    },
    AllAccounts,
}

impl Roster {
    /// Includes the accounts of the organization that join automatically.
    pub(super) fn members(&self, administrator: &str, accounts: &BTreeMap<String, String>) -> BTreeMap<String, Member> {
        let automatic =
            accounts.iter().filter(|(account, _)| *account != administrator && self.joins_automatically(account));
        let automatic = automatic.map(|(account, email)| (account.clone(), Member::new(email, true)));
        let mut members: BTreeMap<String, Member> = automatic.collect();
        members.extend(self.added.clone());
        members
    }

    pub(super) fn add(&mut self, account: &str, member: Member) {
        self.added.insert(account.to_owned(), member);
    }

    /// Returns `false` for an account that would join again immediately.
    pub(super) fn remove(&mut self, account: &str) -> bool {
        !self.joins_automatically(account) && self.added.remove(account).is_some()
    }

    fn joins_automatically(&self, account: &str) -> bool {
        match &self.auto {
            AutoEnable::Off => false,
            AutoEnable::NewAccounts { known } => !known.contains(account),
            AutoEnable::AllAccounts => true,
        }
    }
}

impl Member {
    pub(super) fn new(email: &str, is_in_organization: bool) -> Self {
        let since = OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default();
        Self { email: email.to_owned(), since, is_in_organization }
    }

    /// The name of the status in GuardDuty and Security Hub.
    pub(super) fn status(&self) -> &'static str {
        if self.is_in_organization { "Enabled" } else { "Created" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accounts(ids: &[&str]) -> BTreeMap<String, String> {
        ids.iter().map(|id| ((*id).to_owned(), format!("{id}@example.com"))).collect()
    }

    fn members(roster: &Roster, ids: &[&str]) -> Vec<String> {
        roster.members("admin", &accounts(ids)).into_keys().collect()
    }

    #[test]
    fn members_are_added_or_join_automatically() {
        let mut roster = Roster::default();
        assert_eq!(members(&roster, &["admin", "a"]), Vec::<String>::new());
        roster.add("a", Member::new("a@example.com", true));
        assert_eq!(members(&roster, &["admin", "a", "b"]), ["a"]);
        roster.auto = AutoEnable::NewAccounts { known: accounts(&["admin", "a", "b"]).into_keys().collect() };
        assert_eq!(members(&roster, &["admin", "a", "b", "c"]), ["a", "c"]);
        roster.auto = AutoEnable::AllAccounts;
        assert_eq!(members(&roster, &["admin", "a", "b"]), ["a", "b"]);
        assert!(!roster.remove("a"));
        roster.auto = AutoEnable::Off;
        assert!(roster.remove("a") && !roster.remove("a"));
    }
}
