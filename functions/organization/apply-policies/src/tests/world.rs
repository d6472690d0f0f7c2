//! An organization with the OU `Workloads`, which has `Production` below it, and the accounts that a test adds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use aws_sdk_organizations::Client;
use aws_sdk_organizations::operation::attach_policy::{AttachPolicyError, AttachPolicyOutput};
use aws_sdk_organizations::operation::create_policy::{CreatePolicyError, CreatePolicyOutput};
use aws_sdk_organizations::operation::delete_policy::{DeletePolicyError, DeletePolicyOutput};
use aws_sdk_organizations::operation::describe_organization::{DescribeOrganizationError, DescribeOrganizationOutput};
use aws_sdk_organizations::operation::describe_policy::DescribePolicyOutput;
use aws_sdk_organizations::operation::detach_policy::{DetachPolicyError, DetachPolicyOutput};
use aws_sdk_organizations::operation::list_accounts_for_parent::ListAccountsForParentOutput;
use aws_sdk_organizations::operation::list_organizational_units_for_parent::ListOrganizationalUnitsForParentOutput;
use aws_sdk_organizations::operation::list_policies::ListPoliciesOutput;
use aws_sdk_organizations::operation::list_policies_for_target::ListPoliciesForTargetOutput;
use aws_sdk_organizations::operation::list_roots::{ListRootsError, ListRootsOutput};
use aws_sdk_organizations::operation::list_tags_for_resource::ListTagsForResourceOutput;
use aws_sdk_organizations::operation::list_targets_for_policy::ListTargetsForPolicyOutput;
use aws_sdk_organizations::operation::tag_resource::TagResourceOutput;
use aws_sdk_organizations::operation::update_policy::UpdatePolicyOutput;
use aws_sdk_organizations::types::error::{
    DuplicatePolicyAttachmentException, DuplicatePolicyException, PolicyInUseException, PolicyNotAttachedException,
};
use aws_sdk_organizations::types::{
    self, Account, OrganizationalUnit, PolicySummary, PolicyTargetSummary, PolicyTypeStatus, PolicyTypeSummary, Root,
    Tag, TargetType,
};
use aws_smithy_mocks::{MockResponse, Rule, RuleMode, mock, mock_client};
use aws_smithy_types::error::ErrorMetadata;
use strum::VariantArray;
use vending_manifest::PolicyType;

use super::*;

pub(super) const MANAGEMENT: &str = "123456789012";
pub(super) const ORGANIZATION: &str = "o-aa111bb222";

#[derive(Clone, Debug, Default)]
pub(super) struct Policy {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) description: String,
    pub(super) content: String,
    pub(super) tag: Option<String>,
    pub(super) targets: BTreeSet<String>,
    pub(super) is_of_aws: bool,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) policies: BTreeMap<String, Policy>,
    /// The accounts by their parents.
    pub(super) accounts: BTreeMap<String, Vec<String>>,
    /// The calls that change something.
    pub(super) writes: Vec<String>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct World(Arc<Mutex<State>>);

impl World {
    /// With the management account in the root.
    pub(super) fn new() -> Self {
        let world = Self::default();
        world.add_account("r-root", MANAGEMENT);
        let full =
            Policy { name: "FullAWSAccess".to_owned(), kind: "SERVICE_CONTROL_POLICY".to_owned(), ..Policy::default() };
        let targets = ["r-root", "ou-w", "ou-p"].map(str::to_owned).into();
        world.state().policies.insert("p-full".to_owned(), Policy { is_of_aws: true, targets, ..full });
        world
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    pub(super) fn add_account(&self, parent: &str, id: &str) {
        self.state().accounts.entry(parent.to_owned()).or_default().push(id.to_owned());
    }

    /// A policy of others.
    pub(super) fn add_policy(&self, id: &str, name: &str, targets: &[&str]) {
        let targets = targets.iter().map(|target| (*target).to_owned()).collect();
        let kind = "SERVICE_CONTROL_POLICY".to_owned();
        let policy = Policy { name: name.to_owned(), kind, content: DENY.to_owned(), targets, ..Policy::default() };
        self.state().policies.insert(id.to_owned(), policy);
    }

    /// The policy of this name.
    pub(super) fn policy(&self, name: &str) -> Option<Policy> {
        self.state().policies.values().find(|policy| policy.name == name).cloned()
    }

    pub(super) fn targets(&self, name: &str) -> Vec<String> {
        self.policy(name).map(|policy| policy.targets.into_iter().collect()).unwrap_or_default()
    }

    /// The function without an organization. It has no other calls.
    pub(super) fn function_without_organization() -> ApplyPolicies {
        let meta = || ErrorMetadata::builder().code("AWSOrganizationsNotInUseException").build();
        let rules = [
            mock!(Client::describe_organization).then_error(move || DescribeOrganizationError::generic(meta())),
            mock!(Client::list_roots).then_error(move || ListRootsError::generic(meta())),
        ];
        function(&rules)
    }

    pub(super) fn function(&self) -> ApplyPolicies {
        let rules = [
            self.reads_organization(),
            self.lists_policies(),
            self.reads_policy(),
            self.creates(),
            self.updates(),
            self.attaches(),
            self.detaches(),
            self.deletes(),
        ]
        .concat();
        function(&rules)
    }

    fn reads_organization(&self) -> Vec<Rule> {
        let describes = mock!(Client::describe_organization).then_output(|| {
            let organization = types::Organization::builder().id(ORGANIZATION).master_account_id(MANAGEMENT);
            DescribeOrganizationOutput::builder().organization(organization.build()).build()
        });
        let roots = mock!(Client::list_roots).then_output(|| {
            let enabled = |policy_type: &PolicyType| {
                let name = policy_type.aws_name().into();
                PolicyTypeSummary::builder().r#type(name).status(PolicyTypeStatus::Enabled).build()
            };
            let types = PolicyType::VARIANTS.iter().map(enabled).collect();
            let root = Root::builder().id("r-root").set_policy_types(Some(types)).build();
            ListRootsOutput::builder().roots(root).build()
        });
        let units = mock!(Client::list_organizational_units_for_parent).then_compute_output(|list| {
            let units: &[(&str, &str)] = match list.parent_id().unwrap() {
                "r-root" => &[("Workloads", "ou-w")],
                "ou-w" => &[("Production", "ou-p")],
                _ => &[],
            };
            let units = units.iter().map(|(name, id)| OrganizationalUnit::builder().name(*name).id(*id).build());
            ListOrganizationalUnitsForParentOutput::builder().set_organizational_units(Some(units.collect())).build()
        });
        let world = self.clone();
        let accounts = mock!(Client::list_accounts_for_parent).then_compute_output(move |list| {
            let state = world.state();
            let accounts = state.accounts.get(list.parent_id().unwrap()).into_iter().flatten();
            let accounts = accounts.map(|id| Account::builder().id(id).build()).collect();
            ListAccountsForParentOutput::builder().set_accounts(Some(accounts)).build()
        });
        vec![describes, roots, units, accounts]
    }

    fn lists_policies(&self) -> Vec<Rule> {
        let world = self.clone();
        let all = mock!(Client::list_policies).then_compute_output(move |list| {
            let state = world.state();
            let of_type = state.policies.iter().filter(|(_, one)| one.kind == list.filter().unwrap().as_str());
            let policies = of_type.map(|(id, policy)| summary(id, policy)).collect();
            ListPoliciesOutput::builder().set_policies(Some(policies)).build()
        });
        let world = self.clone();
        let of_target = mock!(Client::list_policies_for_target).then_compute_output(move |list| {
            let state = world.state();
            let attached = state.policies.iter().filter(|(_, one)| {
                one.kind == list.filter().unwrap().as_str() && one.targets.contains(list.target_id().unwrap())
            });
            let policies = attached.map(|(id, policy)| summary(id, policy)).collect();
            ListPoliciesForTargetOutput::builder().set_policies(Some(policies)).build()
        });
        vec![all, of_target]
    }

    fn reads_policy(&self) -> Vec<Rule> {
        let world = self.clone();
        let describes = mock!(Client::describe_policy).then_compute_output(move |describe| {
            let content = world.state().policies[describe.policy_id().unwrap()].content.clone();
            DescribePolicyOutput::builder().policy(types::Policy::builder().content(content).build()).build()
        });
        let world = self.clone();
        let tags = mock!(Client::list_tags_for_resource).then_compute_output(move |list| {
            let tag = world.state().policies[list.resource_id().unwrap()].tag.clone();
            let tag = tag.map(|value| Tag::builder().key(vending_core::GROUND_TAG).value(value).build().unwrap());
            ListTagsForResourceOutput::builder().set_tags(Some(tag.into_iter().collect())).build()
        });
        let world = self.clone();
        let targets = mock!(Client::list_targets_for_policy).then_compute_output(move |list| {
            let targets = world.state().policies[list.policy_id().unwrap()].targets.clone();
            let targets = targets.iter().map(|id| target(id)).collect();
            ListTargetsForPolicyOutput::builder().set_targets(Some(targets)).build()
        });
        let world = self.clone();
        let tagging = mock!(Client::tag_resource).then_compute_output(move |tag| {
            let id = tag.resource_id().unwrap();
            let mut state = world.state();
            state.writes.push(format!("tag {id}"));
            state.policies.get_mut(id).unwrap().tag = Some(tag.tags()[0].value().to_owned());
            TagResourceOutput::builder().build()
        });
        vec![describes, tags, targets, tagging]
    }

    fn creates(&self) -> Vec<Rule> {
        let world = self.clone();
        let creates = mock!(Client::create_policy).then_compute_response(move |create| {
            let mut state = world.state();
            let name = create.name().unwrap().to_owned();
            if state.policies.values().any(|policy| policy.name == name) {
                let duplicate = DuplicatePolicyException::builder().build();
                return MockResponse::Error(CreatePolicyError::DuplicatePolicyException(duplicate));
            }
            let (id, policy) = (
                format!("p-{name}"),
                Policy {
                    name: name.clone(),
                    kind: create.r#type().unwrap().as_str().to_owned(),
                    description: create.description().unwrap().to_owned(),
                    content: create.content().unwrap().to_owned(),
                    tag: Some(create.tags()[0].value().to_owned()),
                    ..Policy::default()
                },
            );
            state.writes.push(format!("create {name}"));
            let created = summary(&id, &policy);
            state.policies.insert(id, policy);
            let created = types::Policy::builder().policy_summary(created).build();
            MockResponse::Output(CreatePolicyOutput::builder().policy(created).build())
        });
        vec![creates]
    }

    fn updates(&self) -> Vec<Rule> {
        let world = self.clone();
        let updates = mock!(Client::update_policy).then_compute_output(move |update| {
            let mut state = world.state();
            state.writes.push(format!("update {}", update.policy_id().unwrap()));
            let policy = state.policies.get_mut(update.policy_id().unwrap()).unwrap();
            update.content().unwrap().clone_into(&mut policy.content);
            update.name().unwrap().clone_into(&mut policy.name);
            update.description().unwrap().clone_into(&mut policy.description);
            UpdatePolicyOutput::builder().build()
        });
        vec![updates]
    }

    fn attaches(&self) -> Vec<Rule> {
        let world = self.clone();
        let attaches = mock!(Client::attach_policy).then_compute_response(move |attach| {
            let (id, target) = (attach.policy_id().unwrap(), attach.target_id().unwrap());
            let mut state = world.state();
            state.writes.push(format!("attach {id} {target}"));
            if state.policies.get_mut(id).unwrap().targets.insert(target.to_owned()) {
                return MockResponse::Output(AttachPolicyOutput::builder().build());
            }
            let attached = DuplicatePolicyAttachmentException::builder().build();
            MockResponse::Error(AttachPolicyError::DuplicatePolicyAttachmentException(attached))
        });
        vec![attaches]
    }

    fn detaches(&self) -> Vec<Rule> {
        let world = self.clone();
        let detaches = mock!(Client::detach_policy).then_compute_response(move |detach| {
            let (id, target) = (detach.policy_id().unwrap(), detach.target_id().unwrap());
            let mut state = world.state();
            state.writes.push(format!("detach {id} {target}"));
            if state.policies.get_mut(id).unwrap().targets.remove(target) {
                return MockResponse::Output(DetachPolicyOutput::builder().build());
            }
            let missing = PolicyNotAttachedException::builder().build();
            MockResponse::Error(DetachPolicyError::PolicyNotAttachedException(missing))
        });
        vec![detaches]
    }

    fn deletes(&self) -> Vec<Rule> {
        let world = self.clone();
        let deletes = mock!(Client::delete_policy).then_compute_response(move |delete| {
            let id = delete.policy_id().unwrap();
            let mut state = world.state();
            state.writes.push(format!("delete {id}"));
            if !state.policies[id].targets.is_empty() {
                let used = PolicyInUseException::builder().build();
                return MockResponse::Error(DeletePolicyError::PolicyInUseException(used));
            }
            state.policies.remove(id);
            MockResponse::Output(DeletePolicyOutput::builder().build())
        });
        vec![deletes]
    }
}

fn function(rules: &[Rule]) -> ApplyPolicies {
    let rules: Vec<&Rule> = rules.iter().collect();
    ApplyPolicies {
        organization: Organization::new(mock_client!(aws_sdk_organizations, RuleMode::MatchAny, &rules)),
        deployment: "account-vending".to_owned(),
        management_account: MANAGEMENT.parse().unwrap(),
        organization_access_role: "OrganizationAccountAccessRole".to_owned(),
    }
}

fn summary(id: &str, policy: &Policy) -> PolicySummary {
    let summary = PolicySummary::builder().id(id).name(&policy.name).description(&policy.description);
    summary.r#type(policy.kind.as_str().into()).aws_managed(policy.is_of_aws).build()
}

fn target(id: &str) -> PolicyTargetSummary {
    let (name, target_type) = match id {
        "r-root" => ("Root", TargetType::Root),
        "ou-w" => ("Workloads", TargetType::OrganizationalUnit),
        "ou-p" => ("Production", TargetType::OrganizationalUnit),
        _ => ("an account", TargetType::Account),
    };
    PolicyTargetSummary::builder().target_id(id).name(name).r#type(target_type).build()
}
