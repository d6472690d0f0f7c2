//! IAM Identity Center in us-east-1, with the permission sets by their ARNs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use aws_sdk_ssoadmin::types::InstanceStatus;
use aws_smithy_mocks::{Rule, RuleMode, mock_client};

use super::*;

mod directory;
mod organization;
mod reads;
mod writes;

pub(super) const MANAGEMENT: &str = "123456789012";
pub(super) const INSTANCE: &str = "arn:aws:sso:::instance/ssoins-1";

#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::tests) struct Set {
    pub(in crate::tests) name: String,
    pub(in crate::tests) tag: Option<String>,
    pub(in crate::tests) description: Option<String>,
    pub(in crate::tests) session: String,
    pub(in crate::tests) relay_state: Option<String>,
    pub(in crate::tests) policies: BTreeSet<String>,
    pub(in crate::tests) customer_managed: Vec<String>,
    pub(in crate::tests) inline_policy: Option<String>,
    /// The accounts that have it, and whether they have its latest version.
    pub(in crate::tests) accounts: BTreeMap<String, bool>,
}

/// The only instance of the Region.
#[derive(Clone, Debug)]
pub(in crate::tests) struct Instance {
    pub(in crate::tests) owner: String,
    pub(in crate::tests) status: InstanceStatus,
    pub(in crate::tests) primary_region: String,
    /// Why it has no permission sets.
    pub(in crate::tests) unsupported: Option<&'static str>,
}

/// What becomes of a provisioning.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(in crate::tests) enum Outcome {
    #[default]
    Done,
    InProgress,
    Failed,
}

#[derive(Debug, Default)]
pub(in crate::tests) struct State {
    pub(in crate::tests) instance: Option<Instance>,
    pub(in crate::tests) sets: BTreeMap<String, Set>,
    pub(in crate::tests) groups: BTreeSet<String>,
    pub(in crate::tests) inactive: BTreeSet<String>,
    /// What becomes of the next provisionings.
    pub(in crate::tests) outcome: Outcome,
    /// The ARNs of the permission sets that were provisioned, with the outcome.
    pub(in crate::tests) provisionings: Vec<(String, Outcome)>,
    /// The calls that change something.
    pub(in crate::tests) writes: Vec<String>,
    /// The operation that fails after it has taken effect, once.
    pub(in crate::tests) loses: Option<&'static str>,
    pub(in crate::tests) reads: usize,
}

#[derive(Clone, Debug)]
pub(in crate::tests) struct World(Arc<Mutex<State>>);

impl World {
    /// An active instance without permission sets.
    pub(in crate::tests) fn new() -> Self {
        let instance = Instance {
            owner: MANAGEMENT.to_owned(),
            status: InstanceStatus::Active,
            primary_region: "us-east-1".to_owned(),
            unsupported: None,
        };
        Self(Arc::new(Mutex::new(State { instance: Some(instance), ..State::default() })))
    }

    /// Without an instance.
    pub(in crate::tests) fn without_instance() -> Self {
        Self(Arc::default())
    }

    pub(in crate::tests) fn with_instance(change: impl FnOnce(&mut Instance)) -> Self {
        let world = Self::new();
        change(world.state().instance.as_mut().unwrap());
        world
    }

    pub(in crate::tests) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// A permission set of others.
    pub(in crate::tests) fn add_foreign(&self, name: &str) -> String {
        let set = Set { name: name.to_owned(), session: "PT1H".to_owned(), ..Set::default() };
        self.state().sets.insert(arn(name), set);
        arn(name)
    }

    pub(in crate::tests) fn set(&self, name: &str) -> Option<Set> {
        self.state().sets.get(&arn(name)).cloned()
    }

    pub(in crate::tests) fn change(&self, name: &str, change: impl FnOnce(&mut Set)) {
        change(self.state().sets.get_mut(&arn(name)).unwrap());
    }

    /// Gives an account the latest version of a permission set.
    pub(in crate::tests) fn provision_in(&self, name: &str, accounts: &[&str]) {
        self.change(name, |set| set.accounts.extend(accounts.iter().map(|id| ((*id).to_owned(), true))));
    }

    pub(in crate::tests) fn function(&self) -> CreatePermissionSets {
        self.function_with(vec![])
    }

    /// These rules respond first.
    pub(in crate::tests) fn function_with(&self, first: Vec<Rule>) -> CreatePermissionSets {
        let admin = [first, self.reads(), self.writes()].concat();
        let (directory, organization) = (self.directory(), self.organization());
        let clients = Clients {
            admin: mock_client!(aws_sdk_ssoadmin, RuleMode::MatchAny, &by_reference(&admin), |config| config
                .retry_config(aws_sdk_ssoadmin::config::retry::RetryConfig::disabled())),
            directory: mock_client!(aws_sdk_identitystore, RuleMode::MatchAny, &by_reference(&directory)),
        };
        let organizations = mock_client!(aws_sdk_organizations, RuleMode::MatchAny, &by_reference(&organization));
        CreatePermissionSets {
            config: SdkConfig::builder().build(),
            clients: Mutex::new([("us-east-1".to_owned(), clients)].into()),
            organization: Organization::new(organizations),
            deployment: "account-vending".to_owned(),
            management_account: MANAGEMENT.parse().unwrap(),
            foreign: Cache::new(FOREIGN_TTL),
            reported: Cache::new(crate::provisioning::RECENT),
        }
    }
}

fn by_reference(rules: &[Rule]) -> Vec<&Rule> {
    rules.iter().collect()
}

fn arn(name: &str) -> String {
    format!("arn:aws:sso:::permissionSet/ssoins-1/{name}")
}
