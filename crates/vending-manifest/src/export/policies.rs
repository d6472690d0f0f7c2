//! The policies of the manifest.

use std::collections::BTreeMap;

use strum::VariantArray;
use vending_core::OuId;
use vending_policies::{Document, PolicyType};

use super::comments::Comments;
use super::document::document;
use super::existing::{ExistingOrganization, ExistingPolicy};
use super::policy_names::TakenNames;
use super::units::Names;
use crate::manifest::Policy;

/// The policies of the manifest, and where they are attached.
#[derive(Clone, Debug, Default)]
pub(super) struct ExportedPolicies {
    pub(super) policies: BTreeMap<String, Policy>,
    pub(super) documents: BTreeMap<String, String>,
    /// The names of adopted policies.
    pub(super) adopted: Vec<String>,
    /// The names by the root and the OUs, sorted.
    places: BTreeMap<OuId, Vec<String>>,
}

/// What decides about the policies of an organization.
struct Policies<'a> {
    names: &'a Names<'a>,
    root: &'a OuId,
    taken: TakenNames,
    exported: ExportedPolicies,
}

const POLICIES: &str = "/policies";

impl ExportedPolicies {
    pub(super) fn of(existing: &ExistingOrganization, names: &Names<'_>, adopt: bool, comments: &mut Comments) -> Self {
        let enabled = |policy: &&ExistingPolicy| existing.features.policy_types.contains(policy.policy_type.aws_name());
        let mut all: Vec<&ExistingPolicy> = existing.policies.iter().filter(enabled).collect();
        all.sort_unstable_by_key(|policy| (&policy.name, &policy.id));
        let taken = TakenNames::new(&existing.policies);
        let mut policies = Policies { names, root: &existing.root, taken, exported: Self::default() };
        for policy in all.iter().filter(|policy| policy.is_ours()) {
            policies.add_own(policy, comments);
        }
        let mut left_out = Vec::new();
        for policy in all.iter().filter(|policy| !policy.is_ours() && !policy.is_of_aws()) {
            let adopted = if adopt { policies.adopt(policy) } else { Err(String::new()) };
            left_out.extend(adopted.err().map(|why| policies.describe(policy, &why)));
        }
        comment(&all, &left_out, adopt, comments);
        comment_types(existing, comments);
        let mut exported = policies.exported;
        for names in exported.places.values_mut() {
            names.sort_unstable();
        }
        exported
    }

    /// The names of the policies that are attached to the root or an OU.
    pub(super) fn at(&self, id: &OuId) -> Vec<String> {
        self.places.get(id).cloned().unwrap_or_default()
    }

    /// The root and the OUs that have policies.
    pub(super) fn places(&self) -> impl Iterator<Item = &OuId> {
        self.places.keys()
    }

    fn insert(&mut self, name: &str, policy: &ExistingPolicy, adopt: Option<String>, document: String, at: Vec<&OuId>) {
        self.policies.insert(name.to_owned(), Policy { policy_type: policy.policy_type, adopt });
        self.documents.insert(Document::path(name), document);
        for id in at {
            self.places.entry(id.clone()).or_default().push(name.to_owned());
        }
    }

    /// How many policies of a type are attached to the root or an OU.
    fn count(&self, id: &OuId, policy_type: PolicyType) -> usize {
        let names = self.places.get(id).into_iter().flatten();
        names.filter(|name| self.policies.get(*name).is_some_and(|policy| policy.policy_type == policy_type)).count()
    }
}

impl Policies<'_> {
    /// A policy of this deployment is always in the manifest: a plan of a manifest without it would delete it.
    fn add_own(&mut self, policy: &ExistingPolicy, comments: &mut Comments) {
        let ExistingPolicy { id, name: in_aws, .. } = policy;
        let name = policy.own_name.as_deref().unwrap_or_default();
        if !self.taken.take(name) {
            let why = "its tag does not have a name of its own that this file can have";
            comments.differ(format!("the policy {in_aws} ({id}) is detached and deleted: {why}"));
            return;
        }
        if in_aws != name {
            comments.differ(format!("the policy {in_aws} ({id}) is called {name} again"));
        }
        let (at, elsewhere): (Vec<&OuId>, Vec<&OuId>) = policy.units.iter().partition(|id| self.is_place(id));
        let elsewhere = elsewhere.iter().map(|id| format!("the OU {id}"));
        let accounts = policy.accounts.iter().map(|id| format!("the account {id}"));
        for place in elsewhere.chain(accounts) {
            comments.differ(format!("the policy {name} is detached from {place}, which this file cannot say"));
        }
        let document = document(name, policy).unwrap_or_else(|why| {
            comments.differ(format!("the policy {name} cannot be applied: {why}"));
            policy.content.clone()
        });
        self.exported.insert(name, policy, None, document, at);
    }

    /// Adopts a policy of others. Fails with why the manifest cannot have it.
    fn adopt(&mut self, policy: &ExistingPolicy) -> Result<(), String> {
        if let Some(account) = policy.accounts.first() {
            return Err(format!("it is attached to the account {account}"));
        }
        if let Some(id) = policy.units.iter().find(|id| !self.is_place(id)) {
            return Err(format!("it is attached to the OU {id}, which this file cannot name"));
        }
        let policy_type = policy.policy_type;
        let most = policy_type.attachable().unwrap_or(usize::MAX);
        if let Some(id) = policy.units.iter().find(|id| self.exported.count(id, policy_type) >= most) {
            return Err(format!("this file can have at most {most} of type {policy_type} at {}", self.place(id)));
        }
        // The name is not in the content.
        let document = document(&policy.id, policy)?;
        let name = self.taken.choose(policy);
        self.exported.insert(&name, policy, Some(policy.id.clone()), document, policy.units.iter().collect());
        self.exported.adopted.push(if name == policy.name { name } else { format!("{name} (now {})", policy.name) });
        Ok(())
    }

    /// Whether the manifest can say that a policy is attached here.
    fn is_place(&self, id: &OuId) -> bool {
        id == self.root || self.names.path(id).is_some()
    }

    fn place(&self, id: &OuId) -> String {
        match self.names.path(id) {
            Some(path) => path.to_string(),
            None if id == self.root => "root".to_owned(),
            None => id.to_string(),
        }
    }

    fn describe(&self, policy: &ExistingPolicy, why: &str) -> String {
        let ExistingPolicy { id, name, policy_type, .. } = policy;
        let units = policy.units.iter().map(|id| self.place(id));
        let accounts = policy.accounts.iter().map(ToString::to_string);
        let mut places: Vec<String> = units.chain(accounts).collect();
        places.sort_unstable();
        let places = if places.is_empty() { "nowhere".to_owned() } else { places.join(", ") };
        let why = if why.is_empty() { String::new() } else { format!("; {why}") };
        format!("- {name} ({id}), of type {policy_type}, attached to {places}{why}")
    }
}

impl ExistingPolicy {
    fn is_ours(&self) -> bool {
        self.own_name.is_some() && !self.is_of_aws()
    }

    /// Policies of AWS are never changed, not even by a manifest that adopts them.
    fn is_of_aws(&self) -> bool {
        self.is_aws_managed || self.is_of_control_tower()
    }
}

fn comment(all: &[&ExistingPolicy], left_out: &[String], adopt: bool, comments: &mut Comments) {
    let of = |is_one: fn(&ExistingPolicy) -> bool| -> String {
        let names: Vec<&str> = all.iter().filter(|policy| is_one(policy)).map(|policy| policy.name.as_str()).collect();
        names.join(", ")
    };
    let of_aws = of(|policy| policy.is_aws_managed);
    let of_control_tower = of(|policy| !policy.is_aws_managed && policy.is_of_control_tower());
    for (owner, names) in [("AWS", of_aws), ("AWS Control Tower", of_control_tower)] {
        if !names.is_empty() {
            comments.add(POLICIES, format!("Of {owner}, and never changed: {names}."));
        }
    }
    if left_out.is_empty() {
        return;
    }
    let remedy = if adopt { "" } else { ". To manage one here, add it with its ID in `adopt`, and its document" };
    comments.add(POLICIES, format!("Of others, and left alone{remedy}:"));
    for line in left_out {
        comments.add(POLICIES, line);
    }
}

/// Says which enabled types a manifest does not have.
fn comment_types(existing: &ExistingOrganization, comments: &mut Comments) {
    let is_unknown = |name: &&String| !PolicyType::VARIANTS.iter().any(|known| known.aws_name() == name.as_str());
    let unknown: Vec<&str> = existing.features.policy_types.iter().filter(is_unknown).map(String::as_str).collect();
    if !unknown.is_empty() {
        comments.add(POLICIES, format!("This file cannot have policies of the types {}.", unknown.join(", ")));
    }
    let is_disabled = |policy: &&ExistingPolicy| {
        policy.is_ours() && !existing.features.policy_types.contains(policy.policy_type.aws_name())
    };
    let mut disabled: Vec<&str> =
        existing.policies.iter().filter(is_disabled).map(|policy| policy.name.as_str()).collect();
    disabled.sort_unstable();
    if !disabled.is_empty() {
        comments.add(POLICIES, format!("Of types that are not enabled: {}.", disabled.join(", ")));
    }
}
