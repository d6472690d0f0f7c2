//! `vend organization`, and what `vend watch` does with a run.

mod apply;
mod plan;

use std::time::Duration;

use vending_client::{Client, Document, Error, OrganizationPlan, OrganizationRun};
use vending_core::{PlanId, PlanStatus};

use super::describe;
use crate::cli::{ManifestPath, Organization, OrganizationTask, Polling};
use crate::console::Console;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json::Entry;
use crate::organization::{ManifestFile, changes, note};
use crate::{interrupt, progress};

/// A plan and a run take seconds.
const INTERVAL: Duration = Duration::from_secs(1);

pub(crate) fn run(organization: &Organization, context: &Context<'_>, console: &mut Console) -> Result<Exit, Failure> {
    match &organization.task {
        OrganizationTask::Validate(manifest) => validate(manifest, console),
        OrganizationTask::Plan(plan) => plan::run(plan, context, console),
        OrganizationTask::Apply(apply) => apply::run(apply, context, console),
    }
}

/// Checks the manifest with its documents, and tries the cases of its policies.
fn validate(path: &ManifestPath, console: &mut Console) -> Result<Exit, Failure> {
    let ManifestFile { name: file, manifest, .. } = ManifestFile::read(&path.file, "")?;
    let (organizational_units, policies) = (manifest.units().len(), manifest.policies.len());
    let text = || format!("{file} is valid: {organizational_units} organizational units, {policies} policies");
    console.data(text, || Entry::Manifest { file: file.clone(), organizational_units, policies });
    Ok(Exit::Done)
}

/// Follows a run to its end, and prints it with its changes.
pub(super) fn watch(
    client: &Client,
    id: &PlanId,
    polling: &Polling,
    context: &Context<'_>,
    console: &mut Console,
) -> Result<Exit, Failure> {
    let interval = Duration::from_secs(polling.interval.into());
    let run = follow_run(client, id, interval, context, console)?;
    let text = || [describe::organization_run(&run), changes(&run.changes)].join("\n\n");
    console.data(text, || Entry::OrganizationRun { run: run.clone().into() });
    print_notes(&run, console);
    Ok(exit(&run))
}

/// Sends a manifest, and follows the plan to its end.
fn make_plan(
    manifest: &ManifestFile,
    client: &Client,
    context: &Context<'_>,
    console: &mut Console,
) -> Result<Document<OrganizationPlan>, Failure> {
    interrupt::hint("nothing was changed");
    let failed = |error: Error| manifest.locate(context.failure(error));
    let id = client.plan_organization(manifest.value(), &manifest.documents).map_err(failed)?;
    progress::follow_plan(client, &id, INTERVAL, console).map_err(failed)
}

fn follow_run(
    client: &Client,
    id: &PlanId,
    interval: Duration,
    context: &Context<'_>,
    console: &mut Console,
) -> Result<Document<OrganizationRun>, Failure> {
    let hint = format!("the run goes on; follow it with: vend watch {id}");
    interrupt::hint(hint.clone());
    progress::follow_run(client, id, interval, console).map_err(|error| context.failure(error).with_advice(hint))
}

/// What a run leaves to people.
fn print_notes(run: &OrganizationRun, console: &Console) {
    for one in &run.notes {
        console.message(&format!("note: {}", note(one)));
    }
}

fn exit(run: &OrganizationRun) -> Exit {
    if run.status.is(&PlanStatus::Succeeded) { Exit::Done } else { Exit::Failed }
}
