//! The policies in AWS.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_organizations::types::PolicySummary;
use serde_json::Value;
use vending_core::{GROUND_TAG, PlanBlocker, StepError, ground_name, ground_tag};
use vending_manifest::PolicyType;
use vending_policies::{Content, Placeholder};

use crate::ApplyPolicies;
use crate::wanted::{WantedPolicy, pointer};

/// What the descriptions of our policies end with, so that the tags of other policies need not be read. The tag decides.
pub(crate) const MARK: &str = "Managed by account-vending";

/// A policy of ours.
#[derive(Clone, Debug)]
pub(crate) struct OurPolicy {
    /// `None` for a policy that a run would create.
    pub(crate) id: Option<String>,
    pub(crate) policy_type: PolicyType,
    /// Its name in AWS. An adopted policy may have another name than in the manifest.
    pub(crate) name: String,
    /// `None` if it cannot be parsed.
    pub(crate) content: Option<Content>,
    /// Whether it has our tag.
    pub(crate) is_tagged: bool,
    /// What it is attached to, by ID, with a name for people.
    pub(crate) targets: BTreeMap<String, String>,
}

/// The policies of the enabled types.
#[derive(Debug, Default)]
pub(crate) struct Policies {
    /// By their names in the manifest.
    pub(crate) ours: BTreeMap<String, OurPolicy>,
    /// Policies of others that have the name and the type of one of the manifest: their IDs by name.
    namesakes: BTreeMap<String, String>,
    /// The IDs that the manifest adopts, if they are no policy of ours to take over.
    not_adoptable: BTreeSet<String>,
    organization_id: String,
}

impl Policies {
    pub(crate) async fn read(
        function: &ApplyPolicies,
        wanted: &BTreeMap<String, WantedPolicy>,
        organization_id: String,
    ) -> Result<Self, StepError> {
        let mut policies = Self { organization_id, ..Self::default() };
        let mut found: BTreeSet<String> = BTreeSet::new();
        for policy_type in function.enabled_types().await? {
            for summary in function.list_policies(policy_type).await? {
                found.extend(summary.id.clone().filter(|_| !is_of_aws(&summary)));
                policies.add(function, wanted, policy_type, summary).await?;
            }
        }
        let adopted = wanted.values().filter_map(|policy| policy.adopt.clone());
        policies.not_adoptable = adopted.filter(|id| !found.contains(id)).collect();
        Ok(policies)
    }

    async fn add(
        &mut self,
        function: &ApplyPolicies,
        wanted: &BTreeMap<String, WantedPolicy>,
        policy_type: PolicyType,
        summary: PolicySummary,
    ) -> Result<(), StepError> {
        let (id, name) = (summary.id().unwrap_or_default().to_owned(), summary.name().unwrap_or_default().to_owned());
        let of_type = |(_, policy): &(&String, &WantedPolicy)| policy.policy_type == policy_type;
        let adopting = wanted.iter().filter(of_type).find(|(_, policy)| policy.adopt.as_ref() == Some(&id));
        let is_namesake = wanted.iter().filter(of_type).any(|(known, _)| *known == name);
        let is_marked = summary.description().is_some_and(|description| description.ends_with(MARK));
        if is_of_aws(&summary) || !(is_marked || is_namesake || adopting.is_some()) {
            return Ok(());
        }
        let tag = function.tag_of(&id).await?;
        let tagged = tag.as_deref().and_then(|tag| ground_name(&function.deployment, tag));
        match tagged.or(adopting.map(|(name, _)| name.as_str())) {
            Some(own_name) => {
                let content = function.content_of(&id, &name, policy_type).await?;
                let targets = function.targets_of(&id).await?;
                let is_tagged = tagged.is_some();
                let policy = OurPolicy { id: Some(id), policy_type, name, content, is_tagged, targets };
                self.ours.insert(own_name.to_owned(), policy);
            }
            None if is_namesake => {
                self.namesakes.insert(name, id);
            }
            None => {}
        }
        Ok(())
    }

    /// A content in a change. It has the placeholder instead of the ID of the organization, so that the plan that creates
    /// the organization lists the same content as its run.
    pub(crate) fn shown(&self, content: Option<&Content>) -> Value {
        let Some(content) = content.map(Content::value) else { return Value::Null };
        let placeholder = format!("{{{{{}}}}}", Placeholder::OrganizationId);
        let text = content.to_string().replace(&self.organization_id, &placeholder);
        serde_json::from_str(&text).unwrap_or_else(|_| content.clone())
    }

    /// What prevents the policies of the manifest from being created or adopted.
    pub(crate) fn blockers(&self, wanted: &BTreeMap<String, WantedPolicy>) -> Vec<PlanBlocker> {
        let mut blockers = Vec::new();
        for (name, policy) in wanted {
            let namesake = self.namesakes.get(name).filter(|id| !self.is_own_name(name, id));
            if let Some(id) = namesake {
                blockers.push(foreign(name, id));
            }
            if let Some(id) = policy.adopt.as_ref().filter(|id| self.not_adoptable.contains(*id)) {
                blockers.push(not_adoptable(name, id, policy.policy_type));
            }
            if let Some(ours) = self.ours.get(name).filter(|ours| ours.policy_type != policy.policy_type) {
                blockers.push(other_type(name, ours.policy_type));
            }
        }
        blockers
    }

    fn is_own_name(&self, name: &str, id: &str) -> bool {
        self.ours.get(name).is_some_and(|ours| ours.id.as_deref() == Some(id))
    }
}

/// Policies of AWS, and those of AWS Control Tower, are never changed.
/// <https://docs.aws.amazon.com/controltower/latest/userguide/orgs-guidance.html>
fn is_of_aws(summary: &PolicySummary) -> bool {
    summary.aws_managed() || summary.name().is_some_and(|name| name.starts_with("aws-guardrails-"))
}

fn foreign(name: &str, id: &str) -> PlanBlocker {
    PlanBlocker {
        pointer: pointer(name),
        detail: format!("must be a new policy: {id} has this name, and is not managed by this manifest"),
        remedy: format!("set `adopt: {id}` to let the manifest change it, or choose another name"),
    }
}

fn not_adoptable(name: &str, id: &str, policy_type: PolicyType) -> PlanBlocker {
    PlanBlocker {
        pointer: format!("{}/adopt", pointer(name)),
        detail: format!("must be the ID of a policy of the organization that AWS does not manage, not {id}"),
        remedy: format!("list them with `aws organizations list-policies --filter {}`", policy_type.aws_name()),
    }
}

fn other_type(name: &str, policy_type: PolicyType) -> PlanBlocker {
    PlanBlocker {
        pointer: format!("{}/type", pointer(name)),
        detail: format!("must stay {policy_type}, because AWS cannot change the type of a policy"),
        remedy: "choose another name for the policy of the other type".to_owned(),
    }
}

/// The tag of a policy of this deployment.
pub(crate) fn own_tag(deployment: &str, name: &str) -> BTreeMap<String, String> {
    [(GROUND_TAG.to_owned(), ground_tag(deployment, name))].into()
}
