//! Runs one function of a plan or a run.

use std::future::Future;

use serde::Serialize;
use vending_core::{
    ErrorCode, OrganizationChange, PlanBlocker, PlanInput, PlanMode, PlanRecord, PlanReport, StepError,
};
use vending_records::Plans;
use vending_runtime::Handler;

use crate::changes::{Found, require_permitted};
use crate::{Desired, PlannedChanges};

/// A function of build-organization.
pub trait OrganizationStep: Send + Sync {
    /// The name of the state, like `CreateUnits`.
    const NAME: &'static str;
    /// The folder of the function, which names its reports and changes.
    const FOLDER: &'static str;

    /// Compares a part of the organization with the manifest, and makes each difference a change.
    ///
    /// The runner calls it to list the changes, to make them, and to read them back.
    fn converge(
        &self,
        desired: &Desired,
        changes: &PlannedChanges,
    ) -> impl Future<Output = Result<(), StepError>> + Send;
}

/// What the execution shows. The report has the rest.
#[derive(Debug, Serialize)]
pub struct Output {
    changes: usize,
    blockers: usize,
}

#[derive(Debug)]
pub struct OrganizationRunner<S> {
    plans: Plans,
    step: S,
}

impl<S> OrganizationRunner<S> {
    pub fn new(plans: Plans, step: S) -> Self {
        Self { plans, step }
    }
}

impl<S: OrganizationStep> Handler for OrganizationRunner<S> {
    const NAME: &'static str = S::NAME;
    type Input = PlanInput;
    type Output = Output;

    async fn handle(&self, input: PlanInput) -> Result<Output, StepError> {
        let record = self.plans.required_record(&input).await?;
        let desired = Desired::read(&self.plans, &record.manifest_digest).await?;
        let listed = self.list(&desired, input.mode).await?;
        let report = match input.mode {
            PlanMode::Plan => report(listed, false),
            PlanMode::Apply => self.apply(&input, &record, &desired, listed).await?,
        };
        self.plans.put_report(&input, S::FOLDER, &report).await?;
        Ok(Output { changes: report.changes.len(), blockers: report.blockers.len() })
    }
}

impl<S: OrganizationStep> OrganizationRunner<S> {
    async fn list(&self, desired: &Desired, mode: PlanMode) -> Result<Found, StepError> {
        let changes = PlannedChanges::list(S::FOLDER, mode);
        // Boxed, so that the future of the runner stays small.
        Box::pin(self.step.converge(desired, &changes)).await?;
        Ok(changes.into_found())
    }

    /// Makes the changes, if the plan lists all of them. Returns the report of the run, which has what the run changed.
    async fn apply(
        &self,
        input: &PlanInput,
        record: &PlanRecord,
        desired: &Desired,
        listed: Found,
    ) -> Result<PlanReport, StepError> {
        let permitted = self.permitted(record).await?;
        require_no_blockers(&listed.blockers)?;
        require_permitted(&listed.changes, &permitted)?;
        // An earlier invocation, whose response was lost, may have made changes that it announced.
        let earlier = self.plans.report(input, S::FOLDER).await?.map(|report| report.changes).unwrap_or_default();
        let announced = union(earlier, &listed.changes);
        let count = listed.changes.len();
        let announcement = report(Found { changes: announced, ..listed }, false);
        if count > 0 {
            self.plans.put_report(input, S::FOLDER, &announcement).await?;
            self.make(desired, permitted).await?;
            tracing::info!(changes = count, "changed the organization");
        }
        Ok(PlanReport { is_applied: true, ..announcement })
    }

    async fn make(&self, desired: &Desired, permitted: Vec<OrganizationChange>) -> Result<(), StepError> {
        let changes = PlannedChanges::make_only(S::FOLDER, permitted);
        Box::pin(self.step.converge(desired, &changes)).await?;
        let left = self.list(desired, PlanMode::Apply).await?.changes;
        match left.first() {
            Some(change) => {
                let message = format!("changed, but not yet visible in AWS: {}", change.name());
                Err(StepError::new(ErrorCode::NotReady, message))
            }
            None => Ok(()),
        }
    }

    /// What the plan lists, without the guarded changes that the run does not allow.
    async fn permitted(&self, run: &PlanRecord) -> Result<Vec<OrganizationChange>, StepError> {
        let plan = PlanInput { mode: PlanMode::Plan, plan_id: run.plan_id.clone() };
        let plan = self.plans.report(&plan, S::FOLDER).await?.ok_or_else(|| {
            StepError::new(ErrorCode::PlanOutdated, format!("the plan {} has no report", run.plan_id))
        })?;
        let is_permitted = |change: &OrganizationChange| !change.is_guarded() || run.allowed.contains(&change.name());
        Ok(plan.changes.into_iter().filter(is_permitted).collect())
    }
}

fn report(found: Found, is_applied: bool) -> PlanReport {
    let Found { changes, blockers, not_managed, notes } = found;
    PlanReport { schema_version: PlanReport::SCHEMA_VERSION, changes, blockers, not_managed, notes, is_applied }
}

fn require_no_blockers(blockers: &[PlanBlocker]) -> Result<(), StepError> {
    let Some(PlanBlocker { pointer, detail, .. }) = blockers.first() else { return Ok(()) };
    let others = match blockers.len() - 1 {
        0 => String::new(),
        others => format!("; {others} more"),
    };
    let separator = if pointer.is_empty() { "" } else { " " };
    let message = format!("the plan can no longer be applied: {pointer}{separator}{detail}{others}");
    Err(StepError::new(ErrorCode::PlanOutdated, message))
}

fn union(earlier: Vec<OrganizationChange>, listed: &[OrganizationChange]) -> Vec<OrganizationChange> {
    let is_new = |change: &&OrganizationChange| !earlier.iter().any(|one| one.is_same(change));
    let new: Vec<_> = listed.iter().filter(is_new).cloned().collect();
    [earlier, new].concat()
}
