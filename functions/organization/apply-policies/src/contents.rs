//! Creates policies, and changes their contents and names.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use vending_core::{OrganizationChange, StepError};
use vending_plans::PlannedChanges;
use vending_policies::Content;

use crate::ApplyPolicies;
use crate::accounts::Accounts;
use crate::policies::{OurPolicy, Policies};
use crate::wanted::WantedPolicy;

impl ApplyPolicies {
    /// Adds the created policies to the policies.
    pub(crate) async fn converge_contents(
        &self,
        wanted: &BTreeMap<String, WantedPolicy>,
        policies: &mut Policies,
        accounts: &Accounts<'_>,
        changes: &PlannedChanges,
    ) -> Result<(), StepError> {
        for (name, policy) in wanted {
            if let Some(ours) = policies.ours.get(name) {
                self.converge_content(name, policy, ours, policies, accounts, changes).await?;
            } else {
                let created = self.create_policy(name, policy, policies, changes).await?;
                policies.ours.insert(name.clone(), created);
            }
        }
        Ok(())
    }

    async fn create_policy(
        &self,
        name: &str,
        policy: &WantedPolicy,
        policies: &Policies,
        changes: &PlannedChanges,
    ) -> Result<OurPolicy, StepError> {
        let change = changes.change(target(name), CONTENT, Value::Null, policies.shown(Some(&policy.content)));
        let id = changes.make(change, self.create(name, &policy.content)).await?;
        Ok(OurPolicy {
            id,
            policy_type: policy.policy_type,
            name: name.to_owned(),
            content: Some(policy.content.clone()),
            is_tagged: true,
            targets: BTreeMap::new(),
        })
    }

    async fn converge_content(
        &self,
        name: &str,
        policy: &WantedPolicy,
        ours: &OurPolicy,
        policies: &Policies,
        accounts: &Accounts<'_>,
        changes: &PlannedChanges,
    ) -> Result<(), StepError> {
        let Some(id) = &ours.id else { return Ok(()) };
        if !ours.is_tagged {
            let change = changes.change(target(name), "adopt", Value::Null, json!(id));
            changes.make(change, self.adopt(id, name)).await?;
        }
        let mut differences: Vec<OrganizationChange> = Vec::new();
        let text = ours.content.as_ref().map(Content::text);
        if text != Some(policy.content.text()) {
            let (from, to) = (policies.shown(ours.content.as_ref()), policies.shown(Some(&policy.content)));
            let change = changes.change(target(name), CONTENT, from, to);
            let what = "changes what an attached policy denies or sets";
            let (targets, names) = (ours.targets.keys(), ours.targets.values().cloned().collect());
            differences.push(accounts.guard(change, policy.policy_type, targets, names, what).await?);
        }
        if ours.name != name {
            differences.push(changes.change(target(name), "name", json!(ours.name), json!(name)));
        }
        changes.make_all(differences, self.update(id, name, &policy.content)).await?;
        Ok(())
    }
}

/// The field of the changes.
pub(crate) const CONTENT: &str = "content";

/// The target of the changes of a policy itself.
pub(crate) fn target(name: &str) -> String {
    format!("policy {name}")
}
