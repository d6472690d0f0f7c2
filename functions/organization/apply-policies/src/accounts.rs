//! The accounts that a policy reaches. They are read only for changes: listing them takes more calls in larger
//! organizations.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use vending_core::{AccountId, OrganizationChange, OuId, Reach, StepError};
use vending_manifest::PolicyType;
use vending_organization::Organization;
use vending_runtime::Context;

#[derive(Debug)]
pub(crate) struct Accounts<'a> {
    organization: &'a Organization,
    management_account: &'a AccountId,
    /// The accounts in a root or an OU and below, by its ID.
    known: Mutex<BTreeMap<String, Arc<BTreeSet<String>>>>,
}

impl<'a> Accounts<'a> {
    pub(crate) fn new(organization: &'a Organization, management_account: &'a AccountId) -> Self {
        Self { organization, management_account, known: Mutex::default() }
    }

    pub(crate) fn management_account(&self) -> &AccountId {
        self.management_account
    }

    /// Adds what the change reaches, and guards it if it reaches an account. `targets` has the IDs of what exists, and
    /// `names` the names for people, also of OUs that a run would create.
    pub(crate) async fn guard(
        &self,
        change: OrganizationChange,
        policy_type: PolicyType,
        targets: impl IntoIterator<Item = &String>,
        names: Vec<String>,
        what: &str,
    ) -> Result<OrganizationChange, StepError> {
        let mut accounts = BTreeSet::new();
        for id in targets {
            accounts.extend(self.below(id).await?.iter().cloned());
        }
        let binds_management =
            accounts.remove(self.management_account.as_str()) && policy_type.affects_management_account();
        let count = accounts.len() + usize::from(binds_management);
        let reach = Reach { organizational_units: names, accounts: count };
        let change = OrganizationChange { reach: Some(reach), ..change };
        Ok(match (count, binds_management) {
            (0, _) => change,
            (_, true) => change.guarded(format!("{what}, also for the management account")),
            (_, false) => change.guarded(what),
        })
    }

    /// The accounts in a root or an OU and below, or the account itself.
    async fn below(&self, id: &str) -> Result<Arc<BTreeSet<String>>, StepError> {
        if let Some(known) = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(id) {
            return Ok(Arc::clone(known));
        }
        let accounts = Arc::new(self.list(id).await?);
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned(), Arc::clone(&accounts));
        Ok(accounts)
    }

    async fn list(&self, id: &str) -> Result<BTreeSet<String>, StepError> {
        let Ok(parent) = id.parse::<OuId>() else { return Ok(BTreeSet::from([id.to_owned()])) };
        let (mut accounts, mut parents) = (BTreeSet::new(), vec![parent]);
        while let Some(parent) = parents.pop() {
            let list = self.organization.client().list_accounts_for_parent().parent_id(parent.as_str());
            let pages = list.into_paginator().send().try_collect().await;
            let pages = pages.context("list the accounts that a policy reaches")?;
            let listed = pages.into_iter().flat_map(|page| page.accounts.unwrap_or_default());
            accounts.extend(listed.filter_map(|account| account.id));
            parents.extend(self.organization.units_in(&parent).await?.into_iter().map(|unit| unit.id));
        }
        Ok(accounts)
    }
}
