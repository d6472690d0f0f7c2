//! Settings of the control API.

use local_cloud::strict::{AccountState, Closures, CreationPlan, Limits, Pages, Settings, TagPolicy, Visibility};

use super::Organization;
use crate::sync::lock;

impl Organization {
    pub(crate) fn set(&self, settings: &Settings) -> Settings {
        lock(&self.creations).settings.set(settings)
    }

    pub(crate) fn limits(&self) -> Limits {
        lock(&self.creations).limits
    }

    pub(crate) fn set_limits(&self, limits: Limits) {
        lock(&self.creations).limits = limits;
    }

    pub(crate) fn visibility(&self) -> Visibility {
        lock(&self.new_accounts).settings.clone()
    }

    pub(crate) fn set_visibility(&self, visibility: Visibility) {
        lock(&self.new_accounts).settings = visibility;
    }

    pub(crate) fn closures(&self) -> Closures {
        lock(&self.closing).settings
    }

    pub(crate) fn set_closures(&self, closures: Closures) {
        lock(&self.closing).settings = closures;
    }

    pub(crate) fn pages(&self) -> Pages {
        self.empty_pages.settings()
    }

    pub(crate) fn set_pages(&self, pages: Pages) {
        self.empty_pages.set(pages);
    }

    pub(crate) fn set_account_state(&self, account: &str, state: AccountState) {
        self.accounts.set_state(account, state);
    }

    pub(crate) fn add_tag_policy(&self, policy: TagPolicy) -> u64 {
        lock(&self.tag_policies).add(policy)
    }

    /// Returns whether the policy existed.
    pub(crate) fn remove_tag_policy(&self, id: u64) -> bool {
        lock(&self.tag_policies).remove(id)
    }

    pub(crate) fn plan(&self, plan: CreationPlan) -> u64 {
        lock(&self.creations).plans.add(plan)
    }

    /// Returns how many times the plan had left.
    pub(crate) fn remove_plan(&self, id: u64) -> Option<u32> {
        lock(&self.creations).plans.remove(id)
    }
}
