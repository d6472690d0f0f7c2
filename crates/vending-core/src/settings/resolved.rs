//! The settings of one OU.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::block::{GroupAccess, QuotaIncrease, Requests, SecurityContactOverride, VendingBlock};
use crate::alias_pattern::AliasPattern;
use crate::arn::StateMachineArn;
use crate::id::EmailAddress;
use crate::request::Contacts;

/// What holds for the accounts in one OU, with the defaults.
///
/// For each field, the block that is nearest to the OU decides. A list or an object of a nearer block replaces that of
/// a farther one as a whole, so `permissionSets: []` allows none. There are three exceptions:
///
/// - `access` adds up, because a group at the root is meant for every account.
/// - `withoutSteps` adds up: a step that is left out above cannot be put back below.
/// - `contacts` are three fields: an OU with its own operations contact keeps the security contact from above.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VendingSettings {
    pub requests: Requests,
    pub adopt: bool,
    pub permission_sets: Vec<String>,
    pub github_owners: BTreeMap<String, u64>,
    pub deploy_policy_arns: Vec<String>,
    /// The folders of the steps to leave out.
    pub without_steps: BTreeSet<String>,
    pub remove_default_vpcs: bool,
    pub quota_increases: Vec<QuotaIncrease>,
    pub customization: Option<StateMachineArn>,
    pub monthly_budget_usd: Option<u32>,
    pub budget_subscribers: Vec<EmailAddress>,
    pub contacts: Contacts,
    pub security_contact_override: SecurityContactOverride,
    pub email_pattern: Option<String>,
    pub email_domains: Vec<String>,
    pub alias_pattern: Option<AliasPattern>,
    /// Groups that get access to every account, from the root down.
    pub access: Vec<GroupAccess>,
}

/// The policies that a request can give to repositories unless the manifest has its own list.
const DEPLOY_POLICY_ARNS: [&str; 2] =
    ["arn:aws:iam::aws:policy/PowerUserAccess", "arn:aws:iam::aws:policy/ReadOnlyAccess"];

impl Default for VendingSettings {
    fn default() -> Self {
        Self {
            requests: Requests::default(),
            adopt: false,
            permission_sets: Vec::new(),
            github_owners: BTreeMap::new(),
            deploy_policy_arns: DEPLOY_POLICY_ARNS.map(str::to_owned).to_vec(),
            without_steps: BTreeSet::new(),
            remove_default_vpcs: true,
            quota_increases: Vec::new(),
            customization: None,
            monthly_budget_usd: None,
            budget_subscribers: Vec::new(),
            contacts: Contacts::default(),
            security_contact_override: SecurityContactOverride::default(),
            email_pattern: None,
            email_domains: Vec::new(),
            alias_pattern: None,
            access: Vec::new(),
        }
    }
}

impl VendingSettings {
    /// Combines blocks, from the root down.
    pub fn from_blocks<'a>(blocks: impl IntoIterator<Item = &'a VendingBlock>) -> Self {
        let mut settings = Self::default();
        for block in blocks {
            settings.add(block);
        }
        settings
    }

    /// Whether every account gets the security contact of the organization, whatever its request says.
    pub fn security_contact_is_fixed(&self) -> bool {
        self.contacts.security.is_some() && self.security_contact_override == SecurityContactOverride::Denied
    }

    fn add(&mut self, block: &VendingBlock) {
        replace(&mut self.requests, block.requests.as_ref());
        replace(&mut self.adopt, block.adopt.as_ref());
        replace(&mut self.permission_sets, block.permission_sets.as_ref());
        replace(&mut self.github_owners, block.github_owners.as_ref());
        replace(&mut self.deploy_policy_arns, block.deploy_policy_arns.as_ref());
        self.without_steps.extend(block.without_steps.iter().flatten().cloned());
        replace(&mut self.remove_default_vpcs, block.remove_default_vpcs.as_ref());
        replace(&mut self.quota_increases, block.quota_increases.as_ref());
        replace_optional(&mut self.customization, block.customization.as_ref());
        replace_optional(&mut self.monthly_budget_usd, block.monthly_budget_usd.as_ref());
        replace(&mut self.budget_subscribers, block.budget_subscribers.as_ref());
        if let Some(contacts) = &block.contacts {
            replace_optional(&mut self.contacts.security, contacts.security.as_ref());
            replace_optional(&mut self.contacts.billing, contacts.billing.as_ref());
            replace_optional(&mut self.contacts.operations, contacts.operations.as_ref());
        }
        replace(&mut self.security_contact_override, block.security_contact_override.as_ref());
        replace_optional(&mut self.email_pattern, block.email_pattern.as_ref());
        replace(&mut self.email_domains, block.email_domains.as_ref());
        replace_optional(&mut self.alias_pattern, block.alias_pattern.as_ref());
        for access in block.access.iter().flatten() {
            if !self.access.contains(access) {
                self.access.push(access.clone());
            }
        }
    }
}

fn replace<T: Clone>(value: &mut T, nearer: Option<&T>) {
    if let Some(nearer) = nearer {
        value.clone_from(nearer);
    }
}

fn replace_optional<T: Clone>(value: &mut Option<T>, nearer: Option<&T>) {
    if nearer.is_some() {
        *value = nearer.cloned();
    }
}
