//! A plan, for people.

use std::collections::BTreeSet;

use serde_json::Value;
use vending_client::{OrganizationChange, OrganizationPlan};
use vending_core::PlanNote;

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
    let guarded = plan.changes.iter().filter(|change| change.is_guarded()).count();
    let guarded = (guarded > 0).then(|| format!("{guarded} of them guarded"));
    let counts = [Some(count(plan.changes.len(), "change")), guarded, blocked(plan)];
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
        let lines = changes.into_iter().map(|change| format!("\n    {}", style::clean(&line(change, width))));
        format!("{}{}", paint(style::BOLD, style::clean(target)), lines.collect::<String>())
    };
    targets.into_iter().map(group).collect::<Vec<_>>().join("\n")
}

/// A change with what a policy reaches, what it costs, or why it must be allowed.
fn line(change: &OrganizationChange, width: usize) -> String {
    let (from, to) = (in_short(&change.from), in_short(&change.to));
    let line = change::line(&change.field, width, &from, &to);
    let reach = change.reach.as_ref().map(|reach| {
        format!("reaches {} in {}", count(reach.accounts, "account"), reach.organizational_units.join(", "))
    });
    let why = change.why.as_ref().map(|why| if change.is_guarded() { format!("guarded: {why}") } else { why.clone() });
    let notes: Vec<String> = reach.into_iter().chain(why).collect();
    if notes.is_empty() { line } else { format!("{line}  ({})", notes.join("; ")) }
}

/// The documents of policies are too long to be read here; `--output json` has them.
fn in_short(value: &Value) -> Value {
    let characters = if value.is_object() { value.to_string().chars().count() } else { 0 };
    if characters <= LONGEST_OBJECT {
        return value.clone();
    }
    Value::String(format!("({characters} characters)"))
}

const LONGEST_OBJECT: usize = 400;

/// What the changes do not show.
pub(crate) fn notes(plan: &OrganizationPlan) -> Vec<String> {
    let mut notes = Vec::new();
    if plan.changes.iter().any(|change| change.field.starts_with("vending")) {
        notes.push("existing accounts get changes of `vending` blocks with their next request".to_owned());
    }
    let not_managed: BTreeSet<String> = plan.not_managed.iter().map(|pointer| short(pointer)).collect();
    if !not_managed.is_empty() {
        let names: Vec<String> = not_managed.into_iter().collect();
        notes.push(format!("validated, but not managed by this version: {}", names.join(", ")));
    }
    notes.extend(plan.notes.iter().map(note));
    notes
}

/// What people should know or do by hand, with where.
pub(crate) fn note(note: &PlanNote) -> String {
    let link = note.link.as_ref().map(|link| format!("; see {link}")).unwrap_or_default();
    style::clean(&format!("{}{link}", note.message))
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
    fn long_document_is_shown_by_its_size() {
        let long = serde_json::json!({ "Statement": "x".repeat(400) });
        assert_eq!(in_short(&long), Value::String("(416 characters)".to_owned()));
        let short = serde_json::json!({ "acme": 9919 });
        assert_eq!(in_short(&short), short);
    }

    #[test]
    fn what_is_not_managed_is_named_once() {
        let names = ["/policies", "/trail/s3DataEvents", "/root/policies", "/root/organizationalUnits/A~1B/accounts"];
        assert_eq!(names.map(short), ["policies", "trail.s3DataEvents", "policies", "accounts"]);
    }
}
