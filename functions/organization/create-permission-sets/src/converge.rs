//! Creates, changes, and deletes permission sets.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use vending_core::{ErrorCode, OrganizationChange, StepError};
use vending_plans::PlannedChanges;

use crate::CreatePermissionSets;
use crate::instance::{CONSOLE, IdentityCenter};
use crate::notes::{customer_managed, left_behind, still_assigned, unsupported};
use crate::permission_sets::OurSet;
use crate::session::minutes;
use crate::wanted::{Wanted, WantedSet};

/// A permission set of the manifest, in AWS.
#[derive(Clone, Copy)]
struct Pair<'a> {
    name: &'a str,
    wanted: &'a WantedSet,
    ours: &'a OurSet,
}

impl CreatePermissionSets {
    pub(crate) async fn converge_permission_sets(
        &self,
        center: &IdentityCenter,
        wanted: &Wanted,
        changes: &PlannedChanges,
    ) -> Result<(), StepError> {
        let found = match self.permission_sets(center, wanted).await? {
            Ok(found) => found,
            Err(reason) => {
                if !wanted.names.is_empty() {
                    changes.note(unsupported(&reason), Some(CONSOLE));
                }
                return Ok(());
            }
        };
        found.blockers().for_each(|blocker| changes.block(blocker));
        require_none_in_progress(center, found.ours.iter(), changes).await?;
        for (name, set) in &wanted.sets {
            match found.ours.get(name) {
                Some(ours) => self.converge_set(center, Pair { name, wanted: set, ours }, changes).await?,
                None if found.is_free(name) => self.create_set(Some(center), name, set, changes).await?,
                None => {}
            }
        }
        for (name, ours) in found.ours.iter().filter(|(name, _)| !wanted.names.contains(*name)) {
            delete_set(center, name, ours, changes).await?;
        }
        Ok(())
    }

    /// Lists what a run creates when IAM Identity Center is active.
    pub(crate) async fn list_everything(&self, wanted: &Wanted, changes: &PlannedChanges) -> Result<(), StepError> {
        for (name, set) in &wanted.sets {
            self.create_set(None, name, set, changes).await?;
        }
        for group in wanted.groups.iter().filter(|_| wanted.creates_groups) {
            crate::groups::create_group(None, group, changes).await?;
        }
        Ok(())
    }

    async fn create_set(
        &self,
        center: Option<&IdentityCenter>,
        name: &str,
        wanted: &WantedSet,
        changes: &PlannedChanges,
    ) -> Result<(), StepError> {
        let change = changes.change(target(name), NAME, Value::Null, json!(name));
        let create = async { existing(center)?.create(name, wanted, &self.deployment).await };
        let arn = changes.make(change, create).await?.unwrap_or_default();
        for policy in &wanted.policies {
            let change = changes.change(target(name), field(policy), json!(false), json!(true));
            changes.make(change, async { existing(center)?.attach(&arn, policy).await }).await?;
        }
        if let Some(policy) = &wanted.inline_policy {
            let change = changes.change(target(name), INLINE_POLICY, Value::Null, policy.clone());
            changes.make(change, async { existing(center)?.put_inline_policy(&arn, policy).await }).await?;
        }
        Ok(())
    }

    async fn converge_set(
        &self,
        center: &IdentityCenter,
        pair: Pair<'_>,
        changes: &PlannedChanges,
    ) -> Result<(), StepError> {
        let Pair { name, ours, .. } = pair;
        let differs = [
            converge_fields(center, pair, changes).await?,
            converge_policies(center, pair, changes).await?,
            converge_inline_policy(center, pair, changes).await?,
        ];
        note_what_is_left(pair, changes);
        let differs = differs.contains(&true) && ours.provisioning.has_accounts();
        if differs || ours.provisioning.is_behind {
            let change = changes.change(target(name), "provisioned", json!(false), json!(true));
            changes.make(change, self.provision(center, name, &ours.arn, !differs)).await?;
        }
        Ok(())
    }
}

/// Whatever is changed while a permission set is provisioned may not reach the accounts.
async fn require_none_in_progress(
    center: &IdentityCenter,
    ours: impl Iterator<Item = (&String, &OurSet)>,
    changes: &PlannedChanges,
) -> Result<(), StepError> {
    let provisioned: Vec<_> = ours.filter(|(_, set)| set.provisioning.has_accounts()).collect();
    if changes.is_plan() || provisioned.is_empty() {
        return Ok(());
    }
    let in_progress = center.in_progress().await?;
    match provisioned.into_iter().find(|(_, set)| in_progress.contains(&set.arn)) {
        Some((name, _)) => {
            let message = format!("IAM Identity Center has not provisioned the permission set {name} everywhere yet");
            Err(StepError::new(ErrorCode::NotReady, message))
        }
        None => Ok(()),
    }
}

/// Returns whether something differs.
async fn converge_fields(center: &IdentityCenter, pair: Pair<'_>, changes: &PlannedChanges) -> Result<bool, StepError> {
    let Pair { name, wanted, ours } = pair;
    let mut differences = Vec::new();
    if wanted.description.is_some() && wanted.description != ours.description {
        let change = changes.change(target(name), "description", json!(ours.description), json!(wanted.description));
        differences.push(change);
    }
    let (from, to) = (minutes(&ours.session), minutes(&wanted.session));
    if from != to {
        let change = changes.change(target(name), "session", json!(ours.session), json!(wanted.session));
        differences.push(if from > to { change } else { guard(change, ours, "allows longer sessions") });
    }
    let differs = !differences.is_empty();
    changes.make_all(differences, center.update(ours, wanted)).await?;
    Ok(differs)
}

/// Detaches before it attaches, because AWS limits the number. No account is affected before the permission set is
/// provisioned. Returns whether something differs.
async fn converge_policies(
    center: &IdentityCenter,
    pair: Pair<'_>,
    changes: &PlannedChanges,
) -> Result<bool, StepError> {
    let Pair { name, wanted, ours } = pair;
    let (added, removed): (BTreeSet<_>, BTreeSet<_>) =
        (wanted.policies.difference(&ours.policies).collect(), ours.policies.difference(&wanted.policies).collect());
    for policy in &removed {
        let change = changes.change(target(name), field(policy), json!(true), json!(false));
        changes.make(change, center.detach(&ours.arn, policy)).await?;
    }
    for policy in &added {
        let change = changes.change(target(name), field(policy), json!(false), json!(true));
        changes.make(guard(change, ours, "allows more"), center.attach(&ours.arn, policy)).await?;
    }
    Ok(!(added.is_empty() && removed.is_empty()))
}

/// Returns whether it differs. Also without an inline policy, a permission set may allow more than with it.
async fn converge_inline_policy(
    center: &IdentityCenter,
    pair: Pair<'_>,
    changes: &PlannedChanges,
) -> Result<bool, StepError> {
    let Pair { name, wanted, ours } = pair;
    if wanted.inline_policy == ours.inline_policy {
        return Ok(false);
    }
    let change = changes.change(target(name), INLINE_POLICY, json!(ours.inline_policy), json!(wanted.inline_policy));
    let change = guard(change, ours, "may allow more");
    let replace = async {
        match &wanted.inline_policy {
            Some(policy) => center.put_inline_policy(&ours.arn, policy).await,
            None => center.delete_inline_policy(&ours.arn).await,
        }
    };
    changes.make(change, replace).await?;
    Ok(true)
}

async fn delete_set(
    center: &IdentityCenter,
    name: &str,
    ours: &OurSet,
    changes: &PlannedChanges,
) -> Result<(), StepError> {
    if let Some(account) = &ours.provisioning.account {
        changes.note(still_assigned(name, account), Some(CONSOLE));
        return Ok(());
    }
    let change = changes.change(target(name), NAME, json!(name), Value::Null);
    let change = change.guarded("deletes a permission set, which other tools may assign");
    changes.make(change, center.delete(&ours.arn)).await?;
    Ok(())
}

/// Guards a change of a permission set that accounts have.
fn guard(change: OrganizationChange, ours: &OurSet, what: &str) -> OrganizationChange {
    if ours.provisioning.has_accounts() {
        return change.guarded(format!("{what} in the accounts that have the permission set"));
    }
    change
}

fn note_what_is_left(pair: Pair<'_>, changes: &PlannedChanges) {
    let Pair { name, ours, .. } = pair;
    if !ours.customer_managed.is_empty() {
        changes.note(customer_managed(name, &ours.customer_managed), Some(CONSOLE));
    }
    if !ours.provisioning.is_behind && !ours.provisioning.left_behind.is_empty() {
        changes.note(left_behind(name, &ours.provisioning.left_behind), Some(CONSOLE));
    }
}

/// Without one, the change is only listed.
pub(crate) fn existing(center: Option<&IdentityCenter>) -> Result<&IdentityCenter, StepError> {
    center.ok_or_else(|| StepError::new(ErrorCode::NotReady, "IAM Identity Center is not active yet"))
}

fn target(name: &str) -> String {
    format!("permission set {name}")
}

/// The field of an AWS managed policy.
fn field(policy: &str) -> String {
    format!("policyArns.{policy}")
}

pub(crate) const NAME: &str = "name";
const INLINE_POLICY: &str = "inlinePolicy";
