//! The organization's accounts, and which of them a security service counts as members.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::emulators::Upstreams;

/// The organization as the emulator has it.
#[derive(Clone)]
pub(super) struct Organization {
    upstreams: Arc<Upstreams>,
    pub(super) management_account: String,
}

impl Organization {
    pub(super) fn new(upstreams: Arc<Upstreams>, management_account: &str) -> Self {
        Self { upstreams, management_account: management_account.to_owned() }
    }

    /// Emails by account. Empty where Organizations does not answer.
    pub(super) async fn accounts(&self) -> BTreeMap<String, String> {
        let mut accounts = BTreeMap::new();
        let mut parameters = json!({});
        while let Ok(listed) = self.upstreams.organizations("ListAccounts", &parameters).await {
            let page = listed["Accounts"].as_array().into_iter().flatten();
            let text = |account: &Value, field: &str| account[field].as_str().unwrap_or_default().to_owned();
            accounts.extend(page.map(|account| (text(account, "Id"), text(account, "Email"))));
            match listed["NextToken"].as_str() {
                Some(token) => parameters = json!({"NextToken": token}),
                None => break,
            }
        }
        accounts
    }
}

/// Who is a member of an administrator in a region.
#[derive(Default)]
pub(super) struct Roster {
    added: BTreeMap<String, Member>,
    pub(super) auto: Auto,
}

#[derive(Clone)]
pub(super) struct Member {
    pub(super) email: String,
    pub(super) since: String,
    /// Else it has to accept an invitation first.
    pub(super) is_in_organization: bool,
}

/// Who becomes a member without being added.
#[derive(Default)]
pub(super) enum Auto {
    #[default]
    Nobody,
    /// Accounts that were not there yet when this was set.
    Newcomers {
        known: BTreeSet<String>,
    },
    All,
}

impl Roster {
    /// With the accounts of the organization, where the administrator is one of it.
    pub(super) fn members(&self, administrator: &str, accounts: &BTreeMap<String, String>) -> BTreeMap<String, Member> {
        let automatic = accounts.iter().filter(|(account, _)| *account != administrator && self.joins(account));
        let automatic = automatic.map(|(account, email)| (account.clone(), Member::new(email, true)));
        let mut members: BTreeMap<String, Member> = automatic.collect();
        members.extend(self.added.clone());
        members
    }

    pub(super) fn add(&mut self, account: &str, member: Member) {
        self.added.insert(account.to_owned(), member);
    }

    /// Not of those that would join again at once.
    pub(super) fn remove(&mut self, account: &str) -> bool {
        !self.joins(account) && self.added.remove(account).is_some()
    }

    fn joins(&self, account: &str) -> bool {
        match &self.auto {
            Auto::Nobody => false,
            Auto::Newcomers { known } => !known.contains(account),
            Auto::All => true,
        }
    }
}

impl Member {
    pub(super) fn new(email: &str, is_in_organization: bool) -> Self {
        let since = OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default();
        Self { email: email.to_owned(), since, is_in_organization }
    }

    /// As GuardDuty and Security Hub both call it.
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
    fn members_are_added_or_join_by_themselves() {
        let mut roster = Roster::default();
        assert_eq!(members(&roster, &["admin", "a"]), Vec::<String>::new());
        roster.add("a", Member::new("a@example.com", true));
        assert_eq!(members(&roster, &["admin", "a", "b"]), ["a"]);
        roster.auto = Auto::Newcomers { known: accounts(&["admin", "a", "b"]).into_keys().collect() };
        assert_eq!(members(&roster, &["admin", "a", "b", "c"]), ["a", "c"]);
        roster.auto = Auto::All;
        assert_eq!(members(&roster, &["admin", "a", "b"]), ["a", "b"]);
        assert!(!roster.remove("a"));
        roster.auto = Auto::Nobody;
        assert!(roster.remove("a") && !roster.remove("a"));
    }
}
