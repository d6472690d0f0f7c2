//! A request and an account, for people.

use std::time::Duration;

use vending_client::{AccountView, Failure, OrganizationRun, RequestView, StepView};
use vending_core::VendedAccount;

use crate::moment::{at, took};
use crate::style::{self, paint};

pub(super) fn request(request: &RequestView) -> String {
    let mut lines = vec![format!("{}  {}", request.request_id, style::state(&request.status.to_string(), 0))];
    lines.push(field("requested", &format!("{} by {}", at(request.requested_at), request.requested_by)));
    if request.submitted_by != request.requested_by {
        lines.push(field("submitted by", &request.submitted_by));
    }
    lines.extend(request.account.iter().flat_map(account_lines));
    if let Some(evidence) = &request.evidence {
        lines.push(field("evidence", &format!("{}  {}", evidence.key, evidence.digest)));
    }
    lines.extend(step_lines(&request.steps));
    lines.extend(request.failure.iter().flat_map(failure_lines));
    lines.join("\n")
}

pub(super) fn organization_run(run: &OrganizationRun) -> String {
    let mut lines = vec![format!("{}  {}", run.run_id, style::state(&run.status.to_string(), 0))];
    lines.push(field("requested", &format!("{} by {}", at(run.requested_at), run.requested_by)));
    lines.push(field("manifest", &run.manifest_digest));
    lines.push(field("changes", &run.changes.len().to_string()));
    lines.extend(run.failures.iter().flat_map(failure_lines));
    lines.join("\n")
}

pub(super) fn account(account: &AccountView) -> String {
    let mut lines = vec![format!("{}  {}", account.account_id, style::state(&account.state.to_string(), 0))];
    lines.push(field("name", &account.account_name));
    lines.push(field("email", &account.account_email));
    lines.push(field("OU", &format!("{}  {}", account.organizational_unit, account.organizational_unit_id)));
    lines.extend(account.owner.iter().map(|owner| field("owner", owner)));
    lines.push(field("requester", &account.requested_by));
    lines.push(field("last request", &account.request_id.to_string()));
    lines.push(field("state since", &at(account.state_since)));
    lines.extend(account.released_at.map(|released| field("released", &at(released))));
    let Some(baseline) = &account.baseline else {
        lines.push(field("baseline", "none: no vend has succeeded"));
        return lines.join("\n");
    };
    lines.push(field("baseline", &format!("{} at {}", baseline.baseline_version, at(baseline.recorded_at))));
    lines.push(field("digest", &baseline.digest));
    lines.extend(baseline.account.vending_role_arn.iter().map(|arn| field("vending role", arn)));
    lines.extend(baseline.account.engineer_role_arn.iter().map(|arn| field("engineers", arn)));
    lines.extend(baseline.account.github_role_arns.iter().map(|arn| field("GitHub role", arn)));
    if let Some(time) = &baseline.time_to_guardrails {
        lines.push(field("baseline after", &took(Duration::from_millis(time.baseline_after_ms))));
    }
    lines.extend(step_lines(&baseline.steps));
    lines.join("\n")
}

/// Why a request, a plan, or a run failed.
pub(super) fn failure_lines(failure: &Failure) -> [String; 5] {
    [
        String::new(),
        style::error(&format!("failed in {} ({})", failure.step, failure.code)),
        field("cause", &failure.message),
        field("remedy", &failure.remedy),
        field("who can act", &failure.owner.to_string()),
    ]
}

fn account_lines(account: &VendedAccount) -> Vec<String> {
    let mut lines = vec![
        field("account", &format!("{}  {}", account.id, account.name)),
        field("email", &account.email),
        field("OU", &account.organizational_unit),
    ];
    lines.extend(account.engineer_role_arn.iter().map(|arn| field("engineers", arn)));
    lines.extend(account.github_role_arns.iter().map(|arn| field("GitHub role", arn)));
    lines
}

fn step_lines(steps: &[StepView]) -> Vec<String> {
    let width =
        |text: fn(&StepView) -> String| steps.iter().map(|step| text(step).chars().count()).max().unwrap_or_default();
    let (name, status) = (width(|step| step.step.clone()), width(|step| step.status.to_string()));
    let heading = (!steps.is_empty()).then(|| [String::new(), paint(style::DIM, "steps")]);
    let lines = steps.iter().map(|step| format!("  {}", step_line(step, name, status)));
    heading.into_iter().flatten().chain(lines).collect()
}

/// A step with its status, its time, and its detail, for columns of these widths.
pub(crate) fn step_line(step: &StepView, name: usize, status: usize) -> String {
    let took = step.duration_ms.map(|duration| took(Duration::from_millis(duration))).unwrap_or_default();
    let changed = match step.changed {
        Some(true) => "changed",
        Some(false) => "unchanged",
        None => "",
    };
    let detail = style::clean(step.detail.as_deref().unwrap_or_default());
    let state = style::state(&step.status.to_string(), status);
    format!("{:<name$}  {state}  {took:>11}  {changed:<9}  {detail}", step.step).trim_end().to_owned()
}

fn field(name: &str, value: &str) -> String {
    format!("  {name:<14} {}", style::clean(value))
}
