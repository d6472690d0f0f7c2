//! A plan, for people.

use std::collections::BTreeSet;

use vending_client::{OrganizationChange, OrganizationPlan};

use super::ManifestFile;
use crate::change;
use crate::failure::PlacedProblem;
use crate::style::{self, paint};

/// The changes by OU, and what prevents them.
pub(crate) fn plan(plan: &OrganizationPlan, blockers: &[PlacedProblem]) -> String {
    let mut parts = Vec::new();
    if !plan.changes.is_empty() {
        parts.push(changes(&plan.changes));
    }
    if !blockers.is_empty() {
        let lines = blockers.iter().map(|blocker| format!("\n  {}", style::clean(&blocker.to_line())));
        parts.push(format!("{}{}", style::error("blockers"), lines.collect::<String>()));
    }
    let counts = [Some(count(plan.changes.len(), "change")), blocked(plan)];
    parts.push(format!("plan {}: {}", plan.plan_id, counts.into_iter().flatten().collect::<Vec<_>>().join(", ")));
    parts.join("\n\n")
}

/// The changes, grouped by what they are made to.
pub(crate) fn changes(changes: &[OrganizationChange]) -> String {
    let mut targets: Vec<&str> = Vec::new();
    for change in changes {
        if !targets.contains(&change.target.as_str()) {
            targets.push(&change.target);
        }
    }
    let group = |target: &str| {
        let changes: Vec<_> = changes.iter().filter(|change| change.target == target).collect();
        let width = changes.iter().map(|change| change.field.chars().count()).max().unwrap_or_default();
        let line = |change: &OrganizationChange| change::line(&change.field, width, &change.from, &change.to);
        let lines = changes.into_iter().map(|change| format!("\n    {}", style::clean(&line(change))));
        format!("{}{}", paint(style::BOLD, style::clean(target)), lines.collect::<String>())
    };
    targets.into_iter().map(group).collect::<Vec<_>>().join("\n")
}

/// What the changes do not show.
pub(crate) fn notes(plan: &OrganizationPlan, manifest: &ManifestFile) -> Vec<String> {
    let mut notes = Vec::new();
    if plan.changes.iter().any(|change| change.field.starts_with("vending")) {
        notes.push("existing accounts get changes of `vending` blocks with their next request".to_owned());
    }
    let not_managed: BTreeSet<String> = plan.not_managed.iter().map(|pointer| short(pointer)).collect();
    if !not_managed.is_empty() {
        let names: Vec<String> = not_managed.into_iter().collect();
        notes.push(format!("validated, but not managed by this version: {}", names.join(", ")));
    }
    if !manifest.missing_documents.is_empty() {
        let names = manifest.missing_documents.join(", ");
        notes.push(format!("not found, and not needed by this version: {names}"));
    }
    notes
}

fn blocked(plan: &OrganizationPlan) -> Option<String> {
    (!plan.blockers.is_empty()).then(|| count(plan.blockers.len(), "blocker"))
}

/// `trail.s3DataEvents`; `accounts` and `policies` whatever OU has them.
fn short(pointer: &str) -> String {
    let pointer = pointer.trim_start_matches('/');
    match pointer.strip_prefix("root/").and_then(|rest| rest.rsplit('/').next()) {
        Some(field) => field.to_owned(),
        None => pointer.replace('/', "."),
    }
}

fn count(number: usize, what: &str) -> String {
    match number {
        0 => format!("no {what}s"),
        1 => format!("1 {what}"),
        _ => format!("{number} {what}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_managed_is_named_once() {
        let names = ["/policies", "/trail/s3DataEvents", "/root/policies", "/root/organizationalUnits/A~1B/accounts"];
        assert_eq!(names.map(short), ["policies", "trail.s3DataEvents", "policies", "accounts"]);
    }
}
