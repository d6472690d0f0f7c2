//! `vend organization plan`.

use vending_client::{Document, OrganizationPlan};
use vending_core::PlanStatus;

use super::make_plan;
use crate::cli::PlanManifest;
use crate::commands::describe;
use crate::console::Console;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, PlacedProblem};
use crate::json::Entry;
use crate::organization::{self, ManifestFile};

pub(super) fn run(arguments: &PlanManifest, context: &Context<'_>, console: &mut Console) -> Result<Exit, Failure> {
    let manifest = ManifestFile::read(&arguments.manifest.file, "; nothing was sent")?;
    let plan = make_plan(&manifest, &context.client(console)?, context, console)?;
    print(&plan, &manifest, console);
    Ok(exit(&plan, arguments.check))
}

/// Prints the plan as data.
pub(super) fn print(plan: &Document<OrganizationPlan>, manifest: &ManifestFile, console: &mut Console) {
    let blockers: Vec<PlacedProblem> = plan.blockers.iter().map(|blocker| manifest.place(blocker)).collect();
    let text = || match &*plan.failures {
        [] if is_nothing(plan) => nothing_to_do(manifest),
        [] => organization::plan(plan, &blockers),
        failures => {
            let lines: Vec<_> = failures.iter().flat_map(describe::failure_lines).collect();
            format!("plan {}: {}\n{}", plan.plan_id, plan.status, lines.join("\n"))
        }
    };
    console.data(text, || Entry::OrganizationPlan {
        file: manifest.name.clone(),
        plan: plan.clone().into(),
        blockers: blockers.clone(),
    });
    for note in organization::notes(plan) {
        console.message(&format!("note: {note}"));
    }
}

pub(super) fn is_nothing(plan: &OrganizationPlan) -> bool {
    has_succeeded(plan) && plan.changes.is_empty() && plan.blockers.is_empty()
}

pub(super) fn has_succeeded(plan: &OrganizationPlan) -> bool {
    plan.status.is(&PlanStatus::Succeeded)
}

fn nothing_to_do(manifest: &ManifestFile) -> String {
    format!("nothing to do: the organization has the settings of {}", manifest.name)
}

fn exit(plan: &OrganizationPlan, check: bool) -> Exit {
    match plan {
        plan if !has_succeeded(plan) || !plan.blockers.is_empty() => Exit::Failed,
        plan if check && !plan.changes.is_empty() => Exit::Pending,
        _ => Exit::Done,
    }
}
