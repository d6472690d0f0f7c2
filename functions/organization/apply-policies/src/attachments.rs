//! Attaches policies, then detaches them, then deletes those that left the manifest.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use vending_core::{PlanBlocker, StepError};
use vending_manifest::PolicyType;
use vending_plans::{PlannedChanges, Units};

use crate::ApplyPolicies;
use crate::accounts::Accounts;
use crate::contents::{CONTENT, target};
use crate::policies::{OurPolicy, Policies};
use crate::wanted::{Place, WantedPolicy};

/// A policy that is missing at a place.
struct Missing<'a> {
    name: &'a str,
    policy: &'a OurPolicy,
    place: &'a Place,
    /// `None` for the root or an OU that a run would create.
    target: Option<String>,
}

impl ApplyPolicies {
    pub(crate) async fn converge_attachments(
        &self,
        wanted: &BTreeMap<String, WantedPolicy>,
        policies: &Policies,
        units: &Units,
        accounts: &Accounts<'_>,
        changes: &PlannedChanges,
    ) -> Result<(), StepError> {
        let missing = missing(wanted, policies, units);
        self.require_room(&missing, changes).await?;
        for attachment in missing {
            self.attach_policy(attachment, accounts, changes).await?;
        }
        for (name, ours) in &policies.ours {
            let wanted = wanted.get(name);
            self.detach_policy(name, ours, wanted, units, accounts, changes).await?;
            if wanted.is_none() {
                self.delete_policy(name, policies, ours, changes).await?;
            }
        }
        Ok(())
    }

    async fn attach_policy(
        &self,
        attachment: Missing<'_>,
        accounts: &Accounts<'_>,
        changes: &PlannedChanges,
    ) -> Result<(), StepError> {
        let Missing { name, policy, place, target } = attachment;
        // The root of an organization that a run creates contains the management account.
        let in_new_root = || (*place == Place::Root).then(|| accounts.management_account().to_string());
        let reached = target.clone().or_else(in_new_root);
        let place = place.to_string();
        let change = changes.change(&place, field(name), json!(false), json!(true));
        let what = "attaches a policy over accounts that exist";
        let change = accounts.guard(change, policy.policy_type, &reached, vec![place], what).await?;
        let ids = policy.id.as_deref().zip(target.as_deref());
        let attach = async {
            match ids {
                Some((id, target)) => self.attach(id, target).await,
                None => Ok(()),
            }
        };
        changes.make(change, attach).await?;
        Ok(())
    }

    /// Detaches a policy from where the manifest does not have it.
    async fn detach_policy(
        &self,
        name: &str,
        ours: &OurPolicy,
        wanted: Option<&WantedPolicy>,
        units: &Units,
        accounts: &Accounts<'_>,
        changes: &PlannedChanges,
    ) -> Result<(), StepError> {
        let Some(id) = &ours.id else { return Ok(()) };
        let kept: Vec<String> =
            wanted.iter().flat_map(|policy| &policy.places).filter_map(|place| id_of(place, units)).collect();
        for (target, shown) in ours.targets.iter().filter(|(target, _)| !kept.contains(target)) {
            let place = path_of(target, units).unwrap_or_else(|| shown.clone());
            let change = changes.change(&place, field(name), json!(true), json!(false));
            let what = "detaches a policy from accounts";
            let change = accounts.guard(change, ours.policy_type, [target], vec![place], what).await?;
            changes.make(change, self.detach(id, target)).await?;
        }
        Ok(())
    }

    async fn delete_policy(
        &self,
        name: &str,
        policies: &Policies,
        ours: &OurPolicy,
        changes: &PlannedChanges,
    ) -> Result<(), StepError> {
        let Some(id) = &ours.id else { return Ok(()) };
        let from = policies.shown(ours.content.as_ref());
        let change = changes.change(target(name), CONTENT, from, Value::Null);
        changes.make(change, self.delete(id)).await?;
        Ok(())
    }

    /// Blocks places where AWS does not allow so many policies, with those of others.
    async fn require_room(&self, missing: &[Missing<'_>], changes: &PlannedChanges) -> Result<(), StepError> {
        let mut added: BTreeMap<(&str, PolicyType), Vec<&Missing<'_>>> = BTreeMap::new();
        for attachment in missing {
            if let Some(target) = &attachment.target {
                added.entry((target, attachment.policy.policy_type)).or_default().push(attachment);
            }
        }
        for ((target, policy_type), missing) in added {
            let (Some(attachable), Some(first)) = (policy_type.attachable(), missing.first()) else { continue };
            let attached = self.attached(target, policy_type).await?;
            let own: Vec<&String> = attached.iter().filter(|name| !is_full_access(name)).collect();
            if own.len() + missing.len() > attachable {
                changes.block(no_room(first.place, policy_type, attachable, missing.len(), &own));
            }
        }
        Ok(())
    }
}

fn missing<'a>(wanted: &'a BTreeMap<String, WantedPolicy>, policies: &'a Policies, units: &Units) -> Vec<Missing<'a>> {
    let mut missing = Vec::new();
    for (name, policy) in wanted {
        let Some(ours) = policies.ours.get(name) else { continue };
        for place in &policy.places {
            let target = id_of(place, units);
            if target.as_ref().is_none_or(|target| !ours.targets.contains_key(target)) {
                missing.push(Missing { name, policy: ours, place, target });
            }
        }
    }
    missing
}

fn id_of(place: &Place, units: &Units) -> Option<String> {
    let id = match place {
        Place::Root => units.root().cloned(),
        Place::Unit(path) => units.id(path),
    };
    id.map(|id| id.to_string())
}

/// The path of an OU of the manifest, by its ID.
fn path_of(id: &str, units: &Units) -> Option<String> {
    let mut paths = units.states.keys();
    let path = paths.find(|path| units.id(path).is_some_and(|known| known.as_str() == id));
    path.map(ToString::to_string)
}

/// AWS attaches these itself. They count, but not against what the manifest can attach.
fn is_full_access(name: &str) -> bool {
    ["FullAWSAccess", "RCPFullAWSAccess"].contains(&name)
}

fn field(name: &str) -> String {
    format!("policies.{name}")
}

fn no_room(place: &Place, policy_type: PolicyType, most: usize, added: usize, attached: &[&String]) -> PlanBlocker {
    let names: Vec<&str> = attached.iter().map(|name| name.as_str()).collect();
    PlanBlocker {
        pointer: place.pointer(),
        detail: format!(
            "must leave room: AWS allows {most} of type {policy_type} at {place}, {} are attached ({}), and {added} would be added",
            attached.len(),
            names.join(", ")
        ),
        remedy: "detach policies that are not needed, or merge some of them".to_owned(),
    }
}
