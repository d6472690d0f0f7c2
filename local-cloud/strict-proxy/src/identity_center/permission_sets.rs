//! What moto does not store of permission sets.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::provisioning::Provisioning;
use crate::tags::Tags;
use crate::wire::AwsRequest;

#[derive(Default)]
pub(super) struct PermissionSets {
    by_arn: BTreeMap<String, PermissionSet>,
    pub(super) provisionings: Vec<Provisioning>,
}

#[derive(Default)]
pub(super) struct PermissionSet {
    /// Unchangeable; `None` if it is not known yet.
    pub(super) name: Option<String>,
    pub(super) tags: Tags,
    /// How often it was changed.
    revision: u64,
    by_account: BTreeMap<String, ProvisionedAccount>,
}

/// An account that has, will have, or had the permission set.
#[derive(Default)]
struct ProvisionedAccount {
    /// The types and IDs of the users and groups that are assigned.
    principals: BTreeSet<(String, String)>,
    /// The revisions of the permission set in the account, and since when; `None` if the account does not have it.
    history: Vec<(Duration, Option<u64>)>,
}

pub(super) struct Assignment<'a> {
    set: &'a str,
    account: &'a str,
    principal: (String, String),
}

impl<'a> Assignment<'a> {
    pub(super) fn read(request: &'a AwsRequest) -> Option<Self> {
        let principal = (request.string("PrincipalType")?.to_owned(), request.string("PrincipalId")?.to_owned());
        Some(Self { set: request.string("PermissionSetArn")?, account: request.string("TargetId")?, principal })
    }
}

impl PermissionSets {
    pub(super) fn set(&mut self, arn: &str) -> &mut PermissionSet {
        self.by_arn.entry(arn.to_owned()).or_default()
    }

    pub(super) fn name(&self, arn: &str) -> Option<&str> {
        self.by_arn.get(arn)?.name.as_deref()
    }

    pub(super) fn remove(&mut self, arn: &str) {
        self.by_arn.remove(arn);
    }

    pub(super) fn assign(&mut self, assignment: &Assignment<'_>, completes_at: Duration) {
        let set = self.set(assignment.set);
        set.provision(assignment.account, completes_at);
        set.account(assignment.account).principals.insert(assignment.principal.clone());
    }

    pub(super) fn unassign(&mut self, assignment: &Assignment<'_>, completes_at: Duration) {
        let account = self.set(assignment.set).account(assignment.account);
        account.principals.remove(&assignment.principal);
        if account.principals.is_empty() {
            account.history.push((completes_at, None));
        }
    }

    /// Returns the permission sets of an account, and whether each is the latest.
    pub(super) fn in_account(&self, account: &str, now: Duration) -> Vec<(String, bool)> {
        let found = |(arn, set): (&String, &PermissionSet)| Some((arn.clone(), set.is_latest(account, now)?));
        self.by_arn.iter().filter_map(found).collect()
    }
}

impl PermissionSet {
    /// Accounts keep what they have until they are provisioned again.
    pub(super) fn change(&mut self) {
        self.revision += 1;
    }

    /// Gives the account the permission set as it is now, when the provisioning completes.
    pub(super) fn provision(&mut self, account: &str, completes_at: Duration) {
        let revision = self.revision;
        self.account(account).history.push((completes_at, Some(revision)));
    }

    /// Returns the accounts that have the permission set, and whether it is the latest.
    pub(super) fn accounts(&self, now: Duration) -> Vec<(String, bool)> {
        let found = |account: &String| Some((account.clone(), self.is_latest(account, now)?));
        self.by_account.keys().filter_map(found).collect()
    }

    /// Whether an account has the permission set, or is about to have it or to lose it.
    pub(super) fn is_in_use(&self, now: Duration) -> bool {
        self.by_account.values().any(|account| {
            let will_have = account.history.last().is_some_and(|(_, revision)| revision.is_some());
            will_have || account.revision(now).is_some()
        })
    }

    /// Returns `None` if the account does not have the permission set.
    fn is_latest(&self, account: &str, now: Duration) -> Option<bool> {
        Some(self.by_account.get(account)?.revision(now)? == self.revision)
    }

    fn account(&mut self, account: &str) -> &mut ProvisionedAccount {
        self.by_account.entry(account.to_owned()).or_default()
    }
}

impl ProvisionedAccount {
    fn revision(&self, now: Duration) -> Option<u64> {
        self.history.iter().rev().find(|(since, _)| *since <= now)?.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SET: &str = "arn:set";

    fn assignment(principal: &str) -> Assignment<'static> {
        Assignment { set: SET, account: "1", principal: ("GROUP".to_owned(), principal.to_owned()) }
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn account_has_what_it_was_provisioned_with() {
        let mut sets = PermissionSets::default();
        sets.assign(&assignment("g"), seconds(5));
        let set = sets.set(SET);
        assert_eq!((set.accounts(seconds(4)), set.is_in_use(seconds(4))), (vec![], true));
        assert_eq!(set.accounts(seconds(5)), [("1".to_owned(), true)]);
        set.change();
        assert_eq!(set.accounts(seconds(5)), [("1".to_owned(), false)]);
        set.provision("1", seconds(9));
        set.change();
        assert_eq!(set.accounts(seconds(9)), [("1".to_owned(), false)], "changed while it was provisioned");
        set.provision("1", seconds(10));
        assert_eq!(sets.in_account("1", seconds(10)), [(SET.to_owned(), true)]);
        assert_eq!(sets.in_account("2", seconds(10)), []);
    }

    #[test]
    fn last_assignment_takes_the_permission_set_with_it() {
        let mut sets = PermissionSets::default();
        for principal in ["g", "h", "g"] {
            sets.assign(&assignment(principal), seconds(1));
        }
        sets.unassign(&assignment("g"), seconds(2));
        assert!(sets.set(SET).is_in_use(seconds(3)));
        sets.unassign(&assignment("h"), seconds(4));
        assert!(sets.set(SET).is_in_use(seconds(3)) && !sets.set(SET).is_in_use(seconds(4)));
        assert_eq!(sets.in_account("1", seconds(4)), []);
    }
}
