//! `vend organization apply`.
//!
//! A run applies the plan that was shown, and nothing else: if the organization has changed in the meantime, the run
//! fails. The command can be killed at any moment and be repeated: it makes another plan of what is left to do.

use vending_client::{Client, Document, Error, OrganizationChange, OrganizationPlan, OrganizationRun};
use vending_core::PlanId;

use super::plan::{has_succeeded, is_nothing};
use super::{INTERVAL, exit, follow_run, make_plan, plan, print_notes};
use crate::cli::ApplyManifest;
use crate::commands::describe;
use crate::console::{self, Console};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json::Entry;
use crate::organization::{self, ManifestFile};
use crate::{file, interrupt, prompt};

/// The code of a run whose plan does not fit the organization any more.
const PLAN_OUTDATED: &str = "PlanOutdated";
const AGAIN: &str = "run the same command again, which makes a new plan";

pub(super) fn run(arguments: &ApplyManifest, context: &Context<'_>, console: &mut Console) -> Result<Exit, Failure> {
    if file::is_stdin(&arguments.manifest.file) && !arguments.yes {
        return Err(Failure::usage("a manifest from stdin needs --yes, because stdin cannot answer a question"));
    }
    let manifest = ManifestFile::read(&arguments.manifest.file, "; nothing was sent")?;
    prompt::require_yes(arguments.yes, "apply")?;
    let client = context.client(console)?;
    let plan = make_plan(&manifest, &client, context, console)?;
    if is_nothing(&plan) || !has_succeeded(&plan) {
        plan::print(&plan, &manifest, console);
        return Ok(if is_nothing(&plan) { Exit::Done } else { Exit::Failed });
    }
    show(&plan, arguments.yes, console);
    require_no_blockers(&plan, &manifest)?;
    require_allowed(&plan, &arguments.allow)?;
    if !arguments.yes && !prompt::confirm("Apply these changes?") {
        return Err(Failure::new(Exit::Failed, "not confirmed; nothing was applied"));
    }
    let id = start(&client, &plan.plan_id, &arguments.allow, context)?;
    let run = follow_run(&client, &id, INTERVAL, context, console)?;
    print(&run, console);
    Ok(exit(&run))
}

/// Shows the plan. A question needs it, also with `--quiet`.
fn show(plan: &OrganizationPlan, is_quiet_allowed: bool, console: &Console) {
    let notes = organization::notes(plan).into_iter().map(|note| format!("\nnote: {note}"));
    let text = format!("{}{}", organization::plan(plan, &[]), notes.collect::<String>());
    if is_quiet_allowed {
        console.message(&text);
    } else {
        console::draw(&format!("{text}\n"));
    }
}

fn require_no_blockers(plan: &OrganizationPlan, manifest: &ManifestFile) -> Result<(), Failure> {
    if plan.blockers.is_empty() {
        return Ok(());
    }
    let problems = plan.blockers.iter().map(|blocker| manifest.place(blocker)).collect();
    Err(Failure::new(Exit::Failed, "the plan cannot be applied; nothing was changed").with_problems(problems))
}

/// A guarded change must be named, so that no one makes it by saying yes to a long list.
fn require_allowed(plan: &OrganizationPlan, allowed: &[String]) -> Result<(), Failure> {
    let guarded: Vec<String> =
        plan.changes.iter().filter(|change| change.is_guarded()).map(OrganizationChange::name).collect();
    let missing: Vec<String> = guarded.iter().filter(|name| !allowed.contains(name)).map(quoted).collect();
    if !missing.is_empty() {
        let message = "the plan has guarded changes; nothing was changed";
        let advice = format!("to make them, run the same command with --allow {}", missing.join(" --allow "));
        return Err(Failure::new(Exit::Failed, message).with_advice(advice));
    }
    match allowed.iter().find(|name| !guarded.contains(name)) {
        Some(name) => Err(Failure::usage(format!("--allow {name}: the plan has no guarded change of this name"))),
        None => Ok(()),
    }
}

/// For a shell.
fn quoted(name: &String) -> String {
    if name.contains(' ') { format!("'{name}'") } else { name.clone() }
}

fn start(client: &Client, plan: &PlanId, allowed: &[String], context: &Context<'_>) -> Result<PlanId, Failure> {
    // A run has the ID of its plan.
    let hint = format!("the run may have been started; follow it with: vend watch {plan}");
    interrupt::hint(hint.clone());
    client.run_organization_plan(plan, allowed).map_err(|error| {
        let advice = match &error {
            Error::Refused(refusal) if refusal.status == 409 => Some(AGAIN.to_owned()),
            Error::Unreachable { .. } => Some(hint),
            _ => None,
        };
        let mut failure = context.failure(error);
        failure.advice.extend(advice);
        failure
    })
}

fn print(run: &Document<OrganizationRun>, console: &mut Console) {
    console.data(|| describe::organization_run(run), || Entry::OrganizationRun { run: run.clone().into() });
    print_notes(run, console);
    if run.failures.iter().any(|failure| failure.code == PLAN_OUTDATED) {
        console.message(&format!("the organization was changed after the plan; {AGAIN}"));
    }
}
